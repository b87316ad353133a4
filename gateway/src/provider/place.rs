//! Where a provider serves an operation: the paths of each protocol, as its API reference has them.
//!
//! Made when a snapshot is loaded, from the policy alone. A model's name becomes one part of a path, whatever is in it.

use std::fmt::Write as _;

use pointsman_schema::feature::{is_forwarded, spoken};
use pointsman_schema::protocol::ProviderProtocol;

use super::{azure, vertex};
use crate::operation::Operation;
use crate::translate::Wire;

/// What paths are made of.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// What the provider speaks.
    pub protocol: ProviderProtocol,
    /// The path of its base URL, without a final slash.
    pub base: &'a str,
    /// The model's name there.
    pub model: &'a str,
    /// The version of Azure's API, where one is asked for.
    pub api_version: Option<&'a str>,
}

impl Place<'_> {
    /// Path and query of an operation, if the provider serves it.
    pub fn path(&self, operation: Operation) -> Option<String> {
        let spoken = spoken(self.protocol, self.model);
        let wire = Wire::of(spoken);
        if operation == Operation::MessagesStream {
            let has_path = self.protocol == ProviderProtocol::Vertex && spoken == ProviderProtocol::Anthropic;
            return has_path.then(|| vertex::path(self.base, self.model, operation));
        }
        let is_served = (operation.is_for_clients() && is_forwarded(operation.dialect(), spoken))
            || wire.is_some_and(|wire| wire.serves(operation));
        is_served.then(|| {
            let (base, tail) = (self.base, operation.tail());
            match operation {
                _ if self.protocol == ProviderProtocol::Vertex => vertex::path(base, self.model, operation),
                Operation::Generate | Operation::GeminiCountTokens => {
                    format!("{base}/models/{}{tail}", segment(self.model))
                }
                Operation::Converse | Operation::ConverseStream => {
                    format!("{base}/model/{}{tail}", segment(self.model))
                }
                _ if self.protocol == ProviderProtocol::AzureOpenAi => {
                    azure::path(base, self.model, self.api_version, operation)
                }
                // Without `alt=sse` it would be one list, which ends only with the answer.
                Operation::GenerateStream => format!("{base}/models/{}{tail}?alt=sse", segment(self.model)),
                _ => format!("{base}{tail}"),
            }
        })
    }
}

/// A name as one segment of a path, or one value of a form.
///
/// **Source**: RFC 3986, section 3.3.
pub(crate) fn segment(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(byte.into());
        } else {
            // Writing to a text cannot fail.
            write!(out, "%{byte:02X}").unwrap_or_default();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(protocol: ProviderProtocol, operation: Operation, expected: Option<&str>) {
        let place = Place { protocol, base: "/v1", model: "a/b?c", api_version: None };
        assert_eq!(place.path(operation).as_deref(), expected, "{protocol} {operation:?}");
    }

    #[test]
    fn each_protocol_has_its_paths() {
        use Operation::{Chat, Embeddings, Generate, GenerateStream, Messages};
        use ProviderProtocol::{Anthropic, AzureOpenAi, Bedrock, Gemini, OpenAi};
        check(OpenAi, Chat, Some("/v1/chat/completions"));
        check(OpenAi, Embeddings, Some("/v1/embeddings"));
        check(OpenAi, Messages, None);
        check(Anthropic, Messages, Some("/v1/messages"));
        check(Anthropic, Chat, None);
        check(Gemini, Generate, Some("/v1/models/a%2Fb%3Fc:generateContent"));
        check(Gemini, GenerateStream, Some("/v1/models/a%2Fb%3Fc:streamGenerateContent?alt=sse"));
        check(Bedrock, Operation::Converse, Some("/v1/model/a%2Fb%3Fc/converse"));
        check(Bedrock, Operation::ConverseStream, Some("/v1/model/a%2Fb%3Fc/converse-stream"));
        check(AzureOpenAi, Chat, Some("/v1/openai/v1/chat/completions"));
        check(AzureOpenAi, Operation::Moderations, None);
        check(Bedrock, Chat, None);
        check(OpenAi, Operation::Converse, None);
    }
}
