//! `provider`, `model` and `backend`: what a request can be sent to.

use jiff::civil::Date;
use serde_json::{Value as Json, json};

use crate::capability::Capability;
use crate::json_schema::Definitions;
use crate::preset::Preset;
use crate::protocol::ProviderProtocol;
use crate::read::pattern::AzureVersion;
use crate::read::record::record;
use crate::read::scalar::{DurationMs, ModelName, Name, Reference, Whole, is_digits};
use crate::read::{ProblemKind, Read, Reader};
use crate::source::price::PriceList;
use crate::tree::{Node, Scalar, Value};

record! {
    /// An upstream service that speaks a known protocol.
    object "provider"
    pub struct Provider {
        /// What it speaks.
        implied protocol: ProviderProtocol = "protocol",
        /// Where it is, up to and including the version: `https://api.openai.com/v1`. A team's provider must be https
        /// and not a private address.
        implied base_url: BaseUrl = "base-url",
        /// Which known service it is, of those that speak `openai-compatible`: that gives the protocol, the address where none
        /// is written, and what the service refuses.
        optional preset: Preset = "preset",
        /// Which version of Azure's API is asked for, such as `2024-10-21`; for `azure-openai` alone. Without it the newer
        /// paths are used, which have none: `/openai/v1`.
        optional api_version: AzureVersion = "api-version",
        /// The region that it runs in, such as `eu-west-1`. For `bedrock` it is the one that requests are signed for, and need
        /// not be written where the host says it.
        optional region: Name = "region",
        /// What fails together: providers with the same word. By default each provider is its own.
        optional failure_domain: Name = "failure-domain",
        /// What the data that it is sent may be, such as `eu` or `pii`.
        list labels: Name = "labels",
        /// How long to wait for what.
        optional timeouts: Timeouts = "timeouts",
        /// Whether other teams' files may name it.
        optional export: bool = "export",
    }
}

impl Provider {
    /// The region that Amazon's signatures of requests to it are for, as it is written or as the host says; nothing for
    /// other protocols, and where neither does.
    pub fn signing_region(&self) -> Option<&str> {
        if self.protocol.value != ProviderProtocol::Bedrock {
            return None;
        }
        let written = self.region.as_ref().map(|region| region.value.as_str());
        written.or_else(|| region_of(&self.base_url.value.host))
    }
}

/// The region in a host of Bedrock's: `bedrock-runtime.eu-west-1.amazonaws.com`, or the same for a private endpoint.
fn region_of(host: &str) -> Option<&str> {
    let mut labels = host.split('.');
    labels.find(|label| matches!(*label, "bedrock-runtime" | "bedrock-runtime-fips"))?;
    let region = labels.next()?;
    let is_amazons =
        host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn") || host.ends_with(".api.aws");
    (is_amazons && region.contains('-')).then_some(region)
}

record! {
    /// How long the gateway waits for a provider.
    object "timeouts"
    pub struct Timeouts {
        /// For the connection, TLS included. Default 2s.
        optional connect: DurationMs = "connect",
        /// For the first content of a stream (default 60s, 180s for models with the capability `reasoning`) and for
        /// the head of an answer that is not streamed (default 300s).
        optional first_token: DurationMs = "first-token",
        /// Between two pieces of an answer, once it has begun. Default 60s.
        optional between_chunks: DurationMs = "between-chunks",
        /// For the whole request, every attempt included, when this provider serves it. Default 600s.
        optional total: DurationMs = "total",
    }
}

record! {
    /// A model: what it can take and do, and what it costs. The platform's alone. One that the built-in catalogue knows
    /// needs no declaration.
    object "model"
    pub struct Model {
        /// A model of the built-in catalogue, whose fields hold where this one says nothing. Without it, what stands here
        /// is all that is known.
        optional catalogue: ModelName = "catalogue",
        /// Most tokens of input and output together. After an error about the context length, only a model with a
        /// larger window is tried.
        optional context_window: Whole<1, 100_000_000> = "context-window",
        /// Most tokens of output; a request that asks for more passes this model over.
        optional output_limit: Whole<1, 100_000_000> = "output-limit",
        /// What it can do; a request that asks for something else passes this model over.
        list capabilities: Capability = "capabilities",
        /// Bytes of text a token has on average, in thousandths, for the estimate that rules read. Default 4000.
        optional token_millibytes: Whole<500, 20_000> = "token-millibytes",
        /// What its tokens cost; several lists hold one after the other, each from its day on.
        items prices: PriceList = "prices" | "price",
        /// The day from which its provider no longer offers it, or says that nobody should use it.
        optional deprecated: Date = "deprecated",
    }
}

record! {
    /// A model on a provider, with the credential that reaches it.
    object "backend"
    pub struct Backend {
        /// The model.
        required model: ModelName = "model",
        /// The provider.
        required provider: Reference = "provider",
        /// The credential; absent where the provider wants none.
        optional credential: Reference = "credential",
        /// The model's name at the provider; by default the model's own.
        optional upstream_model: ModelName = "upstream-model",
        /// What the data that it is sent may be, besides its provider's labels.
        list labels: Name = "labels",
        /// Whether other teams' files may name it.
        optional export: bool = "export",
    }
}

