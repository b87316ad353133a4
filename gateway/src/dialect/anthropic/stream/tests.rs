//! What steps become, those of other providers too.

use std::borrow::Cow;

use super::*;

fn text(text: &str) -> Delta<'_> {
    Delta::Text { choice: 0, text: text.into() }
}

fn thought<'a>(text: &'a str, signature: Option<&'a str>) -> Delta<'a> {
    let thought = Thought { text: text.into(), signature: signature.map(Cow::Borrowed), redacted: None };
    Delta::Thought { choice: 0, thought }
}

fn call(index: u32, arguments: &str) -> Delta<'_> {
    let call = ToolCall { id: "c".into(), name: "f".into(), arguments: arguments.into(), signature: None };
    Delta::ToolCall { choice: 0, index, call }
}

fn more(index: u32, json: &str) -> Delta<'_> {
    Delta::Arguments { choice: 0, index, json: json.into() }
}

fn finish(finish: Finish) -> Delta<'static> {
    Delta::Finish { choice: 0, finish, stop: None }
}

/// The events of some steps, one a line: what they are, of which block, and what they say.
fn check(deltas: &[Delta<'_>], expected: &[&str]) {
    let frame = Frame {
        id: "req-1".to_owned(),
        model: "served".to_owned(),
        input_tokens: 9,
        created_s: 0,
        echo: None,
    };
    let (mut writer, mut out) = (Writer::new(frame), BytesMut::new());
    for delta in deltas {
        writer.write(delta, &mut out);
    }
    let mut seen = Vec::new();
    for event in crate::sse::events(&out) {
        let data: serde_json::Value = serde_json::from_slice(&crate::sse::data(event).unwrap()).unwrap();
        let kind = data["type"].as_str().unwrap().to_owned();
        assert!(event.starts_with(format!("event: {kind}\n").as_bytes()));
        let said = match &*kind {
            "message_start" => {
                format!("start {} {}", data["message"]["id"], data["message"]["usage"]["input_tokens"])
            }
            "content_block_start" => format!("{} + {}", data["index"], data["content_block"]["type"]),
            "content_block_delta" => {
                let delta = data["delta"].as_object().unwrap();
                format!("{} {}", data["index"], delta.iter().find(|(name, _)| *name != "type").unwrap().1)
            }
            "content_block_stop" => format!("{} -", data["index"]),
            "message_delta" => {
                format!("end {} {}", data["delta"]["stop_reason"], data["usage"]["output_tokens"])
            }
            other => other.to_owned(),
        };
        seen.push(said.replace('"', ""));
    }
    assert_eq!(seen, expected);
}

#[test]
fn blocks_follow_each_other() {
    let begin = Delta::Begin { id: Some("m".into()), model: None };
    let used = |output| Delta::Usage(Usage { input: 5, output, ..Usage::default() });
    let steps = [
        begin,
        used(1),
        thought("a", None),
        thought("b", Some("s")),
        thought("c", None),
        text(""),
        text("d"),
        text("e"),
        call(0, ""),
        more(0, "{"),
        call(1, "{}"),
        more(0, "}"),
        text("f"),
        finish(Finish::ToolCalls),
        used(9),
        Delta::End,
    ];
    let expected = [
        "start m 5",
        "0 + thinking",
        "0 a",
        "0 b",
        "0 s",
        "0 -",
        "1 + thinking",
        "1 c",
        "1 pmsig1tn",
        "1 -",
        "2 + text",
        "2 d",
        "2 e",
        "2 -",
        "3 + tool_use",
        "3 {",
        "3 -",
        "4 + tool_use",
        "4 {}",
        // Late, and still to the right one.
        "3 }",
        "4 -",
        "5 + text",
        "5 f",
        "5 -",
        "end tool_use 9",
        "message_stop",
    ];
    check(&steps, &expected);
}

#[test]
fn an_answer_of_nothing_is_a_message() {
    check(&[Delta::End], &["start req-1 9", "end end_turn 0", "message_stop"]);
    check(
        &[text(""), finish(Finish::Length), Delta::End],
        &["start req-1 9", "end max_tokens 0", "message_stop"],
    );
}

#[test]
fn what_another_provider_calls_a_stop_has_its_own_word() {
    let refusal = Delta::Refusal { choice: 0, text: "no".into() };
    let expected = ["start req-1 9", "0 + text", "0 no", "0 -", "end refusal 0", "message_stop"];
    check(&[refusal, finish(Finish::Stop), Delta::End], &expected);
    let expected = ["start req-1 9", "0 + tool_use", "0 -", "end tool_use 0", "message_stop"];
    check(&[call(0, ""), finish(Finish::Stop), Delta::End], &expected);
}

#[test]
fn calls_without_a_beginning_and_other_answers_say_nothing() {
    check(&[more(3, "{}"), Delta::Text { choice: 1, text: "x".into() }], &[]);
    let many = u32::MAX;
    check(
        &[call(many, "{"), more(many, "}"), text("x"), more(many, "lost"), Delta::End],
        &[
            "start req-1 9",
            "0 + tool_use",
            "0 {",
            "0 }",
            "0 -",
            "1 + text",
            "1 x",
            "1 -",
            "end tool_use 0",
            "message_stop",
        ],
    );
}
