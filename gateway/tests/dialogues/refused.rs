//! Requests that reach no upstream: wrong keys, wrong paths, wrong bodies, too much of anything.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use pointsman_gateway::limits::HEADERS_MAX;

use crate::policy::key;
use crate::stage::{Seen, Stage, chat, play};

const ASK: &str = r#"{"model":"gpt","messages":[]}"#;

fn request(method: &str, path: &str, headers: &[(&str, String)], body: &str) -> Request<Full<Bytes>> {
    let builder = Request::builder().method(method).uri(path);
    let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, value));
    builder.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).unwrap()
}

async fn check(request: Request<Full<Bytes>>, status: u16, code: &str) -> Seen {
    play(|stage: Stage| async move {
        let seen = stage.sends(request).await;
        assert_eq!((seen.status, &*seen.code()), (status, code), "{}", seen.body);
        assert_eq!(seen.header("x-pointsman-request-id").len(), 36);
        assert!(stage.upstream.asked().is_empty());
        assert_eq!((stage.shared.requests.taken(), stage.shared.bodies.taken()), (0, 0));
        seen
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn every_unaccepted_key_gets_one_and_the_same_answer() {
    let unknown = key("nobody");
    let mangled = format!("{}x", &key("main")[..44]);
    let wrong = [
        vec![],
        vec![("authorization", "Bearer ".to_owned())],
        vec![("authorization", format!("Basic {}", key("main")))],
        vec![("authorization", format!("Bearer {unknown}"))],
        vec![("authorization", format!("Bearer {mangled}"))],
        vec![("x-api-key", "' OR 1=1 --".to_owned())],
        vec![("x-api-key", key("old"))],
    ];
    let mut bodies = Vec::new();
    for headers in wrong {
        bodies.push(
            check(request("POST", "/v1/chat/completions", &headers, ASK), 401, "invalid_api_key").await.body,
        );
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
    let two = [("authorization", format!("Bearer {}", key("main"))), ("x-api-key", key("own"))];
    check(request("POST", "/v1/chat/completions", &two, ASK), 400, "two_api_keys").await;
}

#[tokio::test(start_paused = true)]
async fn paths_and_methods_are_a_closed_set() {
    let headers = [("x-api-key", key("main"))];
    check(request("POST", "/v1/completions", &headers, ASK), 404, "unknown_url").await;
    check(request("GET", "/", &headers, ""), 404, "unknown_url").await;
    check(request("POST", "http://evil.test/v1/proxy", &headers, ASK), 404, "unknown_url").await;
    let seen = check(request("GET", "/v1/chat/completions", &headers, ""), 405, "method_not_allowed").await;
    assert_eq!(seen.header("allow"), "POST");
    check(request("DELETE", "/v1/models/gpt", &headers, ""), 405, "method_not_allowed").await;
}

#[tokio::test(start_paused = true)]
async fn header_fields_are_counted_in_every_version() {
    let headers: Vec<_> = (0..HEADERS_MAX).map(|_| ("x-many", "x".to_owned())).collect();
    check(request("GET", "/v1/models", &headers, ""), 401, "invalid_api_key").await;
    let headers: Vec<_> = (0..=HEADERS_MAX).map(|_| ("x-many", "x".to_owned())).collect();
    check(request("GET", "/v1/models", &headers, ""), 431, "too_many_headers").await;
}

#[tokio::test(start_paused = true)]
async fn bodies_are_read_once_and_strictly() {
    check(chat("main", "{"), 400, "invalid_body").await;
    check(chat("main", r#"{"model":"gpt","model":"large"}"#), 400, "invalid_body").await;
    check(chat("main", r#"{"model":"gpt","Model":"large"}"#), 400, "invalid_body").await;
    let seen = check(chat("main", r#"{"model":"gpt-9","messages":[]}"#), 404, "model_not_found").await;
    assert!(seen.body.contains("`gpt-9`"), "{}", seen.body);
    let vision = r#"{"model":"gpt","messages":[{"content":[{"type":"image_url"}]}]}"#;
    check(chat("main", vision), 400, "unsupported_capability").await;
    check(chat("main", r#"{"model":"gpt","messages":[],"max_tokens":5000}"#), 400, "output_limit").await;
    let large = format!("{ASK}{}", " ".repeat(32 << 20));
    check(chat("main", &large), 413, "request_too_large").await;
}

#[tokio::test(start_paused = true)]
async fn overload_is_turned_away_before_anything_else() {
    play(|stage: Stage| async move {
        let seats: Vec<_> = (0..256).filter_map(|_| stage.shared.requests.take()).collect();
        let seen = stage.asks("main", "{").await;
        assert_eq!((seen.status, &*seen.code()), (503, "gateway_overloaded"));
        assert_eq!((seen.header("retry-after"), seen.header("x-should-retry")), ("1", "true"));
        drop(seats);
        let mut space = stage.shared.bodies.space();
        assert!(space.grow(40 << 20));
        let seen = stage.asks("main", ASK).await;
        assert_eq!((seen.status, &*seen.code()), (503, "gateway_overloaded"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn models_are_those_that_would_be_accepted() {
    let list = |path: &'static str| async move {
        let headers = [("x-api-key", key("main"))];
        play(|stage: Stage| async move { stage.sends(request("GET", path, &headers, "")).await }).await
    };
    let all = list("/v1/models").await;
    let entry =
        |name: &str| format!(r#"{{"id":"{name}","object":"model","created":0,"owned_by":"pointsman"}}"#);
    let names = ["fast", "gpt", "large"].map(entry).join(",");
    assert_eq!(all.body, format!(r#"{{"object":"list","data":[{names}]}}"#));
    assert_eq!(list("/v1/models/l%61rge").await.body, entry("large"));
    assert_eq!(list("/v1/models/gpt-9").await.code(), "model_not_found");
    assert_eq!(list("/v1/models/%zz").await.code(), "model_not_found");
}

#[tokio::test(start_paused = true)]
async fn a_request_of_two_lengths_is_refused() {
    let line = format!("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\n", key("main"));
    let cases = [
        "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nhost: y\r\n\r\n",
        "content-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        "content-length: +5\r\n\r\nhello",
        "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "x-folded: a\r\n b\r\ncontent-length: 0\r\n\r\n",
    ];
    for rest in cases {
        let seen = play(|stage: Stage| {
            let bytes = format!("{line}{rest}");
            async move {
                let seen = stage.raw(&bytes).await;
                assert!(stage.upstream.asked().is_empty());
                seen
            }
        })
        .await;
        assert!(seen.is_empty() || seen.starts_with("HTTP/1.1 400"), "{rest:?}: {seen}");
        assert_eq!(seen.matches("HTTP/1.1").count().max(1), 1, "one answer at most: {seen}");
    }
}
