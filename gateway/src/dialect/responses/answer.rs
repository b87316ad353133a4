//! Writing a whole answer.

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};

use super::item::{Ids, Item, Kind, Words};
use super::logprobs;
use super::whole::Whole;
use crate::conversation::answer::{Answer, Choice, Said};
use crate::conversation::message::{Thought, ToolCall};
use crate::dialect::Frame;
use crate::json::write::Object;

/// Writes an answer. There is one to a request in this API.
pub fn write(answer: &Answer<'_>, frame: &Frame) -> Bytes {
    let ids = Ids::new(answer.id.as_deref(), frame);
    let choice = answer.choices.first();
    let items = items(&ids, choice);
    let mut out = BytesMut::with_capacity(2048);
    let whole = Whole {
        ids: &ids,
        frame,
        model: answer.model.as_deref().unwrap_or(&frame.model),
        items: &items,
        usage: answer.usage.as_ref(),
        finish: Some(choice.map(|choice| choice.finish).unwrap_or_default()),
    };
    whole.write(Object::begin(&mut out));
    out.freeze()
}

fn items<'a>(ids: &Ids, choice: Option<&'a Choice<'_>>) -> Vec<Item<'a>> {
    let mut kinds: Vec<Kind<'a>> = Vec::new();
    for part in choice.map(|choice| &*choice.parts).unwrap_or_default() {
        match part {
            Said::Text(text) => words(&mut kinds, Words::Text(Cow::Borrowed(text), String::new())),
            Said::Refusal(text) => words(&mut kinds, Words::Refusal(Cow::Borrowed(text))),
            Said::Thought(one) => kinds.extend(thought(one)),
            Said::ToolCall(one) => {
                kinds.extend(one.signature.as_deref().map(|proof| Kind::Proof(Cow::Borrowed(proof))));
                kinds.push(Kind::Call(call(one)));
            }
        }
    }
    if kinds.is_empty() {
        kinds.push(Kind::Message(vec![Words::Text(Cow::Borrowed(""), String::new())]));
    }
    if let Some(all) = choice.and_then(|choice| choice.logprobs) {
        let mut messages = kinds.iter_mut().filter_map(|kind| match kind {
            Kind::Message(words) => words.first_mut(),
            _ => None,
        });
        if let Some(Words::Text(_, logprobs)) = messages.next() {
            *logprobs = logprobs::elements(all);
        }
    }
    kinds.into_iter().enumerate().map(|(at, kind)| ids.item(at, kind)).collect()
}

/// More words go on with the last ones of their kind, as the pieces of a stream do.
fn words<'a>(kinds: &mut Vec<Kind<'a>>, words: Words<'a>) {
    let Some(Kind::Message(before)) = kinds.last_mut() else {
        if !matches!(&words, Words::Text(text, _) if text.is_empty()) {
            kinds.push(Kind::Message(vec![words]));
        }
        return;
    };
    match (before.last_mut(), words) {
        (Some(Words::Text(before, _)), Words::Text(more, _))
        | (Some(Words::Refusal(before)), Words::Refusal(more)) => before.to_mut().push_str(&more),
        (_, words) => before.push(words),
    }
}

fn thought<'a>(thought: &'a Thought<'_>) -> Option<Kind<'a>> {
    let Thought { text, signature, redacted } = thought;
    let is_there = !text.is_empty() || signature.is_some() || redacted.is_some();
    let borrow = |text: &'a Option<Cow<'_, str>>| text.as_deref().map(Cow::Borrowed);
    is_there.then(|| {
        let (signature, redacted) = (borrow(signature), borrow(redacted));
        Kind::Thought(Thought { text: Cow::Borrowed(text), signature, redacted })
    })
}

