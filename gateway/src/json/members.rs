//! The top-level members of a request, each as the text that it is written in.
//!
//! Two members of one name are refused, whatever the name and however it is escaped. At the top level, upper and lower
//! case are one: some servers read a member whatever its case and take the last, so nothing may look like a member
//! that routing reads and not be it.

use std::borrow::Cow;
use std::fmt;

use pointsman_schema::capability::Capability;
use serde::de::{Deserializer as _, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::nested::elements;
use super::{BadRequest, Text, bit, string};
use crate::limits::{JSON_MEMBERS_MAX, JSON_NAME_BYTES_MAX};

/// Those members that routing looks at.
#[derive(Default)]
pub(super) struct Members<'a> {
    pub(super) model: Option<&'a RawValue>,
    pub(super) stream: Option<&'a RawValue>,
    pub(super) messages: Option<&'a RawValue>,
    pub(super) metadata: Option<&'a RawValue>,
    pub(super) tools: Option<&'a RawValue>,
    functions: Option<&'a RawValue>,
    parallel_tool_calls: Option<&'a RawValue>,
    response_format: Option<&'a RawValue>,
    modalities: Option<&'a RawValue>,
    audio: Option<&'a RawValue>,
    reasoning_effort: Option<&'a RawValue>,
    max_tokens: Option<&'a RawValue>,
    max_completion_tokens: Option<&'a RawValue>,
}

impl<'a> Members<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, BadRequest> {
        let mut members = Self::default();
        each(text, (JSON_MEMBERS_MAX, same_in_any_case), |name, value| members.put(name, value))?;
        Ok(members)
    }

    fn put(&mut self, name: &str, value: &'a RawValue) -> Result<(), BadRequest> {
        let slot = match name {
            "model" => &mut self.model,
            "stream" => &mut self.stream,
            "messages" => &mut self.messages,
            "metadata" => &mut self.metadata,
            "tools" => &mut self.tools,
            "functions" => &mut self.functions,
            "parallel_tool_calls" => &mut self.parallel_tool_calls,
            "response_format" => &mut self.response_format,
            "modalities" => &mut self.modalities,
            "audio" => &mut self.audio,
            "reasoning_effort" => &mut self.reasoning_effort,
            "max_tokens" => &mut self.max_tokens,
            "max_completion_tokens" => &mut self.max_completion_tokens,
            _ if READ.iter().any(|read| same_in_any_case(read, name)) => return Err(BadRequest::OtherCase),
            _ => return Ok(()),
        };
        *slot = Some(value);
        Ok(())
    }

    /// What the members themselves ask for; what messages hold is [`super::parts`]'s.
    pub(super) fn capabilities(&self) -> u32 {
        let tools = is_full_list(self.tools) || is_full_list(self.functions);
        let audio = is_set(self.audio) || self.modalities.is_some_and(|list| names(list, "audio"));
        // What is not said is left to the model, as the protocol does.
        let parallel = tools && self.parallel_tool_calls.is_some_and(|asked| asked.get() == "true");
        bit(tools, Capability::Tools)
            | bit(parallel, Capability::ParallelTools)
            | bit(audio, Capability::Audio)
            | bit(self.is_structured(), Capability::StructuredOutput)
            | bit(is_set(self.reasoning_effort), Capability::Reasoning)
    }

    fn is_structured(&self) -> bool {
        let Some(format) = self.response_format.filter(|format| is_set(Some(format))) else { return false };
        let kind = texts(format.get(), JSON_MEMBERS_MAX).ok().flatten();
        let kind = kind.iter().flatten().find(|(name, _)| name == "type").map(|(_, kind)| &**kind);
        kind != Some("text")
    }

    /// The newer member counts where both are given.
    pub(super) fn output_tokens(&self) -> u32 {
        let number = |raw: Option<&RawValue>| raw.and_then(|raw| serde_json::from_str::<u64>(raw.get()).ok());
        let asked = number(self.max_completion_tokens).or_else(|| number(self.max_tokens));
        asked.map_or(0, |tokens| u32::try_from(tokens).unwrap_or(u32::MAX))
    }
}

