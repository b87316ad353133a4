//! Dialogues with the upstream: what the client says, what it sees, what was counted.
//!
//! All but the reset run over in-memory connections with time paused, so that no test waits.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

use super::*;

/// What a client sees of one exchange.
#[derive(Debug, PartialEq)]
struct Sees {
    status: u16,
    /// The answer, as far as it came.
    text: String,
    /// Whether the answer came to its end.
    whole: bool,
    retry_after: Option<String>,
}

/// Sends one request over a connection; `None` when the connection ended without an answer.
async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Option<Sees>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, driver) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    let driver = tokio::spawn(driver);
    let response = sender.send_request(request).await.ok()?;
    let retry_after = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    let mut body = response.into_body();
    let (mut text, mut whole) = (Vec::new(), true);
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            whole = false;
            break;
        };
        text.extend_from_slice(frame.data_ref().unwrap());
    }
    driver.abort();
    Some(Sees { status, text: String::from_utf8(text).unwrap(), whole, retry_after })
}

fn post(path: &str, body: &Value) -> Request<Full<Bytes>> {
    let request = Request::post(path).header("host", "demo").header("authorization", "Bearer k");
    request.body(Full::new(Bytes::from(body.to_string()))).unwrap()
}

fn ask(stream: bool) -> Value {
    json!({"model": "m", "stream": stream, "messages": [{"role": "user", "content": "hi"}]})
}

/// Runs a dialogue on a single-threaded runtime with time paused.
fn dialogue<F: Future<Output = ()>>(talk: impl FnOnce(UpstreamHandle) -> F) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let upstream = Upstream::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        talk(upstream).await;
    });
}

/// Says one thing to provider `p` under an order; the client must see `status`, a text with `part`, and its end or not.
fn check(order: Order, path: &str, body: &Value, expected: (u16, &str, bool)) {
    dialogue(|upstream| async move {
        upstream.order("p", order);
        let sees = exchange(upstream.connect(), post(path, body)).await.expect("an answer");
        assert!(sees.text.contains(expected.1), "{path} {body}: {sees:?}");
        assert_eq!((sees.status, sees.whole), (expected.0, expected.2), "{path} {body}: {sees:?}");
        assert_eq!(upstream.requests("p"), 1);
    });
}

const CHAT: &str = "/providers/p/v1/chat/completions";
const MESSAGES: &str = "/providers/p/v1/messages";
const RESPONSES: &str = "/providers/p/v1/responses";
const GENERATE: &str = "/providers/p/v1beta/models/m:generateContent";
const GENERATE_STREAM: &str = "/providers/p/v1beta/models/m:streamGenerateContent?alt=sse";

fn contents() -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]})
}

