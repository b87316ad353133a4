//! Google's `generateContent` and `streamGenerateContent?alt=sse` as a provider's protocol, as Gemini and Vertex serve it.
//!
//! The model and whether the answer streams stand in the path of a request, not in its body.
//!
//! **Source**: the types and converters of Google's Python SDK `google-genai` 3.6.1, and the pages on function calling,
//! structured output, thinking and thought signatures of the Gemini API's documentation.
//!
//! Read next: [`request`] and `contents` for what is sent; `response` for what an answer and a piece of one are made of.

pub mod answer;
mod contents;
pub mod request;
mod response;
pub mod stream;

pub(crate) use self::contents::UNSIGNED;
pub(super) use self::response::Used;
