//! How much a model is told to think, in the words that it takes.
//!
//! OpenAI's own models refuse a word that they do not know, and not all know the same; those of others are told as asked.
//!
//! **Source**: `ReasoningEffort` of OpenAI's and Azure's API references; the errors of `gpt-5.1`.

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

/// The same for a model of OpenAI's: the nearest word that it knows.
pub(super) fn of_openai<'a>(wish: &'a Reasoning<'_>, model: &str) -> Option<&'a str> {
    let word = word(wish, MOST)?;
    let version = model.strip_prefix("gpt-5").map(|rest| rest.split('-').next().unwrap_or_default());
    let is_special = ["-pro", "-codex"].iter().any(|kind| model.contains(kind));
    Some(match (version, word) {
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

/// Whether it is of the series `o1`, `o3`, `o4`.
fn is_o(model: &str) -> bool {
    model.strip_prefix('o').is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()))
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
        assert_eq!(wishes.each_ref().map(|wish| of_openai(wish, model).unwrap()), expected, "{model}");
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
