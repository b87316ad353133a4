//! Google's `generateContent` and `streamGenerateContent?alt=sse` as a client's protocol.
//!
//! It is JSON of protocol buffers: names in camel case or snake case, lists of one without brackets, Base64 in either
//! alphabet. The model and whether the answer streams stand in the path of a request, not in its body.
//!
//! **Source**: the types and converters of Google's Python SDK `google-genai` 3.6.1; `ProtoJSON` of the Protocol Buffers
//! documentation.
//!
//! Read next: [`request`], `contents`, `settings` and `tools` for what is read; [`answer`] and [`stream`] for what is
//! written.

pub mod answer;
mod contents;
mod logprobs;
pub mod request;
mod schema;
mod settings;
pub mod stream;
mod tools;

use serde_json::value::RawValue;

use crate::json::fields::{Fields, Malformed, Place, list};

/// The members of a message of a protocol buffer.
fn message<'a>(raw: &'a RawValue, place: &Place<'_>) -> Result<Fields<'a>, Malformed> {
    Fields::read(raw.get(), place)?.in_camel_case(place)
}

/// The same, of one that is a member.
fn member<'a>(
    fields: &mut Fields<'a>,
    name: &str,
    place: &Place<'_>,
) -> Result<Option<Fields<'a>>, Malformed> {
    fields.raw(name).map(|raw| message(raw, &place.member(name))).transpose()
}

/// The elements of a repeated member: one stands without brackets, too.
fn repeated<'a>(
    fields: &mut Fields<'a>,
    name: &str,
    place: &Place<'_>,
) -> Result<Vec<&'a RawValue>, Malformed> {
    match fields.raw(name) {
        None => Ok(Vec::new()),
        Some(one) if one.get().starts_with(['{', '"']) => Ok(vec![one]),
        Some(many) => list(many, &place.member(name)),
    }
}
