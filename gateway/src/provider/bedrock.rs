//! Amazon Bedrock's `Converse` and `ConverseStream` as a provider's protocol for conversations. No client speaks it.
//!
//! Here a request says in its path which model it is for and whether the answer comes in pieces, and pieces come in binary
//! frames.
//!
//! **Source**: the service model `bedrock-runtime` 2023-09-30 of botocore 1.44.8; for frames, the Smithy specification
//! "Amazon Event Stream".

pub mod answer;
mod content;
pub mod frame;
mod message;
pub mod refusal;
pub mod request;
pub mod signature;
pub mod stream;
mod tools;
mod usage;

#[cfg(test)]
mod tests;
