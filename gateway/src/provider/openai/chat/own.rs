//! What OpenAI's own models take, which others that speak its protocol may not mind.
//!
//! They refuse a word for how much to think that they do not know, and not all know the same. While they think they are not
//! told how to draw their tokens, nor where to stop: some always do, and those from `gpt-5.1` on only where they are asked to.
//!
//! **Source**: `ReasoningEffort` of OpenAI's and Azure's API references; OpenAI's guide to its latest models; its errors.

use pointsman_schema::gpt::{self, is_o, version};

use super::effort;
use crate::conversation::Conversation;
use crate::conversation::settings::Reasoning;

/// A wish as the nearest word that the model knows; nothing where it is what the model does when nothing is said.
pub(super) fn word<'a>(wish: &'a Reasoning<'_>, model: &str) -> Option<&'a str> {
    let word = effort::word(wish, effort::MOST)?;
    let is_special = ["-pro", "-codex"].iter().any(|kind| model.contains(kind));
    Some(match (version(model), word) {
        // The first to take `none`, and the last to take nothing above `high`.
        (Some(".1"), "minimal") => "low",
        (Some(".1"), "xhigh") if !model.contains("-codex-max") => "high",
        (Some(""), "none" | "minimal") if is_special => "low",
        (Some(""), "none") => "minimal",
        (Some(""), "xhigh") => "high",
        (Some(version), "minimal") if version.starts_with('.') => "low",
        (None, "none" | "minimal") if is_o(model) => "low",
        (None, "xhigh") if is_o(model) => "high",
        (_, word) => word,
    })
}

/// Whether a model thinks before it answers.
pub(super) fn thinks(conversation: &Conversation<'_>, model: &str) -> bool {
    let wish = conversation.reasoning.as_ref();
    gpt::thinks(model, wish.is_some_and(|wish| word(wish, model) != Some("none")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a model is told of each of these wishes.
    fn check(model: &str, expected: [&str; 4]) {
        let wishes = ["none", "minimal", "medium", "max"].map(|word| match word {
            "none" => Reasoning::Off,
            word => Reasoning::Effort(word.into()),
        });
        assert_eq!(wishes.each_ref().map(|wish| word(wish, model).unwrap()), expected, "{model}");
    }

    #[test]
    fn openais_models_are_told_in_words_that_they_know() {
        for model in ["o1", "o3-mini", "o4-mini-2025-04-16"] {
            check(model, ["low", "low", "medium", "high"]);
        }
        check("gpt-5", ["minimal", "minimal", "medium", "high"]);
        check("gpt-5-mini-2025-08-07", ["minimal", "minimal", "medium", "high"]);
        check("gpt-5-codex", ["low", "low", "medium", "high"]);
        check("gpt-5.1", ["none", "low", "medium", "high"]);
        check("gpt-5.1-codex-max", ["none", "low", "medium", "xhigh"]);
        check("gpt-5.4-mini", ["none", "low", "medium", "xhigh"]);
        check("gpt-6", ["none", "minimal", "medium", "xhigh"]);
    }
}
