//! Requests as the provider's service model wants them. Each of these was given to botocore's validator of that model.

use super::*;
use crate::conversation::message::{
    CacheFor, Document, Image, Message, Part, Role, Source, Thought, Tool, ToolCall, ToolChoice, ToolResult,
};
use crate::conversation::settings::Sampling;
use pointsman_schema::protocol::ProviderProtocol;
use std::borrow::Cow;

use serde_json::Value;
use serde_json::value::RawValue;

fn written(conversation: &Conversation<'_>) -> Value {
    let upstream = Upstream { model: "m", output_limit: None, protocol: ProviderProtocol::Bedrock };
    let mut out = BytesMut::new();
    write(conversation, upstream, &mut out);
    serde_json::from_slice(&out).unwrap()
}

fn check(conversation: &Conversation<'_>, expected: &str) {
    let expected: Value = serde_json::from_str(expected).unwrap();
    let written = written(conversation);
    assert_eq!(written, expected, "{}", serde_json::to_string_pretty(&written).unwrap());
}

fn raw(json: &str) -> &RawValue {
    serde_json::from_str(json).unwrap()
}

fn said<'a>(role: Role, parts: impl Into<Vec<Part<'a>>>) -> Message<'a> {
    Message { role, name: None, parts: parts.into() }
}

fn text(words: &str) -> Part<'_> {
    Part::Text(words.into())
}

fn data<'a>(media_type: &'a str, base64: &'a str) -> Source<'a> {
    Source::Data { media_type: media_type.into(), base64: base64.into() }
}

fn call<'a>(id: &'a str, arguments: &'a str) -> Part<'a> {
    Part::ToolCall(ToolCall {
        id: id.into(),
        name: "weather".into(),
        arguments: arguments.into(),
        signature: None,
    })
}

fn result<'a>(id: &'a str, parts: impl Into<Vec<Part<'a>>>, is_error: bool) -> Part<'a> {
    Part::ToolResult(ToolResult { id: id.into(), parts: parts.into(), is_error })
}

fn tool<'a>(name: &'a str, parameters: Option<&'a str>) -> Tool<'a> {
    Tool {
        name: name.into(),
        description: Some("d".into()),
        parameters: parameters.map(|json| Cow::Borrowed(raw(json))),
        strict: None,
        cache: None,
    }
}

/// A turn in which a function was called twice, and what it gave.
fn with_calls<'a>() -> Vec<Message<'a>> {
    vec![
        said(Role::User, [text("hi")]),
        said(Role::Assistant, [text("\n"), call("call_1", "{\"city\":\"Paris\"}"), call("c/2", "")]),
        said(Role::User, [result("call_1", [text("19°"), text("")], false)]),
        said(Role::User, [text("go on"), result("c/2", [], true)]),
    ]
}

#[test]
fn turns_are_one_message_each() {
    check(
        &Conversation {
            messages: vec![
                said(Role::System, [text("be kind"), Part::CacheMark(CacheFor::Hour)]),
                said(Role::System, [text("be brief"), text(" ")]),
                said(Role::User, [text("a")]),
                said(Role::System, [text("late")]),
                said(Role::User, [Part::CacheMark(CacheFor::Default), text("b")]),
                said(Role::Assistant, [text("")]),
                said(Role::User, [text("c"), Part::CacheMark(CacheFor::Default)]),
                said(Role::Assistant, [Part::Refusal("no".into())]),
            ],
            ..Conversation::default()
        },
        r#"{"system":[{"text":"be kind"},{"cachePoint":{"type":"default","ttl":"1h"}},{"text":"be brief"}],
            "messages":[
              {"role":"user","content":[{"text":"a"},{"cachePoint":{"type":"default"}},{"text":"b"},{"text":"c"},{"cachePoint":{"type":"default"}}]},
              {"role":"system","content":[{"text":"late"}]},
              {"role":"assistant","content":[{"text":"no"}]}]}"#,
    );
    let only = Conversation { messages: vec![said(Role::System, [text("x")])], ..Conversation::default() };
    check(&only, r#"{"messages":[{"role":"user","content":[{"text":"x"}]}]}"#);
}

