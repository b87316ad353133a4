//! Where a backend's requests go, worked out once when a snapshot is loaded: address, paths, model name, times.
//!
//! A request never forms a destination: it picks one of these by index. Nothing here is taken from a request, and
//! nothing here is secret. Read next: [`super::pool`].

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::InvalidUri;
use http::{HeaderMap, HeaderValue, Uri};
use pointsman_schema::archive::NONE;
use pointsman_schema::archive::providers::{ArchivedBackend, ArchivedProvider};
use pointsman_schema::capability::Capability;
use pointsman_schema::feature::spoken;
use pointsman_schema::protocol::ProviderProtocol;
use pointsman_schema::snapshot::View;
use pointsman_schema::snapshot::view::{CredentialIx, ModelIx, ProviderIx};

use crate::breaker::BackendState;
use crate::limits::{FIRST_TOKEN, FIRST_TOKEN_REASONING, WHOLE_ANSWER};
use crate::operation::{OPERATIONS, Operation};
use crate::provider::outgoing;
use crate::provider::place::Place;

/// A host and port, reached one way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// A DNS name or an IP address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Over TLS or not.
    pub security: Security,
    /// Which addresses may be connected to.
    pub reach: Reach,
}

/// Whether a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Security {
    /// TCP.
    Plain,
    /// TLS over TCP.
    Tls,
}

/// Which addresses a provider may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Any: the platform's own provider.
    Anywhere,
    /// Public ones only: a team's provider must not lead into the gateway's network.
    Public,
}

/// Times of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// To connect, TLS included.
    pub connect: Duration,
    /// To the first content event of a stream.
    pub first_token: Duration,
    /// To the head of an unstreamed answer.
    pub answer: Duration,
    /// Between two chunks.
    pub between_chunks: Duration,
    /// For the whole request, all attempts included.
    pub total: Duration,
}

/// Whose key a backend uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOwner {
    /// The platform's, or nobody's.
    Platform,
    /// The calling team's own.
    Team,
}

/// A backend, ready to be sent to.
#[derive(Debug, Clone)]
pub struct Target {
    /// What outlives the snapshot.
    pub state: Arc<BackendState>,
    /// Where to connect.
    pub endpoint: Arc<Endpoint>,
    /// What its provider is asked by.
    pub protocol: ProviderProtocol,
    /// What it speaks for this model: one provider may serve models of several makers.
    pub spoken: ProviderProtocol,
    /// Where each operation that its provider serves is asked for.
    routes: [Option<Box<Route>>; OPERATIONS],
    /// The headers that all its requests have.
    pub headers: HeaderMap,
    /// The region that signatures are for; empty where its protocol knows none.
    pub region: String,
    /// The model's name at the provider.
    pub model: String,
    /// The same as a JSON string.
    pub model_json: Bytes,
    /// Most tokens of output that the model gives, where it is known.
    pub output_limit: Option<u32>,
    /// Whether the model reasons.
    pub reasons: bool,
    /// Its credential.
    pub credential: Option<CredentialIx>,
    /// Whose it is.
    pub key_owner: KeyOwner,
    /// Its times.
    pub times: Times,
}

/// Where one operation is asked for.
#[derive(Debug, Clone)]
pub struct Route {
    /// Path and query, for HTTP/1.1.
    pub path: Uri,
    /// The same with scheme and authority, for HTTP/2.
    pub uri: Uri,
}

impl Route {
    /// Where a path is asked for at an origin.
    pub(crate) fn new(origin: &str, path: &str) -> Result<Self, InvalidUri> {
        Ok(Self { path: path.parse()?, uri: format!("{origin}{path}").parse()? })
    }
}

/// Scheme and authority.
pub(crate) fn origin(endpoint: &Endpoint) -> String {
    let scheme = if endpoint.security == Security::Tls { "https" } else { "http" };
    format!("{scheme}://{}", authority(endpoint))
}

/// A provider's address cannot be written as a URI, which the compiler should have refused.
#[derive(Debug, thiserror::Error)]
#[error("the address of provider `{provider}` is not a URI")]
pub struct NotAnAddress {
    provider: String,
}

impl Target {
    /// The targets of all backends of a snapshot, in the order of its table. `states` is parallel to it.
    pub fn all(view: &View<'_>, states: &[Arc<BackendState>]) -> Result<Vec<Self>, NotAnAddress> {
        let backends = view.providers.backends.iter().zip(states);
        backends.map(|(backend, state)| Self::new(view, backend, Arc::clone(state))).collect()
    }

