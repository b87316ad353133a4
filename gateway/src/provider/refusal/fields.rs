//! Reading an error: the few fields that are looked at, wherever a provider puts them.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Said;

/// Reads an error's body. One of another shape says nothing.
pub fn read(body: &[u8]) -> Said {
    let Ok(text) = simdutf8::basic::from_utf8(body) else { return Said::default() };
    // Some servers answer with the fields themselves, and some with a list of one error.
    let fields = if text.trim_ascii_start().starts_with('[') {
        serde_json::from_str::<Vec<Fields<'_>>>(text).ok().and_then(|list| list.into_iter().next())
    } else {
        serde_json::from_str(text).ok()
    };
    let Some(fields) = fields else { return Said::default() };
    fields.error.map_or_else(|| Said::from(&fields), said)
}

/// Reads the value of an `error` member: an object, or a mere text.
pub fn said(error: &RawValue) -> Said {
    serde_json::from_str::<Fields<'_>>(error.get())
        .map_or_else(|_| Said { message: word(Some(error)), ..Said::default() }, |fields| Said::from(&fields))
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow, default)]
    code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    param: Option<&'a RawValue>,
    #[serde(borrow, default)]
    detail: Option<&'a RawValue>,
    /// Azure's.
    #[serde(borrow, default, rename = "innererror")]
    cause: Option<&'a RawValue>,
}

impl From<&Fields<'_>> for Said {
    fn from(fields: &Fields<'_>) -> Self {
        let said = Self {
            message: word(fields.message),
            kind: word(fields.kind),
            code: word(fields.code),
            param: word(fields.param),
            cause: fields.cause.map_or_else(String::new, code),
        };
        // Where members of a request are wrong, Mistral and vLLM say it of each.
        match fields.detail.or(fields.message.and_then(within)).and_then(Detail::first) {
            Some(detail) if said.message.is_empty() => detail.told(said),
            _ => said,
        }
    }
}

/// What is wrong with one member of a request.
#[derive(Default, Deserialize)]
struct Detail<'a> {
    #[serde(borrow, default)]
    msg: Option<&'a RawValue>,
    #[serde(borrow, default)]
    loc: Vec<&'a RawValue>,
}

impl<'a> Detail<'a> {
    /// The first of a list, or a mere text.
    fn first(raw: &'a RawValue) -> Option<Self> {
        if raw.get().starts_with('"') {
            return Some(Self { msg: Some(raw), loc: Vec::new() });
        }
        serde_json::from_str::<Vec<Self>>(raw.get()).ok()?.into_iter().next()
    }

    fn told(self, said: Said) -> Said {
        // The body is where all of them are.
        let parts = self.loc.into_iter().map(|part| word(Some(part))).filter(|part| part != "body");
        Said { message: word(self.msg), param: parts.collect::<Vec<_>>().join("."), ..said }
    }
}

/// The `detail` of a message that is an object.
fn within(message: &RawValue) -> Option<&RawValue> {
    #[derive(Deserialize)]
    struct Message<'a> {
        #[serde(borrow)]
        detail: &'a RawValue,
    }
    serde_json::from_str::<Message<'_>>(message.get()).ok().map(|message| message.detail)
}

/// A text, or a number as a text.
fn word(raw: Option<&RawValue>) -> String {
    let Some(raw) = raw.map(RawValue::get) else { return String::new() };
    if raw.starts_with('"') {
        return serde_json::from_str::<Cow<'_, str>>(raw).map_or_else(|_| String::new(), Cow::into_owned);
    }
    if raw.bytes().all(|byte| byte.is_ascii_digit()) { raw.to_owned() } else { String::new() }
}

/// The code of an error within another.
fn code(cause: &RawValue) -> String {
    let fields = serde_json::from_str::<Fields<'_>>(cause.get());
    fields.map_or_else(|_| String::new(), |fields| word(fields.code))
}
