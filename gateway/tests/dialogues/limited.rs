//! Limits of keys: who waits, what a client is told, and what is settled when an answer ends.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use pointsman_schema::archive::Rows;
use pointsman_schema::archive::money::Limit;
use pointsman_schema::archive::places::Place;
use pointsman_schema::snapshot::Verified;

use crate::policy;
use crate::stage::{Stage, play};
use crate::upstream::{answers, chunk, completes, end, pause_s, streams};

/// The policy in which the key `main` falls under one limit, called `one`.
#[expect(clippy::needless_pass_by_value, reason = "it is written where it is passed")]
fn limited(limit: Limit) -> Verified {
    policy::changed(|tables| {
        tables.money.limits = vec![Limit { name: policy::text("one"), ..limit }];
        tables.places.limits = vec![Place { file: 0, line: 1 }];
        tables.routing.key_limits = vec![0];
        tables.routing.keys[policy::key_row("main")].limits = Rows { start: 0, len: 1 };
    })
}

fn requests(requests: u64) -> Limit {
    Limit { requests, burst: requests, window_s: 60, ..Limit::default() }
}

fn tokens(tokens: u64) -> Limit {
    Limit { tokens, window_s: 60, ..Limit::default() }
}

const ASK: &str = r#"{"model":"gpt","messages":[{"role":"user","content":"A question of 28 characters."}]}"#;
const STREAM: &str = r#"{"model":"gpt","stream":true,"messages":[]}"#;
const USED: &str = r#"{"choices":[],"usage":{"prompt_tokens":30,"completion_tokens":4}}"#;

/// A request of Anthropic's protocol.
fn message(key: &str) -> Request<Full<Bytes>> {
    let body = r#"{"model":"gpt","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]}"#;
    Request::post("/v1/messages")
        .header("x-api-key", policy::key(key))
        .body(Full::new(Bytes::from_static(body.as_bytes())))
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn who_asks_too_fast_is_told_when_to_ask_again() {
    play(|stage: Stage| async move {
        for _ in 0..4 {
            stage.says("one", completes("{}"));
        }
        stage.follows(limited(requests(2)));
        let seen = stage.asks("main", ASK).await;
        assert_eq!((seen.status, seen.header("x-ratelimit-limit-requests")), (200, "2"));
        assert_eq!(seen.header("x-ratelimit-remaining-requests"), "1");
        assert_eq!(seen.header("x-ratelimit-reset-requests"), "30s");
        assert_eq!(seen.header("x-ratelimit-limit-tokens"), "");
        assert_eq!(stage.asks("main", ASK).await.status, 200);
        let refused = stage.asks("main", ASK).await;
        assert_eq!((refused.status, refused.code().as_str()), (429, "rate_limit_exceeded"));
        assert!(
            refused.body.contains("The limit `one` is reached: 2 requests a minute."),
            "{}",
            refused.body
        );
        assert!(refused.body.contains(r#""type":"requests""#), "{}", refused.body);
        assert_eq!((refused.header("retry-after"), refused.header("x-should-retry")), ("30", "true"));
        assert_eq!(refused.header("x-ratelimit-remaining-requests"), "0");
        assert_eq!(refused.header("x-ratelimit-reset-requests"), "1m0s");
        // Another key has no limit, and nobody asked the provider a third time.
        assert_eq!(stage.asks("again", ASK).await.status, 200);
        assert_eq!(stage.upstream.asked().len(), 3);
        assert!(stage.metrics().contains("pointsman_requests_limited_total 1"));
        tokio::time::sleep(Duration::from_secs(29)).await;
        assert_eq!(stage.asks("main", ASK).await.status, 429);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(stage.asks("main", ASK).await.status, 200);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_told_in_the_words_of_each_protocol() {
    play(|stage: Stage| async move {
        stage.says("one", completes("{}")).follows(limited(requests(1)));
        stage.asks("main", ASK).await;
        let refused = stage.sends(message("main")).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, "60"));
        assert!(refused.body.contains(r#""type":"rate_limit_error""#), "{}", refused.body);
        assert_eq!(refused.header("anthropic-ratelimit-requests-limit"), "1");
        assert_eq!(refused.header("anthropic-ratelimit-requests-remaining"), "0");
        assert_eq!(refused.header("anthropic-ratelimit-requests-reset"), "2027-01-15T08:01:00Z");
        assert_eq!(refused.header("x-ratelimit-limit-requests"), "");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn tokens_are_settled_by_what_the_provider_says() {
    play(|stage: Stage| async move {
        for _ in 0..3 {
            stage.says("one", completes(USED));
        }
        stage.follows(limited(tokens(40)));
        let seen = stage.asks("main", ASK).await;
        // 59 bytes of messages may be 15 tokens; 34 were used.
        assert_eq!((seen.status, seen.header("x-ratelimit-remaining-tokens")), (200, "25"));
        let refused = stage.asks("main", ASK).await;
        assert_eq!((refused.status, refused.header("x-ratelimit-remaining-tokens")), (429, "6"));
        assert!(refused.body.contains(r#""type":"tokens""#), "{}", refused.body);
        assert_eq!(refused.header("retry-after"), "14");
        // What is asked for at most is held, and comes back where it was not used.
        tokio::time::sleep(Duration::from_mins(1)).await;
        let most = ASK.replace("\"messages\"", "\"max_tokens\":20,\"messages\"");
        assert_eq!(stage.asks("main", &most).await.header("x-ratelimit-remaining-tokens"), "5");
        assert_eq!(stage.asks("main", ASK).await.header("x-ratelimit-remaining-tokens"), "6");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_costs_nothing_and_a_cut_one_what_was_foreseen() {
    play(|stage: Stage| async move {
        stage.follows(limited(tokens(40)));
        for _ in 0..3 {
            stage.says("one", answers("500 Oops", "", "")).says("two", answers("500 Oops", "", ""));
            assert_eq!(stage.asks("main", ASK).await.header("x-ratelimit-remaining-tokens"), "25");
        }
    })
    .await;
    play(|stage: Stage| async move {
        stage.says("one", streams([pause_s(30)])).follows(limited(tokens(40)));
        // The client goes away before anything came.
        let most = STREAM.replace("\"messages\"", "\"max_tokens\":20,\"messages\"");
        let asked = stage.asks("main", &most);
        assert!(tokio::time::timeout(Duration::from_millis(10), asked).await.is_err());
        assert_eq!(stage.asks("main", STREAM).await.header("x-ratelimit-remaining-tokens"), "18");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_open_until_its_end_or_its_clients() {
    const ONE: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"one\"}}]}\n\n";
    Box::pin(play(|stage: Stage| async move {
        let reply = streams([chunk(ONE), pause_s(10), chunk("data: [DONE]\n\n"), end()]);
        for _ in 0..3 {
            stage.says("one", reply.clone());
        }
        stage.follows(limited(Limit { concurrent: 1, ..Limit::default() }));
        let late = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            let refused = stage.asks("main", ASK).await;
            assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
            assert!(refused.body.contains("1 request open at once"), "{}", refused.body);
        };
        let (seen, ()) = tokio::join!(stage.asks("main", STREAM), late);
        assert!(seen.is_whole, "{}", seen.body);
        // This client goes away in the middle.
        assert!(tokio::time::timeout(Duration::from_secs(5), stage.asks("main", STREAM)).await.is_err());
        assert_eq!(stage.asks("main", STREAM).await.status, 200);
    }))
    .await;
}
