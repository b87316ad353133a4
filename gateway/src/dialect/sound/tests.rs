//! What a client's own provider would refuse, and what it would take, in every dialect.

use serde_json::{Value, json};

use super::*;
use crate::translate::read;

fn said(client: Dialect, body: &Value) -> Option<String> {
    read(client, &body.to_string()).err().map(|malformed| malformed.to_string())
}

/// A chat request with these members besides its model.
#[track_caller]
fn chat(members: &Value, expected: Option<&str>) {
    check(Dialect::Chat, members, expected);
}

#[track_caller]
fn check(client: Dialect, members: &Value, expected: Option<&str>) {
    assert_eq!(said(client, members).as_deref(), expected, "{members}");
}

fn hi() -> Value {
    json!([{"role": "user", "content": "Hi"}])
}

#[test]
fn something_is_said() {
    let list = |member: &str| format!("`{member}` must be a list with something in it");
    chat(&json!({"messages": []}), Some(&list("messages")));
    chat(&json!({}), Some(&list("messages")));
    chat(&json!({"messages": [{"role": "system", "content": "Be short."}]}), None);
    let messages = json!({"max_tokens": 9, "messages": [], "system": "Be short."});
    check(Dialect::Messages, &messages, Some(&list("messages")));
    check(Dialect::Messages, &json!({"max_tokens": 9}), Some("`messages` must be given"));
    let instructions = json!({"systemInstruction": {"parts": [{"text": "Be short."}]}});
    check(Dialect::GenerateContent, &instructions, Some(&list("contents")));
    let string = json!({"contents": "Hi"});
    let objects = "`contents` must be a list of objects with `parts`";
    check(Dialect::GenerateContent, &string, Some(objects));
    check(Dialect::Responses, &json!({"instructions": "Be short."}), Some("`input` must be given"));
    check(Dialect::Responses, &json!({"input": []}), Some(&list("input")));
    check(Dialect::Responses, &json!({"input": 5}), Some("`input` must be a string or a list of items"));
    check(Dialect::Responses, &json!({"previous_response_id": "resp_1"}), None);
}

#[test]
fn what_is_said_has_a_form() {
    let content = |content: Value| json!({"messages": [{"role": "user", "content": content}]});
    let wrong = "`messages[0].content` must be a string or a list of parts";
    for wrongly in [json!(5), json!(null), json!({"type": "text", "text": "Hi"})] {
        chat(&content(wrongly), Some(wrong));
    }
    chat(&content(json!("")), None);
    let image = |url: &str| content(json!([{"type": "image_url", "image_url": {"url": url}}]));
    let address =
        "`messages[0].content[0].image_url` must be an address with `https://`, or `data:` with Base64";
    for url in ["ftp://a.test/b.png", "b.png", "", "https://", "data:image/png,abc"] {
        chat(&image(url), Some(address));
    }
    for url in ["https://a.test/b.png", "HTTP://a.test/b.png", "data:image/png;base64,aGk="] {
        chat(&image(url), None);
    }
    let source = json!({"max_tokens": 1, "messages": [{"role": "user", "content": [
        {"type": "image", "source": {"type": "url", "url": "file:///etc/passwd"}}]}]});
    let address =
        "`messages[0].content[0].source.url` must be an address with `https://`, or `data:` with Base64";
    check(Dialect::Messages, &source, Some(address));
}

#[test]
fn numbers_have_bounds() {
    let with = |member: &str, value: Value| json!({"messages": hi(), member: value});
    let wrong = |member: &str, value: Value, must: &str| {
        chat(&with(member, value), Some(&format!("`{member}` must be {must}")));
    };
    wrong("max_tokens", json!(0), "at least 1");
    wrong("max_completion_tokens", json!(0), "at least 1");
    wrong("n", json!(0), "at least 1");
    wrong("top_p", json!(7), "a number from 0 to 1");
    wrong("temperature", json!(-0.1), "a number from 0 to 2");
    wrong("presence_penalty", json!(3), "a number from -2 to 2");
    wrong("seed", json!(1.5), "a whole number");
    wrong("stop", json!(["a", "b", "c", "d", "e"]), "a string or a list of at most 4 strings");
    wrong(
        "reasoning_effort",
        json!("extreme"),
        "`none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`",
    );
    chat(&with("top_logprobs", json!(2)), Some("`logprobs` must be true where there is `top_logprobs`"));
    for (member, value) in [
        ("temperature", json!(2)),
        ("top_p", json!(0)),
        ("seed", json!(-7)),
        ("reasoning_effort", json!("xhigh")),
        ("n", json!(1)),
    ] {
        chat(&with(member, value), None);
    }
    let messages = |member: &str, value: Value| json!({"max_tokens": 9, "messages": hi(), member: value});
    check(
        Dialect::Messages,
        &messages("temperature", json!(1.5)),
        Some("`temperature` must be a number from 0 to 1"),
    );
    let effort = messages("output_config", json!({"effort": "extreme"}));
    let words = "`output_config.effort` must be `low`, `medium`, `high`, `xhigh` or `max`";
    check(Dialect::Messages, &effort, Some(words));
    let contents =
        |config: Value| json!({"contents": [{"parts": [{"text": "Hi"}]}], "generationConfig": config});
    let tokens = "`generationConfig.maxOutputTokens` must be at least 1";
    check(Dialect::GenerateContent, &contents(json!({"maxOutputTokens": 0})), Some(tokens));
    let level =
        "`generationConfig.thinkingConfig.thinkingLevel` must be `MINIMAL`, `LOW`, `MEDIUM` or `HIGH`";
    check(
        Dialect::GenerateContent,
        &contents(json!({"thinkingConfig": {"thinkingLevel": "MAX"}})),
        Some(level),
    );
    check(
        Dialect::GenerateContent,
        &contents(json!({"topK": 40.0, "thinkingConfig": {"thinkingLevel": "HIGH"}})),
        None,
    );
    let response = |member: &str, value: Value| json!({"input": "Hi", member: value});
    let effort = response("reasoning", json!({"effort": "extreme"}));
    let words = "`reasoning.effort` must be `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`";
    check(Dialect::Responses, &effort, Some(words));
}