fn call<'a>(call: &'a ToolCall<'_>) -> ToolCall<'a> {
    ToolCall {
        id: Cow::Borrowed(&call.id),
        name: Cow::Borrowed(&call.name),
        arguments: Cow::Borrowed(&call.arguments),
        signature: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::conversation::answer::{Finish, Usage};
    use crate::provider::openai::chat;

    fn written(answer: &Answer<'_>) -> Value {
        let frame =
            Frame { id: "r1".to_owned(), model: "m".to_owned(), input_tokens: 9, created_s: 7, echo: None };
        serde_json::from_slice(&write(answer, &frame)).unwrap()
    }

    fn check(parts: Vec<Said<'_>>, finish: Finish, expected: &[Value]) -> Value {
        let choices = vec![Choice { parts, finish, stop: None, logprobs: None }];
        let whole = written(&Answer { choices, ..Answer::default() });
        let mut output = whole["output"].as_array().unwrap().clone();
        for item in &mut output {
            item.as_object_mut().unwrap().remove("id").unwrap();
        }
        assert_eq!(output, expected);
        whole
    }

    fn thought(text: &'static str, signature: Option<&'static str>) -> Said<'static> {
        Said::Thought(Thought { text: text.into(), signature: signature.map(Into::into), redacted: None })
    }

    fn message(content: &Value, status: &str) -> Value {
        json!({"type": "message", "role": "assistant", "status": status, "content": content})
    }

    fn text(text: &str) -> Value {
        json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
    }

    #[test]
    fn items_in_their_order() {
        let call =
            ToolCall { id: "1".into(), name: "f".into(), arguments: "".into(), signature: Some("p".into()) };
        let whole = check(
            vec![
                thought("Hm", Some("s")),
                thought("", None),
                Said::Text("".into()),
                Said::Text("Hel".into()),
                Said::Text("lo".into()),
                Said::ToolCall(call),
            ],
            Finish::ToolCalls,
            &[
                json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}],
                    "encrypted_content": "s"}),
                message(&json!([text("Hello")]), "completed"),
                json!({"type": "reasoning", "summary": [], "encrypted_content": "p"}),
                json!({"type": "function_call", "status": "completed", "call_id": "1", "name": "f", "arguments": "{}"}),
            ],
        );
        assert_eq!(whole["status"], "completed");
        assert_eq!(
            (&whole["id"], &whole["model"], &whole["created_at"]),
            (&json!("resp_r1"), &json!("m"), &json!(7))
        );
        assert_eq!(
            (&whole["store"], &whole["tools"], &whole["usage"]),
            (&json!(false), &json!([]), &Value::Null)
        );
    }

    #[test]
    fn an_answer_that_was_cut_says_why() {
        for (finish, reason) in [
            (Finish::Length, "max_output_tokens"),
            (Finish::ContextLength, "max_output_tokens"),
            (Finish::ContentFilter, "content_filter"),
        ] {
            let content = json!([text("He"), {"type": "refusal", "refusal": "No."}]);
            let parts = vec![Said::Text("He".into()), Said::Refusal("No".into()), Said::Refusal(".".into())];
            let whole = check(parts, finish, &[message(&content, "incomplete")]);
            assert_eq!(whole["status"], "incomplete");
            assert_eq!(whole["incomplete_details"]["reason"], reason);
        }
    }

    #[test]
    fn an_answer_of_nothing_is_a_message_of_no_words() {
        check(Vec::new(), Finish::Stop, &[message(&json!([text("")]), "completed")]);
        check(vec![Said::Text("".into())], Finish::Stop, &[message(&json!([text("")]), "completed")]);
    }

    #[test]
    fn a_chat_completion_as_a_response() {
        let body = r#"{"id":"chatcmpl-1","model":"x","choices":[{"index":0,"finish_reason":"stop",
            "message":{"role":"assistant","content":"Hi"},
            "logprobs":{"content":[{"token":"Hi","logprob":-0.1,"bytes":[72,105],"top_logprobs":[]}]}}],
            "usage":{"prompt_tokens":3,"completion_tokens":2,"completion_tokens_details":{"reasoning_tokens":1}}}"#;
        let whole = written(&chat::answer::read(body, None).unwrap());
        assert_eq!((&whole["id"], &whole["model"]), (&json!("resp_1"), &json!("x")));
        assert_eq!(whole["output"][0]["content"][0]["logprobs"][0]["token"], "Hi");
        let usage = json!({"input_tokens": 3, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 2, "output_tokens_details": {"reasoning_tokens": 1}, "total_tokens": 5});
        assert_eq!(whole["usage"], usage);
        let used = Usage { input: u64::MAX, output: 1, ..Usage::default() };
        let most = written(&Answer { usage: Some(used), ..Answer::default() });
        assert_eq!(most["usage"]["total_tokens"], u64::MAX);
    }
}
