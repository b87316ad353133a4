//! What a provider has a form for, but not beside the rest of a request: here how tokens are drawn, where the model is to
//! think. Its backend is passed over, or it is left out where the rule allows that; what was said before is never refused.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::Value;

use crate::policy;
use crate::stage::{Stage, play};
use crate::upstream::{Reply, Step, answers, completes};

const ASK: &str = r#"{"model":"large","messages":[{"role":"user","content":"Hi"}],"temperature":0.5,"reasoning_effort":"high"}"#;
const CHAT: &str = r#"{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}"#;
const MESSAGE: &str = r#"{"id":"m","type":"message","content":[{"type":"text","text":"Hello"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}"#;

#[tokio::test(start_paused = true)]
async fn the_next_backend_is_taken_and_nobody_is_blamed() {
    play(|stage: Stage| async move {
        for _ in 0..6 {
            stage.says("two", completes(CHAT));
            let seen = stage.asks("via", ASK).await;
            assert_eq!((seen.status, seen.header("x-pointsman-dropped")), (200, ""), "{}", seen.body);
            let decision = seen.header("x-pointsman-decision").to_owned();
            assert!(decision.ends_with("backend=beta; skipped=via:refuses-features"), "{decision}");
        }
        let asked = stage.upstream.asked();
        assert!(asked.iter().all(|request| request.contains(r#""temperature":0.5"#)), "{asked:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_nobody_keeps_is_refused_with_its_place() {
    play(|stage: Stage| async move {
        let seen = stage.asks("zoo", &ASK.replace("large", "gpt")).await;
        assert_eq!((seen.status, seen.code().as_str()), (400, "unsupported_feature"), "{}", seen.body);
        let error: Value = serde_json::from_str(&seen.body).unwrap();
        assert_eq!(error["error"]["param"], "temperature");
        assert!(stage.upstream.asked().is_empty());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_a_rule_lets_go_is_left_out_and_named() {
    play(|stage: Stage| async move {
        stage.says("four", answers("200 OK", "content-type: application/json\r\n", MESSAGE));
        let seen = stage.asks("zooloss", ASK).await;
        assert_eq!((seen.status, seen.header("x-pointsman-dropped")), (200, "temperature"), "{}", seen.body);
        let asked = stage.upstream.asked();
        assert!(asked[0].contains(r#""thinking":{"type":"adaptive"}"#), "{asked:?}");
        assert!(!asked[0].contains("temperature"), "{asked:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_began_before_tells_it_in_a_comment() {
    play(|stage: Stage| async move {
        let events = [
            r#"{"type":"message_start","message":{"id":"m","usage":{"input_tokens":1}}}"#,
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Hello"}}"#,
            r#"{"type":"content_block_stop","index":0}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}"#,
            r#"{"type":"message_stop"}"#,
        ];
        let events: Vec<String> = events.iter().map(|event| format!("data: {event}\n\n")).collect();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        let late = Step::Wait(Duration::from_secs(20));
        stage.says(
            "four",
            Reply::Steps(vec![late, Step::Say(head.to_owned() + &events.concat()), Step::Close]),
        );
        let seen = stage.asks("zooloss", &ASK.replace("0.5", "0.5,\"stream\":true")).await;
        assert_eq!((seen.status, seen.header("x-pointsman-dropped")), (200, ""), "{}", seen.body);
        let told = ": waiting\n\n: x-pointsman-dropped: temperature\n\ndata: ";
        assert!(seen.body.starts_with(told) && seen.body.ends_with("data: [DONE]\n\n"), "{}", seen.body);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_whose_thought_is_taken_out_goes_on_without_thinking() {
    let body = r#"{"model":"large","max_tokens":3000,"thinking":{"type":"enabled","budget_tokens":2000},"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"pmsig1tgc2ln"},{"type":"tool_use","id":"i","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"i"}]}]}"#;
    play(|stage: Stage| async move {
        stage.says("four", answers("200 OK", "content-type: application/json\r\n", MESSAGE));
        let request = Request::post("/v1/messages")
            .header("authorization", format!("Bearer {}", policy::key("zooloss")))
            .body(Full::new(Bytes::from_static(body.as_bytes())))
            .unwrap();
        let seen = stage.sends(request).await;
        let dropped = seen.header("x-pointsman-dropped");
        assert_eq!((seen.status, dropped), (200, "messages[1], thinking"), "{}", seen.body);
        let asked = stage.upstream.asked();
        assert!(asked[0].contains(r#""thinking":{"type":"disabled"},"messages""#), "{asked:?}");
        assert!(!asked[0].contains("pmsig"), "{asked:?}");
    })
    .await;
}
