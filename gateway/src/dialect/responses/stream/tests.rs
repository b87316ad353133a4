//! Streams of chat completions go in; the events that come out must hold together.

use serde_json::{Value, json};

use super::*;
use crate::provider::openai::chat;
use crate::sse;

fn frame() -> Frame {
    Frame { id: "r1".to_owned(), model: "m".to_owned(), input_tokens: 9, created_s: 7, echo: None }
}

/// The events that a stream of these steps becomes, each with its name and its data.
fn written(deltas: &[Delta<'_>]) -> Vec<(String, Value)> {
    let mut writer = Writer::new(frame());
    let mut out = BytesMut::new();
    for delta in deltas {
        writer.write(delta, &mut out);
    }
    let events = parsed(&out);
    assert_eq!(writer.sequence(), u64::try_from(events.len()).unwrap());
    events
}

fn parsed(out: &[u8]) -> Vec<(String, Value)> {
    let events = sse::events(out).map(|event| {
        let text = std::str::from_utf8(event).unwrap();
        let name = text.strip_prefix("event: ").unwrap().split_once('\n').unwrap().0;
        let data: Value = serde_json::from_slice(&sse::data(event).unwrap()).unwrap();
        assert_eq!(data["type"], name);
        (name.to_owned(), data)
    });
    events.collect()
}

/// Reads chunks as a chat provider sends them, and checks what must hold of any stream. Gives the final answer.
fn check(chunks: &[&str], names: &[&str]) -> Value {
    let mut reader = chat::stream::Reader::default();
    let mut writer = Writer::new(frame());
    let mut out = BytesMut::new();
    for chunk in chunks {
        let event = format!("data: {chunk}\n\n");
        reader.event(event.as_bytes(), &mut |delta| writer.write(&delta, &mut out)).unwrap();
    }
    let events = parsed(&out);
    assert_eq!(events.iter().map(|(name, _)| short(name)).collect::<Vec<_>>(), names);
    holds_together(&events)
}

fn short(name: &str) -> &str {
    name.strip_prefix("response.").unwrap_or(name)
}

fn holds_together(events: &[(String, Value)]) -> Value {
    let mut grown: Vec<String> = Vec::new();
    let mut done: Vec<Value> = Vec::new();
    for (at, (name, event)) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], at);
        let index = event["output_index"].as_u64().map(|index| usize::try_from(index).unwrap());
        match short(name) {
            "output_item.added" => {
                assert_eq!(index, Some(grown.len()));
                grown.push(String::new());
                done.push(event["item"]["id"].clone());
            }
            "output_item.done" => {
                assert_eq!(event["item"]["id"], done[index.unwrap()]);
                done[index.unwrap()] = event["item"].clone();
            }
            name if name.rsplit('.').next() == Some("delta") => {
                grown[index.unwrap()] += event["delta"].as_str().unwrap();
            }
            name if name.ends_with("text.done") => assert_eq!(event["text"], grown[index.unwrap()].as_str()),
            _ => {}
        }
        if let Some(id) = event.get("item_id") {
            assert_eq!(*id, done[index.unwrap()], "an event about an item that has ended");
        }
    }
    let (_, last) = events.last().unwrap();
    assert_eq!(last["response"]["output"], Value::Array(done));
    last["response"].clone()
}

const BEGIN: &str =
    r#"{"id":"c1","model":"x","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#;

#[test]
fn words() {
    let answer = check(
        &[
            BEGIN,
            r#"{"choices":[{"index":0,"delta":{"content":"Hel"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"lo\n"},"logprobs":{"content":[{"token":"lo","logprob":-1,"bytes":null,"top_logprobs":[]}]}}]}"#,
            r#"{"choices":[{"index":1,"delta":{"content":"another answer"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":2}}}"#,
            "[DONE]",
        ],
        &[
            "created",
            "in_progress",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.delta",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "completed",
        ],
    );
    assert_eq!((&answer["id"], &answer["model"]), (&json!("resp_c1"), &json!("x")));
    assert_eq!(answer["status"], "completed");
    let part = &answer["output"][0]["content"][0];
    assert_eq!((&part["text"], &part["logprobs"][0]["bytes"]), (&json!("Hello\n"), &json!([108, 111])));
    assert_eq!(answer["usage"]["input_tokens_details"], json!({"cached_tokens": 2, "cache_write_tokens": 0}));
    assert_eq!(answer["usage"]["total_tokens"], 8);
}

