//! Mistral's chat completions as a provider's protocol for conversations.
//!
//! They are OpenAI's with other words here and there, so [`super::openai::chat`] writes what is the same and reads all
//! answers; what only Mistral has stands here.
//!
//! **Source**: Mistral's API reference and the types of its Python SDK 3.7; the order of roles and the form of ids as its
//! library `mistral-common` checks them.

mod message;
pub mod request;
#[cfg(test)]
mod tests;
