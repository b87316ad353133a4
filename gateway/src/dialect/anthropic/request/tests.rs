//! What a request needs, with its place, and what is no request.

use super::*;
use crate::conversation::message::ToolChoice;
use crate::conversation::settings::{Format, Reasoning};

/// Reads a request with these members besides the necessary ones.
fn read_with(members: &str) -> String {
    format!(r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"x"}}],{members}}}"#)
}

/// A message of one block.
fn block(block: &str) -> String {
    format!(r#"{{"max_tokens":9,"messages":[{{"role":"user","content":[{block}]}}]}}"#)
}

fn needs(body: &str) -> Vec<String> {
    let needs = read(body).unwrap().needs;
    let all = Feature::ALL.iter().flat_map(|feature| {
        let places = needs.has(*feature).then(|| needs.places(feature.mask()));
        places.into_iter().flatten().map(move |place| format!("{feature} {place}"))
    });
    all.collect()
}

fn check(body: &str, expected: &[&str]) {
    assert_eq!(needs(body), expected, "{body}");
}

#[test]
fn every_feature_is_a_need_with_its_place() {
    check(&read_with(r#""system":"s","temperature":null"#), &[]);
    check(&read_with(r#""stream":true,"temperature":0.5"#), &["temperature temperature", "streaming stream"]);
    check(
        &read_with(r#""top_p":0.5,"top_k":3,"stop_sequences":["a"],"metadata":{"user_id":"u","team":"t"}"#),
        &[
            "stop stop_sequences",
            "top-p top_p",
            "top-k top_k",
            "user metadata.user_id",
            "other metadata.team",
        ],
    );
    check(
        &read_with(
            r#""metadata":{"a":1},"container":"c","mcp_servers":[],"speed":"fast","service_tier":"standard_only""#,
        ),
        &["hosted-tools container", "other service_tier", "other metadata.a", "other speed"],
    );
    check(r#"{"max_tokens":0,"messages":[]}"#, &["other max_tokens"]);
}

#[test]
fn tools_are_functions_or_nothing_that_others_know() {
    let function = r#"{"name":"f","input_schema":{},"strict":true,"eager_input_streaming":true,"input_examples":[],"cache_control":{"type":"ephemeral"}}"#;
    let hosted = r#"{"type":"web_search_20260318","name":"web_search","max_uses":3}"#;
    let choice = r#"{"type":"any","disable_parallel_tool_use":true}"#;
    check(
        &read_with(&format!(r#""tools":[{function},{hosted}],"tool_choice":{choice}"#)),
        &[
            "tools tools",
            "one-tool-at-most tool_choice.disable_parallel_tool_use",
            "tool-choice tool_choice",
            "strict-tools tools[0].strict",
            "hosted-tools tools[1]",
            "cache-markers tools[0].cache_control",
            "other tools[0].input_examples",
            "forced-tool tool_choice",
        ],
    );
    let named = read_with(r#""tool_choice":{"type":"tool","name":"f"}"#);
    assert_eq!(read(&named).unwrap().tool_choice, Some(ToolChoice::Named("f".into())));
    let deferred = r#""tools":[{"name":"f","input_schema":{},"defer_loading":true}]"#;
    check(&read_with(deferred), &["tools tools", "hosted-tools tools[0].defer_loading"]);
}

#[test]
fn blocks_that_others_do_not_have_are_needs() {
    let place = "messages[0].content[0]";
    let is = |body: &str, feature: &str| check(&block(body), &[&format!("{feature} {place}")]);
    is(r#"{"type":"server_tool_use","id":"s","name":"web_search","input":{}}"#, "hosted-tools");
    is(r#"{"type":"web_search_tool_result","tool_use_id":"s","content":[]}"#, "hosted-tools");
    is(r#"{"type":"container_upload","file_id":"f"}"#, "file-reference");
    is(r#"{"type":"compaction","content":"c"}"#, "other");
    is(r#"{"type":"redacted_thinking","data":"d"}"#, "reasoning-content");
    let within =
        |body: &str, need: &str, path: &str| check(&block(body), &[&format!("{need} {place}{path}")]);
    within(r#"{"type":"image","source":{"type":"file","file_id":"f"}}"#, "file-reference", ".source");
    within(r#"{"type":"image","source":{"type":"url","url":"https://u"}}"#, "image-url", ".source");
    within(r#"{"type":"document","source":{"type":"content","content":"c"}}"#, "other", ".source");
    within(r#"{"type":"text","text":"t","citations":[{}]}"#, "citations", ".citations");
    check(&block(r#"{"type":"text","text":"t","citations":[]}"#), &[]);
}

#[test]
fn what_was_said_late_or_by_the_model_last_is_noted() {
    let say = |role: &str| format!(r#"{{"role":"{role}","content":"x"}}"#);
    let body = |roles: &[&str]| {
        let messages: Vec<String> = roles.iter().map(|role| say(role)).collect();
        format!(r#"{{"max_tokens":9,"messages":[{}]}}"#, messages.join(","))
    };
    check(&body(&["system", "user"]), &[]);
    check(&body(&["user", "system"]), &["late-instructions messages[1]"]);
    check(&body(&["user", "assistant"]), &["prefill messages[1]"]);
}

#[test]
fn results_hold_things_but_no_calls() {
    let result = r#"{"type":"tool_result","tool_use_id":"t","is_error":true,"content":[{"type":"text","text":"a"},{"type":"tool_reference","tool_name":"n"},{"type":"tool_result","tool_use_id":"t"}]}"#;
    let place = "messages[0].content[0]";
    let needs = [
        format!("tools {place}"),
        format!("hosted-tools {place}.content[1]"),
        format!("other {place}.content[2]"),
    ];
    check(&block(result), &needs.each_ref().map(String::as_str));
    let call = r#"{"type":"tool_use","id":"t","name":"n","input":{},"caller":{"type":"code_execution_20260120","tool_id":"c"},"toolset_name":"browser"}"#;
    check(
        &block(call),
        &["tools messages[0].content[0]", "hosted-tools messages[0].content[0].toolset_name"],
    );
    let found = r#"{"type":"search_result","title":"T","source":"S","content":[{"type":"text","text":"a"}],"citations":{"enabled":true}}"#;
    check(&block(found), &["citations messages[0].content[0]"]);
    let body = block(found);
    let words = &read(&body).unwrap().messages[0].parts;
    assert_eq!(*words, [Part::Text("T\nS\na".into())]);
}

#[test]
fn two_members_say_how_much_to_think() {
    let is = |members: &str, expected: Option<Reasoning<'_>>, needs: &[&str]| {
        let body = read_with(members);
        assert_eq!(read(&body).unwrap().reasoning, expected, "{members}");
        check(&body, needs);
    };
    let (thinking, effort) = ("reasoning thinking", "reasoning output_config.effort");
    is(r#""thinking":{"type":"disabled"}"#, Some(Reasoning::Off), &[]);
    is(r#""thinking":{"type":"adaptive"}"#, Some(Reasoning::Adaptive), &[thinking]);
    is(r#""thinking":{"type":"enabled","budget_tokens":2000}"#, Some(Reasoning::Budget(2000)), &[thinking]);
    is(r#""output_config":{"effort":"low"}"#, Some(Reasoning::Effort("low".into())), &[effort]);
    let both = r#""thinking":{"type":"enabled","budget_tokens":2000},"output_config":{"effort":"low"}"#;
    is(both, Some(Reasoning::Budget(2000)), &[thinking, "other output_config.effort"]);
    is(r#""thinking":{"type":"between_tools"}"#, Some(Reasoning::Off), &[]);
    let new = r#""thinking":{"type":"new","display":"omitted"}"#;
    is(new, Some(Reasoning::Adaptive), &[thinking, "other thinking.type", "other thinking.display"]);
}

#[test]
fn a_schema_is_taken_from_where_it_stands() {
    for member in ["output_format", "output_config"] {
        let format = r#"{"type":"json_schema","schema":{"a": 1}}"#;
        let inner =
            if member == "output_config" { format!(r#"{{"format":{format}}}"#) } else { format.to_owned() };
        let body = read_with(&format!(r#""{member}":{inner}"#));
        let Some(Format::Schema { schema, .. }) = read(&body).unwrap().format else { panic!("no schema") };
        assert_eq!(schema.get(), r#"{"a": 1}"#);
    }
}

fn check_malformed(body: &str, expected: &str) {
    assert_eq!(read(body).unwrap_err().to_string(), expected, "{body}");
}

#[test]
fn errors_say_where() {
    check_malformed("[]", "`body` must be an object");
    check_malformed(r#"{"messages":[]}"#, "`max_tokens` must be given");
    let tokens = "`max_tokens` must be a whole number that is not negative";
    check_malformed(r#"{"messages":[],"max_tokens":"many"}"#, tokens);
    check_malformed(r#"{"max_tokens":1}"#, "`messages` must be given");
    check_malformed(
        r#"{"max_tokens":1,"messages":[{"role":"user"}]}"#,
        "`messages[0].content` must be a string or a list of content blocks",
    );
    check_malformed(
        r#"{"max_tokens":1,"messages":[{"role":"tool","content":"x"}]}"#,
        "`messages[0].role` must be `user`, `assistant` or `system`",
    );
    check_malformed(&block(r#"{"type":"text"}"#), "`messages[0].content[0].text` must be given");
    check_malformed(&block(r#"{"type":"image"}"#), "`messages[0].content[0].source` must be given");
    check_malformed(
        &block(r#"{"type":"tool_use","id":"t","name":"n","input":[]}"#),
        "`messages[0].content[0].input` must be an object",
    );
    check_malformed(
        &read_with(r#""system":[{"type":"image","source":{"type":"url","url":"https://u"}}]"#),
        "`system` must be a string or a list of text blocks",
    );
    check_malformed(
        &read_with(r#""cache_control":{"type":"ephemeral","ttl":"2h"}"#),
        "`cache_control.ttl` must be `5m` or `1h`",
    );
    check_malformed(
        &read_with(r#""tool_choice":{"type":"some"}"#),
        "`tool_choice.type` must be `auto`, `any`, `tool` or `none`",
    );
}

#[test]
fn what_is_unknown_is_named_up_to_a_limit() {
    let members: Vec<String> = (0..120).map(|at| format!("\"m{at}\":1")).collect();
    let body = read_with(&members.join(","));
    assert_eq!(needs(&body).len(), 120);
    let blocks = vec![r#"{"type":"news"}"#; 1000].join(",");
    assert_eq!(needs(&block(&blocks)).len(), crate::limits::NEEDS_NAMED_MAX);
}
