//! What is Mistral's own in a request.

use bytes::BytesMut;
use pointsman_schema::protocol::ProviderProtocol;
use serde_json::{Value, json};

use super::request;
use crate::dialect::{anthropic, chat};
use crate::provider::Upstream;

fn sent(conversation: &crate::conversation::Conversation<'_>) -> Value {
    let mut out = BytesMut::new();
    let upstream = Upstream { model: "m", output_limit: None, protocol: ProviderProtocol::Mistral };
    request::write(conversation, upstream, &mut out);
    serde_json::from_slice(&out).unwrap()
}

fn check(asked: &Value, expected: &Value) {
    let text = asked.to_string();
    assert_eq!(sent(&chat::request::read(&text).unwrap()), *expected, "{text}");
}

fn check_messages(messages: &Value, expected: &Value) {
    check(&json!({ "model": "x", "messages": messages }), &json!({ "model": "m", "messages": expected }));
}

#[test]
fn settings_have_mistrals_words() {
    check(
        &json!({
            "model": "x",
            "messages": [{ "role": "user", "content": "Hi" }],
            "seed": 7,
            "max_completion_tokens": 9,
            "tool_choice": "required",
            "tools": [{ "type": "function", "function": { "name": "now" } }],
            "prediction": { "type": "content", "content": [{ "type": "text", "text": "a" }, { "type": "text", "text": "b" }] },
            "reasoning_effort": "high",
            "metadata": { "a": "b" },
            "n": 2,
            "stream": true,
        }),
        &json!({
            "model": "m",
            "messages": [{ "role": "user", "content": "Hi" }],
            "stream": true,
            "max_tokens": 9,
            "tools": [{
                "type": "function",
                "function": { "name": "now", "parameters": { "type": "object", "properties": {} } }
            }],
            "tool_choice": "any",
            "random_seed": 7,
            "reasoning_effort": "high",
            "n": 2,
            "metadata": { "a": "b" },
            "prediction": { "type": "content", "content": "ab" },
        }),
    );
}

#[test]
fn ids_of_calls_have_nine_letters_and_stay_together() {
    let call =
        |id: &str| json!({ "id": id, "type": "function", "function": { "name": "f", "arguments": "{}" } });
    let asked = json!({ "model": "x", "messages": [
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": null, "tool_calls": [call("call_1"), call("aB3dE6gH9")] },
        { "role": "tool", "tool_call_id": "call_1", "content": "one" },
        { "role": "tool", "tool_call_id": "aB3dE6gH9", "content": "two" },
        { "role": "user", "content": "And now?" },
    ] });
    let text = asked.to_string();
    let sent = sent(&chat::request::read(&text).unwrap());
    let messages = sent["messages"].as_array().unwrap();
    let made = messages[1]["tool_calls"][0]["id"].as_str().unwrap();
    assert!(made.len() == 9 && made.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{made}");
    assert_eq!(messages[2]["tool_call_id"], made);
    assert_eq!(messages[1]["tool_calls"][1]["id"], "aB3dE6gH9");
    assert_eq!(messages[3]["tool_call_id"], "aB3dE6gH9");
    // Nobody but the model may speak after a result.
    let roles: Vec<&str> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "tool", "tool", "assistant", "user"]);
    assert!(messages[1].get("content").is_none());
}

#[test]
fn a_beginning_is_marked_and_thoughts_go_back() {
    let asked = r#"{"model":"x","max_tokens":5,"messages":[{"role":"user","content":"Hi"},
        {"role":"assistant","content":[{"type":"thinking","thinking":"So","signature":"pmsig1tmc2ln"},{"type":"text","text":"It"}]}]}"#;
    let mut conversation = anthropic::request::read(asked).unwrap();
    conversation.give_back(Some(crate::conversation::proof::Maker::Mistral));
    let sent = sent(&conversation);
    assert_eq!(
        sent["messages"][1],
        json!({ "role": "assistant", "prefix": true, "content": [
            { "type": "thinking", "thinking": [{ "type": "text", "text": "So" }], "signature": "c2ln" },
            { "type": "text", "text": "It" },
        ] })
    );
}

#[test]
fn things_have_mistrals_forms() {
    check_messages(
        &json!([{ "role": "user", "content": [
            { "type": "image_url", "image_url": { "url": "https://a.test/p.png", "detail": "low" } },
            { "type": "file", "file": { "filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA" } },
            { "type": "input_audio", "input_audio": { "data": "BBBB", "format": "wav" } },
            { "type": "text", "text": "What?" },
        ] }]),
        &json!([{ "role": "user", "content": [
            { "type": "image_url", "image_url": { "url": "https://a.test/p.png", "detail": "low" } },
            { "type": "document_url", "document_url": "data:application/pdf;base64,AAAA", "document_name": "a.pdf" },
            { "type": "input_audio", "input_audio": "BBBB" },
            { "type": "text", "text": "What?" },
        ] }]),
    );
}
