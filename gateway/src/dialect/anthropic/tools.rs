//! Reading which functions may be called.

use std::borrow::Cow;

use pointsman_schema::feature::Feature;
use serde_json::value::RawValue;

use super::message;
use crate::conversation::Needs;
use crate::conversation::message::{Tool, ToolChoice};
use crate::json::fields::{Fields, Malformed, Place};

/// The functions. Tools of other types are known to Anthropic alone, whoever runs them.
pub(super) fn read<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Vec<Tool<'a>>, Malformed> {
    let place = Place::WHOLE.member("tools");
    let mut tools = Vec::new();
    for (at, raw) in all.list("tools", &Place::WHOLE)?.into_iter().enumerate() {
        tools.extend(tool(raw, &place.element(at), needs)?);
    }
    needs.add_if(!tools.is_empty(), Feature::Tools, &place);
    Ok(tools)
}

fn tool<'a>(raw: &'a RawValue, place: &Place<'_>, needs: &mut Needs) -> Result<Option<Tool<'a>>, Malformed> {
    let mut fields = Fields::read(raw.get(), place)?;
    if fields.text("type", place)?.is_some_and(|kind| kind != "custom") {
        needs.add(Feature::HostedTools, place);
        return Ok(None);
    }
    let strict = fields.flag("strict", place)?;
    needs.add_if(strict == Some(true), Feature::StrictTools, &place.member("strict"));
    let tool = Tool {
        name: fields.need_text("name", place)?,
        description: fields.text("description", place)?,
        parameters: fields.raw_object("input_schema", place)?.map(Cow::Borrowed),
        strict,
        cache: message::cache(&mut fields, place, needs)?,
    };
    // How soon the pieces of arguments come changes nothing of what they say.
    let _pace = fields.flag("eager_input_streaming", place)?;
    let is_deferred = fields.flag("defer_loading", place)? == Some(true);
    needs.add_if(is_deferred, Feature::HostedTools, &place.member("defer_loading"));
    needs.add_rest(fields.rest(), place);
    Ok(Some(tool))
}

/// Whether a function must be called, and whether several may.
pub(super) fn choice<'a>(
    all: &mut Fields<'a>,
    needs: &mut Needs,
) -> Result<(Option<ToolChoice<'a>>, Option<bool>), Malformed> {
    let Some(mut fields) = all.object("tool_choice", &Place::WHOLE)? else { return Ok((None, None)) };
    let place = Place::WHOLE.member("tool_choice");
    let choice = match &*fields.need_text("type", &place)? {
        "auto" => ToolChoice::Auto,
        "none" => ToolChoice::None,
        "any" => ToolChoice::Required,
        "tool" => ToolChoice::Named(fields.need_text("name", &place)?),
        _ => return Err(place.member("type").expected("`auto`, `any`, `tool` or `none`")),
    };
    needs.add_choice(&choice, &place);
    let disabled = fields.flag("disable_parallel_tool_use", &place)?;
    let place_of_parallel = place.member("disable_parallel_tool_use");
    // It is what all do where one function is named that must be called.
    let is_new = disabled == Some(true) && !matches!(choice, ToolChoice::Named(_));
    needs.add_if(is_new, Feature::OneToolAtMost, &place_of_parallel);
    needs.add_rest(fields.rest(), &place);
    Ok((Some(choice), disabled.map(|disabled| !disabled)))
}
