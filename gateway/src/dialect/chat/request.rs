//! Reading a chat request: every member is taken, or is in the request's needs by its name.

use std::borrow::Cow;

use pointsman_schema::feature::Feature;
use serde_json::value::RawValue;

use super::message;
use crate::conversation::message::{Role, Tool, ToolChoice};
use crate::conversation::settings::{Extras, Format, Reasoning, Sampling};
use crate::conversation::{Conversation, Needs};
use crate::dialect::effort;
use crate::dialect::sampling::{self, Bounds};
use crate::json::fields::{Fields, Malformed, Place, list, text};

const WHOLE: Place<'static> = Place::WHOLE;

/// Reads a request.
pub fn read(body: &str) -> Result<Conversation<'_>, Malformed> {
    let mut all = Fields::read(body, &WHOLE)?;
    let mut needs = Needs::default();
    // Routing has read it.
    let _model = all.raw("model");
    let stream = all.flag("stream", &WHOLE)?.unwrap_or(false);
    needs.add_if(stream, Feature::Streaming, &WHOLE.member("stream"));
    let tool_choice = tool_choice(&mut all, &mut needs, named)?;
    let conversation = Conversation {
        stream,
        wants_usage: stream_options(&mut all, &mut needs)?,
        messages: message::read_all(&mut all, &mut needs)?,
        tools: tools(&mut all, &mut needs)?,
        parallel_tool_calls: parallel_tool_calls(&mut all, &mut needs, tool_choice.as_ref())?,
        tool_choice,
        format: format(&mut all, &mut needs)?,
        output_tokens: output_tokens(&mut all)?,
        stop: stop(&mut all, &mut needs)?,
        sampling: sampling(&mut all, &mut needs)?,
        reasoning: reasoning(&mut all, &mut needs)?,
        answers: answers(&mut all, &mut needs)?,
        user: user(&mut all, &mut needs)?,
        extras: extras(&mut all, &mut needs)?,
        needs: Needs::default(),
    };
    // A hint for the provider's own cache, which says nothing of the answer.
    let _hint = (all.raw("prompt_cache_key"), all.raw("prompt_cache_retention"));
    if let Some((last, before)) = conversation.messages.split_last() {
        let place = WHOLE.member("messages");
        needs.add_if(last.role == Role::Assistant, Feature::Prefill, &place.element(before.len()));
    }
    hosted(&mut all, &mut needs);
    needs.add_rest(all.rest(), &WHOLE);
    Ok(Conversation { needs, ..conversation })
}

/// Whether one answer may call several functions, as both of OpenAI's endpoints say it. That it may needs nothing of
/// anybody, and that it may not is what all do where one function is named that must be called.
pub(in crate::dialect) fn parallel_tool_calls(
    all: &mut Fields<'_>,
    needs: &mut Needs,
    choice: Option<&ToolChoice<'_>>,
) -> Result<Option<bool>, Malformed> {
    let parallel = all.flag("parallel_tool_calls", &WHOLE)?;
    let is_new = parallel == Some(false) && !matches!(choice, Some(ToolChoice::Named(_)));
    needs.add_if(is_new, Feature::OneToolAtMost, &WHOLE.member("parallel_tool_calls"));
    Ok(parallel)
}

/// Whether a stream is to end with what it used.
fn stream_options(all: &mut Fields<'_>, needs: &mut Needs) -> Result<bool, Malformed> {
    let Some(mut options) = all.object("stream_options", &WHOLE)? else { return Ok(false) };
    let place = WHOLE.member("stream_options");
    let usage = options.flag("include_usage", &place)?.unwrap_or(false);
    // Padding against listeners, which is added to what a provider sends, or not.
    let _padding = options.raw("include_obfuscation");
    needs.add_rest(options.rest(), &place);
    Ok(usage)
}

