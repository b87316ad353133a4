//! Reading a request: every member is taken, or is in the request's needs by its name.

use std::borrow::Cow;

use pointsman_schema::feature::Feature;
use serde_json::value::RawValue;

use super::{input, tools};
use crate::conversation::message::{Message, Part, Role};
use crate::conversation::settings::{Extras, Format, Reasoning, Sampling};
use crate::conversation::{Conversation, Needs};
use crate::dialect::chat::request::parallel_tool_calls;
use crate::dialect::effort;
use crate::dialect::sampling::{self, Bounds};
use crate::json::fields::{Fields, Malformed, Place, text};

const WHOLE: Place<'static> = Place::WHOLE;

/// Reads a request.
pub fn read(body: &str) -> Result<Conversation<'_>, Malformed> {
    let mut all = Fields::read(body, &WHOLE)?;
    let mut needs = Needs::default();
    // Routing has read it.
    let _model = all.raw("model");
    let stream = all.flag("stream", &WHOLE)?.unwrap_or(false);
    needs.add_if(stream, Feature::Streaming, &WHOLE.member("stream"));
    stream_options(&mut all, &mut needs)?;
    stored(&mut all, &mut needs);
    let mut messages = instructions(&mut all)?;
    input::read(&mut all, &mut messages, &mut needs)?;
    let tools = tools::read_all(&mut all, &mut needs)?;
    let tool_choice = tools::choice(&mut all, &mut needs)?;
    let (format, verbosity) = form(&mut all, &mut needs)?;
    let conversation = Conversation {
        stream,
        // A stream of this API always ends with it.
        wants_usage: true,
        messages,
        tools,
        parallel_tool_calls: parallel_tool_calls(&mut all, &mut needs, tool_choice.as_ref())?,
        tool_choice,
        format,
        output_tokens: all.positive("max_output_tokens", &WHOLE)?,
        stop: Vec::new(),
        sampling: sampling(&mut all, &mut needs)?,
        reasoning: reasoning(&mut all, &mut needs)?,
        answers: None,
        user: user(&mut all, &mut needs)?,
        extras: Extras { verbosity, ..extras(&mut all, &mut needs)? },
        needs: Needs::default(),
    };
    cache_hints(&mut all, &mut needs)?;
    // Counts the calls of hosted tools, of which a request that is translated has none.
    let _calls = all.count("max_tool_calls", &WHOLE)?;
    needs.add_rest(all.rest(), &WHOLE);
    Ok(Conversation { needs, ..conversation })
}

/// They stand before all else.
fn instructions<'a>(all: &mut Fields<'a>) -> Result<Vec<Message<'a>>, Malformed> {
    let words = all.text("instructions", &WHOLE)?.filter(|words| !words.is_empty());
    let message = |words| Message { role: Role::System, name: None, parts: vec![Part::Text(words)] };
    Ok(words.map(message).into_iter().collect())
}

fn stream_options(all: &mut Fields<'_>, needs: &mut Needs) -> Result<(), Malformed> {
    let Some(mut options) = all.object("stream_options", &WHOLE)? else { return Ok(()) };
    // Padding against listeners, which is added to what a provider sends, or not.
    let _padding = options.flag("include_obfuscation", &WHOLE.member("stream_options"))?;
    needs.add_rest(options.rest(), &WHOLE.member("stream_options"));
    Ok(())
}

/// What only the provider that keeps it knows.
fn stored(all: &mut Fields<'_>, needs: &mut Needs) {
    for name in ["previous_response_id", "conversation", "prompt"] {
        needs.add_if(all.raw(name).is_some(), Feature::StoredConversation, &WHOLE.member(name));
    }
    // An answer for later is asked for by its name. One that is there at once is not that.
    let background = all.raw("background").is_some_and(|raw| raw.get() != "false");
    needs.add_if(background, Feature::Other, &WHOLE.member("background"));
    let truncation = all.raw("truncation").is_some_and(|raw| raw.get() != "\"disabled\"");
    needs.add_if(truncation, Feature::Other, &WHOLE.member("truncation"));
}

/// What the answer must look like, and how wordy it should be.
fn form<'a>(
    all: &mut Fields<'a>,
    needs: &mut Needs,
) -> Result<(Option<Format<'a>>, Option<Cow<'a, str>>), Malformed> {
    let Some(mut form) = all.object("text", &WHOLE)? else { return Ok((None, None)) };
    let place = WHOLE.member("text");
    let verbosity = form.text("verbosity", &place)?;
    let verbosity = needs.noted(verbosity, Feature::Verbosity, &place.member("verbosity"));
    let format = match form.object("format", &place)? {
        Some(format) => self::format(format, &place.member("format"), needs)?,
        None => None,
    };
    needs.add_rest(form.rest(), &place);
    Ok((format, verbosity))
}

