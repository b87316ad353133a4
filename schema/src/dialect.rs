//! What a request is, on the client's side: one endpoint of one client protocol.
//!
//! A [`Protocol`] is what rules match; a dialect is finer, because one protocol has endpoints of different shapes, and a
//! provider may serve one of them and not another.

use crate::capability::Capability;
use crate::protocol::Protocol;
use crate::words::words;

words! {
    /// An endpoint that clients call.
    pub enum Dialect {
        /// OpenAI: `POST /v1/chat/completions`.
        Chat = 0 "openai-chat",
        /// OpenAI: `POST /v1/responses`.
        Responses = 1 "openai-responses",
        /// OpenAI: `POST /v1/completions`.
        Completions = 2 "openai-completions",
        /// OpenAI: `POST /v1/embeddings`.
        Embeddings = 3 "openai-embeddings",
        /// OpenAI: `POST /v1/moderations`.
        Moderations = 4 "openai-moderations",
        /// OpenAI: `POST /v1/images/…`.
        Images = 5 "openai-images",
        /// OpenAI: `POST /v1/audio/…`.
        Audio = 6 "openai-audio",
        /// Anthropic: `POST /v1/messages`.
        Messages = 7 "anthropic-messages",
        /// Anthropic: `POST /v1/messages/count_tokens`.
        CountTokens = 8 "anthropic-count-tokens",
        /// Gemini: `:generateContent` and `:streamGenerateContent`.
        GenerateContent = 9 "gemini-generate-content",
        /// Gemini: `:countTokens`.
        GeminiCountTokens = 10 "gemini-count-tokens",
    }
}

/// How many dialects there are.
pub const DIALECTS: usize = Dialect::ALL.len();

impl Dialect {
    /// The protocol that it belongs to.
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::Chat
            | Self::Responses
            | Self::Completions
            | Self::Embeddings
            | Self::Moderations
            | Self::Images
            | Self::Audio => Protocol::OpenAi,
            Self::Messages | Self::CountTokens => Protocol::Anthropic,
            Self::GenerateContent | Self::GeminiCountTokens => Protocol::Gemini,
        }
    }

    /// This dialect as one bit of the set that a backend's row holds.
    pub const fn place(self) -> u16 {
        1 << self.code()
    }

    /// What every request in it asks of a model, as bits of [`Capability`].
    pub const fn capabilities(self) -> u32 {
        match self {
            Self::Embeddings => Capability::Embeddings.bit(),
            Self::Chat
            | Self::Responses
            | Self::Completions
            | Self::Moderations
            | Self::Images
            | Self::Audio
            | Self::Messages
            | Self::CountTokens
            | Self::GenerateContent
            | Self::GeminiCountTokens => 0,
        }
    }

    /// Whether its requests are conversations, which any provider that can hold one may be given in its own words.
    pub const fn is_conversation(self) -> bool {
        matches!(self, Self::Chat | Self::Responses | Self::Messages | Self::GenerateContent)
    }
}
