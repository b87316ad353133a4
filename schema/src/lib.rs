//! The contracts of Pointsman: what a person writes, what a gateway maps, and what is said about both.
//!
//! No I/O here except mapping a snapshot, no async, no policy logic. Source types ([`source`]) are not rkyv types,
//! archive types ([`archive`]) are not serde types; only the compiler's lowering joins them.
//!
//! Read next: [`tree`] and [`mod@read`] for the language, [`snapshot`] for the file that a gateway serves.

pub mod api_key;
pub mod archive;
pub mod capability;
pub mod catalogue;
pub mod claude;
pub mod dialect;
pub mod digest;
pub mod feature;
pub mod gemini;
pub mod gpt;
pub mod json_schema;
pub mod limits;
pub mod outcome;
pub mod preset;
pub mod protocol;
pub mod read;
pub mod snapshot;
pub mod source;
pub mod tree;
mod words;
