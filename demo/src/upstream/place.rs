//! Where a request goes: its path, taken apart into the provider, the operation and a fault asked for on the way.
//!
//! ```text
//! [/fault/<word>][/providers/<name> | /open/<name>]/v1/chat/completions | /v1/responses | /v1/messages | /v1/models
//! [/fault/<word>][/providers/<name> | /open/<name>]/v1beta/models/<model>:generateContent | :streamGenerateContent
//! [/fault/<word>][/providers/<name> | /open/<name>]<a path of Plain>
//! /control | /control/<name>
//! ```
//!
//! A pure function of the method and the path. Without a name the provider is called `demo`. A provider
//! under `/open` wants no key, as a server of one's own may do.

use http::Method;

use super::{
    dialect::{Dialect, InPath},
    limits,
    plain::{Plain, model_counted},
};

/// What a request is for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// An answer of a provider's model.
    Answer {
        /// The provider.
        provider: &'a str,
        /// The wire format.
        dialect: Dialect,
        /// What the path says of the request, where it does.
        in_path: Option<InPath<'a>>,
        /// Whether a request without a key is refused.
        wants_key: bool,
        /// The word of a fault in the path.
        fault: Option<&'a str>,
    },
    /// One of the endpoints that answer with something small.
    Plain {
        /// The provider.
        provider: &'a str,
        /// Which.
        endpoint: Plain,
        /// The model, where the path names it.
        model: Option<&'a str>,
        /// Whether a request without a key is refused.
        wants_key: bool,
        /// The word of a fault in the path.
        fault: Option<&'a str>,
    },
    /// The list of models.
    Models,
    /// What is known of all providers.
    Overview,
    /// What is known of one provider.
    Show(&'a str),
    /// A new order for one provider.
    Set(&'a str),
    /// Nothing is here.
    Nowhere,
}

impl<'a> Place<'a> {
    /// Finds the place of a request.
    pub(crate) fn of(method: &Method, path: &'a str) -> Self {
        if let Some(rest) = path.strip_prefix("/control") {
            return match (rest.strip_prefix('/').filter(|name| is_name(name)), method) {
                (Some(name), &Method::GET) => Self::Show(name),
                (Some(name), &Method::PUT) => Self::Set(name),
                (None, &Method::GET) if matches!(rest, "" | "/") => Self::Overview,
                _ => Self::Nowhere,
            };
        }
        let (fault, path) = split_off(path, "/fault/");
        let (open, path) = split_off(path, "/open/");
        let (provider, path) = if open.is_some() { (open, path) } else { split_off(path, "/providers/") };
        let provider = provider.unwrap_or(DEFAULT_PROVIDER);
        let wants_key = open.is_none();
        let answer = |dialect| Self::Answer { provider, dialect, in_path: None, wants_key, fault };
        match (method, path) {
            _ if !is_name(provider) => Self::Nowhere,
            (&Method::POST, "/v1/chat/completions") => answer(Dialect::OpenAi),
            (&Method::POST, "/v1/responses") => answer(Dialect::Responses),
            (&Method::POST, "/v1/messages") => answer(Dialect::Anthropic),
            (&Method::GET, "/v1/models") => Self::Models,
            (method, path) => match (Plain::at(method, path), generate(path)) {
                (Some(endpoint), _) => {
                    Self::Plain { provider, endpoint, model: model_counted(path), wants_key, fault }
                }
                (None, in_path @ Some(_)) if method == Method::POST => {
                    Self::Answer { provider, dialect: Dialect::Gemini, in_path, wants_key, fault }
                }
                _ => Self::Nowhere,
            },
        }
    }
}

/// What the path of Gemini's methods says.
fn generate(path: &str) -> Option<InPath<'_>> {
    let (model, method) = path.strip_prefix("/v1beta/models/")?.rsplit_once(':')?;
    let stream = match method {
        "generateContent" => false,
        "streamGenerateContent" => true,
        _ => return None,
    };
    Some(InPath { model, stream })
}

/// The segment after `prefix`, if the path begins so, and the path after it.
fn split_off<'a>(path: &'a str, prefix: &str) -> (Option<&'a str>, &'a str) {
    let Some(rest) = path.strip_prefix(prefix) else { return (None, path) };
    let end = rest.find('/').unwrap_or(rest.len());
    let (segment, rest) = rest.split_at(end);
    (Some(segment), rest)
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=limits::PROVIDER_NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(allowed)
}

/// The provider of a path that names none.
const DEFAULT_PROVIDER: &str = "demo";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &Method, path: &str, expected: &Place<'_>) {
        assert_eq!(&Place::of(method, path), expected, "{method} {path}");
    }

    #[test]
    fn paths_name_provider_operation_and_fault() {
        let answer = |provider, dialect, fault| Place::Answer {
            provider,
            dialect,
            in_path: None,
            wants_key: true,
            fault,
        };
        let open = Place::Answer {
            provider: "vllm",
            dialect: Dialect::OpenAi,
            in_path: None,
            wants_key: false,
            fault: None,
        };
        let generate = |stream| Place::Answer {
            provider: "g",
            dialect: Dialect::Gemini,
            in_path: Some(InPath { model: "m", stream }),
            wants_key: true,
            fault: None,
        };
        check(&Method::POST, "/providers/g/v1beta/models/m:generateContent", &generate(false));
        check(&Method::POST, "/providers/g/v1beta/models/m:streamGenerateContent", &generate(true));
        let plain =
            |endpoint, model| Place::Plain { provider: "g", endpoint, model, wants_key: true, fault: None };
        let counted = plain(Plain::GeminiCountTokens, Some("m"));
        check(&Method::POST, "/providers/g/v1beta/models/m:countTokens", &counted);
        check(&Method::POST, "/providers/g/v1/embeddings", &plain(Plain::Embeddings, None));
        check(&Method::GET, "/providers/g/v1/embeddings", &Place::Nowhere);
        check(&Method::POST, "/open/vllm/v1/chat/completions", &open);
        check(&Method::GET, "/open/vllm/v1/models", &Place::Models);
        check(&Method::POST, "/v1/chat/completions", &answer("demo", Dialect::OpenAi, None));
        check(&Method::POST, "/providers/azure/v1/chat/completions", &answer("azure", Dialect::OpenAi, None));
        check(&Method::POST, "/v1/responses", &answer("demo", Dialect::Responses, None));
        check(&Method::POST, "/providers/a/v1/messages", &answer("a", Dialect::Anthropic, None));
        check(
            &Method::POST,
            "/fault/429/providers/a/v1/messages",
            &answer("a", Dialect::Anthropic, Some("429")),
        );
        check(&Method::POST, "/fault/cut/v1/messages", &answer("demo", Dialect::Anthropic, Some("cut")));
        check(&Method::GET, "/providers/azure/v1/models", &Place::Models);
        check(&Method::GET, "/control", &Place::Overview);
        check(&Method::GET, "/control/azure", &Place::Show("azure"));
        check(&Method::PUT, "/control/azure", &Place::Set("azure"));
    }

    #[test]
    fn anything_else_is_nowhere() {
        let long = format!("/control/{}", "x".repeat(limits::PROVIDER_NAME_BYTES_MAX + 1));
        let get =
            ["/", "", "/v1/chat/completions", "/controls", "/control/a/b", "/providers//v1/models", &long];
        for path in get {
            check(&Method::GET, path, &Place::Nowhere);
        }
        check(&Method::POST, "/v1/batches", &Place::Nowhere);
        check(&Method::DELETE, "/control/azure", &Place::Nowhere);
        check(&Method::POST, "/fault/429", &Place::Nowhere);
    }
}
