//! S22: nothing in an answer becomes an event of its own, however it is cut; what never ends, or ends in no line, is ended.

use std::time::Duration;

use pointsman_gateway::limits::EVENT_BYTES_MAX;
use pointsman_gateway::operation::Operation;
use pointsman_schema::dialect::Dialect;
use serde_json::{Value, json};

use super::route::{HOSTS, asking, json, with_body};
use crate::stage::{Seen, Stage, play};
use crate::upstream::{Reply, Step, chunk, end, streams};

/// The routes on which an answer may come in pieces.
fn streaming() -> Vec<(Operation, String)> {
    let may = |operation: Operation| {
        operation.dialect().is_conversation() && operation != Operation::Generate
            || operation.dialect() == Dialect::Completions
    };
    let streaming: Vec<_> = asking().into_iter().filter(|(operation, _)| may(*operation)).collect();
    assert!(streaming.len() >= 6);
    streaming
}

/// Words that end a line, an event and a text in every way that somebody might take for one.
const WORDS: &str = "a\r\n\r\ndata: {\"EVIL\":1}\n\nevent: EVIL\rdata: [DONE]\u{2028}\u{85}\"}]}é\u{0}";

/// What a host streams in its own protocol.
fn events(host: &str) -> Vec<u8> {
    let event = |value: Value| format!("data: {value}\n\n");
    let text = match host {
        "four" => {
            let named = |name: &str, mut value: Value| {
                value["type"] = name.into();
                format!("event: {name}\n{}", event(value))
            };
            named("message_start", json!({"message": {"id": "m", "usage": {"input_tokens": 1}}}))
                + &named(
                    "content_block_start",
                    json!({"index": 0, "content_block": {"type": "text", "text": ""}}),
                )
                + &named(
                    "content_block_delta",
                    json!({"index": 0, "delta": {"type": "text_delta", "text": WORDS}}),
                )
                + &named("content_block_stop", json!({"index": 0}))
                + &named("message_delta", json!({"delta": {"stop_reason": "end_turn"}}))
                + &named("message_stop", json!({}))
        }
        "five" => {
            event(json!({"candidates": [{"content": {"parts": [{"text": WORDS}]}, "finishReason": "STOP"}]}))
        }
        _ => {
            event(json!({"choices": [{"delta": {"content": WORDS}, "text": WORDS}]}))
                + &event(json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}))
                + "data: [DONE]\n\n"
        }
    };
    text.into_bytes()
}

async fn asks(operation: Operation, path: &str, replies: [Reply; 3]) -> Seen {
    let mut said = json(operation);
    if !operation.names_model_in_path() {
        said["stream"] = true.into();
    }
    let request = with_body(path, "application/json", &[], said.to_string());
    play(|stage: Stage| async move {
        for (host, reply) in HOSTS.into_iter().zip(replies) {
            stage.says(host, reply);
        }
        stage.sends(request).await
    })
    .await
}

/// An answer in these pieces, which may be cut within a letter.
fn cut(host: &str, bytes: usize) -> Reply {
    let text = events(host);
    // The script holds texts, so that what is cut within a letter is sent whole.
    let text = String::from_utf8(text).unwrap();
    let mut pieces = Vec::new();
    let mut rest = &*text;
    while !rest.is_empty() {
        let at = (bytes.min(rest.len())..=rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap();
        let (piece, after) = rest.split_at(at);
        pieces.push(chunk(piece));
        rest = after;
    }
    pieces.push(end());
    streams(pieces)
}

#[tokio::test(start_paused = true)]
async fn nothing_in_an_answer_becomes_an_event() {
    for (operation, path) in streaming() {
        let whole = asks(operation, &path, HOSTS.map(|host| cut(host, 100_000))).await;
        assert_eq!(whole.status, 200, "{path}: {}", whole.body);
        assert!(whole.body.contains("EVIL"), "{path}: {}", whole.body);
        for line in whole.body.lines() {
            let Some(data) = line.strip_prefix("data: ") else {
                let is_field = line.is_empty() || line.starts_with("event: ");
                assert!(is_field && !line.contains("EVIL"), "{path}: {line}");
                continue;
            };
            assert!(data == "[DONE]" || serde_json::from_str::<Value>(data).is_ok(), "{path}: {data}");
            assert!(!data.starts_with("{\"EVIL"), "{path}: {data}");
        }
        for bytes in [1, 7] {
            let seen = asks(operation, &path, HOSTS.map(|host| cut(host, bytes))).await;
            assert_eq!(seen.body, whole.body, "{path} in pieces of {bytes}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_that_never_ends_is_given_up() {
    for (operation, path) in streaming() {
        let line = || {
            let piece = chunk(&"x".repeat(64 << 10));
            let pieces = std::iter::repeat_n(piece, 2 * EVENT_BYTES_MAX / (64 << 10));
            streams(std::iter::once(chunk("data: {\"")).chain(pieces).chain([Step::Hang]))
        };
        let seen = asks(operation, &path, [line(), line(), line()]).await;
        assert!(matches!(seen.status, 502 | 503), "{path}: {} {}", seen.status, seen.body.len());
        assert!(seen.took < Duration::from_mins(1), "{path}: {:?}", seen.took);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_never_ends_is_ended() {
    for (operation, path) in streaming() {
        let drip = |host: &str| {
            let text = String::from_utf8(events(host)).unwrap();
            let last =
                ["data: {\"candidates", "event: content_block_stop", "data: {\"choices\":[{\"delta\":{},"];
            let begun = last.iter().find_map(|last| text.find(last).filter(|at| *at > 0));
            let begun = &text[..begun.unwrap_or(text.len())];
            let drips = (0..100).flat_map(|_| [Step::Wait(Duration::from_secs(50)), chunk(": ping\n\n")]);
            streams(std::iter::once(chunk(begun)).chain(drips))
        };
        let seen = asks(operation, &path, HOSTS.map(drip)).await;
        assert!(seen.took <= Duration::from_secs(601), "{path}: {:?}", seen.took);
    }
}
