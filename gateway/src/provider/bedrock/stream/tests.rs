//! Streams as botocore's own parser reads them, cut at every byte, and what is no end.

use bytes::Bytes;
use pointsman_schema::outcome::Outcome;

use super::super::frame::tests::{error, event, exception};
use super::super::frame::{Splitter, frames};
use super::*;
use crate::conversation::answer::{Finish, Usage};
use crate::upstream::target::KeyOwner;

/// What the steps of a stream are, fed in pieces of so many bytes and then ended.
fn read_in(stream: &[u8], piece: usize) -> Result<Vec<String>, Broken> {
    let (mut splitter, mut reader) = (Splitter::new(1 << 20), Reader::default());
    let mut seen = Vec::new();
    let mut take = |delta: Delta<'_>| seen.push(format!("{delta:?}"));
    for chunk in stream.chunks(piece) {
        let run = splitter.feed(Bytes::copy_from_slice(chunk)).unwrap();
        for frame in frames(&run) {
            reader.event(frame, &mut take)?;
        }
    }
    let is_whole = splitter.is_at_boundary() && reader.close(&mut take);
    assert_eq!(is_whole, seen.last().is_some_and(|last| last == "End"));
    Ok(seen)
}

/// The steps of a stream, however it is cut.
fn check(events: &[Vec<u8>], expected: &[Delta<'_>]) {
    let stream = events.concat();
    let expected: Vec<String> = expected.iter().map(|delta| format!("{delta:?}")).collect();
    for piece in [1, 2, 3, 7, 64, stream.len()] {
        assert_eq!(read_in(&stream, piece).as_ref(), Ok(&expected), "pieces of {piece}");
    }
    for at in 0..stream.len() {
        // What is cut has no end, wherever it is cut, unless it is cut between its last two frames.
        let seen = read_in(&stream[..at], 5).unwrap();
        let whole_without_usage = stream.len() - events[events.len() - 1].len();
        assert_eq!(seen.last().is_some_and(|last| last == "End"), at == whole_without_usage, "cut at {at}");
        assert!(expected.starts_with(&seen[..seen.len().saturating_sub(1)]));
    }
}

fn check_broken(last: &[u8], expected: Outcome) {
    let stream = [event("messageStart", r#"{"role":"assistant"}"#), last.to_vec()].concat();
    let Err(Broken::Said(said)) = read_in(&stream, 9) else { panic!("nothing is said") };
    assert_eq!(said.outcome_in_stream(KeyOwner::Platform), expected);
}

const METADATA: &str = r#"{"usage":{"inputTokens":10,"outputTokens":5,"totalTokens":47,"cacheReadInputTokens":30,"cacheWriteInputTokens":2,"cacheDetails":[{"ttl":"1h","inputTokens":2}]},"metrics":{"latencyMs":300},"trace":{}}"#;

const USAGE: Usage =
    Usage { input: 42, cached: 30, cache_written: 2, cache_written_hour: 2, output: 5, reasoning: 0 };

fn text(text: &str) -> Delta<'_> {
    Delta::Text { choice: 0, text: text.into() }
}

fn thought<'a>(text: &'a str, signature: Option<&'a str>, redacted: Option<&'a str>) -> Delta<'a> {
    let thought = Thought {
        text: text.into(),
        signature: signature.map(Into::into),
        redacted: redacted.map(Into::into),
    };
    Delta::Thought { choice: 0, thought }
}

fn call<'a>(index: u32, id: &'a str, name: &'a str) -> Delta<'a> {
    let (id, name) = (id.into(), name.into());
    Delta::ToolCall { choice: 0, index, call: ToolCall { id, name, arguments: "".into(), signature: None } }
}

fn arguments(index: u32, json: &str) -> Delta<'_> {
    Delta::Arguments { choice: 0, index, json: json.into() }
}

fn finish_with(finish: Finish, stop: Option<&str>) -> Delta<'_> {
    Delta::Finish { choice: 0, finish, stop: stop.map(Into::into) }
}

#[test]
fn words_and_what_they_used() {
    let events = [
        event("messageStart", r#"{"p":"abc","role":"assistant"}"#),
        event("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":"Hé"},"p":"ab"}"#),
        event("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":""}}"#),
        event("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":"llo\n"}}"#),
        event("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"citation":{"title":"x"}}}"#),
        event("contentBlockStop", r#"{"contentBlockIndex":0}"#),
        event("somethingNew", "{}"),
        event(
            "messageStop",
            r#"{"additionalModelResponseFields":{"delta":{"stop_sequence":"END"}},"stopReason":"stop_sequence"}"#,
        ),
        event("metadata", METADATA),
    ];
    check(
        &events,
        &[
            Delta::Begin { id: None, model: None },
            text("Hé"),
            text("llo\n"),
            finish_with(Finish::StopText, Some("END")),
            Delta::Usage(USAGE),
            Delta::End,
        ],
    );
}

