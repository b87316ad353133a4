//! Reading the functions that the model may call, and whether it must.

use std::borrow::Cow;

use pointsman_schema::feature::Feature;
use serde_json::value::RawValue;

use super::{member, message, repeated, schema};
use crate::conversation::Needs;
use crate::conversation::message::{Tool, ToolChoice};
use crate::json::fields::{Fields, Malformed, Place, text};

/// What is said of functions.
pub(super) struct Functions<'a> {
    pub(super) tools: Vec<Tool<'a>>,
    pub(super) choice: Option<ToolChoice<'a>>,
}

/// Reads `tools` and `toolConfig`.
pub(super) fn read<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Functions<'a>, Malformed> {
    let place = Place::WHOLE.member("tools");
    let mut tools = Vec::new();
    for (at, raw) in repeated(all, "tools", &Place::WHOLE)?.into_iter().enumerate() {
        let place = place.element(at);
        let mut tool = message(raw, &place)?;
        let list = place.member("functionDeclarations");
        for (at, raw) in repeated(&mut tool, "functionDeclarations", &place)?.into_iter().enumerate() {
            tools.push(function(raw, &list.element(at), needs)?);
        }
        // All other members are tools that the provider runs.
        for name in tool.rest() {
            needs.add(Feature::HostedTools, &place.member(name));
        }
    }
    needs.add_if(!tools.is_empty(), Feature::Tools, &place);
    let choice = choice(all, &mut tools, needs)?;
    Ok(Functions { tools, choice })
}

fn function<'a>(raw: &'a RawValue, place: &Place<'_>, needs: &mut Needs) -> Result<Tool<'a>, Malformed> {
    let mut fields = message(raw, place)?;
    let result = schema::either(&mut fields, ("responseJsonSchema", "response"), place)?;
    let tool = Tool {
        name: fields.need_text("name", place)?,
        description: described(fields.text("description", place)?, result.as_deref()),
        parameters: schema::either(&mut fields, ("parametersJsonSchema", "parameters"), place)?,
        strict: None,
        cache: None,
    };
    needs.add_rest(fields.rest(), place);
    Ok(tool)
}

/// What a function gives back is said in its description: other protocols have no other place for it, and Google's client
/// for Python says it of every function that is annotated.
fn described<'a>(description: Option<Cow<'a, str>>, result: Option<&RawValue>) -> Option<Cow<'a, str>> {
    let Some(result) = result else { return description };
    let said = format!("The result obeys this JSON Schema: {}", result.get());
    Some(Cow::Owned(match description {
        Some(text) if !text.is_empty() => format!("{text}\n\n{said}"),
        _ => said,
    }))
}

fn choice<'a>(
    all: &mut Fields<'a>,
    tools: &mut [Tool<'a>],
    needs: &mut Needs,
) -> Result<Option<ToolChoice<'a>>, Malformed> {
    let Some(mut config) = member(all, "toolConfig", &Place::WHOLE)? else { return Ok(None) };
    let place = Place::WHOLE.member("toolConfig");
    let calling = member(&mut config, "functionCallingConfig", &place)?;
    needs.add_rest(config.rest(), &place);
    let Some(mut calling) = calling else { return Ok(None) };
    let place = place.member("functionCallingConfig");
    let mode = calling.text("mode", &place)?.unwrap_or_default();
    let allowed = repeated(&mut calling, "allowedFunctionNames", &place)?;
    needs.add_rest(calling.rest(), &place);
    let list = place.member("allowedFunctionNames");
    let names: Vec<Cow<'a, str>> = allowed
        .into_iter()
        .enumerate()
        .map(|(at, raw)| text(raw, &list.element(at)))
        .collect::<Result<_, _>>()?;
    let place = place.member("mode");
    let found = match &*mode.to_ascii_uppercase() {
        "" | "MODE_UNSPECIFIED" => None,
        "AUTO" => Some(ToolChoice::Auto),
        "VALIDATED" => {
            needs.add_if(!tools.is_empty(), Feature::StrictTools, &place);
            for tool in tools.iter_mut() {
                tool.strict = Some(true);
            }
            Some(ToolChoice::Auto)
        }
        "NONE" => Some(ToolChoice::None),
        "ANY" => match &*names {
            [one] => Some(ToolChoice::Named(one.clone())),
            _ => Some(ToolChoice::Required),
        },
        _ => return Err(place.expected("`AUTO`, `ANY`, `VALIDATED` or `NONE`")),
    };
    // Some of several functions: no other protocol can say that.
    let is_named = matches!(found, Some(ToolChoice::Named(_)));
    needs.add_if(!is_named && !names.is_empty(), Feature::Other, &list);
    if let Some(choice) = &found {
        needs.add_choice(choice, &place);
    }
    Ok(found)
}
