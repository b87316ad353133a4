//! What a request's path leads to.
//!
//! A closed set: no path names a place that a request is sent to.

use http::{HeaderMap, HeaderName, Method};
use pointsman_schema::protocol::Protocol;

use crate::operation::Operation;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// A request that a provider answers.
    Ask(Ask),
    /// The models that a key can reach, in the words of a protocol.
    Models(Protocol),
    /// One of them.
    Model(Protocol, String),
}

/// What a provider is to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) operation: Operation,
    /// The model, where the path names it.
    pub(super) model: Option<String>,
}

impl Endpoint {
    /// What a path leads to.
    pub(super) fn find(path: &str, headers: &HeaderMap) -> Option<Self> {
        if let Some(rest) = path.strip_prefix("/openai/deployments/") {
            return Self::deployment(rest);
        }
        let (version, rest) = split(path)?;
        if let Some(models) = rest.strip_prefix("/models") {
            let protocol = if version == "v1beta" { Protocol::Gemini } else { spoken(headers) };
            return Self::models(models, protocol);
        }
        if version == "v1beta" {
            return None;
        }
        Some(Self::Ask(Ask { operation: plain(rest)?, model: None }))
    }

    /// What Azure's clients ask for: a deployment, and what of it.
    fn deployment(rest: &str) -> Option<Self> {
        let (model, tail) = rest.split_at(rest.find('/').filter(|at| *at > 0)?);
        let operation = plain(tail).filter(|one| one.dialect().protocol() == Protocol::OpenAi)?;
        Some(Self::Ask(Ask { operation, model: Some(unescaped(model)) }))
    }

    /// What stands after `/models`: nothing, a model, or a model and what it is asked for.
    fn models(rest: &str, protocol: Protocol) -> Option<Self> {
        if rest.is_empty() {
            return Some(Self::Models(protocol));
        }
        let rest = rest.strip_prefix('/').filter(|rest| !rest.is_empty())?;
        let asked = asked_for()
            .filter(|one| one.names_model_in_path())
            .find_map(|one| rest.strip_suffix(one.tail()).map(|model| (one, model)));
        match asked {
            Some((operation, model)) => Some(Self::Ask(Ask { operation, model: Some(unescaped(model)) })),
            None => Some(Self::Model(protocol, unescaped(rest))),
        }
    }

    /// Whether a request by this method is for something that a model can be asked for, at a path that has no such thing: the
    /// path of a model may end so, and then it is only looked at.
    pub(super) fn is_unknown_question(&self, method: &Method) -> bool {
        method == Method::POST && matches!(self, Self::Model(_, name) if name.contains(':'))
    }

    /// The one method that it takes.
    pub(super) const fn method(&self) -> &'static str {
        match self {
            Self::Ask(_) => "POST",
            Self::Models(_) | Self::Model(..) => "GET",
        }
    }
}

/// A path that clients may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// How.
    pub method: &'static str,
    /// Without a query.
    pub path: String,
    /// What a provider is asked for; nothing where none is.
    pub operation: Option<Operation>,
}

/// Every path that leads somewhere, for a model by this name: what a test of all routes walks.
pub fn routes(model: &str) -> Vec<Route> {
    let asking = asked_for().flat_map(|operation| {
        let paths = paths(operation, model).into_iter();
        paths.map(move |path| Route { method: "POST", path, operation: Some(operation) })
    });
    let listing = ["/v1", "/v1beta", "/openai/v1"].into_iter().flat_map(|version| {
        let paths = [format!("{version}/models"), format!("{version}/models/{model}")];
        paths.map(|path| Route { method: "GET", path, operation: None })
    });
    asking.chain(listing).collect()
}

/// Where clients ask for an operation.
fn paths(operation: Operation, model: &str) -> Vec<String> {
    let tail = operation.tail();
    if operation.names_model_in_path() {
        return vec![format!("/v1beta/models/{model}{tail}"), format!("/v1/models/{model}{tail}")];
    }
    let mut paths = vec![format!("/v1{tail}")];
    if operation.dialect().protocol() == Protocol::OpenAi {
        paths.extend([format!("/openai/v1{tail}"), format!("/openai/deployments/{model}{tail}")]);
    }
    if operation == Operation::Responses {
        paths.push(format!("/openai{tail}"));
    }
    paths
}

/// In whose words an error is said at a path that leads to this, or to nothing.
pub(super) fn protocol(found: Option<&Endpoint>, path: &str, headers: &HeaderMap) -> Protocol {
    match found {
        Some(Endpoint::Ask(ask)) => ask.operation.dialect().protocol(),
        Some(Endpoint::Models(protocol) | Endpoint::Model(protocol, _)) => *protocol,
        None if path.starts_with("/v1beta/") => Protocol::Gemini,
        // What else Anthropic has there, such as batches.
        None if path.starts_with("/v1/messages/") => Protocol::Anthropic,
        None => spoken(headers),
    }
}

/// Whose client it is that sends such headers, where a path of several does not say.
fn spoken(headers: &HeaderMap) -> Protocol {
    if headers.contains_key(ANTHROPIC_VERSION) {
        Protocol::Anthropic
    } else if headers.contains_key(GOOGLE_KEY) {
        Protocol::Gemini
    } else {
        Protocol::OpenAi
    }
}

/// What clients ask for.
fn asked_for() -> impl Iterator<Item = Operation> {
    Operation::ALL.into_iter().filter(|one| one.is_for_clients())
}

/// The operation whose path ends so and names no model.
fn plain(tail: &str) -> Option<Operation> {
    asked_for().find(|one| !one.names_model_in_path() && one.tail() == tail)
}

