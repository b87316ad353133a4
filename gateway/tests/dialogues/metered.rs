//! What answers used: asked for in every stream, counted for every answer, shown to clients that asked.

use std::rc::Rc;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use pointsman_gateway::pipeline;

use crate::policy;
use crate::stage::{Stage, chat, play};
use crate::upstream::{Reply, Step, chunk, completes, end, pause_s, streams};

const STREAM: &str = r#"{"model":"gpt","stream":true,"messages":[]}"#;
const ASKS: &str = r#"{"model":"gpt","stream":true,"stream_options":{"include_usage":true},"messages":[]}"#;
const ONE: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"one\"}}],\"usage\":null}\n\n";
const USED: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":4,\"prompt_tokens_details\":{\"cached_tokens\":20},\"completion_tokens_details\":{\"reasoning_tokens\":3}}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

/// What the metrics say of a backend's tokens, in their order there.
fn tokens(stage: &Stage) -> String {
    let metrics = stage.metrics();
    let lines = metrics.lines().filter_map(|line| line.strip_prefix("pointsman_backend_token"));
    lines.collect::<Vec<_>>().join("; ")
}

/// A client with a key asks, the hosts `one` and `two` both say this; gives what is counted, what the client sees and what the
/// hosts were asked.
async fn check(request: Request<Full<Bytes>>, reply: Reply, expected: &str) -> (String, Vec<String>) {
    play(|stage: Stage| async move {
        stage.says("one", reply.clone()).says("two", reply);
        let seen = stage.sends(request).await;
        assert_eq!(tokens(&stage), expected, "{}", seen.body);
        (seen.body, stage.upstream.asked())
    })
    .await
}

/// Asks `beta`, which has chat completions alone, for a response.
fn response(stream: bool) -> Request<Full<Bytes>> {
    Request::post("/v1/responses")
        .header("authorization", format!("Bearer {}", policy::key("task")))
        .header("task-header", "code")
        .body(Full::new(Bytes::from(format!(r#"{{"model":"large","input":"Hi","stream":{stream}}}"#))))
        .unwrap()
}

fn all(backend: &str) -> String {
    ["cached-input\"} 20", "input\"} 30", "output\"} 4", "reasoning\"} 3"]
        .map(|rest| format!("s_total{{backend=\"{backend}\",kind=\"{rest}"))
        .join("; ")
}

#[tokio::test(start_paused = true)]
async fn a_stream_says_what_it_used_to_who_asked() {
    let reply = || streams([chunk(ONE), chunk(USED), chunk(DONE), end()]);
    let (body, asked) = check(chat("main", ASKS), reply(), &all("alpha")).await;
    assert_eq!(body, [ONE, USED, DONE].concat());
    assert!(asked[0].ends_with(&ASKS.replace("gpt", "alpha-7b")), "{asked:?}");
    let (body, asked) = check(chat("main", STREAM), reply(), &all("alpha")).await;
    assert_eq!(body, [ONE, DONE].concat());
    let told = r#"{"stream_options":{"include_usage":true},"model":"alpha-7b","stream":true,"messages":[]}"#;
    assert!(asked[0].ends_with(told), "{asked:?}");
    // In one piece, and with nothing else in it.
    for run in [&[ONE, USED, DONE][..], &[USED, DONE]] {
        let reply = streams([chunk(&run.concat()), end()]);
        let (body, _) = check(chat("main", STREAM), reply, &all("alpha")).await;
        assert_eq!(body, run.concat().replace(USED, ""));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_streamed_is_counted_whatever_its_length() {
    let usage = r#""usage":{"prompt_tokens":30,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":20},"completion_tokens_details":{"reasoning_tokens":3}}}"#;
    for content in [1, 300_000] {
        let said = format!(r#"{{"choices":[{{"message":{{"content":"{}"}}}}],{usage}"#, "x".repeat(content));
        let ask = chat("main", r#"{"model":"gpt","messages":[]}"#);
        let (body, _) = check(ask, completes(&said), &all("alpha")).await;
        assert_eq!(body, said);
    }
}

#[tokio::test(start_paused = true)]
async fn a_translated_answer_is_counted_too() {
    let reply = streams([chunk(ONE), chunk(USED), chunk(DONE), end()]);
    let (body, _) = check(response(true), reply, &all("beta")).await;
    assert!(body.contains(r#""cached_tokens":20"#), "{body}");
    let usage = r#"{"choices":[{"message":{"content":"one"},"finish_reason":"stop"}],"usage":{"prompt_tokens":30,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":20},"completion_tokens_details":{"reasoning_tokens":3}}}"#;
    check(response(false), completes(usage), &all("beta")).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_cut_is_counted_as_far_as_it_came() {
    let cut = streams([chunk(ONE), chunk(ONE), Step::Close]);
    let estimate = "_estimates_total{backend=\"alpha\"} 1";
    let expected =
        "s_total{backend=\"alpha\",kind=\"input\"} 1; s_total{backend=\"alpha\",kind=\"output\"} 2";
    let (body, _) = check(chat("main", STREAM), cut, &format!("{expected}; {estimate}")).await;
    assert!(body.contains("upstream_cut"), "{body}");
    // A provider that says nothing of it.
    let silent = streams([chunk(ONE), chunk(DONE), end()]);
    check(chat("main", STREAM), silent, &format!("{expected}; {estimate}")).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_away_is_counted_as_far_as_it_got() {
    play(|stage: Stage| async move {
        stage.says("one", streams([chunk(ONE), pause_s(1), chunk(USED), chunk(DONE), end()]));
        let response = pipeline::handle(Rc::clone(&stage.worker), chat("main", STREAM)).await;
        let mut body = response.into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), ONE);
        drop(body);
        let expected = "s_total{backend=\"alpha\",kind=\"input\"} 1; s_total{backend=\"alpha\",kind=\"output\"} 1; _estimates_total{backend=\"alpha\"} 1";
        assert_eq!(tokens(&stage), expected);
        assert!(stage.metrics().contains(r#"attempts_total{outcome="cancelled"} 1"#));
    })
    .await;
}