#[test]
fn thoughts_words_and_calls_that_come_mixed() {
    let answer = check(
        &[
            BEGIN,
            r#"{"choices":[{"index":0,"delta":{"reasoning_content":"Hm"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"I look."}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{\"y\""}}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":1}"}}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":":2}"}}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":2,"id":"c","function":{"name":"h"}}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
            "[DONE]",
        ],
        &[
            "created",
            "in_progress",
            "output_item.added",
            "reasoning_summary_part.added",
            "reasoning_summary_text.delta",
            "reasoning_summary_text.done",
            "reasoning_summary_part.done",
            "output_item.done",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "output_item.added",
            "output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.delta",
            "function_call_arguments.delta",
            "output_item.added",
            "function_call_arguments.done",
            "output_item.done",
            "function_call_arguments.done",
            "output_item.done",
            "function_call_arguments.done",
            "output_item.done",
            "completed",
        ],
    );
    let kinds: Vec<_> = answer["output"].as_array().unwrap().iter().map(|item| &item["type"]).collect();
    assert_eq!(kinds, ["reasoning", "message", "function_call", "function_call", "function_call"]);
    let call = |at: usize| (&answer["output"][at]["call_id"], &answer["output"][at]["arguments"]);
    assert_eq!(call(2), (&json!("a"), &json!(r#"{"x":1}"#)));
    assert_eq!(call(3), (&json!("b"), &json!(r#"{"y":2}"#)));
    assert_eq!(call(4), (&json!("c"), &json!("{}")));
    assert_eq!(answer["usage"], Value::Null);
}

#[test]
fn a_refusal_after_words_is_another_part_of_the_message() {
    let answer = check(
        &[
            r#"{"choices":[{"index":0,"delta":{"content":"Well"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"refusal":"No"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}"#,
            "[DONE]",
        ],
        &[
            "created",
            "in_progress",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "content_part.added",
            "refusal.delta",
            "refusal.done",
            "content_part.done",
            "output_item.done",
            "incomplete",
        ],
    );
    assert_eq!(answer["incomplete_details"], json!({"reason": "max_output_tokens"}));
    assert_eq!(answer["output"][0]["status"], "incomplete");
    assert_eq!(answer["output"][0]["content"][1], json!({"type": "refusal", "refusal": "No"}));
}

#[test]
fn an_answer_of_nothing_is_a_message_of_no_words() {
    let answer = check(
        &[BEGIN, r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#, "[DONE]"],
        &[
            "created",
            "in_progress",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "completed",
        ],
    );
    assert_eq!(answer["output"][0]["content"][0]["text"], "");
}

#[test]
fn what_proves_thoughts_is_in_their_items() {
    let thought = |text: &'static str, signature: Option<&'static str>, redacted: Option<&'static str>| {
        let (signature, redacted) = (signature.map(Into::into), redacted.map(Into::into));
        Delta::Thought { choice: 0, thought: Thought { text: text.into(), signature, redacted } }
    };
    let call = ToolCall {
        id: "a".into(),
        name: "f".into(),
        arguments: "{}".into(),
        signature: Some("proof".into()),
    };
    let events = written(&[
        thought("One", None, None),
        thought("", Some("s1"), None),
        thought("Two", None, None),
        thought("", None, Some("data")),
        thought("", Some("s2"), None),
        thought("", None, None),
        Delta::ToolCall { choice: 0, index: 0, call: call.clone() },
        Delta::ToolCall { choice: 0, index: 1, call },
        Delta::Arguments { choice: 0, index: 7, json: "of no call".into() },
        Delta::Finish { choice: 0, finish: Finish::ToolCalls, stop: None },
        Delta::End,
    ]);
    let answer = holds_together(&events);
    let seen: Vec<_> = answer["output"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["summary"][0]["text"].as_str(), item["encrypted_content"].as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            (Some("One"), Some("s1")),
            (Some("Two"), Some("pmsig1tn")),
            (None, Some("data")),
            (None, Some("s2")),
            (None, Some("proof")),
            (None, None),
            (None, Some("proof")),
            (None, None),
        ]
    );
}

#[test]
fn too_long_an_answer_is_given_up() {
    let mut writer = Writer::new(frame());
    let mut out = BytesMut::new();
    let piece = Delta::Text { choice: 0, text: "x".repeat(1 << 20).into() };
    let mut pieces = 0;
    while !writer.is_full() {
        out.clear();
        writer.write(&piece, &mut out);
        pieces += 1;
    }
    assert_eq!(pieces, ANSWER_GATHERED_BYTES_MAX / (1 << 20) + 1);
    assert!(out.is_empty());
    writer.write(&Delta::End, &mut out);
    assert!(out.is_empty());
    let calls = Delta::ToolCall {
        choice: 0,
        index: 0,
        call: ToolCall { id: "".into(), name: "".into(), arguments: "".into(), signature: None },
    };
    let mut writer = Writer::new(frame());
    while !writer.is_full() {
        out.clear();
        writer.write(&calls, &mut out);
    }
    assert!(writer.items.len() <= ANSWER_GATHERED_BYTES_MAX / ITEM_BYTES);
}

#[test]
fn an_error_has_both_forms() {
    let events = parsed(&error_event("no \"more\"", Some("overloaded"), None, 4));
    let (name, event) = &events[0];
    assert_eq!((name.as_str(), &event["sequence_number"]), ("error", &json!(4)));
    for told in [event, &event["error"]] {
        assert_eq!((&told["message"], &told["code"]), (&json!("no \"more\""), &json!("overloaded")));
        assert_eq!(told["param"], Value::Null);
    }
}
