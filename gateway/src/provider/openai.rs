//! OpenAI's protocol, by OpenAI or anyone who serves the same, for conversations that came in another.
//!
//! What came in the same is forwarded, and passes none of this.

pub mod chat;