#[test]
fn answers_come_whole_and_as_streams() {
    check(Order::NONE, CHAT, &ask(false), (200, "(demo upstream: model m at provider p) You said: hi", true));
    check(Order::NONE, CHAT, &ask(true), (200, "data: [DONE]\n\n", true));
    check(Order::NONE, MESSAGES, &ask(false), (200, r#""stop_reason":"end_turn""#, true));
    check(Order::NONE, MESSAGES, &ask(true), (200, "event: message_stop\n", true));
    let input = |stream: bool| json!({"model": "m", "input": "hi", "stream": stream});
    check(Order::NONE, RESPONSES, &input(false), (200, r#""status":"completed""#, true));
    check(Order::NONE, RESPONSES, &input(true), (200, "event: response.completed\n", true));
    let said = "(demo upstream: model m at provider p) You said: hi";
    check(Order::NONE, GENERATE, &contents(), (200, said, true));
    check(Order::NONE, GENERATE_STREAM, &contents(), (200, r#""finishReason":"STOP""#, true));
}

#[test]
fn statuses_have_the_providers_error_shape() {
    let status = |status| Order::always(Fault::Status { status, retry_after_s: None });
    check(status(500), CHAT, &ask(true), (500, r#""type":"server_error""#, true));
    check(status(529), MESSAGES, &ask(true), (529, r#""type":"overloaded_error""#, true));
    check(status(429), GENERATE, &contents(), (429, r#""status":"RESOURCE_EXHAUSTED""#, true));
    check(Order::always(Fault::ContextLength), CHAT, &ask(false), (400, "context_length_exceeded", true));
    check(Order::NONE, CHAT, &json!({"model": "m"}), (400, "at least one message", true));
}

#[test]
fn faults_of_streams_reach_the_wire() {
    let cut = Order::always(Fault::Cut { after_events: 2 });
    check(cut, CHAT, &ask(true), (200, r#""content":"(demo ""#, false));
    check(cut, CHAT, &ask(false), (200, "", false));
    let error = Order::always(Fault::ErrorEvent { after_events: 2 });
    check(error, CHAT, &ask(true), (200, r#"data: {"error":{"#, true));
    check(error, MESSAGES, &ask(true), (200, "event: error\n", true));
    check(error, MESSAGES, &ask(false), (500, "api_error", true));
    let input = json!({"model": "m", "input": "hi", "stream": true});
    check(error, RESPONSES, &input, (200, "event: error\n", true));
    check(error, GENERATE_STREAM, &contents(), (200, r#""status":"UNAVAILABLE""#, true));
    let minute = std::time::Duration::from_mins(1);
    let slow = Order::always(Fault::Slow { first_token: minute, between: minute });
    check(slow, CHAT, &ask(true), (200, "data: [DONE]\n\n", true));
    check(slow, CHAT, &ask(false), (200, "You said: hi", true));
}

#[test]
fn faults_can_be_asked_for_by_header_path_and_model() {
    dialogue(|upstream| async move {
        let status = async |request| exchange(upstream.connect(), request).await.unwrap().status;
        assert_eq!(status(post("/fault/503/providers/p/v1/chat/completions", &ask(false))).await, 503);
        let named = json!({"model": "demo-fault-429", "messages": [{"role": "user", "content": "hi"}]});
        assert_eq!(status(post(CHAT, &named)).await, 429);
        let mut with_header = post(CHAT, &ask(false));
        with_header.headers_mut().insert("x-demo-fault", "500".parse().unwrap());
        assert_eq!(status(with_header).await, 500);
        assert_eq!(status(post("/fault/nonsense/providers/p/v1/chat/completions", &ask(false))).await, 400);
    });
}

#[test]
fn a_request_without_a_key_is_refused() {
    dialogue(|upstream| async move {
        for (path, body) in [(CHAT, ask(false)), (MESSAGES, ask(false)), (GENERATE, contents())] {
            let mut request = post(path, &body);
            request.headers_mut().remove("authorization");
            let sees = exchange(upstream.connect(), request).await.unwrap();
            assert_eq!(sees.status, 401, "{sees:?}");
        }
        let mut open = post("/open/p/v1/chat/completions", &ask(false));
        open.headers_mut().remove("authorization");
        assert_eq!(exchange(upstream.connect(), open).await.unwrap().status, 200);
        assert_eq!(upstream.open_base_url("p"), format!("http://{}/open/p/v1", upstream.addr()));
    });
}

#[test]
fn the_control_endpoint_takes_orders_and_shows_counts() {
    dialogue(|upstream| async move {
        let order = |body: &str| {
            Request::put("/control/p")
                .header("host", "demo")
                .body(Full::new(Bytes::from(body.to_owned())))
                .unwrap()
        };
        let limited = order(r#"{"fault":"429","retry_after":2,"times":1}"#);
        assert_eq!(exchange(upstream.connect(), limited).await.unwrap().status, 200);
        let refused = exchange(upstream.connect(), post(CHAT, &ask(false))).await.unwrap();
        assert_eq!((refused.status, refused.retry_after.as_deref()), (429, Some("2")));
        assert_eq!(exchange(upstream.connect(), post(CHAT, &ask(false))).await.unwrap().status, 200);
        assert_eq!(exchange(upstream.connect(), order("{")).await.unwrap().status, 400);

        let shown = Request::get("/control/p").header("host", "demo").body(Full::default()).unwrap();
        let shown = exchange(upstream.connect(), shown).await.unwrap().text;
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!((&shown["requests"], &shown["by_model"]["m"]), (&json!(2), &json!(2)));
        assert!(!shown.to_string().contains("Bearer"), "{shown}");
        assert_eq!(shown["last"]["body_bytes"], ask(false).to_string().len());
    });
}

#[test]
fn models_are_listed_and_unknown_paths_are_not_found() {
    dialogue(|upstream| async move {
        let get = |path: &str| Request::get(path).header("host", "demo").body(Full::default()).unwrap();
        let listed = exchange(upstream.connect(), get("/providers/p/v1/models")).await.unwrap();
        assert!(listed.text.contains(r#""id":"gpt-4o-mini""#), "{listed:?}");
        assert_eq!(exchange(upstream.connect(), get("/v1/nothing")).await.unwrap().status, 404);
    });
}

#[test]
fn a_reset_reaches_a_real_socket() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let upstream = Upstream::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        upstream.order("p", Order::for_next(1, Fault::Reset));
        let connect = async || TcpStream::connect(upstream.addr()).await.unwrap();
        assert_eq!(exchange(connect().await, post(CHAT, &ask(true))).await, None);
        assert_eq!(exchange(connect().await, post(CHAT, &ask(true))).await.unwrap().status, 200);
        assert_eq!(upstream.last("p").unwrap().header("authorization"), Some("(hidden)"));
        assert_eq!(upstream.base_url("p"), format!("http://{}/providers/p/v1", upstream.addr()));
        upstream.shutdown().await;
    });
}