/// Names and texts of members.
type Texts<'a> = Vec<(String, Cow<'a, str>)>;

/// Every member of an object that is a text; `None` when the value is not an object.
pub(super) fn texts(object: &str, members_max: usize) -> Result<Option<Texts<'_>>, BadRequest> {
    let mut found = Vec::new();
    if !object.starts_with('{') {
        return Ok(None);
    }
    each(object, (members_max, str::eq), |name, value| {
        if let Some(text) = string(value) {
            found.push((name.to_owned(), text));
        }
        Ok(())
    })?;
    Ok(Some(found))
}

/// Whether a list has this text in it.
fn names(list: &RawValue, text: &str) -> bool {
    let mut found = false;
    elements(list.get(), |element| found |= string(element).is_some_and(|element| element == text));
    found
}

fn is_set(value: Option<&RawValue>) -> bool {
    value.is_some_and(|value| value.get() != "null")
}

fn is_full_list(value: Option<&RawValue>) -> bool {
    let inner = value.and_then(|value| value.get().strip_prefix('['));
    inner.is_some_and(|inner| inner.trim_start_matches([' ', '\t', '\r', '\n']) != "]")
}

/// Whether readers that do not look at case, such as Go's, take two names for one. To them, two letters outside ASCII
/// are an `s` and a `k`.
fn same_in_any_case(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    let folded = |letter: char| match letter {
        '\u{17F}' => 's',
        '\u{212A}' => 'k',
        letter => letter.to_ascii_lowercase(),
    };
    left.chars().map(folded).eq(right.chars().map(folded))
}

/// How many members there may be, and which names are one.
type Rules = (usize, fn(&str, &str) -> bool);

/// Calls `put` with every member of the object that `text` is.
fn each<'a>(
    text: &'a str,
    (members_max, same): Rules,
    put: impl FnMut(&str, &'a RawValue) -> Result<(), BadRequest>,
) -> Result<(), BadRequest> {
    if !text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{') {
        // Whether it is another kind of JSON or none at all: say what is true of both, precisely where it is cheap.
        let other = serde_json::from_str::<&RawValue>(text);
        return Err(if other.is_ok() { BadRequest::NotAnObject } else { BadRequest::NotJson });
    }
    let mut refused = None;
    let mut reader = serde_json::Deserializer::from_str(text);
    let walk = Walk { put, members_max, same, refused: &mut refused };
    let read = reader.deserialize_map(walk).and_then(|()| reader.end());
    read.map_err(|_| refused.unwrap_or(BadRequest::NotJson))
}

struct Walk<'r, F> {
    put: F,
    members_max: usize,
    same: fn(&str, &str) -> bool,
    refused: &'r mut Option<BadRequest>,
}

impl<'a, F: FnMut(&str, &'a RawValue) -> Result<(), BadRequest>> Visitor<'a> for Walk<'_, F> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut names: Vec<Cow<'a, str>> = Vec::with_capacity(NAMES_USUAL);
        while let Some(Text(name)) = map.next_key()? {
            if name.len() > JSON_NAME_BYTES_MAX {
                *self.refused = Some(BadRequest::LongName);
                return Err(A::Error::custom("a long name"));
            }
            if names.iter().any(|before| (self.same)(before, &name)) {
                *self.refused = Some(BadRequest::DuplicateMember);
                return Err(A::Error::custom("duplicate"));
            }
            if names.len() == self.members_max {
                *self.refused = Some(BadRequest::TooManyMembers);
                return Err(A::Error::custom("too many"));
            }
            if let Err(bad) = (self.put)(&name, map.next_value()?) {
                *self.refused = Some(bad);
                return Err(A::Error::custom("refused"));
            }
            names.push(name);
        }
        Ok(())
    }
}

/// The names that [`Members`] knows.
const READ: [&str; 13] = [
    "model",
    "stream",
    "messages",
    "metadata",
    "tools",
    "functions",
    "parallel_tool_calls",
    "response_format",
    "modalities",
    "audio",
    "reasoning_effort",
    "max_tokens",
    "max_completion_tokens",
];

/// Members of a usual request.
const NAMES_USUAL: usize = 16;