fn tools<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Vec<Tool<'a>>, Malformed> {
    let place = WHOLE.member("tools");
    let mut tools = Vec::new();
    for (at, raw) in all.list("tools", &WHOLE)?.into_iter().enumerate() {
        let place = place.element(at);
        let mut fields = Fields::read(raw.get(), &place)?;
        match &*fields.need_text("type", &place)? {
            "function" => tools.push(function(&mut fields, &place, needs)?),
            "custom" => {
                needs.add(Feature::CustomTools, &place);
                continue;
            }
            _ => {
                needs.add(Feature::HostedTools, &place);
                continue;
            }
        }
        needs.add_rest(fields.rest(), &place);
    }
    needs.add_if(!tools.is_empty(), Feature::Tools, &place);
    Ok(tools)
}

fn function<'a>(
    fields: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Tool<'a>, Malformed> {
    let inner = fields.object("function", place)?;
    let place = place.member("function");
    let Some(mut inner) = inner else { return Err(place.missing()) };
    let strict = inner.flag("strict", &place)?;
    needs.add_if(strict == Some(true), Feature::StrictTools, &place.member("strict"));
    let tool = Tool {
        name: inner.need_text("name", &place)?,
        description: inner.text("description", &place)?,
        parameters: inner.raw_object("parameters", &place)?.map(Cow::Borrowed),
        strict,
        cache: message::cache(&mut inner, &place, needs)?,
    };
    needs.add_rest(inner.rest(), &place);
    Ok(tool)
}

/// Whether a function must be called: a word, or an object in which `named` finds the function's name.
pub(in crate::dialect) fn tool_choice<'a>(
    all: &mut Fields<'a>,
    needs: &mut Needs,
    named: impl FnOnce(&mut Fields<'a>, &Place<'_>, &mut Needs) -> Result<Cow<'a, str>, Malformed>,
) -> Result<Option<ToolChoice<'a>>, Malformed> {
    let place = WHOLE.member("tool_choice");
    let Some(raw) = all.raw("tool_choice") else { return Ok(None) };
    let choice = if raw.get().starts_with('"') {
        match &*text(raw, &place)? {
            "auto" => return Ok(Some(ToolChoice::Auto)),
            "none" => ToolChoice::None,
            "required" => ToolChoice::Required,
            _ => return Err(place.expected("`none`, `auto`, `required` or an object")),
        }
    } else {
        let mut fields = Fields::read(raw.get(), &place)?;
        if fields.need_text("type", &place)? != "function" {
            needs.add(Feature::Other, &place);
            return Ok(None);
        }
        ToolChoice::Named(named(&mut fields, &place, needs)?)
    };
    needs.add_choice(&choice, &place);
    Ok(Some(choice))
}

/// The name of the one function that must be called.
fn named<'a>(choice: &mut Fields<'a>, place: &Place<'_>, _: &mut Needs) -> Result<Cow<'a, str>, Malformed> {
    let function = choice.object("function", place)?;
    let inner = place.member("function");
    function.ok_or_else(|| inner.missing())?.need_text("name", &inner)
}

fn format<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Option<Format<'a>>, Malformed> {
    let Some(mut format) = all.object("response_format", &WHOLE)? else { return Ok(None) };
    let place = WHOLE.member("response_format");
    let found = match &*format.need_text("type", &place)? {
        "text" => None,
        "json_object" => {
            needs.add(Feature::JsonObject, &place);
            Some(Format::Json)
        }
        "json_schema" => {
            needs.add(Feature::JsonSchema, &place);
            let inner = format.object("json_schema", &place)?;
            let place = place.member("json_schema");
            let mut inner = inner.ok_or_else(|| place.missing())?;
            let found = Format::Schema {
                name: inner.text("name", &place)?,
                description: inner.text("description", &place)?,
                schema: Cow::Borrowed(
                    inner.raw_object("schema", &place)?.ok_or_else(|| place.member("schema").missing())?,
                ),
                strict: inner.flag("strict", &place)?,
            };
            needs.add_rest(inner.rest(), &place);
            Some(found)
        }
        _ => {
            needs.add(Feature::Other, &place);
            return Ok(None);
        }
    };
    needs.add_rest(format.rest(), &place);
    Ok(found)
}

/// The newer member counts where both are given.
fn output_tokens(all: &mut Fields<'_>) -> Result<Option<u64>, Malformed> {
    let older = all.positive("max_tokens", &WHOLE)?;
    Ok(all.positive("max_completion_tokens", &WHOLE)?.or(older))
}

