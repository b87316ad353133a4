//! Reading a request body once, shallowly: which model, and what is asked of it.
//!
//! The body is checked to be one JSON object of bounded depth whose members have different names, so that nobody
//! downstream can read another `model` than we did. Prompts are passed over, not parsed: only the kinds of their parts
//! are looked at, and only where a text search says that there may be any. Nothing is re-written; the place of the
//! `model` value is remembered, so that another can be spliced in.
//!
//! Read next: [`members`] and [`scan`] for the object, [`parts`] for images and recordings; [`depth`] for the nesting of
//! texts within; [`fields`] and [`mod@write`] for what is translated.

mod asked;
mod depth;
pub(crate) mod explained;
pub mod fields;
mod members;
mod model_at;
pub(crate) mod nested;
mod parts;
pub mod rebuild;
mod scan;
mod stream_options;
mod text;
pub mod write;

use std::borrow::Cow;
use std::ops::Range;

use pointsman_schema::capability::Capability;
use pointsman_schema::limits::MODEL_NAME_BYTES_MAX;
use serde_json::value::RawValue;

use self::members::Members;
pub use self::model_at::ModelAt;
pub use self::text::Text;
use crate::limits::{
    FORM_PARTS_MAX, JSON_DEPTH_MAX, JSON_MEMBERS_MAX, JSON_NAME_BYTES_MAX, METADATA_MEMBERS_MAX,
};
use crate::operation::Operation;

/// Why a body is no request. Always the client's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRequest {
    /// Not UTF-8, or not JSON, or something after its end.
    #[error("the body is not valid JSON")]
    NotJson,
    /// JSON, but not an object.
    #[error("the body is not a JSON object")]
    NotAnObject,
    /// Nested too deep.
    #[error("the body is nested deeper than {JSON_DEPTH_MAX} levels")]
    TooDeep,
    /// Too many top-level members.
    #[error("the body has more than {JSON_MEMBERS_MAX} members")]
    TooManyMembers,
    /// The name of a member is longer than any that means something.
    #[error("the name of a member is longer than {JSON_NAME_BYTES_MAX} bytes")]
    LongName,
    /// Two top-level members, whatever their case, or two members of `metadata` have one name.
    #[error("the body has two members of one name, upper and lower case counting as one")]
    DuplicateMember,
    /// A top-level member has the name of one that is read, but in another case.
    #[error("the name of a member of the body is a known one in another case")]
    OtherCase,
    /// No `model`.
    #[error("`model` is missing")]
    NoModel,
    /// `model` is not a text of usable length.
    #[error("`model` must be a string of 1 to {MODEL_NAME_BYTES_MAX} bytes")]
    BadModel,
    /// `stream` is neither true nor false.
    #[error("`stream` must be true or false")]
    BadStream,
    /// A form is not as its content type says, or could be read in two ways.
    #[error("the body is not the form that its content type announces")]
    BadForm,
    /// Too many parts of a form.
    #[error("the form has more than {FORM_PARTS_MAX} parts")]
    ManyParts,
    /// Two parts of a form have the name of one that is read.
    #[error("the form has two parts named `model`, or two named `stream`")]
    DuplicatePart,
    /// `messages` is not a list.
    #[error("`messages` must be a list")]
    BadMessages,
}

impl BadRequest {
    /// The member at fault, if it is one.
    pub const fn param(self) -> Option<&'static str> {
        match self {
            Self::NoModel | Self::BadModel | Self::DuplicatePart => Some("model"),
            Self::BadStream => Some("stream"),
            Self::BadMessages => Some("messages"),
            Self::NotJson
            | Self::NotAnObject
            | Self::TooDeep
            | Self::TooManyMembers
            | Self::LongName
            | Self::BadForm
            | Self::ManyParts
            | Self::DuplicateMember
            | Self::OtherCase => None,
        }
    }
}

/// What a request asks for, borrowed from its body or its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The body.
    pub text: &'a str,
    /// The asked model.
    pub model: Cow<'a, str>,
    /// Where the body names it.
    pub model_at: ModelAt,
    /// Whether the answer is to come in pieces.
    pub stream: bool,
    /// Bits of [`Capability`].
    pub capabilities: u32,
    /// Output asked for; 0 when the request does not say. **Unit**: tokens.
    pub output_tokens: u32,
    /// What counts as input. **Unit**: bytes.
    pub input_bytes: usize,
    /// What to write where so that a stream says what it used; nothing where it does so by itself, or its client asks.
    pub usage_edit: Option<(Range<usize>, &'static str)>,
    metadata: Option<&'a str>,
}