fn format<'a>(
    mut format: Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Option<Format<'a>>, Malformed> {
    let found = match &*format.need_text("type", place)? {
        "text" => None,
        "json_object" => {
            needs.add(Feature::JsonObject, place);
            Some(Format::Json)
        }
        "json_schema" => {
            needs.add(Feature::JsonSchema, place);
            Some(Format::Schema {
                name: format.text("name", place)?,
                description: format.text("description", place)?,
                schema: format
                    .raw_object("schema", place)?
                    .map(Cow::Borrowed)
                    .ok_or_else(|| place.member("schema").missing())?,
                strict: format.flag("strict", place)?,
            })
        }
        _ => {
            needs.add(Feature::Other, place);
            return Ok(None);
        }
    };
    needs.add_rest(format.rest(), place);
    Ok(found)
}

fn sampling<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Sampling<'a>, Malformed> {
    let mut number = |name, feature, bounds| sampling::number(all, needs, (name, feature, bounds), &WHOLE);
    let temperature = number("temperature", Feature::Temperature, Bounds::Temperature)?;
    let top_p = number("top_p", Feature::TopP, Bounds::Share)?;
    sampling::note_high(temperature, needs, &WHOLE);
    Ok(Sampling { temperature, top_p, ..Sampling::default() })
}

/// A summary is what other providers show of their thoughts without being asked; to want one is to want thoughts.
fn reasoning<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Option<Reasoning<'a>>, Malformed> {
    let Some(mut wanted) = all.object("reasoning", &WHOLE)? else { return Ok(None) };
    let place = WHOLE.member("reasoning");
    let effort = effort::known(wanted.text("effort", &place)?, &effort::OPENAI, &place.member("effort"))?;
    let effort = needs.noted(effort, Feature::Reasoning, &place.member("effort"));
    let older = wanted.text("generate_summary", &place)?;
    let summary = wanted.text("summary", &place)?.or(older);
    let summary = needs.noted(summary, Feature::Reasoning, &place.member("summary"));
    for (name, usual) in [("context", "auto"), ("mode", "standard")] {
        let is_unusual = wanted.text(name, &place)?.is_some_and(|word| word != usual);
        needs.add_if(is_unusual, Feature::Other, &place.member(name));
    }
    needs.add_rest(wanted.rest(), &place);
    Ok(match effort {
        Some(effort) if effort == "none" => Some(Reasoning::Off),
        Some(effort) => Some(Reasoning::Effort(effort)),
        None => summary.map(|_| Reasoning::Adaptive),
    })
}

/// The newer name of the same is `safety_identifier`.
fn user<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Option<Cow<'a, str>>, Malformed> {
    let older = needs.noted(all.text("user", &WHOLE)?, Feature::User, &WHOLE.member("user"));
    let newer = all.text("safety_identifier", &WHOLE)?;
    let newer = needs.noted(newer, Feature::User, &WHOLE.member("safety_identifier"));
    Ok(newer.or(older))
}

fn extras<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Extras<'a>, Malformed> {
    let top = all.count("top_logprobs", &WHOLE)?;
    let logprobs = include(all, needs)? || top.is_some_and(|top| top > 0);
    needs.add_if(logprobs, Feature::Logprobs, &WHOLE.member("top_logprobs"));
    let metadata: Option<&RawValue> = all.raw("metadata").filter(|raw| raw.get() != "{}");
    let tier = all.text("service_tier", &WHOLE)?.filter(|tier| tier != "auto");
    // Unstored is what an answer is here in any case.
    let is_stored = all.flag("store", &WHOLE)?.unwrap_or(false);
    needs.add_if(is_stored, Feature::Store, &WHOLE.member("store"));
    Ok(Extras {
        metadata: needs.noted(metadata, Feature::Metadata, &WHOLE.member("metadata")),
        top_logprobs: logprobs.then(|| top.unwrap_or(0)),
        service_tier: needs.noted(tier, Feature::ServiceTier, &WHOLE.member("service_tier")),
        ..Extras::default()
    })
}

/// What else the answer should hold. Gives whether that is probabilities.
fn include(all: &mut Fields<'_>, needs: &mut Needs) -> Result<bool, Malformed> {
    let place = WHOLE.member("include");
    let mut logprobs = false;
    for (at, raw) in all.list("include", &WHOLE)?.into_iter().enumerate() {
        let place = place.element(at);
        match &*text(raw, &place)? {
            "message.output_text.logprobs" => logprobs = true,
            // Every answer has the first. The others are about hosted tools and about what is stored.
            "reasoning.encrypted_content"
            | "message.input_image.image_url"
            | "file_search_call.results"
            | "web_search_call.results"
            | "web_search_call.action.sources"
            | "computer_call_output.output.image_url"
            | "code_interpreter_call.outputs" => {}
            _ => needs.add(Feature::Other, &place),
        }
    }
    Ok(logprobs)
}

/// Hints for the provider's own cache, which say nothing of the answer.
fn cache_hints(all: &mut Fields<'_>, needs: &mut Needs) -> Result<(), Malformed> {
    let _hints = (all.raw("prompt_cache_key"), all.raw("prompt_cache_retention"));
    let Some(mut options) = all.object("prompt_cache_options", &WHOLE)? else { return Ok(()) };
    let _hints = (options.raw("mode"), options.raw("ttl"));
    needs.add_rest(options.rest(), &WHOLE.member("prompt_cache_options"));
    Ok(())
}

#[cfg(test)]
mod tests;
