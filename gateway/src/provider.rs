//! What providers speak: how a request to one is written, and what its answer means.
//!
//! One folder a wire protocol, the same three files in each: `request` writes a [`crate::conversation::Conversation`],
//! `answer` reads a whole answer, `stream` reads one in pieces. What is forwarded needs none of them. Beside the folders
//! stands what all share: [`outgoing`] for what is sent, [`framing`] and [`events`] for streams, [`usage`] for what was used,
//! [`refusal`] for errors. Moving bytes is [`crate::upstream`]'s, deciding what follows is the routing crate's.

pub mod anthropic;
mod azure;
pub mod bedrock;
mod call_id;
pub mod cohere;
pub mod events;
pub mod framing;
pub mod gemini;
pub mod head;
pub mod mistral;
pub mod openai;
pub mod outgoing;
pub mod place;
pub mod refusal;
pub mod retry_after;
pub mod usage;
pub mod vertex;

use pointsman_schema::protocol::ProviderProtocol;

use crate::json::fields::Malformed;
use crate::provider::refusal::Said;

/// What a translated request is written for.
#[derive(Debug, Clone, Copy)]
pub struct Upstream<'a> {
    /// The model's name at the provider.
    pub model: &'a str,
    /// Most tokens of output that the model gives, where it is known: for protocols that want a limit in each request.
    pub output_limit: Option<u32>,
    /// Whose chat completions they are, where that makes a difference.
    pub protocol: ProviderProtocol,
}

impl Upstream<'_> {
    /// What OpenAI and its relatives call the most tokens of output. OpenAI's own models that reason know only the newer
    /// name, and most who serve its protocol only the older one.
    pub const fn output_member(&self) -> &'static str {
        match self.protocol {
            ProviderProtocol::OpenAi | ProviderProtocol::AzureOpenAi => "max_completion_tokens",
            _ => "max_tokens",
        }
    }
}

/// A stream that began as a success cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// The provider says why.
    Said(Box<Said>),
    /// An event is not of the provider's protocol.
    Malformed,
    /// The answer is longer than can be gathered for its client.
    TooLong,
}

impl From<Malformed> for Broken {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}