/// Reads the body of a request for `operation`. `model` is what its path names, where it does.
pub fn read<'a>(
    body: &'a [u8],
    operation: Operation,
    model: Option<&'a str>,
) -> Result<Request<'a>, BadRequest> {
    let text = simdutf8::basic::from_utf8(body).map_err(|_| BadRequest::NotJson)?;
    let dialect = operation.dialect();
    let members = Members::read(text, asked::names(dialect))?;
    let (model, model_at) = match model {
        Some(model) => (Cow::Borrowed(model), beside(operation, text, &members)),
        None => named(text, &members)?,
    };
    check_length(&model)?;
    let stream = match members.get("stream") {
        None | Some("false" | "null") => operation == Operation::GenerateStream,
        Some("true") => true,
        Some(_) => return Err(BadRequest::BadStream),
    };
    if members.get("messages").is_some_and(|messages| !messages.starts_with('[')) {
        return Err(BadRequest::BadMessages);
    }
    let said = asked::said(dialect).iter().filter_map(|name| members.get(name));
    let (bytes, seen) = said.fold((0, parts::Seen::default()), |(bytes, seen), text| {
        (text.len().saturating_add(bytes), seen.and(parts::look(text, dialect, members.letters)))
    });
    let tools = members.get("tools").map_or(0, str::len);
    let usage_edit = if stream { stream_options::edit(text, &members, dialect) } else { None };
    Ok(Request {
        text,
        model,
        model_at,
        stream,
        capabilities: asked::capabilities(&members, dialect)
            | seen.capabilities
            | bit(stream, Capability::Streaming),
        output_tokens: asked::output_tokens(&members, dialect),
        input_bytes: bytes.saturating_sub(seen.media_bytes).saturating_add(tools),
        usage_edit,
        metadata: members.get("metadata"),
    })
}

fn check_length(model: &str) -> Result<(), BadRequest> {
    let is_usable = (1..=MODEL_NAME_BYTES_MAX).contains(&model.len());
    if is_usable { Ok(()) } else { Err(BadRequest::BadModel) }
}

/// The model that a body names, and where.
fn named<'a>(text: &'a str, members: &Members<'a>) -> Result<(Cow<'a, str>, ModelAt), BadRequest> {
    let raw = members.get("model").ok_or(BadRequest::NoModel)?;
    let model = unquoted(raw).ok_or(BadRequest::BadModel)?;
    Ok((model, ModelAt::Body(place(text, raw))))
}

/// Where a body names the model when the path does, too.
fn beside(operation: Operation, text: &str, members: &Members<'_>) -> ModelAt {
    if operation.names_model_in_path() {
        return ModelAt::Path;
    }
    members.get("model").map_or_else(|| ModelAt::missing(text), |raw| ModelAt::Unread(place(text, raw)))
}

impl<'a> Request<'a> {
    /// One that is a form.
    pub fn of_form(
        (model, model_at): (Cow<'a, str>, ModelAt),
        stream: bool,
        input_bytes: usize,
    ) -> Result<Self, BadRequest> {
        check_length(&model)?;
        Ok(Self {
            text: "",
            model,
            model_at,
            stream,
            capabilities: bit(stream, Capability::Streaming),
            output_tokens: 0,
            input_bytes,
            usage_edit: None,
            metadata: None,
        })
    }

    /// Whether it has `metadata`, and all of it is texts whose names are `known`.
    pub fn has_only_metadata(&self, known: impl Fn(&str) -> bool) -> bool {
        self.metadata.is_some_and(|metadata| members::are_texts(metadata, METADATA_MEMBERS_MAX, known))
    }

    /// Calls `take` with the name and the text of every member of `metadata` that is a text.
    pub fn each_metadata(&self, mut take: impl FnMut(&str, &str)) -> Result<(), BadRequest> {
        let Some(metadata) = self.metadata else { return Ok(()) };
        let Some(members) = members::texts(metadata, METADATA_MEMBERS_MAX)? else { return Ok(()) };
        for (name, value) in &members {
            take(name, value);
        }
        Ok(())
    }
}

/// The text of a JSON string.
pub(crate) fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    unquoted(raw.get())
}

/// The text of a JSON string as it is written; borrowed where nothing in it is escaped.
fn unquoted(written: &str) -> Option<Cow<'_, str>> {
    let inner = written.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(written).ok().map(Cow::Owned)
}

/// The object that a text is, if it is one, nested no deeper than a request may be.
pub fn object(text: &str) -> Option<&RawValue> {
    depth::check(text.as_bytes()).ok()?;
    serde_json::from_str::<&RawValue>(text).ok().filter(|value| value.get().starts_with('{'))
}

/// Where a part of a text stands in it.
pub(crate) fn place(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    start..start + part.len()
}

fn bit(asked: bool, capability: Capability) -> u32 {
    if asked { capability.bit() } else { 0 }
}

#[cfg(test)]
mod tests;
