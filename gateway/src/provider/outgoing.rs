//! A request as a provider gets it: the client's bytes, the provider's model name, our credential.
//!
//! Headers are built, not forwarded: nothing that a client sent reaches a provider but a few names on a list, and never
//! a credential. The answer is asked for uncompressed, because its events are looked at.

use std::time::Duration;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName,
    HeaderValue, USER_AGENT,
};
use http::{Method, Request, Version as HttpVersion};
use pointsman_schema::protocol::{Protocol, ProviderProtocol};

use crate::provider::bedrock::signature::{Keys, Scope, Signed};
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
    /// What the body is, where it is no JSON.
    pub content_type: Option<&'a HeaderValue>,
    /// The media type of the answer.
    pub accept: &'static str,
    /// What opens the provider.
    pub secret: Option<&'a Lent<'a>>,
    /// The time of day, for what is signed.
    pub now: Duration,
}

/// The headers that every request to a provider has. Written once for each backend: putting them together for each
/// request took 800 instructions more, 1 % of all.
///
/// What differs by request has its place already, because a copy would have to grow for one more.
pub fn standing(protocol: ProviderProtocol, host: &HeaderValue, has_credential: bool) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(HEADERS_USUAL);
    headers.insert(HOST, host.clone());
    if has_credential {
        headers.insert(key_name(protocol), HeaderValue::from_static(""));
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("pointsman/", env!("CARGO_PKG_VERSION"))));
    if protocol == ProviderProtocol::Anthropic {
        headers.insert(ANTHROPIC_VERSION, HeaderValue::from_static("2023-06-01"));
    }
    headers
}

/// Writes a request.
pub fn write(target: &Target, outgoing: &Outgoing<'_>, version: Version) -> Request<Payload> {
    let mut request = Request::new(outgoing.payload.clone());
    *request.method_mut() = Method::POST;
    let mut headers = target.headers.clone();
    match version {
        Version::Http1 => *request.uri_mut() = outgoing.route.path.clone(),
        Version::Http2 => {
            *request.version_mut() = HttpVersion::HTTP_2;
            *request.uri_mut() = outgoing.route.uri.clone();
            headers.remove(HOST);
        }
    }
    if !sign(&mut headers, target, outgoing) {
        open(&mut headers, target.protocol, outgoing.secret);
    }
    headers.insert(CONTENT_LENGTH, HeaderValue::from(outgoing.payload.len()));
    if let Some(content_type) = outgoing.content_type {
        headers.insert(CONTENT_TYPE, content_type.clone());
    }
    headers.insert(ACCEPT, HeaderValue::from_static(outgoing.accept));
    let of_protocol = outgoing.forwarded.map_or(&[][..], of_protocol);
    let is_forwarded = |name: &&HeaderName| FORWARDED.contains(name) || of_protocol.contains(name);
    for name in outgoing.inbound.keys().filter(is_forwarded) {
        if let Some(value) = outgoing.inbound.get(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
    *request.headers_mut() = headers;
    request
}

/// Signs with the secret where it is access keys; `false` where it is not.
fn sign(headers: &mut HeaderMap, target: &Target, outgoing: &Outgoing<'_>) -> bool {
    if target.protocol != ProviderProtocol::Bedrock {
        return false;
    }
    let keys = outgoing.secret.and_then(|secret| Keys::read(secret.expose()));
    let (Some(keys), Some(host)) = (keys, target.headers.get(HOST)) else { return false };
    // The place of a key, which is not shown.
    headers.remove(AUTHORIZATION);
    let (uri, digest, now) = (&outgoing.route.uri, outgoing.payload.digest(), outgoing.now);
    let scope = Scope { region: &target.region, service: "bedrock" };
    keys.sign(scope, &Signed { uri, host, digest, now }, headers);
    true
}

/// Puts a secret where its provider looks for it. A token stands in one place, whoever takes it.
fn open(headers: &mut HeaderMap, protocol: ProviderProtocol, secret: Option<&Lent<'_>>) {
    let name = key_name(protocol);
    let is_bearer = name == AUTHORIZATION || matches!(secret, Some(Lent::Token(_)));
    if name != AUTHORIZATION && is_bearer || secret.is_none() {
        headers.remove(&name);
    }
    match secret {
        Some(secret) if is_bearer => _ = headers.insert(AUTHORIZATION, secret.bearer()),
        Some(secret) => _ = headers.insert(name, secret.plain()),
        None => {}
    }
}

/// Where each provider looks for a key.
const fn key_name(protocol: ProviderProtocol) -> HeaderName {
    match protocol {
        ProviderProtocol::Anthropic => HeaderName::from_static("x-api-key"),
        ProviderProtocol::Gemini => HeaderName::from_static("x-goog-api-key"),
        ProviderProtocol::AzureOpenAi => HeaderName::from_static("api-key"),
        ProviderProtocol::OpenAi
        | ProviderProtocol::OpenAiCompatible
        | ProviderProtocol::Vertex
        | ProviderProtocol::Bedrock
        | ProviderProtocol::Mistral
        | ProviderProtocol::Cohere => AUTHORIZATION,
    }
}

/// As many as fit without growing, a few of the client's included.
const HEADERS_USUAL: usize = 12;

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

/// Those of the client's headers that its own protocol's providers alone know, and that ask for something.
pub fn of_protocol_alone(inbound: &HeaderMap, protocol: Protocol) -> impl Iterator<Item = &'static str> {
    let asking = of_protocol(protocol).iter().filter(|name| **name != ANTHROPIC_VERSION);
    asking.filter(|name| inbound.contains_key(*name)).map(HeaderName::as_str)
}

fn of_protocol(protocol: Protocol) -> &'static [HeaderName] {
    match protocol {
        Protocol::OpenAi => &OF_OPENAI,
        Protocol::Anthropic => &OF_ANTHROPIC,
        Protocol::Gemini => &[],
    }
}
