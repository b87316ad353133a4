//! What providers speak: how a request to one is written, and what its answer means.
//!
//! One module a wire protocol. Moving bytes is [`crate::upstream`]'s, deciding what follows is the routing crate's.

pub mod openai;
