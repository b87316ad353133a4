//! Anthropic's messages, as clients speak them.
//!
//! **Source**: the types of the official SDK (`anthropic` 2.13, API version 2026-10-21), and what version 2023-06-01 takes
//! besides: `temperature`, `top_p` and `top_k`.
//!
//! Read next: [`request`], [`answer`], [`stream`].

pub mod answer;
mod message;
pub mod request;
mod settings;
pub mod stream;
mod tools;
mod usage;
