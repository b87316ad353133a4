//! Cohere's `POST /v2/chat` as a provider's protocol for conversations. No client speaks it.
//!
//! What the model plans before it calls functions is words to the client here, and goes back as its plan.
//!
//! **Source**: Cohere's API reference of version 2 and the types of its Python SDK 7.3.1.

pub mod answer;
mod message;
pub mod request;
pub mod stream;
mod usage;

#[cfg(test)]
mod tests;