#[test]
fn thoughts_and_calls_are_counted_on_their_own() {
    let events = [
        event("messageStart", r#"{"role":"assistant"}"#),
        event(
            "contentBlockDelta",
            r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Let me"}}}"#,
        ),
        event(
            "contentBlockDelta",
            r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"c2ln"}}}"#,
        ),
        event("contentBlockStop", r#"{"contentBlockIndex":0}"#),
        event(
            "contentBlockDelta",
            r#"{"contentBlockIndex":1,"delta":{"reasoningContent":{"redactedContent":"cmVk"}}}"#,
        ),
        event(
            "contentBlockStart",
            r#"{"contentBlockIndex":2,"start":{"toolUse":{"toolUseId":"s1","name":"web","type":"server_tool_use"}}}"#,
        ),
        event("contentBlockDelta", r#"{"contentBlockIndex":2,"delta":{"toolUse":{"input":"{}"}}}"#),
        event(
            "contentBlockStart",
            r#"{"contentBlockIndex":3,"start":{"toolUse":{"toolUseId":"t1","name":"a"}}}"#,
        ),
        event("contentBlockDelta", r#"{"contentBlockIndex":3,"delta":{"toolUse":{"input":""}}}"#),
        event("contentBlockDelta", r#"{"contentBlockIndex":3,"delta":{"toolUse":{"input":"{\"x\":"}}}"#),
        event(
            "contentBlockStart",
            r#"{"contentBlockIndex":4,"start":{"toolUse":{"toolUseId":"t2","name":"b"}}}"#,
        ),
        event("contentBlockDelta", r#"{"contentBlockIndex":4,"delta":{"toolUse":{"input":"{}"}}}"#),
        event("contentBlockDelta", r#"{"contentBlockIndex":3,"delta":{"toolUse":{"input":"1}"}}}"#),
        event("messageStop", r#"{"stopReason":"tool_use"}"#),
        event("metadata", METADATA),
    ];
    check(
        &events,
        &[
            Delta::Begin { id: None, model: None },
            thought("Let me", None, None),
            thought("", Some("c2ln"), None),
            thought("", None, Some("cmVk")),
            call(0, "t1", "a"),
            arguments(0, "{\"x\":"),
            call(1, "t2", "b"),
            arguments(1, "{}"),
            arguments(0, "1}"),
            finish_with(Finish::ToolCalls, None),
            Delta::Usage(USAGE),
            Delta::End,
        ],
    );
}

#[test]
fn what_breaks_a_stream_is_said() {
    check_broken(&exception("throttlingException", r#"{"message":"Too many tokens"}"#), Outcome::RateLimited);
    check_broken(&exception("serviceUnavailableException", "{}"), Outcome::Overloaded);
    check_broken(
        &exception("modelStreamErrorException", r#"{"originalStatusCode":400}"#),
        Outcome::ServerError,
    );
    let long = r#"{"message":"Input is too long for requested model."}"#;
    check_broken(&exception("validationException", long), Outcome::ContextLength);
    check_broken(&exception("validationException", ""), Outcome::ClientError);
    check_broken(&error("InternalFailure", "no"), Outcome::ServerError);
    check_broken(&event("messageStop", r#"{"stopReason":"malformed_tool_use"}"#), Outcome::ServerError);
}

#[test]
fn what_is_no_event_breaks_it_too() {
    let lone = event("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"toolUse":{"input":"{}"}}}"#);
    let mut damaged = event("messageStop", r#"{"stopReason":"end_turn"}"#);
    *damaged.last_mut().unwrap() ^= 1;
    for stream in [lone, damaged, event("messageStop", "{}"), event("metadata", "null")] {
        assert_eq!(read_in(&stream, 9), Err(Broken::Malformed));
    }
    let many: Vec<u8> = (0..=CALLS_COUNTED_MAX)
        .flat_map(|at| {
            let start = format!(
                r#"{{"contentBlockIndex":{at},"start":{{"toolUse":{{"toolUseId":"t","name":"n"}}}}}}"#
            );
            event("contentBlockStart", &start)
        })
        .collect();
    assert_eq!(read_in(&many, many.len()), Err(Broken::Malformed));
}
