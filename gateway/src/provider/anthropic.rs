//! Anthropic's messages, as Anthropic and its relatives serve them.
//!
//! **Source**: the types of the official SDK (`anthropic` 2.13, API version 2026-10-21). Requests are written for version
//! 2023-06-01, which all of its models speak, and which takes `temperature`, `top_p` and `top_k` besides.
//!
//! Read next: [`request`], [`answer`], [`stream`].

pub mod answer;
mod message;
pub mod request;
pub mod stream;
pub(super) mod thinking;
mod usage;

pub(super) use self::usage::Used;

#[cfg(test)]
mod tests;
