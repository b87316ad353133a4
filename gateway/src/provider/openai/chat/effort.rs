//! How much a model is told to think. What OpenAI's own models take of it is [`super::own`]'s.

use crate::conversation::settings::{Reasoning, effort_of};

/// The most that there is, in most relatives' words.
pub(in crate::provider) const MOST: &str = "xhigh";

/// A wish as a word, where `most` is the most that there is. A budget of tokens is the effort that providers spend about as
/// much on. Nothing where it is what the model does when nothing is said.
pub(in crate::provider) fn word<'a>(wish: &'a Reasoning<'_>, most: &'static str) -> Option<&'a str> {
    match wish {
        Reasoning::Off | Reasoning::Budget(0) => Some("none"),
        Reasoning::Effort(effort) if effort == "max" => Some(most),
        Reasoning::Effort(effort) => Some(effort),
        Reasoning::Budget(tokens) => Some(effort_of(*tokens)),
        Reasoning::Adaptive => None,
    }
}
