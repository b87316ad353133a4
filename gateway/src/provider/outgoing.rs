//! A request as a provider gets it: the client's bytes, the provider's model name, our credential.
//!
//! Headers are built, not forwarded: nothing that a client sent reaches a provider but a few names on a list, and never
//! a credential. The answer is asked for uncompressed, because its events are looked at.

use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue,
    USER_AGENT,
};
use http::{Method, Request, Version as HttpVersion};
use pointsman_schema::protocol::{Protocol, ProviderProtocol};

use crate::serving::credential::Lent;
use crate::upstream::connect::Version;
use crate::upstream::payload::Payload;
use crate::upstream::target::{Route, Target};

/// What a request to any provider is made of.
pub struct Outgoing<'a> {
    /// The client's headers.
    pub inbound: &'a HeaderMap,
    /// The client's protocol, where its request is forwarded.
    pub forwarded: Option<Protocol>,
    /// Where it is asked for.
    pub route: &'a Route,
    /// The body.
    pub payload: &'a Payload,
    /// The media type of the answer.
    pub accept: &'static str,
    /// What opens the provider.
    pub secret: Option<&'a Lent<'a>>,
}

/// Writes a request.
pub fn write(target: &Target, outgoing: &Outgoing<'_>, version: Version) -> Request<Payload> {
    let mut request = Request::new(outgoing.payload.clone());
    *request.method_mut() = Method::POST;
    let mut headers = HeaderMap::with_capacity(12);
    match version {
        Version::Http1 => {
            *request.uri_mut() = outgoing.route.path.clone();
            headers.insert(HOST, target.host.clone());
        }
        Version::Http2 => {
            *request.version_mut() = HttpVersion::HTTP_2;
            *request.uri_mut() = outgoing.route.uri.clone();
        }
    }
    if let Some((name, value)) = outgoing.secret.and_then(|secret| credential(target.protocol, secret)) {
        headers.insert(name, value);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static(outgoing.accept));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("pointsman/", env!("CARGO_PKG_VERSION"))));
    if target.protocol == ProviderProtocol::Anthropic {
        headers.insert(ANTHROPIC_VERSION, HeaderValue::from_static("2023-06-01"));
    }
    let of_protocol = outgoing.forwarded.map_or(&[][..], of_protocol);
    for name in FORWARDED.iter().chain(of_protocol) {
        if let Some(value) = outgoing.inbound.get(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
    *request.headers_mut() = headers;
    request
}

/// Where each provider looks for its secret. A token stands in one place, whoever takes it.
fn credential(protocol: ProviderProtocol, secret: &Lent<'_>) -> Option<(HeaderName, HeaderValue)> {
    let (name, scheme) = match protocol {
        _ if matches!(secret, Lent::Token(_)) => (AUTHORIZATION, SCHEME),
        ProviderProtocol::Anthropic => (HeaderName::from_static("x-api-key"), ""),
        ProviderProtocol::Gemini => (HeaderName::from_static("x-goog-api-key"), ""),
        ProviderProtocol::AzureOpenAi => (HeaderName::from_static("api-key"), ""),
        ProviderProtocol::OpenAi
        | ProviderProtocol::OpenAiCompatible
        | ProviderProtocol::Vertex
        | ProviderProtocol::Bedrock
        | ProviderProtocol::Mistral
        | ProviderProtocol::Cohere => (AUTHORIZATION, SCHEME),
    };
    let secret = secret.expose();
    let mut text = String::with_capacity(scheme.len() + secret.len());
    text.push_str(scheme);
    text.push_str(secret);
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some((name, value))
}

const SCHEME: &str = "Bearer ";

/// The client's headers that mean something to any provider and give nobody anything.
static FORWARDED: [HeaderName; 3] = [
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];

const ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");

/// Those that mean something to providers of the client's own protocol.
static OF_OPENAI: [HeaderName; 1] = [HeaderName::from_static("openai-beta")];
static OF_ANTHROPIC: [HeaderName; 2] = [ANTHROPIC_VERSION, HeaderName::from_static("anthropic-beta")];

fn of_protocol(protocol: Protocol) -> &'static [HeaderName] {
    match protocol {
        Protocol::OpenAi => &OF_OPENAI,
        Protocol::Anthropic => &OF_ANTHROPIC,
        Protocol::Gemini => &[],
    }
}
