//! The content of a message in an answer: a text, or pieces of text and thought, as Mistral's models give it.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{SeqAccess, Visitor};

use crate::conversation::answer::Said;
use crate::conversation::message::Thought;
use crate::json::Text;

/// See the module.
pub(super) enum Content<'a> {
    /// Words.
    Text(Cow<'a, str>),
    /// One after the other.
    Pieces(Vec<Piece<'a>>),
}

/// A piece; those of other kinds, such as references to sources, have no words.
#[derive(Deserialize)]
pub(super) struct Piece<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(borrow, default)]
    thinking: Option<Vec<Words<'a>>>,
    #[serde(borrow, default)]
    signature: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Words<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
}

impl<'a> Piece<'a> {
    /// What it says; nothing where that is nothing.
    pub(super) fn said(self) -> Option<Said<'a>> {
        let Self { text, thinking, signature } = self;
        let Some(thinking) = thinking else {
            return text.filter(|text| !text.0.is_empty()).map(|Text(text)| Said::Text(text));
        };
        let mut words = thinking.into_iter().filter_map(|words| words.text);
        // Mostly there is but one.
        let mut text = words.next().unwrap_or_default().0;
        for Text(more) in words {
            text.to_mut().push_str(&more);
        }
        let signature = signature.filter(|text| !text.0.is_empty()).map(|Text(signature)| signature);
        let thought = Thought { text, signature, redacted: None };
        (thought != Thought::default()).then_some(Said::Thought(thought))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Taking)
    }
}

struct Taking;

impl<'de> Visitor<'de> for Taking {
    type Value = Content<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a text or pieces")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Content::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Content::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, pieces: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(pieces)).map(Content::Pieces)
    }
}
