//! A request as a provider gets it: the client's bytes, the provider's model name, our credential.
//!
//! Headers are built, not forwarded: nothing that a client sent reaches a provider but a few names on a list, and never
//! a credential. The answer is asked for uncompressed, because its events are looked at.

use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue,
    USER_AGENT,
};
use http::{Method, Request, Version as HttpVersion};

use crate::upstream::connect::Version;
use crate::upstream::payload::Payload;
use crate::upstream::target::Target;

/// What a request to any provider is made of.
pub struct Outgoing<'a> {
    /// The client's headers.
    pub inbound: &'a HeaderMap,
    /// The body, model replaced.
    pub payload: &'a Payload,
    /// Whether the answer comes in pieces.
    pub stream: bool,
    /// The provider's secret.
    pub secret: Option<&'a str>,
}

/// Writes a request.
pub fn write(target: &Target, outgoing: &Outgoing<'_>, version: Version) -> Request<Payload> {
    let mut request = Request::new(outgoing.payload.clone());
    *request.method_mut() = Method::POST;
    let mut headers = HeaderMap::with_capacity(12);
    match version {
        Version::Http1 => {
            *request.uri_mut() = target.path.clone();
            headers.insert(HOST, target.host.clone());
        }
        Version::Http2 => {
            *request.version_mut() = HttpVersion::HTTP_2;
            *request.uri_mut() = target.uri.clone();
        }
    }
    if let Some(authorization) = outgoing.secret.and_then(authorization) {
        headers.insert(AUTHORIZATION, authorization);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let accept = if outgoing.stream { "text/event-stream" } else { "application/json" };
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("pointsman/", env!("CARGO_PKG_VERSION"))));
    for name in &FORWARDED {
        if let Some(value) = outgoing.inbound.get(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
    *request.headers_mut() = headers;
    request
}

fn authorization(secret: &str) -> Option<HeaderValue> {
    let mut text = String::with_capacity(SCHEME.len() + secret.len());
    text.push_str(SCHEME);
    text.push_str(secret);
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

const SCHEME: &str = "Bearer ";

/// The client's headers that mean something to a provider and give nobody anything.
const FORWARDED: [HeaderName; 4] = [
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("openai-beta"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];