fn stop<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Vec<Cow<'a, str>>, Malformed> {
    let place = WHOLE.member("stop");
    let Some(raw) = all.raw("stop") else { return Ok(Vec::new()) };
    let stop = if raw.get().starts_with('"') {
        vec![text(raw, &place)?]
    } else {
        let texts = list(raw, &place)?.into_iter().enumerate();
        texts.map(|(at, raw)| text(raw, &place.element(at))).collect::<Result<Vec<_>, _>>()?
    };
    if stop.len() > STOPS_MAX {
        return Err(place.expected("a string or a list of at most 4 strings"));
    }
    needs.add_if(!stop.is_empty(), Feature::Stop, &place);
    Ok(stop)
}

/// So many OpenAI takes.
const STOPS_MAX: usize = 4;

fn sampling<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Sampling<'a>, Malformed> {
    let mut number = |name, feature, bounds| sampling::number(all, needs, (name, feature, bounds), &WHOLE);
    let sampling = Sampling {
        temperature: number("temperature", Feature::Temperature, Bounds::Temperature)?,
        top_p: number("top_p", Feature::TopP, Bounds::Share)?,
        // Not OpenAI's, but known to most who serve its protocol, some of whom take -1 for all.
        top_k: number("top_k", Feature::TopK, Bounds::Whole)?,
        frequency_penalty: number("frequency_penalty", Feature::FrequencyPenalty, Bounds::Penalty)?,
        presence_penalty: number("presence_penalty", Feature::PresencePenalty, Bounds::Penalty)?,
        seed: number("seed", Feature::Seed, Bounds::Whole)?,
    };
    sampling::note_high(sampling.temperature, needs, &WHOLE);
    Ok(sampling)
}

fn reasoning<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Option<Reasoning<'a>>, Malformed> {
    let place = WHOLE.member("reasoning_effort");
    let effort = effort::known(all.text("reasoning_effort", &WHOLE)?, &effort::OPENAI, &place)?;
    let Some(effort) = effort else { return Ok(None) };
    needs.add(Feature::Reasoning, &place);
    Ok(Some(if effort == "none" { Reasoning::Off } else { Reasoning::Effort(effort) }))
}

fn answers(all: &mut Fields<'_>, needs: &mut Needs) -> Result<Option<u64>, Malformed> {
    let answers = all.positive("n", &WHOLE)?;
    needs.add_if(answers.is_some_and(|answers| answers > 1), Feature::SeveralAnswers, &WHOLE.member("n"));
    Ok(answers)
}

/// The newer name of the same is `safety_identifier`.
fn user<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Option<Cow<'a, str>>, Malformed> {
    let older = all.text("user", &WHOLE)?;
    let user = all.text("safety_identifier", &WHOLE)?.or(older);
    Ok(needs.noted(user, Feature::User, &WHOLE.member("user")))
}

fn extras<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Extras<'a>, Malformed> {
    let top_logprobs = all.count("top_logprobs", &WHOLE)?;
    let logprobs = all.flag("logprobs", &WHOLE)?.unwrap_or(false);
    if top_logprobs.is_some_and(|top| top > 0) && !logprobs {
        return Err(WHOLE.member("logprobs").expected("true where there is `top_logprobs`"));
    }
    needs.add_if(logprobs, Feature::Logprobs, &WHOLE.member("logprobs"));
    let tier = all.text("service_tier", &WHOLE)?.filter(|tier| tier != "auto");
    let store = all.flag("store", &WHOLE)?;
    needs.add_if(store == Some(true), Feature::Store, &WHOLE.member("store"));
    let mut raw = |name, feature| needs.noted(all.raw(name), feature, &WHOLE.member(name));
    Ok(Extras {
        metadata: raw("metadata", Feature::Metadata),
        logit_bias: raw("logit_bias", Feature::LogitBias),
        prediction: raw("prediction", Feature::Prediction),
        top_logprobs: logprobs.then(|| top_logprobs.unwrap_or(0)),
        verbosity: needs.noted(
            all.text("verbosity", &WHOLE)?,
            Feature::Verbosity,
            &WHOLE.member("verbosity"),
        ),
        service_tier: needs.noted(tier, Feature::ServiceTier, &WHOLE.member("service_tier")),
        store,
    })
}

