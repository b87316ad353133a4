//! One request from its head to its answer.
//!
//! The order of things: where it goes, what it carries (bounded), whether it has a credential, which fault applies, then
//! the answer in the provider's format. Everything that can be decided without waiting is decided in a function of
//! values; only reading the body and scripted delays wait.
//!
//! Read next: [`super::place`], [`super::fault`], [`super::script`].

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Body;
use serde_json::Value;

use super::{
    ask::Ask,
    control,
    dialect::{Dialect, Failure, InPath},
    fault::{Fault, Order},
    ledger::{Ledger, Seen},
    limits, openai,
    place::Place,
    plain::{self, Plain},
    reply::Reply,
    script::{Abort, End, Script},
};

/// What the answer to one request depends on, beside its body.
struct Call<'a> {
    provider: &'a str,
    dialect: Dialect,
    in_path: Option<InPath<'a>>,
    wants_key: bool,
    /// The word of a fault in the path.
    path_fault: Option<&'a str>,
}

/// Answers one request.
pub(crate) async fn respond<B>(ledger: &Ledger, request: Request<B>) -> Result<Response<Script>, Abort>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    match Place::of(&head.method, head.uri.path()) {
        Place::Models => Ok(json(200, &openai::models())),
        Place::Overview => Ok(json(200, &control::overview(ledger))),
        Place::Show(provider) => Ok(json(200, &ledger.show(provider))),
        Place::Set(provider) => {
            let Ok(order) = Limited::new(body, limits::ORDER_BYTES_MAX).collect().await else {
                return Ok(json(413, &serde_json::json!({"error": "an order is a few hundred bytes"})));
            };
            let (status, shown) = control::set(ledger, provider, &order.to_bytes());
            Ok(json(status, &shown))
        }
        Place::Nowhere => {
            let failure = Failure::new(404, format!("Invalid URL ({} {})", head.method, head.uri.path()));
            Ok(json(404, &Dialect::OpenAi.error(&failure, 0)))
        }
        Place::Answer { provider, dialect, in_path, wants_key, fault } => {
            let call = Call { provider, dialect, in_path, wants_key, path_fault: fault };
            let Ok(body) = Limited::new(body, limits::BODY_BYTES_MAX).collect().await else {
                let failure = Failure::new(413, "the body is too large or was not sent to its end");
                return Ok(json(413, &dialect.error(&failure, 0)));
            };
            answer(ledger, &call, &head, body.to_bytes()).await
        }
        Place::Plain { provider, endpoint, model, wants_key, fault } => {
            let call =
                Call { provider, dialect: endpoint.dialect(), in_path: None, wants_key, path_fault: fault };
            let Ok(body) = Limited::new(body, limits::BODY_BYTES_MAX).collect().await else {
                let failure = Failure::new(413, "the body is too large or was not sent to its end");
                return Ok(json(413, &call.dialect.error(&failure, 0)));
            };
            plain(ledger, &call, &head, (endpoint, model, body.to_bytes())).await
        }
    }
}

/// Answers a request for something small. Of faults, those that are no stream's can befall it.
async fn plain(
    ledger: &Ledger,
    call: &Call<'_>,
    head: &http::request::Parts,
    (endpoint, model, body): (Plain, Option<&str>, Bytes),
) -> Result<Response<Script>, Abort> {
    let ask = plain::Ask::read(call.provider, model, &body);
    let (number, ordered) = ledger.enter(call.provider, &ask.model, Seen::of(head, &body));
    if call.wants_key && !has_credential(&head.headers) {
        let failure = Failure::new(401, "You didn't provide an API key.");
        return Ok(refusal(call.dialect, &failure, None, number));
    }
    let fault = match asked_fault(call, &head.headers, &ask.model) {
        Ok(asked) => asked.or(ordered),
        Err(message) => return Ok(refusal(call.dialect, &Failure::new(400, message), None, number)),
    };
    if let Some(ended) = ended(call, fault.as_ref(), number).await {
        return ended;
    }
    let answer = endpoint.answer(&ask, number, now_s());
    let headers = [(call.dialect.request_id_header(), request_id(number))];
    Ok(build(200, answer.media, Script::whole(answer.body), &headers))
}

/// How a fault ends any request, whatever it asks for; nothing when it is of another kind.
async fn ended(
    call: &Call<'_>,
    fault: Option<&Fault>,
    number: u64,
) -> Option<Result<Response<Script>, Abort>> {
    match fault? {
        Fault::Reset => Some(Err(Abort::Reset)),
        Fault::Hang => {
            tokio::time::sleep(limits::DELAY_MAX).await;
            Some(Err(Abort::Reset))
        }
        Fault::Status { status, retry_after_s } => {
            let failure = Failure::new(*status, format!("the demo upstream was told to answer {status}"));
            Some(Ok(refusal(call.dialect, &failure, *retry_after_s, number)))
        }
        _ => None,
    }
}

