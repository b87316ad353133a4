//! What of a client's protocol a provider's protocol can carry: the one table that the compiler proves by and a gateway
//! obeys.
//!
//! Complete by construction: a new protocol or capability breaks the build here. It says what the protocols can express;
//! whether a model can do it is the model's to say.
//!
//! **Source**: the API references of the providers, November 2026.

use crate::capability::Capability;
use crate::protocol::{Protocol, ProviderProtocol};
use crate::words::words;

words! {
    /// How a feature of the client's protocol reaches the provider.
    pub enum Support {
        /// In the same form: bytes are forwarded.
        Native = 0 "native",
        /// In another form, with the same meaning.
        Mapped = 1 "mapped",
        /// Not at all: the provider's protocol has no form for it.
        Refused = 2 "refused",
    }
}

/// How a feature that a client asks for in its protocol reaches a provider.
pub const fn support(client: Protocol, feature: Capability, provider: ProviderProtocol) -> Support {
    match client {
        Protocol::OpenAi => from_openai(feature, provider),
    }
}

const fn from_openai(feature: Capability, provider: ProviderProtocol) -> Support {
    match (provider, feature) {
        (
            ProviderProtocol::OpenAi | ProviderProtocol::OpenAiCompatible | ProviderProtocol::AzureOpenAi,
            _,
        ) => Support::Native,
        // Their messages have text, images and documents, but no sound; and Anthropic makes no embeddings.
        (
            ProviderProtocol::Anthropic | ProviderProtocol::Bedrock | ProviderProtocol::Cohere,
            Capability::Audio,
        )
        | (ProviderProtocol::Anthropic, Capability::Embeddings) => Support::Refused,
        (
            ProviderProtocol::Anthropic
            | ProviderProtocol::Gemini
            | ProviderProtocol::Vertex
            | ProviderProtocol::Bedrock
            | ProviderProtocol::Mistral
            | ProviderProtocol::Cohere,
            Capability::Tools
            | Capability::Vision
            | Capability::Audio
            | Capability::StructuredOutput
            | Capability::Reasoning
            | Capability::Streaming
            | Capability::ParallelTools
            | Capability::Embeddings,
        ) => Support::Mapped,
    }
}