#[test]
fn calls_and_results_stand_beside_functions() {
    let conversation = Conversation {
        messages: with_calls(),
        tools: vec![
            Tool {
                strict: Some(true),
                cache: Some(CacheFor::Default),
                ..tool("weather", Some(r#"{"type":"object"}"#))
            },
            Tool { strict: Some(false), description: Some("".into()), ..tool("a", Some("{ }")) },
            tool("b", None),
            tool("c", Some(r#"{"properties":{"x":{}}}"#)),
        ],
        tool_choice: Some(ToolChoice::Required),
        ..Conversation::default()
    };
    let id = pointsman_schema::digest::Digest::of(b"c/2");
    let expected = r#"{"messages":[
          {"role":"user","content":[{"text":"hi"}]},
          {"role":"assistant","content":[
            {"toolUse":{"toolUseId":"call_1","name":"weather","input":{"city":"Paris"}}},
            {"toolUse":{"toolUseId":"ID","name":"weather","input":{}}}]},
          {"role":"user","content":[
            {"toolResult":{"toolUseId":"call_1","content":[{"text":"19°"}]}},
            {"toolResult":{"toolUseId":"ID","content":[],"status":"error"}},
            {"text":"go on"}]}],
        "toolConfig":{"tools":[
            {"toolSpec":{"name":"weather","description":"d","inputSchema":{"json":{"type":"object"}},"strict":true}},
            {"cachePoint":{"type":"default"}},
            {"toolSpec":{"name":"a","inputSchema":{"json":{"type":"object","properties":{}}}}},
            {"toolSpec":{"name":"b","description":"d","inputSchema":{"json":{"type":"object","properties":{}}}}},
            {"toolSpec":{"name":"c","description":"d","inputSchema":{"json":{"type":"object","properties":{"x":{}}}}}}],
          "toolChoice":{"any":{}}}}"#
        .replace("ID", &id.to_string());
    check(&conversation, &expected);
    for (choice, expected) in [
        (Some(ToolChoice::Auto), r#"{"auto":{}}"#),
        (Some(ToolChoice::Named("a".into())), r#"{"tool":{"name":"a"}}"#),
        (None, "null"),
    ] {
        let whole = written(&Conversation { tool_choice: choice, ..conversation.clone() });
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(whole.pointer("/toolConfig/toolChoice").unwrap_or(&Value::Null), &expected);
    }
}

#[test]
fn where_nothing_may_be_called_earlier_calls_are_words() {
    let expected = r#"{"messages":[
          {"role":"user","content":[{"text":"hi"}]},
          {"role":"assistant","content":[
            {"text":"[function weather was called with {\"city\":\"Paris\"}]"},
            {"text":"[function weather was called with {}]"}]},
          {"role":"user","content":[
            {"text":"[function weather returned:]"},{"text":"19°"},
            {"text":"[function weather failed:]"},
            {"text":"go on"}]}]}"#;
    let messages = with_calls();
    check(&Conversation { messages: messages.clone(), ..Conversation::default() }, expected);
    let forbidden = Conversation {
        messages,
        tools: vec![tool("weather", None)],
        tool_choice: Some(ToolChoice::None),
        ..Conversation::default()
    };
    check(&forbidden, expected);
}

#[test]
fn pictures_documents_and_recordings_are_bytes() {
    let image = |media| Part::Image(Image { source: data(media, "aW1n"), detail: None });
    let document = |media, name: Option<&'static str>| {
        Part::Document(Document { source: data(media, "ZG9j"), name: name.map(Into::into) })
    };
    let sound = Part::Audio { data: "c25k".into(), format: "wav".into() };
    check(
        &Conversation {
            messages: vec![
                said(Role::User, [image("image/jpg"), document("application/pdf", Some("a.pdf")), sound]),
                said(Role::Assistant, [call("t", "nonsense")]),
                said(
                    Role::User,
                    [result("t", [image("image/png"), Part::CacheMark(CacheFor::Default)], false)],
                ),
                said(Role::User, [document("text/plain", None), text("these")]),
            ],
            tools: vec![tool("weather", None)],
            ..Conversation::default()
        },
        r#"{"messages":[
          {"role":"user","content":[
            {"text":"a.pdf"},
            {"image":{"format":"jpeg","source":{"bytes":"aW1n"}}},
            {"document":{"format":"pdf","name":"a pdf (1)","source":{"bytes":"ZG9j"}}},
            {"audio":{"format":"wav","source":{"bytes":"c25k"}}}]},
          {"role":"assistant","content":[
            {"toolUse":{"toolUseId":"t","name":"weather","input":{"arguments":"nonsense"}}}]},
          {"role":"user","content":[
            {"toolResult":{"toolUseId":"t","content":[{"image":{"format":"png","source":{"bytes":"aW1n"}}}]}},
            {"cachePoint":{"type":"default"}},
            {"document":{"format":"txt","name":"document (2)","source":{"bytes":"ZG9j"}}},
            {"text":"these"}]}],
          "toolConfig":{"tools":[
            {"toolSpec":{"name":"weather","description":"d","inputSchema":{"json":{"type":"object","properties":{}}}}}]}}"#,
    );
}

