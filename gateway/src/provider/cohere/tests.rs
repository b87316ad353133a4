//! What is Cohere's own in requests, answers and streams.

use bytes::BytesMut;
use pointsman_schema::dialect::Dialect;
use pointsman_schema::feature::{self, Feature};
use pointsman_schema::protocol::ProviderProtocol;
use serde_json::{Value, json};

use super::{answer, request, stream};
use crate::conversation::answer::{Choice, Delta, Finish, Said, Usage};
use crate::conversation::message::Thought;
use crate::dialect::chat;
use crate::provider::{Broken, Upstream};

fn check(asked: &Value, expected: &Value) {
    let text = asked.to_string();
    let conversation = chat::request::read(&text).unwrap();
    let mut out = BytesMut::new();
    let upstream = Upstream { model: "m", output_limit: None, protocol: ProviderProtocol::Cohere };
    request::write(&conversation, upstream, &mut out);
    let sent: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(sent, *expected, "{text}");
}

fn check_with(members: Value, expected: Value) {
    let message = json!([{ "role": "user", "content": "Hi" }]);
    let whole = |model: &str, members: Value| {
        let mut whole = json!({ "model": model, "messages": message });
        whole.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        whole
    };
    let mut expected = whole("m", expected);
    expected["stream"] = json!(false);
    check(&whole("x", members), &expected);
}

#[test]
fn settings_have_coheres_words() {
    check_with(
        json!({ "top_p": 0.5, "seed": 7, "max_tokens": 9, "stop": ["x"], "response_format": { "type": "json_object" } }),
        json!({ "p": 0.5, "seed": 7, "max_tokens": 9, "stop_sequences": ["x"], "response_format": { "type": "json_object" } }),
    );
    check_with(json!({ "top_p": 1 }), json!({ "p": 0.99 }));
    check_with(json!({ "reasoning_effort": "none" }), json!({ "thinking": { "type": "disabled" } }));
    check_with(
        json!({ "reasoning_effort": "low" }),
        json!({ "thinking": { "type": "enabled", "token_budget": crate::conversation::settings::budget_of("low") } }),
    );
}

#[test]
fn one_function_is_asked_for_by_offering_it_alone() {
    let tool = |name: &str| json!({ "type": "function", "function": { "name": name } });
    let offered = |name: &str| json!({ "type": "function", "function": { "name": name, "parameters": { "type": "object", "properties": {} } } });
    let tools = json!([tool("a"), tool("b")]);
    let both = json!([offered("a"), offered("b")]);
    let named = json!({ "type": "function", "function": { "name": "b" } });
    check_with(
        json!({ "tools": tools, "tool_choice": named }),
        json!({ "tools": [offered("b")], "tool_choice": "REQUIRED" }),
    );
    check_with(
        json!({ "tools": tools, "tool_choice": "required" }),
        json!({ "tools": both, "tool_choice": "REQUIRED" }),
    );
    check_with(
        json!({ "tools": tools, "tool_choice": "none" }),
        json!({ "tools": both, "tool_choice": "NONE" }),
    );
    check_with(json!({ "tools": tools, "tool_choice": "auto" }), json!({ "tools": both }));
}

#[test]
fn one_strict_function_makes_all_strict() {
    let tool = |name: &str, strict: bool| json!({ "type": "function", "function": { "name": name, "strict": strict } });
    let offered = |name: &str| json!({ "type": "function", "function": { "name": name, "parameters": { "type": "object", "properties": {} } } });
    check_with(
        json!({ "tools": [tool("a", true), tool("b", false)] }),
        json!({ "tools": [offered("a"), offered("b")], "strict_tools": true }),
    );
    check_with(json!({ "tools": [tool("a", false)] }), json!({ "tools": [offered("a")] }));
}

