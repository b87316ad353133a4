//! Requests that reach no upstream: wrong keys, wrong paths, wrong bodies, too much of anything.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use pointsman_gateway::limits::HEADERS_MAX;

use crate::policy::key;
use crate::stage::{Seen, Stage, chat, play};
use crate::upstream::completes;

const ASK: &str = r#"{"model":"gpt","messages":[]}"#;
const GOOD: &str = r#"{"id":"1","choices":[{"message":{"content":"hello"}}]}"#;

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
    check(request("POST", "/v1/completion", &headers, ASK), 404, "unknown_url").await;
    check(request("GET", "/", &headers, ""), 404, "unknown_url").await;
    for path in ["/chat/completions", "/v1/v1/chat/completions"] {
        let seen = check(request("POST", path, &headers, ASK), 404, "unknown_url").await;
        assert!(seen.body.contains("did you mean `/v1/chat/completions`?"), "{}", seen.body);
    }
    check(request("POST", "http://evil.test/v1/proxy", &headers, ASK), 404, "unknown_url").await;
    let seen = check(request("GET", "/v1/chat/completions", &headers, ""), 405, "method_not_allowed").await;
    assert_eq!(seen.header("allow"), "POST");
    assert!(seen.body.contains("takes POST"), "{}", seen.body);
    check(request("DELETE", "/v1/models/gpt", &headers, ""), 405, "method_not_allowed").await;
    check(request("POST", "/v1/models/gpt:embedContent", &headers, ASK), 404, "unknown_url").await;
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
    let seen = check(chat("main", "{"), 400, "invalid_body").await;
    assert!(seen.body.contains("line 1, column 1"), "{}", seen.body);
    check(chat("main", r#"{"model":"gpt","model":"large"}"#), 400, "invalid_body").await;
    check(chat("main", r#"{"model":"gpt","Model":"large"}"#), 400, "invalid_body").await;
    let seen = check(chat("main", r#"{"model":"gpt-9","messages":[]}"#), 404, "model_not_found").await;
    assert!(seen.body.contains("`gpt-9`"), "{}", seen.body);
    let vision = r#"{"model":"gpt","messages":[{"content":[{"type":"image_url"}]}]}"#;
    check(chat("main", vision), 400, "unsupported_capability").await;
    let seen =
        check(chat("main", r#"{"model":"gpt","messages":[],"max_tokens":5000}"#), 400, "output_limit").await;
    let asked = "`max_tokens` asks for more output than any model that this request can reach gives: at most 4000 tokens.";
    assert!(seen.body.contains(asked) && seen.body.contains(r#""param":"max_tokens""#), "{}", seen.body);
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
        let counted = stage.metrics();
        for line in ["pointsman_requests_total{status=\"503\"} 1", "pointsman_requests_refused_total 1"] {
            assert!(counted.contains(line), "{counted}");
        }
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
async fn a_request_whose_length_is_unclear_is_refused() {
    for rest in [
        "content-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        "content-length: +5\r\n\r\nhello",
        "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "x-folded: a\r\n b\r\ncontent-length: 0\r\n\r\n",
    ] {
        let (seen, asked) = raw(rest.to_owned(), "").await;
        assert!(seen.is_empty() || seen.starts_with("HTTP/1.1 400"), "{rest:?}: {seen}");
        assert_eq!((seen.matches("HTTP/1.1").count().max(1), asked), (1, 0), "{seen}");
    }
}

/// hyper takes the content length away before a service sees the request (RFC 9112, section 6.3, allows to go by the
/// chunks), so such a request cannot be refused. What matters is that nothing after it is taken for another request.
#[tokio::test(start_paused = true)]
async fn a_request_of_two_lengths_goes_by_its_chunks_and_is_the_last_of_its_connection() {
    let chunks = format!("{:x}\r\n{ASK}\r\n0\r\n\r\n", ASK.len());
    let chunked = "transfer-encoding: chunked\r\n";
    // Whoever goes by the length takes the beginning of the chunks for all of the body.
    for lengths in [format!("content-length: 5\r\n{chunked}"), format!("{chunked}content-length: 5\r\n")] {
        let (seen, asked) = raw(format!("{lengths}\r\n{chunks}"), "smuggled").await;
        assert!(seen.starts_with("HTTP/1.1 200"), "{seen}");
        assert!(seen.contains("connection: close"), "{seen}");
        assert_eq!((seen.matches("HTTP/1.1").count(), asked), (1, 1), "{seen}");
    }
    // Of one length, the next request on the connection is served: the test would see one that is smuggled.
    let (seen, _) = raw(format!("{chunked}\r\n{chunks}"), "next").await;
    assert_eq!(seen.matches("HTTP/1.1").count(), 2, "{seen}");
}

/// A chat request whose head ends so, and on the same connection another one to this path: what the client sees, and how
/// often the upstream was asked.
async fn raw(rest: String, next: &str) -> (String, usize) {
    let line = format!("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\n", key("main"));
    let next =
        if next.is_empty() { String::new() } else { format!("GET /{next} HTTP/1.1\r\nhost: y\r\n\r\n") };
    play(|stage: Stage| async move {
        stage.says("one", completes(GOOD));
        let seen = stage.raw(&format!("{line}{rest}{next}")).await;
        (seen, stage.upstream.asked().len())
    })
    .await
}
