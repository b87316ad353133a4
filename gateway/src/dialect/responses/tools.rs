//! Reading which functions the model may call, and whether it must.

use std::borrow::Cow;

use pointsman_schema::feature::Feature;
use serde_json::value::RawValue;

use crate::conversation::Needs;
use crate::conversation::message::{Tool, ToolChoice};
use crate::dialect::chat::request::tool_choice;
use crate::json::fields::{Fields, Malformed, Place};

const WHOLE: Place<'static> = Place::WHOLE;

/// All functions.
pub(super) fn read_all<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Vec<Tool<'a>>, Malformed> {
    let place = WHOLE.member("tools");
    let mut tools = Vec::new();
    for (at, raw) in all.list("tools", &WHOLE)?.into_iter().enumerate() {
        tools.extend(read(raw, &place.element(at), needs)?);
    }
    needs.add_if(!tools.is_empty(), Feature::Tools, &place);
    Ok(tools)
}

fn read<'a>(raw: &'a RawValue, place: &Place<'_>, needs: &mut Needs) -> Result<Option<Tool<'a>>, Malformed> {
    let mut fields = Fields::read(raw.get(), place)?;
    match &*fields.need_text("type", place)? {
        "function" => {}
        "custom" => {
            needs.add(Feature::CustomTools, place);
            return Ok(None);
        }
        _ => {
            needs.add(Feature::HostedTools, place);
            return Ok(None);
        }
    }
    let strict = fields.flag("strict", place)?;
    needs.add_if(strict == Some(true), Feature::StrictTools, &place.member("strict"));
    let tool = Tool {
        name: fields.need_text("name", place)?,
        description: fields.text("description", place)?,
        parameters: fields.raw_object("parameters", place)?.map(Cow::Borrowed),
        strict,
        cache: None,
    };
    for name in ["async", "defer_loading"] {
        let is_set = fields.flag(name, place)?.unwrap_or(false);
        needs.add_if(is_set, Feature::Other, &place.member(name));
    }
    needs.add_rest(fields.rest(), place);
    Ok(Some(tool))
}

/// Whether one must be called.
pub(super) fn choice<'a>(
    all: &mut Fields<'a>,
    needs: &mut Needs,
) -> Result<Option<ToolChoice<'a>>, Malformed> {
    tool_choice(all, needs, |choice, place, needs| {
        let name = choice.need_text("name", place)?;
        needs.add_rest(choice.rest(), place);
        Ok(name)
    })
}
