//! Answers that are translated on their way: OpenAI's responses from a provider that has chat completions alone.

use std::rc::Rc;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use pointsman_gateway::pipeline;
use serde_json::{Value, json};

use crate::policy;
use crate::stage::{Seen, Stage, play};
use crate::upstream::{Reply, answers, chunk, completes, end, pause_s, streams};

const ASK: &str = r#"{"model":"large","instructions":"Be kind.","input":"Hi","temperature":0.5}"#;
const STREAM: &str = r#"{"model":"large","input":"Hi","stream":true}"#;
const ONE: &str = "data: {\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\"one\"}}]}\n\n";
const STOP: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const DONE: &str = "data: [DONE]\n\n";

/// The client asks for a response, and the provider says this; gives what that was asked, too.
async fn check(body: &'static str, reply: Reply) -> (Seen, Vec<String>) {
    let (seen, asked) = says(body, reply).await;
    assert_eq!((seen.status, seen.is_whole), (200, true), "{}", seen.body);
    (seen, asked)
}

async fn says(body: &'static str, reply: Reply) -> (Seen, Vec<String>) {
    play(|stage: Stage| async move {
        stage.says("two", reply);
        let request = Request::post("/v1/responses")
            .header("authorization", format!("Bearer {}", policy::key("task")))
            .header("task-header", "code")
            .body(Full::new(Bytes::from_static(body.as_bytes())))
            .unwrap();
        let seen = stage.sends(request).await;
        (seen, stage.upstream.asked())
    })
    .await
}

