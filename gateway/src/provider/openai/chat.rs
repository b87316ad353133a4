//! OpenAI's chat completions as a provider's protocol for conversations that came in another.
//!
//! **Source**: OpenAI's API reference and the types of its Python SDK 3.54; `reasoning_content` as DeepSeek and vLLM,
//! `reasoning` as OpenRouter give it; `content` in
//! pieces as Mistral's models have it.

pub mod answer;
mod calls;
mod content;
pub(in crate::provider) mod effort;
pub(in crate::provider) mod message;
mod own;
pub mod request;
pub mod stream;
#[cfg(test)]
mod tests;
pub mod thoughts;
pub(in crate::provider) mod usage;