/// Answers a request for a model's words.
async fn answer(
    ledger: &Ledger,
    call: &Call<'_>,
    head: &http::request::Parts,
    body: Bytes,
) -> Result<Response<Script>, Abort> {
    let ask = Ask::parse(call.dialect, call.in_path, &body);
    let model = ask.as_ref().map_or("(unreadable)", |ask| ask.model.as_str());
    let (number, ordered) = ledger.enter(call.provider, model, Seen::of(head, &body));
    tracing::debug!(provider = call.provider, model, number, "demo upstream asked");
    let refuse = |failure: &Failure| Ok(refusal(call.dialect, failure, None, number));
    if call.wants_key && !has_credential(&head.headers) {
        return refuse(&Failure::new(401, "You didn't provide an API key."));
    }
    let ask = match ask {
        Ok(ask) => ask,
        Err(message) => return refuse(&Failure::new(400, message)),
    };
    let fault = match asked_fault(call, &head.headers, &ask.model) {
        Ok(asked) => asked.or(ordered),
        Err(message) => return refuse(&Failure::new(400, message)),
    };
    if let Some(ended) = ended(call, fault.as_ref(), number).await {
        return ended;
    }
    let reply = Reply::to(&ask, call.provider, number, now_s());
    match fault {
        Some(Fault::ContextLength) => refuse(&Failure {
            code: Some("context_length_exceeded"),
            ..Failure::new(400, "This model's maximum context length is exceeded (prompt is too long)")
        }),
        Some(Fault::ErrorEvent { .. }) if !ask.stream => {
            refuse(&Failure::new(500, "the server had an error"))
        }
        Some(Fault::Slow { first_token, .. }) if !ask.stream => {
            tokio::time::sleep(first_token).await;
            Ok(whole(call.dialect, &reply, None))
        }
        fault if ask.stream => Ok(stream(call.dialect, &reply, ask.include_usage, fault)),
        fault => Ok(whole(call.dialect, &reply, fault)),
    }
}

/// The fault that the request asks for itself: by header, by path, or by the model's name.
fn asked_fault(call: &Call<'_>, headers: &HeaderMap, model: &str) -> Result<Option<Fault>, String> {
    let word = match headers.get(FAULT_HEADER) {
        Some(value) => Some(value.to_str().map_err(|_| format!("{FAULT_HEADER} is not readable text"))?),
        None => call.path_fault.or_else(|| model.strip_prefix(FAULT_MODEL_PREFIX)),
    };
    match word.map(Order::parse) {
        None => Ok(None),
        Some(Ok(order)) => Ok(order.fault),
        Some(Err(error)) => Err(error.to_string()),
    }
}

fn whole(dialect: Dialect, reply: &Reply, fault: Option<Fault>) -> Response<Script> {
    let text = dialect.whole(reply).to_string();
    let script = match fault {
        Some(Fault::Cut { .. }) => Script::torn(text),
        _ => Script::whole(text),
    };
    build(200, JSON, script, &[(dialect.request_id_header(), request_id(reply.number))])
}

fn stream(dialect: Dialect, reply: &Reply, include_usage: bool, fault: Option<Fault>) -> Response<Script> {
    let mut events = dialect.events(reply, include_usage);
    let (mut end, mut first, mut after) = (End::Whole, Duration::ZERO, Duration::ZERO);
    match fault {
        Some(Fault::Cut { after_events }) => {
            events.truncate(after_events);
            end = End::Cut;
        }
        Some(Fault::ErrorEvent { after_events }) => {
            events.truncate(after_events);
            events.push(dialect.error_event(reply.number));
        }
        Some(Fault::Slow { first_token, between }) => (first, after) = (first_token, between),
        _ => {}
    }
    let script = Script::stream(events, end).delayed(first, after);
    build(200, EVENT_STREAM, script, &[(dialect.request_id_header(), request_id(reply.number))])
}

fn refusal(dialect: Dialect, failure: &Failure, retry_after_s: Option<u64>, number: u64) -> Response<Script> {
    let mut headers = vec![(dialect.request_id_header(), request_id(number))];
    if let Some(seconds) = retry_after_s {
        headers.push((header::RETRY_AFTER.as_str(), seconds.to_string()));
    }
    build(failure.status, JSON, Script::whole(dialect.error(failure, number).to_string()), &headers)
}

fn json(status: u16, body: &Value) -> Response<Script> {
    build(status, JSON, Script::whole(body.to_string()), &[])
}

fn build(status: u16, kind: &'static str, script: Script, headers: &[(&str, String)]) -> Response<Script> {
    let mut response = Response::new(script);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    for (name, value) in headers {
        let parsed = (header::HeaderName::from_bytes(name.as_bytes()), header::HeaderValue::from_str(value));
        if let (Ok(name), Ok(value)) = parsed {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Whether the request carries a key at all; any key will do.
fn has_credential(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bearer = text("authorization").strip_prefix("Bearer ").is_some_and(|key| !key.trim().is_empty());
    bearer || ["x-api-key", "x-goog-api-key", "api-key"].into_iter().any(|name| !text(name).is_empty())
}

fn request_id(number: u64) -> String {
    format!("req_demo{number:010}")
}

fn now_s() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())
}

const JSON: &str = "application/json";
const EVENT_STREAM: &str = "text/event-stream; charset=utf-8";
/// A request header that asks for a fault in the words of [`Order::parse`].
const FAULT_HEADER: &str = "x-demo-fault";
/// The beginning of a model's name that asks for the fault named after it.
const FAULT_MODEL_PREFIX: &str = "demo-fault-";