    fn new(
        view: &View<'_>,
        backend: &ArchivedBackend,
        state: Arc<BackendState>,
    ) -> Result<Self, NotAnAddress> {
        let provider = view.provider(ProviderIx::from(backend.provider));
        let refused = || NotAnAddress { provider: view.text(provider.name).to_owned() };
        let endpoint = endpoint(view, provider);
        let authority = authority(&endpoint);
        let origin = origin(&endpoint);
        let model = view.text(backend.upstream_model).to_owned();
        let protocol = ProviderProtocol::from_code(provider.protocol).ok_or_else(refused)?;
        let api_version = (provider.api_version != NONE).then(|| view.text(provider.api_version));
        let place = Place { protocol, base: view.text(provider.path), model: &model, api_version };
        let mut routes = [const { None }; OPERATIONS];
        for (slot, operation) in routes.iter_mut().zip(Operation::ALL) {
            let Some(path) = place.path(operation) else { continue };
            *slot = Some(Box::new(Route::new(&origin, &path).map_err(|_| refused())?));
        }
        let model_json = serde_json::to_vec(&model).map_err(|_| refused())?;
        let credential = CredentialIx::optional(backend.credential);
        let host = HeaderValue::try_from(authority).map_err(|_| refused())?;
        let of_a_team = credential.is_some_and(|credential| view.credential(credential).team != NONE);
        Ok(Self {
            state,
            endpoint: Arc::new(endpoint),
            protocol,
            spoken: spoken(protocol, &model),
            routes,
            headers: outgoing::standing(protocol, &host, credential.is_some()),
            region: if provider.region == NONE {
                String::new()
            } else {
                view.text(provider.region).to_owned()
            },
            model,
            model_json: Bytes::from(model_json),
            output_limit: Some(view.model(ModelIx::from(backend.model)).output_limit_tokens.to_native())
                .filter(|limit| *limit != 0),
            reasons: reasons(view, ModelIx::from(backend.model)),
            credential,
            key_owner: if of_a_team { KeyOwner::Team } else { KeyOwner::Platform },
            times: times(view, provider, ModelIx::from(backend.model)),
        })
    }
}

impl Target {
    /// Where an operation is asked for, whole or in pieces; nothing when the provider does not serve it.
    pub fn route(&self, operation: Operation, stream: bool) -> Option<&Route> {
        let at = |operation: Operation| self.routes.get(operation.index())?.as_deref();
        let in_pieces = operation.in_pieces().filter(|_| stream).and_then(at);
        in_pieces.or_else(|| at(operation))
    }
}

fn endpoint(view: &View<'_>, provider: &ArchivedProvider) -> Endpoint {
    // A team's names are `<team>/<name>`; a platform's have no slash.
    let of_a_team = view.text(provider.name).contains('/');
    Endpoint {
        host: view.text(provider.host).to_owned(),
        port: provider.port.to_native(),
        security: if provider.tls == 0 { Security::Plain } else { Security::Tls },
        reach: if of_a_team { Reach::Public } else { Reach::Anywhere },
    }
}

/// Without the port where it is the scheme's own.
pub(crate) fn authority(endpoint: &Endpoint) -> String {
    let usual = if endpoint.security == Security::Tls { 443 } else { 80 };
    let host = match endpoint.host.parse() {
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ => endpoint.host.clone(),
    };
    if endpoint.port == usual { host } else { format!("{host}:{}", endpoint.port) }
}

fn reasons(view: &View<'_>, model: ModelIx) -> bool {
    view.model(model).capabilities.to_native() & Capability::Reasoning.bit() != 0
}

fn times(view: &View<'_>, provider: &ArchivedProvider, model: ModelIx) -> Times {
    let reasons = reasons(view, model);
    let set = provider.first_token_ms.to_native();
    // Where the policy says how long the first sign of life may take, that holds for both kinds of answer.
    let (first_token, answer) = match set {
        0 if reasons => (FIRST_TOKEN_REASONING, WHOLE_ANSWER),
        0 => (FIRST_TOKEN, WHOLE_ANSWER),
        ms => (Duration::from_millis(ms.into()), Duration::from_millis(ms.into())),
    };
    Times {
        connect: Duration::from_millis(provider.connect_ms.to_native().into()),
        first_token,
        answer,
        between_chunks: Duration::from_millis(provider.between_chunks_ms.to_native().into()),
        total: Duration::from_millis(provider.total_ms.to_native().into()),
    }
}
