//! What clients speak: how their requests are read into a [`crate::conversation::Conversation`], and how answers and
//! errors are written back in their words.
//!
//! One folder a dialect, the same three files in each: `request` reads, `answer` writes a whole answer, `stream` writes
//! one in pieces. Where the provider speaks the client's protocol, none of it runs. The other side is
//! [`crate::provider`]'s.

pub mod anthropic;
pub mod chat;
mod effort;
pub mod foreign;
pub mod gemini;
pub mod responses;
mod sampling;
pub(crate) mod sound;

/// What an answer says of itself where its provider does not.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The request's id.
    pub id: String,
    /// The model that serves, by the provider's name.
    pub model: String,
    /// What the request's input is estimated at, for protocols that begin with it and providers that end with it. **Unit**:
    /// tokens.
    pub input_tokens: u64,
    /// When the request came. **Unit**: s since the Unix epoch.
    pub created_s: u64,
    /// What an answer repeats of its request, as members of JSON: see [`crate::translate::echo`].
    pub echo: Option<String>,
}
