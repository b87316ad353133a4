//! Reading how much to think, in words: of each protocol a closed set, so that none that nobody knows buys the most
//! thoughts that there are.
//!
//! **Source**: OpenAI's `ReasoningEffort`, Anthropic's `output_config.effort`, Gemini's `ThinkingLevel`.

use std::borrow::Cow;

use crate::json::fields::{Malformed, Place};

/// The words of a protocol.
pub(super) struct Words {
    all: &'static [&'static str],
    /// The same, for an error.
    said: &'static str,
}

/// OpenAI's, in both of its endpoints.
pub(super) const OPENAI: Words = Words {
    all: &["none", "minimal", "low", "medium", "high", "xhigh", "max"],
    said: "`none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`",
};

/// Anthropic's.
pub(super) const ANTHROPIC: Words = Words {
    all: &["low", "medium", "high", "xhigh", "max"],
    said: "`low`, `medium`, `high`, `xhigh` or `max`",
};

/// Gemini's, without the one that says nothing.
pub(super) const GEMINI: Words =
    Words { all: &["minimal", "low", "medium", "high"], said: "`MINIMAL`, `LOW`, `MEDIUM` or `HIGH`" };

/// A word that stands at a place, if it is one of these.
pub(super) fn known<'a>(
    word: Option<Cow<'a, str>>,
    words: &Words,
    place: &Place<'_>,
) -> Result<Option<Cow<'a, str>>, Malformed> {
    match word {
        Some(word) if !words.all.contains(&&*word) => Err(place.expected(words.said)),
        word => Ok(word),
    }
}
