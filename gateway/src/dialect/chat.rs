//! OpenAI's chat completions, as clients speak them.
//!
//! Two additions that many clients know, for providers that show their thoughts: `reasoning_content` beside `content`,
//! and `thinking_blocks` with their signatures, which a client gives back in the next turn as it got them.
//!
//! **Source**: OpenAI's API reference and the types of its Python SDK 3.54.

pub mod answer;
pub(super) mod message;
pub mod request;
pub mod stream;
mod usage;