/// The data of every event.
fn events(seen: &Seen) -> Vec<Value> {
    let data = seen.body.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_response_is_made_of_a_chat_completion() {
    let said = r#"{"id":"c","choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#;
    let (seen, asked) = check(ASK, answers("200 OK", "content-type: application/json\r\n", said)).await;
    let response: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(response["output"][0]["content"][0]["text"], "Hello");
    assert_eq!((&response["temperature"], &response["usage"]["total_tokens"]), (&json!(0.5), &json!(4)));
    let [request] = &*asked else { panic!("{asked:?}") };
    assert!(request.starts_with("POST /v1/chat/completions "), "{request}");
    assert!(request.contains(r#"{"role":"system","content":"Be kind."},{"role":"user","content":"Hi"}"#));
}

#[tokio::test(start_paused = true)]
async fn events_are_numbered_to_the_end() {
    let (seen, _) = check(STREAM, streams([chunk(ONE), chunk(STOP), chunk(DONE), end()])).await;
    let events = events(&seen);
    assert!(events.iter().enumerate().all(|(at, event)| event["sequence_number"] == at));
    assert_eq!(events.last().unwrap()["type"], "response.completed");
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_stream_that_breaks_off_counts_on() {
    let (seen, _) = check(STREAM, streams([chunk(ONE), end()])).await;
    let events = events(&seen);
    assert!(events.iter().enumerate().all(|(at, event)| event["sequence_number"] == at), "{}", seen.body);
    let last = events.last().unwrap();
    assert_eq!((&last["type"], &last["error"]["message"]), (&json!("error"), &last["message"]));
    assert!(events.len() > 3);
}

#[tokio::test(start_paused = true)]
async fn thoughts_that_another_provider_made_are_left_out_and_named() {
    let input = r#"[{"role":"user","content":"Hi"},{"type":"reasoning","summary":[],"encrypted_content":"pmsig1tgc2ln"},{"role":"assistant","content":"Yes?"},{"role":"user","content":"Go"}]"#;
    let kept = r#"[{"role":"user","content":"Hi"},{"role":"assistant","content":"Yes?"},{"role":"user","content":"Go"}]"#;
    // As it is, and in other words: `alpha` has responses, `beta` has not.
    for (task, expected) in [("none", kept), ("code", r#"{"role":"assistant","content":"Yes?"}"#)] {
        let (seen, asked) = play(|stage: Stage| async move {
            let said = r#"{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}"#;
            stage.says("one", completes(said)).says("two", completes(said));
            let request = Request::post("/v1/responses")
                .header("authorization", format!("Bearer {}", policy::key("task")))
                .header("task-header", task)
                .body(Full::new(Bytes::from(format!(r#"{{"model":"fast","input":{input}}}"#))))
                .unwrap();
            (stage.sends(request).await, stage.upstream.asked())
        })
        .await;
        assert_eq!((seen.status, seen.header("x-pointsman-dropped")), (200, dropped(task)), "{}", seen.body);
        let [request] = &*asked else { panic!("{asked:?}") };
        assert!(request.contains(expected) && !request.contains("pmsig"), "{request}");
    }
}

/// Where the thought stands, as it is said where it is taken out, and where it is read.
fn dropped(task: &str) -> &'static str {
    if task == "code" { "input[1].encrypted_content" } else { "input[1]" }
}

#[tokio::test(start_paused = true)]
async fn what_the_provider_has_no_form_for_is_refused_unasked() {
    let body = r#"{"model":"large","input":"Hi","previous_response_id":"resp_1"}"#;
    let (seen, asked) = says(body, answers("200 OK", "", "{}")).await;
    assert_eq!((seen.status, seen.code().as_str()), (400, "unsupported_feature"), "{}", seen.body);
    let error: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(error["error"]["param"], "previous_response_id");
    assert!(asked.is_empty());
}

#[tokio::test(start_paused = true)]
async fn all_that_has_no_form_is_named_at_once() {
    let body = r#"{"model":"large","input":"Hi","previous_response_id":"resp_1","conversation":"conv_1","tools":[{"type":"web_search"}]}"#;
    let (seen, _) = says(body, answers("200 OK", "", "{}")).await;
    assert_eq!((seen.status, seen.code().as_str()), (400, "unsupported_feature"), "{}", seen.body);
    let named = "`previous_response_id`, `tools[0]` (hosted-tools, stored-conversation)";
    assert!(seen.body.contains(named), "{}", seen.body);
}

/// A request that is not of its protocol: its only message has a number where words belong.
const UNREADABLE: &str = r#"{"model":"fast","input":[{"role":"user","content":7}]}"#;

#[tokio::test(start_paused = true)]
async fn what_nobody_can_say_in_other_words_is_refused_with_its_place() {
    let (seen, asked) = says(UNREADABLE, answers("200 OK", "", "{}")).await;
    assert_eq!((seen.status, seen.code().as_str()), (400, "invalid_body"), "{}", seen.body);
    let error: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(error["error"]["param"], "input[0].content");
    assert!(asked.is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_takes_it_as_it_is_is_asked_and_others_are_passed_over() {
    // `alpha` has responses, and fails; `beta` would have to be told in other words.
    let (seen, asked) = play(|stage: Stage| async move {
        stage.says("one", answers("500 Oh", "", "{}"));
        let request = Request::post("/v1/responses")
            .header("authorization", format!("Bearer {}", policy::key("main")))
            .body(Full::new(Bytes::from_static(UNREADABLE.as_bytes())))
            .unwrap();
        (stage.sends(request).await, stage.upstream.asked())
    })
    .await;
    assert_eq!((seen.status, seen.code().as_str()), (502, "upstream_error"), "{}", seen.body);
    assert!(seen.header("x-pointsman-decision").ends_with("skipped=beta:refuses-features"), "{seen:?}");
    let [request] = &*asked else { panic!("{asked:?}") };
    assert!(request.contains(r#""content":7"#), "{request}");
}

/// A client of another protocol asks the chain that begins at `alpha`, whose model does not reason; gives what that was asked.
async fn asks_alpha(
    path: &str,
    header: (&'static str, &'static str),
    body: &'static str,
) -> (Seen, Vec<String>) {
    play(|stage: Stage| async move {
        stage.says(
            "one",
            completes(r#"{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}"#),
        );
        let request = Request::post(path)
            .header("authorization", format!("Bearer {}", policy::key("zoo")))
            .header(header.0, header.1)
            .body(Full::new(Bytes::from_static(body.as_bytes())))
            .unwrap();
        (stage.sends(request).await, stage.upstream.asked())
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_model_that_does_not_think_is_not_told_not_to() {
    let body = r#"{"model":"gpt","max_tokens":9,"thinking":{"type":"disabled"},"messages":[{"role":"user","content":"Hi"}]}"#;
    let (seen, asked) = asks_alpha("/v1/messages", ("anthropic-beta", "context-1m-2025-08-07"), body).await;
    assert_eq!((seen.status, seen.header("x-pointsman-dropped")), (200, "anthropic-beta"), "{}", seen.body);
    let [request] = &*asked else { panic!("{asked:?}") };
    assert!(!request.contains("reasoning") && !request.contains("anthropic-beta"), "{request}");
}

#[tokio::test(start_paused = true)]
async fn labels_are_no_attributes_of_the_gateways() {
    let seen = play(|stage: Stage| async move {
        let said = r#"{"candidates":[{"content":{"parts":[{"text":"Hello"}]},"finishReason":"STOP"}]}"#;
        stage.says("one", answers("500 Oh", "", "{}")).says("five", completes(said));
        let body = r#"{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"labels":{"team":"a"}}"#;
        let request = Request::post("/v1beta/models/gpt:generateContent")
            .header("authorization", format!("Bearer {}", policy::key("zoo")))
            .body(Full::new(Bytes::from_static(body.as_bytes())))
            .unwrap();
        stage.sends(request).await
    })
    .await;
    let decision = seen.header("x-pointsman-decision");
    assert!(seen.status == 200 && decision.contains("x-claude:refuses-features"), "{decision} {}", seen.body);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_too_long_to_be_gathered_is_no_fault_of_its_provider() {
    let word = "a".repeat(1 << 20).replace("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaa ");
    let event =
        format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n", &word[..1_000_000]);
    let chunks: Vec<_> = (0..9).map(|_| chunk(&event)).chain([chunk(DONE), end()]).collect();
    let (seen, _) = says(STREAM, streams(chunks)).await;
    let events = events(&seen);
    assert_eq!(events.last().unwrap()["code"], "answer_too_long");
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_forwarded_stream_counts_on() {
    let event = |kind: &str, at: u32| {
        format!("event: {kind}\ndata: {{\"type\":\"{kind}\",\"sequence_number\":{at},\"delta\":\"a\"}}\n\n")
    };
    let (created, more) = (event("response.created", 0), event("response.output_text.delta", 1));
    let seen = play(|stage: Stage| async move {
        stage.says("one", streams([chunk(&created), chunk(&more), end()]));
        let request = Request::post("/v1/responses")
            .header("authorization", format!("Bearer {}", policy::key("task")))
            .body(Full::new(Bytes::from_static(STREAM.replace("large", "gpt").leak().as_bytes())))
            .unwrap();
        stage.sends(request).await
    })
    .await;
    let events = events(&seen);
    assert!(events.iter().enumerate().all(|(at, event)| event["sequence_number"] == at), "{}", seen.body);
    assert_eq!(events.last().unwrap()["type"], "error");
}

#[tokio::test(start_paused = true)]
async fn what_an_answer_repeats_takes_room_while_it_comes() {
    play(|stage: Stage| async move {
        stage.says("two", streams([chunk(ONE), pause_s(5), chunk(DONE), end()]));
        let words = "a".repeat(1 << 20);
        let body = format!(r#"{{"model":"large","stream":true,"input":"Hi","instructions":"{words}"}}"#);
        let request = Request::post("/v1/responses")
            .header("authorization", format!("Bearer {}", policy::key("task")))
            .header("task-header", "code")
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        let response = pipeline::handle(Rc::clone(&stage.worker), request).await;
        assert!(stage.worker.held().taken() > 900 << 10);
        drop(response);
        assert_eq!(stage.worker.held().taken(), 0);
    })
    .await;
}