/// The version and what follows it. Azure's clients put `/openai` before it, and older ones have the version in the query
/// alone.
fn split(path: &str) -> Option<(&str, &str)> {
    let of_azure = path.strip_prefix("/openai").filter(|rest| rest.starts_with('/'));
    if let Some(rest) = of_azure.filter(|rest| !rest.starts_with("/v1/")) {
        return matches!(rest, "/responses" | "/models").then_some(("v1", rest));
    }
    let rest = of_azure.unwrap_or(path).strip_prefix('/')?;
    let at = rest.find('/')?;
    let (version, rest) = rest.split_at(at);
    matches!(version, "v1" | "v1beta").then_some((version, rest))
}

/// A part of a path with its `%xx` written out: model names may hold slashes and colons. What cannot be written out
/// names nothing as it is.
fn unescaped(part: &str) -> String {
    written_out(part).unwrap_or_else(|| part.to_owned())
}

fn written_out(part: &str) -> Option<String> {
    let mut bytes = part.bytes();
    let mut out = Vec::with_capacity(part.len());
    let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let value = digit(bytes.next())? * 16 + digit(bytes.next())?;
            out.push(u8::try_from(value).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

const ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");
const GOOGLE_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: Option<&Endpoint>) {
        assert_eq!(Endpoint::find(path, &HeaderMap::new()).as_ref(), expected, "{path}");
    }

    fn ask(operation: Operation, model: Option<&str>) -> Endpoint {
        Endpoint::Ask(Ask { operation, model: model.map(str::to_owned) })
    }

    #[test]
    fn paths_lead_to_what_they_name() {
        check("/v1/chat/completions", Some(&ask(Operation::Chat, None)));
        check("/v1/messages/count_tokens", Some(&ask(Operation::CountTokens, None)));
        check(
            "/v1beta/models/gemini-2.5:generateContent",
            Some(&ask(Operation::Generate, Some("gemini-2.5"))),
        );
        check("/v1/models/a%2Fb:streamGenerateContent", Some(&ask(Operation::GenerateStream, Some("a/b"))));
        check("/v1/models", Some(&Endpoint::Models(Protocol::OpenAi)));
        check("/v1beta/models", Some(&Endpoint::Models(Protocol::Gemini)));
        check("/v1/models/a/b:c", Some(&Endpoint::Model(Protocol::OpenAi, "a/b:c".to_owned())));
        // Paths of providers are none of ours.
        check("/v1/models/a/converse", Some(&Endpoint::Model(Protocol::OpenAi, "a/converse".to_owned())));
        check("/openai/v1/responses", Some(&ask(Operation::Responses, None)));
        check("/openai/responses", Some(&ask(Operation::Responses, None)));
        check("/openai/models", Some(&Endpoint::Models(Protocol::OpenAi)));
        check("/openai/deployments/a%2Fb/embeddings", Some(&ask(Operation::Embeddings, Some("a/b"))));
        check(
            "/v1/models/a:streamRawPredict",
            Some(&Endpoint::Model(Protocol::OpenAi, "a:streamRawPredict".to_owned())),
        );
        for nothing in [
            "/openai",
            "/openai/v1beta/models",
            "/openai/chat/completions",
            "/openai/deployments//embeddings",
            "/openai/deployments/a/messages",
            "/openai/deployments/a:generateContent",
            "/openai/deployments/a/b/embeddings",
            "/openaix/v1/responses",
            "/",
            "",
            "/v1",
            "/v1/",
            "/v2/messages",
            "/v1beta/messages",
            "/v1/models/",
            "/v1/modelsx",
            "/v1/:generateContent",
            "/v1/chat",
        ] {
            check(nothing, None);
        }
    }

    #[test]
    fn every_route_leads_where_it_says() {
        for route in routes("m") {
            let found = Endpoint::find(&route.path, &HeaderMap::new()).unwrap();
            assert_eq!(found.method(), route.method, "{route:?}");
            let operation = if let Endpoint::Ask(ask) = found { Some(ask.operation) } else { None };
            assert_eq!(operation, route.operation);
        }
        // What only providers are asked for.
        for path in ["/v1/models/m/converse", "/v1beta/models/m/converse-stream"] {
            assert!(matches!(Endpoint::find(path, &HeaderMap::new()), Some(Endpoint::Model(..))), "{path}");
        }
    }

    #[test]
    fn errors_are_said_in_the_words_of_the_path() {
        let with = |name| HeaderMap::from_iter([(name, http::HeaderValue::from_static("x"))]);
        let (anthropic, google) = (with(ANTHROPIC_VERSION), with(GOOGLE_KEY));
        let said =
            |path: &str, headers: &HeaderMap| protocol(Endpoint::find(path, headers).as_ref(), path, headers);
        assert_eq!(said("/v1/messages", &HeaderMap::new()), Protocol::Anthropic);
        assert_eq!(said("/v1/models", &anthropic), Protocol::Anthropic);
        assert_eq!(said("/v1/nothing", &anthropic), Protocol::Anthropic);
        assert_eq!(said("/v1beta/nothing", &HeaderMap::new()), Protocol::Gemini);
        assert_eq!(said("/v1/messages/batches", &HeaderMap::new()), Protocol::Anthropic);
        assert_eq!(said("/v1/models", &google), Protocol::Gemini);
        assert_eq!(said("/v1/nothing", &google), Protocol::Gemini);
        assert_eq!(said("/v1/chat/completions", &google), Protocol::OpenAi);
        assert_eq!(said("/v1/nothing", &HeaderMap::new()), Protocol::OpenAi);
    }
}