/// What asks for more than words and functions.
fn hosted(all: &mut Fields<'_>, needs: &mut Needs) {
    let is_there = all.raw("web_search_options").is_some();
    needs.add_if(is_there, Feature::HostedTools, &WHOLE.member("web_search_options"));
    let is_text = |raw: &RawValue| raw.get().replace([' ', '\n', '\t', '\r'], "") == "[\"text\"]";
    let modalities = all.raw("modalities").is_some_and(|raw| !is_text(raw));
    let audio = all.raw("audio").is_some();
    needs.add_if(audio || modalities, Feature::AudioOutput, &WHOLE.member("modalities"));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a request with this content, or these members, needs of a provider: features with their places.
    fn check(request: &str, expected: &[&str]) {
        let conversation = read(request).unwrap();
        assert_eq!(conversation.needs.places(u64::MAX).collect::<Vec<_>>(), expected, "{request}");
    }

    fn says(part: &str) -> String {
        format!(r#"{{"model":"m","messages":[{{"role":"user","content":[{part}]}}]}}"#)
    }

    #[test]
    fn what_nobody_takes_is_named() {
        let audio = |rest: &str| {
            says(&format!(r#"{{"type":"input_audio","input_audio":{{"data":"d","format":"wav"{rest}}}}}"#))
        };
        check(&audio(""), &["messages[0].content[0].input_audio"]);
        let named = ["messages[0].content[0].input_audio", "messages[0].content[0].input_audio.speed"];
        check(&audio(r#","speed":2"#), &named);
        check(r#"{"model":"m","messages":[],"new":1,"seed":2,"none":null}"#, &["seed", "new"]);
    }

    #[test]
    fn several_calls_in_one_answer_are_what_everybody_allows() {
        check(r#"{"model":"m","messages":[],"parallel_tool_calls":true}"#, &[]);
        check(r#"{"model":"m","messages":[],"parallel_tool_calls":false}"#, &["parallel_tool_calls"]);
        let named = r#"{"type":"function","function":{"name":"f"}}"#;
        let one = format!(r#"{{"messages":[],"parallel_tool_calls":false,"tool_choice":{named}}}"#);
        check(&one, &["tool_choice"]);
    }

    #[test]
    fn the_name_at_a_result_is_the_functions() {
        let named = |role: &str| {
            format!(r#"{{"messages":[{{"role":"{role}","tool_call_id":"1","name":"f","content":"x"}}]}}"#)
        };
        check(&named("tool"), &["messages[0]"]);
        check(&named("user"), &["messages[0].name", "messages[0].tool_call_id"]);
    }

    #[test]
    fn instructions_are_late_once_somebody_has_spoken() {
        let roles = |roles: &[&str]| {
            let message = |role: &&str| format!(r#"{{"role":"{role}","content":"x"}}"#);
            let messages: Vec<String> = roles.iter().map(message).collect();
            format!(r#"{{"model":"m","messages":[{}]}}"#, messages.join(","))
        };
        check(&roles(&["system", "developer", "user"]), &[]);
        check(&roles(&["system", "user", "system", "developer", "user"]), &["messages[2]"]);
    }

    #[test]
    fn a_function_is_chosen_by_a_word_or_by_its_name() {
        let choice = |written: &str| {
            let request = format!(r#"{{"model":"m","messages":[],"tool_choice":{written}}}"#);
            read(&request).map(|conversation| conversation.tool_choice.map(|choice| format!("{choice:?}")))
        };
        for (written, expected) in [
            (r#""auto""#, Some("Auto")),
            (r#""required""#, Some("Required")),
            (r#"{"type":"function","function":{"name":"f"}}"#, Some(r#"Named("f")"#)),
            (r#"{"type":"custom","custom":{"name":"f"}}"#, None),
        ] {
            assert_eq!(choice(written), Ok(expected.map(str::to_owned)), "{written}");
        }
        assert!(choice(r#""sometimes""#).is_err());
        assert_eq!(choice(r#"{"type":"function"}"#).unwrap_err().at, "tool_choice.function");
    }
}
