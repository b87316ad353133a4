//! Writing a whole answer.

use bytes::{Bytes, BytesMut};

use super::logprobs;
use crate::conversation::answer::{Answer, Choice, Finish, Said, Usage};
use crate::conversation::arguments;
use crate::conversation::message::{Thought, ToolCall};
use crate::dialect::Frame;
use crate::json::write::{List, Object};

/// Writes an answer.
pub fn write(answer: &Answer<'_>, frame: &Frame) -> Bytes {
    let mut out = BytesMut::with_capacity(1024);
    let mut whole = Object::begin(&mut out);
    let mut candidates = whole.list("candidates");
    for (index, one) in (0..).zip(&answer.choices) {
        choice(candidates.object(), index, one);
    }
    drop(candidates);
    if let Some(used) = &answer.usage {
        usage(whole.object("usageMetadata"), used);
    }
    whole.text("modelVersion", answer.model.as_deref().unwrap_or(&frame.model));
    whole.text("responseId", answer.id.as_deref().unwrap_or(&frame.id));
    drop(whole);
    out.freeze()
}

fn choice(mut out: Object<'_>, index: u64, choice: &Choice<'_>) {
    let mut content = out.object("content");
    let mut parts = content.list("parts");
    for said in &choice.parts {
        match said {
            Said::Text(text) | Said::Refusal(text) => words(&mut parts, text),
            Said::Thought(one) => thought(&mut parts, one),
            Said::ToolCall(one) => call(&mut parts, one),
        }
    }
    drop(parts);
    content.text("role", "model");
    drop(content);
    let is_refused = choice.parts.iter().any(|said| matches!(said, Said::Refusal(_)));
    out.text("finishReason", finish(choice.finish, is_refused)).count("index", index);
    if let Some(all) = choice.logprobs {
        logprobs::write(&mut out, all);
    }
}

pub(super) fn words(parts: &mut List<'_>, text: &str) {
    parts.object().text("text", text);
}

/// A thought, or a piece of one, or its signature. What only the provider can read is given as a signature, too: nothing
/// else that clients give back is passed on by them untouched.
pub(super) fn thought(parts: &mut List<'_>, thought: &Thought<'_>) {
    let mut out = parts.object();
    out.text("text", &thought.text).flag("thought", true);
    out.text_if("thoughtSignature", thought.redacted.as_deref().or(thought.signature.as_deref()));
}

/// A call of a function, whose arguments are an object here.
pub(super) fn call(parts: &mut List<'_>, call: &ToolCall<'_>) {
    let mut out = parts.object();
    let mut function = out.object("functionCall");
    function.text("id", &call.id).text("name", &call.name);
    function.json("args", &arguments::object(&call.arguments));
    drop(function);
    out.text_if("thoughtSignature", call.signature.as_deref());
}

/// Google's word for why an answer ended.
pub(super) const fn finish(finish: Finish, is_refused: bool) -> &'static str {
    match finish {
        Finish::ContentFilter => "SAFETY",
        Finish::Stop | Finish::StopText if is_refused => "SAFETY",
        Finish::Stop | Finish::StopText | Finish::ToolCalls => "STOP",
        Finish::Length | Finish::ContextLength => "MAX_TOKENS",
        // `CONTINUATION` comes with a token to go on by, which there is none of.
        Finish::Pause => "OTHER",
    }
}

/// What was used, as Google counts: cached input within the input, thoughts beside the output.
pub(super) fn usage(mut out: Object<'_>, used: &Usage) {
    out.count("promptTokenCount", used.input);
    out.count("candidatesTokenCount", used.output.saturating_sub(used.reasoning));
    if used.cached > 0 {
        out.count("cachedContentTokenCount", used.cached);
    }
    if used.reasoning > 0 {
        out.count("thoughtsTokenCount", used.reasoning);
    }
    out.count("totalTokenCount", used.input.saturating_add(used.output));
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde_json::value::RawValue;
    use serde_json::{Value, json};

    use super::*;
    use crate::conversation::answer::Opaque;
    use crate::provider;

    fn check(answer: &Answer<'_>, expected: &Value) {
        let frame =
            Frame { id: "id".to_owned(), model: "m".to_owned(), input_tokens: 9, created_s: 0, echo: None };
        let written: Value = serde_json::from_slice(&write(answer, &frame)).unwrap();
        assert_eq!(written, *expected);
    }

    #[test]
    fn what_a_provider_answers_is_written_the_same() {
        let whole = json!({"candidates": [
            {"content": {"parts": [{"text": "hm", "thought": true, "thoughtSignature": "c2ln"}, {"text": "Hi"},
                {"functionCall": {"id": "1", "name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"}],
                "role": "model"}, "finishReason": "STOP", "index": 0},
            {"content": {"parts": [], "role": "model"}, "finishReason": "MAX_TOKENS", "index": 1}],
            "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2, "cachedContentTokenCount": 2,
                "thoughtsTokenCount": 3, "totalTokenCount": 14}, "modelVersion": "g", "responseId": "r"});
        let body = whole.to_string();
        check(&provider::gemini::answer::read(&body).unwrap(), &whole);
    }

    #[test]
    fn what_only_others_say_has_a_form() {
        let logprobs: Box<RawValue> =
            serde_json::from_value(json!({"content": [{"token": "a", "logprob": -0.5,
            "bytes": [97], "top_logprobs": [{"token": "b", "logprob": -1}]}]}))
            .unwrap();
        let redacted = Thought { redacted: Some(Cow::Borrowed("ZGF0YQ==")), ..Thought::default() };
        let call = |arguments: &'static str| {
            Said::ToolCall(ToolCall {
                id: "1".into(),
                name: "f".into(),
                arguments: arguments.into(),
                signature: None,
            })
        };
        let parts = vec![Said::Thought(redacted), Said::Refusal("no".into()), call(""), call("{\"a\":")];
        let choice = Choice { parts, finish: Finish::Stop, stop: None, logprobs: Some(Opaque(&logprobs)) };
        let parts = json!([{"text": "", "thought": true, "thoughtSignature": "ZGF0YQ=="}, {"text": "no"},
            {"functionCall": {"id": "1", "name": "f", "args": {}}},
            {"functionCall": {"id": "1", "name": "f", "args": {"arguments": "{\"a\":"}}}]);
        check(
            &Answer { choices: vec![choice], ..Answer::default() },
            &json!({"candidates": [{"content": {"parts": parts, "role": "model"}, "finishReason": "SAFETY",
                "index": 0, "logprobsResult": {"chosenCandidates": [{"token": "a", "logProbability": -0.5}],
                "topCandidates": [{"candidates": [{"token": "b", "logProbability": -1}]}]}}],
                "modelVersion": "m", "responseId": "id"}),
        );
    }
}
