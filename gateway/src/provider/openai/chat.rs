//! OpenAI's chat completions as a provider's protocol for conversations that came in another.
//!
//! **Source**: OpenAI's API reference and the types of its Python SDK 3.54; `reasoning_content` as DeepSeek and vLLM,
//! `reasoning` as OpenRouter give it; `content` in
//! pieces as Mistral's models have it.

pub mod answer;
mod content;
pub(in crate::provider) mod message;
pub mod request;
pub mod stream;
pub(in crate::provider) mod usage;
