//! What providers speak: how a request to one is written, and what its answer means.
//!
//! One folder a wire protocol. `openai` forwards what is OpenAI's already; for what is translated, each has the same
//! three files: `request` writes a [`crate::conversation::Conversation`], `answer` reads a whole answer, `stream` reads
//! one in pieces. Moving bytes is [`crate::upstream`]'s, deciding what follows is the routing crate's.

pub mod openai;

use crate::json::fields::Malformed;
use crate::provider::openai::refusal::Said;

/// What a translated request is written for.
#[derive(Debug, Clone, Copy)]
pub struct Upstream<'a> {
    /// The model's name at the provider.
    pub model: &'a str,
    /// Most tokens of output that the model gives, where it is known: for protocols that want a limit in each request.
    pub output_limit: Option<u32>,
}

/// A stream that began as a success cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// The provider says why.
    Said(Box<Said>),
    /// An event is not of the provider's protocol.
    Malformed,
}

impl From<Malformed> for Broken {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}