impl Backend {
    /// Its model, as its provider calls it.
    pub fn upstream_model(&self) -> &str {
        self.upstream_model.as_ref().unwrap_or(&self.model).value.as_str()
    }
}

/// An `http` or `https` address without user, query or fragment.
///
/// **Shape**: `scheme://host[:port][/path]` (RFC 3986). The host is a lower-case DNS name, an IPv4 address or an IPv6
/// address in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// Whether it is `https`.
    pub scheme: Scheme,
    /// DNS name or IP address, without brackets.
    pub host: String,
    /// TCP port; 80 or 443 when none is written.
    pub port: u16,
    /// Path without a final slash; may be empty.
    pub path: String,
}

/// The scheme of a [`BaseUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// With TLS.
    Https,
}

impl std::fmt::Display for BaseUrl {
    /// One spelling for equal addresses: with the port, without a final slash.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        let Self { scheme: _, host, port, path } = self;
        if host.contains(':') {
            write!(out, "{scheme}://[{host}]:{port}{path}")
        } else {
            write!(out, "{scheme}://{host}:{port}{path}")
        }
    }
}

impl BaseUrl {
    /// Reads an address; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains('@') {
            let why = "a user and a password never stand in a policy; declare a `credential` instead";
            return Err(why.to_owned());
        }
        let (scheme, default_port, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://"))
        {
            (Some(rest), _) => (Scheme::Https, 443, rest),
            (None, Some(rest)) => (Scheme::Http, 80, rest),
            (None, None) => return Err("it must begin with https:// or http://".to_owned()),
        };
        let split = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(split);
        if let Some(mark) = authority.chars().find(|mark| matches!(mark, '#' | '?')) {
            let host = format!("the host ends before the `{mark}`, and requests would go there");
            return Err(format!("{host}; an address has no query and no fragment"));
        }
        let (host, port) = split_port(authority, default_port)?;
        if !is_host(host) {
            return Err("the host must be a lower-case DNS name or an IP address".to_owned());
        }
        let in_path =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~');
        if !path.bytes().all(in_path) || path.split('/').any(|part| part == "..") {
            return Err("the path may hold letters, digits and `/ - . _ ~`; no query, no fragment".to_owned());
        }
        if path.trim_end_matches('/').ends_with("/chat/completions") {
            return Err("it ends before the endpoint: the gateway appends `/chat/completions`".to_owned());
        }
        Ok(Self { scheme, host: host.to_owned(), port, path: path.trim_end_matches('/').to_owned() })
    }
}

fn split_port(authority: &str, default: u16) -> Result<(&str, u16), String> {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => {
            (host, rest.strip_prefix(':').map(Some).ok_or("after `]` only a port may stand")?)
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let Some(port) = port else { return Ok((host, default)) };
    match port.parse::<u16>() {
        Ok(number) if number > 0 && is_digits(port) => Ok((host, number)),
        _ => Err("the port must be a number from 1 to 65535".to_owned()),
    }
}

fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        let inner =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
        (1..=63).contains(&label.len())
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.parse::<std::net::IpAddr>().is_ok() || (host.len() <= 253 && host.split('.').all(label))
}

impl Read for BaseUrl {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        // An address is worth showing; one with a user or a query may hold a secret, and so may any other text.
        let is_shown =
            |scalar: &Scalar| scalar.text.contains(['.', ':']) && !scalar.text.contains(['@', '?', '#', '=']);
        let read = |reader: &mut Reader<'_>| {
            let text = reader.text(node, "a base URL")?;
            let report = |why| ProblemKind::Malformed { expected: "a base URL", text: String::new(), why };
            Self::parse(text).map_err(|why| reader.report(node.span, report(why))).ok()
        };
        match &node.value {
            Value::Scalar(scalar) if is_shown(scalar) => read(reader),
            _ => reader.hiding(node.span, read),
        }
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "type": "string", "pattern": "^https?://[^@?#]+$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(host: &str, expected: Option<&str>) {
        assert_eq!(region_of(host), expected, "{host}");
    }

    #[test]
    fn hosts_of_bedrock_say_their_region() {
        check("bedrock-runtime.eu-west-1.amazonaws.com", Some("eu-west-1"));
        check("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", Some("us-gov-west-1"));
        check("bedrock-runtime.cn-north-1.amazonaws.com.cn", Some("cn-north-1"));
        check("bedrock-runtime.us-east-1.api.aws", Some("us-east-1"));
        check("vpce-0a1.bedrock-runtime.eu-west-1.vpce.amazonaws.com", Some("eu-west-1"));
        check("bedrock-runtime.amazonaws.com", None);
        check("bedrock.internal", None);
        check("bedrock-runtime.eu-west-1.example.com", None);
    }
}