#[test]
fn a_form_of_the_answer_is_none_beside_functions() {
    let excluded = |tools: &str| {
        let text = format!(
            r#"{{"model":"x","messages":[],"tools":{tools},"response_format":{{"type":"json_object"}}}}"#
        );
        let features = chat::request::read(&text).unwrap().features();
        feature::beside((ProviderProtocol::Cohere, "m"), (Dialect::Chat, features), 0)
    };
    assert_eq!(excluded("[]"), 0);
    let form = Feature::JsonObject.mask();
    assert_eq!(excluded(r#"[{"type":"function","function":{"name":"f"}}]"#), form);
}

#[test]
fn answers_are_read() {
    let body = r#"{"id":"c1","finish_reason":"TOOL_CALL","message":{"role":"assistant","tool_plan":"I look.",
        "content":[{"type":"thinking","thinking":"Hm"}],
        "tool_calls":[{"id":"f_0","type":"function","function":{"name":"f","arguments":"{}"}}],"citations":[]},
        "usage":{"billed_units":{"input_tokens":9.0,"output_tokens":4},"tokens":{"input_tokens":80,"output_tokens":20},"cached_tokens":8}}"#;
    let answer = answer::read(body).unwrap();
    assert_eq!(answer.usage, Some(Usage { input: 9, cached: 8, output: 4, ..Usage::default() }));
    let [Choice { parts, finish: Finish::ToolCalls, .. }] = &*answer.choices else { panic!("{answer:?}") };
    let [Said::Thought(Thought { text, .. }), Said::Text(plan), Said::ToolCall(call)] = &**parts else {
        panic!("{parts:?}")
    };
    assert_eq!((&**text, &**plan, &*call.id, &*call.arguments), ("Hm", "I look.", "f_0", "{}"));
    for broken in [r#"{"finish_reason":"ERROR","message":{}}"#, r#"{"message":{}}"#, "{}", ""] {
        assert!(answer::read(broken).is_err(), "{broken}");
    }
}

/// What the events mean, one after the other.
fn read(events: &[&str]) -> Result<Vec<String>, Broken> {
    let (mut reader, mut told) = (stream::Reader::default(), Vec::new());
    for event in events {
        reader.event(format!("data: {event}\n\n").as_bytes(), &mut |delta| {
            told.push(match delta {
                Delta::Begin { id, .. } => format!("begin {}", id.unwrap_or_default()),
                Delta::Text { text, .. } => format!("text {text}"),
                Delta::Thought { thought, .. } => format!("thought {}", thought.text),
                Delta::ToolCall { index, call, .. } => format!("call {index} {} {}", call.id, call.name),
                Delta::Arguments { index, json, .. } => format!("arguments {index} {json}"),
                Delta::Finish { finish, .. } => format!("finish {finish:?}"),
                Delta::Usage(usage) => format!("usage {} {}", usage.input, usage.output),
                Delta::End => "end".to_owned(),
                other => format!("{other:?}"),
            });
        })?;
    }
    Ok(told)
}

const BEGIN: &str = r#"{"type":"message-start","id":"c1","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}"#;

#[test]
fn streams_are_read() {
    let told = read(&[
        BEGIN,
        r#"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}}"#,
        r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"Hm"}}}}"#,
        r#"{"type":"content-end","index":0}"#,
        r#"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I look."}}}"#,
        r#"{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"f_0","type":"function","function":{"name":"f","arguments":""}}}}}"#,
        r#"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{}"}}}}}"#,
        r#"{"type":"tool-call-end","index":0}"#,
        r#"{"type":"citation-start","index":0,"delta":{"message":{"citations":{"start":0,"end":1}}}}"#,
        r#"{"type":"something-new"}"#,
        r#"{"type":"message-end","id":"c1","delta":{"finish_reason":"TOOL_CALL","usage":{"tokens":{"input_tokens":9,"output_tokens":4}}}}"#,
        "[DONE]",
    ]);
    let expected = [
        "begin c1",
        "thought Hm",
        "text I look.",
        "call 0 f_0 f",
        "arguments 0 {}",
        "finish ToolCalls",
        "usage 9 4",
        "end",
    ];
    assert_eq!(told.unwrap(), expected);
}

#[test]
fn streams_that_break_say_so() {
    let check = |event: &str, expected: &str| match read(&[BEGIN, event]).unwrap_err() {
        Broken::Said(said) => assert!(format!("{said:?}").contains(expected), "{said:?}"),
        broken => assert_eq!(format!("{broken:?}"), expected),
    };
    check(r#"{"type":"message-end","delta":{"finish_reason":"ERROR","error":"no luck"}}"#, "no luck");
    check(r#"{"type":"message-end","delta":{"finish_reason":"TIMEOUT"}}"#, "TIMEOUT");
    check(r#"{"id":"x","message":"internal server error"}"#, "internal server error");
    check(
        r#"{"type":"tool-call-delta","delta":{"message":{"tool_calls":{"function":{"arguments":"x"}}}}}"#,
        "Malformed",
    );
    check(r#"{"type":"tool-call-start","delta":{}}"#, "Malformed");
    check("{", "Malformed");
}