/// A chat of these turns: a call with its id, a result of one, or words of the user.
fn turns(turns: &[&str]) -> Value {
    let message = |turn: &&str| match turn.split_once(' ') {
        Some(("call", id)) => {
            let function = json!({"name": "f", "arguments": "{}"});
            json!({"role": "assistant", "tool_calls": [{"id": id, "type": "function", "function": function}]})
        }
        Some(("result", id)) => json!({"role": "tool", "tool_call_id": id, "content": "18"}),
        _ => json!({"role": turn, "content": "Hi"}),
    };
    json!({"messages": turns.iter().map(message).collect::<Vec<_>>()})
}

#[test]
fn calls_and_results_belong_together() {
    let orphan = |at: usize, id: &str| {
        format!("`messages[{at}]` must be without a result of `{id}`, a call that is not in the turn before")
    };
    let open = |at: usize, id: &str| {
        format!("`messages[{at}]` must be followed by a result of each call, which `{id}` has not")
    };
    chat(&turns(&["user", "call a", "call b", "result b", "result a", "user"]), None);
    chat(&turns(&["user", "call a", "result a", "call a", "result a"]), None);
    // Who tells a result late tells it all the same.
    chat(&turns(&["user", "call a", "user", "result a"]), None);
    chat(&turns(&["user", "result a"]), Some(&orphan(1, "a")));
    chat(&turns(&["call a", "result a", "result a"]), Some(&orphan(2, "a")));
    chat(&turns(&["call a", "result a", "assistant", "result a"]), Some(&orphan(3, "a")));
    chat(&turns(&["user", "call a", "user", "assistant"]), Some(&open(1, "a")));
    chat(&turns(&["user", "call a"]), Some(&open(1, "a")));
    let long = "x".repeat(500);
    let said = said(Dialect::Chat, &turns(&["user", &format!("result {long}")])).unwrap();
    assert!(said.len() < 200, "{said}");
    let anthropic = json!({"max_tokens": 9, "system": "Be short.", "messages": [
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "18"}]}]});
    check(Dialect::Messages, &anthropic, Some(&orphan(0, "a")));
    let items = json!({"input": [{"type": "function_call_output", "call_id": "a", "output": "18"}]});
    let orphan = "`input` must be without a result of `a`, a call that is not in the turn before";
    check(Dialect::Responses, &items, Some(orphan));
    // What it is of is kept elsewhere.
    let stored = json!({"previous_response_id": "resp_1", "input": [
        {"type": "function_call_output", "call_id": "a", "output": "18"}]});
    check(Dialect::Responses, &stored, None);
}

#[test]
fn what_is_to_be_called_is_there() {
    let tool = |name: &str| json!({"type": "function", "function": {"name": name, "parameters": {}}});
    let choice = |choice: Value, tools: &[&str]| {
        let tools: Vec<Value> = tools.iter().map(|name| tool(name)).collect();
        json!({"messages": hi(), "tools": tools, "tool_choice": choice})
    };
    let named = json!({"type": "function", "function": {"name": "g"}});
    chat(&choice(named.clone(), &["f", "g"]), None);
    chat(
        &choice(named, &["f"]),
        Some("`tool_choice` must be the choice of one of `tools`, which `g` is not"),
    );
    let none = "`tool_choice` must be left out where there are no `tools`";
    chat(&choice(json!("required"), &[]), Some(none));
    chat(&choice(json!("auto"), &[]), None);
    let wrong = "`tools` must be functions whose names are 1 to 128 letters, digits, `_` or `-`, which `my tool` is not";
    chat(&choice(json!("auto"), &["my tool"]), Some(wrong));
    let schema = json!({"messages": hi(), "tools": [
        {"type": "function", "function": {"name": "f", "parameters": "none"}}]});
    chat(&schema, Some("`tools[0].function.parameters` must be an object"));
    // Another tool may have the name.
    let custom = json!({"messages": hi(), "tools": [{"type": "custom", "custom": {"name": "g"}}],
        "tool_choice": {"type": "function", "function": {"name": "g"}}});
    chat(&custom, None);
}