#[test]
fn thoughts_go_back_with_their_proof_only() {
    let thought = |text: &'static str, signature: Option<&'static str>, redacted: Option<&'static str>| {
        let (signature, redacted) = (signature.map(Into::into), redacted.map(Into::into));
        Part::Thought(Thought { text: text.into(), signature, redacted })
    };
    check(
        &Conversation {
            messages: vec![
                said(Role::User, [text("a")]),
                said(
                    Role::Assistant,
                    [
                        thought("so", Some("c2ln"), None),
                        thought("unsigned", None, None),
                        thought("", None, Some("cmVk")),
                        text("b"),
                    ],
                ),
            ],
            ..Conversation::default()
        },
        r#"{"messages":[
          {"role":"user","content":[{"text":"a"}]},
          {"role":"assistant","content":[
            {"reasoningContent":{"reasoningText":{"text":"so","signature":"c2ln"}}},
            {"reasoningContent":{"redactedContent":"cmVk"}},
            {"text":"b"}]}]}"#,
    );
}

#[test]
fn settings_have_their_places() {
    let number = |digits| crate::json::fields::Number::read(raw(digits)).unwrap();
    let schema = Cow::Borrowed(raw(r#"{"type":"object","additionalProperties":false}"#));
    check(
        &Conversation {
            messages: vec![said(Role::User, [text("a")])],
            output_tokens: Some(100),
            stop: vec!["END".into(), "".into()],
            sampling: Sampling {
                temperature: Some(number("0.50")),
                top_p: Some(number("1")),
                ..Sampling::default()
            },
            format: Some(Format::Schema {
                name: Some("n".into()),
                description: Some("d".into()),
                schema,
                strict: Some(true),
            }),
            extras: Extras {
                metadata: Some(raw(r#"{"task":"x"}"#)),
                service_tier: Some("flex".into()),
                ..Extras::default()
            },
            ..Conversation::default()
        },
        r#"{"messages":[{"role":"user","content":[{"text":"a"}]}],
          "inferenceConfig":{"maxTokens":100,"temperature":0.50,"topP":1,"stopSequences":["END"]},
          "additionalModelResponseFieldPaths":["/stop_sequence","/delta/stop_sequence"],
          "outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{
            "schema":"{\"type\":\"object\",\"additionalProperties\":false}","name":"n","description":"d"}}}},
          "requestMetadata":{"task":"x"},
          "serviceTier":{"type":"flex"}}"#,
    );
    let high = Sampling { temperature: Some(number("1.5")), ..Sampling::default() };
    let empty = Extras { metadata: Some(raw("{ }")), ..Extras::default() };
    check(&Conversation { sampling: high, extras: empty, ..Conversation::default() }, r#"{"messages":[]}"#);
}

fn check_reasoning(model: &str, reasoning: Reasoning<'_>, expected: &str) {
    let conversation = Conversation {
        messages: vec![said(Role::User, [text("a")])],
        output_tokens: Some(9_000),
        reasoning: Some(reasoning),
        ..Conversation::default()
    };
    let upstream = Upstream { model, output_limit: None, protocol: ProviderProtocol::Bedrock };
    let mut out = BytesMut::new();
    write(&conversation, upstream, &mut out);
    let mut whole: Value = serde_json::from_slice(&out).unwrap();
    let whole = whole.as_object_mut().unwrap();
    whole.remove("messages");
    whole.remove("inferenceConfig");
    assert_eq!(Value::from(whole.clone()), serde_json::from_str::<Value>(expected).unwrap(), "{model}");
}

#[test]
fn claude_is_told_how_to_think_and_others_how_much() {
    let effort = |word: &'static str| Reasoning::Effort(word.into());
    let claude = "eu.anthropic.claude-sonnet-4-6";
    for (reasoning, expected) in [
        (Reasoning::Off, r#"{"additionalModelRequestFields":{"thinking":{"type":"disabled"}}}"#),
        (Reasoning::Adaptive, r#"{"additionalModelRequestFields":{"thinking":{"type":"adaptive"}}}"#),
        (
            Reasoning::Budget(2_000),
            r#"{"additionalModelRequestFields":{"thinking":{"type":"adaptive"}},"outputConfig":{"effort":"low"}}"#,
        ),
        (
            effort("high"),
            r#"{"additionalModelRequestFields":{"thinking":{"type":"adaptive"}},"outputConfig":{"effort":"high"}}"#,
        ),
    ] {
        check_reasoning(claude, reasoning, expected);
    }
    check_reasoning(
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        Reasoning::Budget(2_000),
        r#"{"additionalModelRequestFields":{"thinking":{"type":"enabled","budget_tokens":2000}}}"#,
    );
    for (reasoning, expected) in [
        (Reasoning::Off, r#"{"outputConfig":{"effort":"low"}}"#),
        (Reasoning::Adaptive, "{}"),
        (Reasoning::Budget(5_000), r#"{"outputConfig":{"effort":"medium"}}"#),
        (effort("minimal"), r#"{"outputConfig":{"effort":"low"}}"#),
        (effort("high"), r#"{"outputConfig":{"effort":"high"}}"#),
    ] {
        check_reasoning("amazon.nova-2-lite-v1:0", reasoning, expected);
    }
}
