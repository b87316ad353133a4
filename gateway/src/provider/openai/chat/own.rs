//! What OpenAI's own models take, which others that speak its protocol may not mind.
//!
//! They refuse a word for how much to think that they do not know, and not all know the same. While they think they are not
//! told how to draw their tokens, nor where to stop: some always do, and those from `gpt-5.1` on only where they are asked to.
//!
//! **Source**: `ReasoningEffort` of OpenAI's and Azure's API references; OpenAI's guide to its latest models; its errors.

use pointsman_schema::feature::Feature;

use super::effort;
use crate::conversation::Conversation;
use crate::conversation::settings::{Extras, Reasoning, Sampling};
use crate::json::fields::Number;

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

/// Those features of a request that a model does not take, because it thinks: as [`Feature::mask`]s.
pub(super) fn excluded(conversation: &Conversation<'_>, model: &str) -> u64 {
    if !thinks(conversation, model) {
        return 0;
    }
    let Sampling { temperature, top_p, top_k: _, frequency_penalty, presence_penalty, seed: _ } =
        conversation.sampling;
    let Extras { logit_bias, top_logprobs, .. } = &conversation.extras;
    let is_other = |number: Option<Number<'_>>, usual: f64| {
        number.is_some_and(|number| number.digits().parse() != Ok(usual))
    };
    let left_out = [
        (is_other(temperature, 1.0), Feature::Temperature),
        (is_other(temperature, 1.0), Feature::HighTemperature),
        (is_other(top_p, 1.0), Feature::TopP),
        (is_other(frequency_penalty, 0.0), Feature::FrequencyPenalty),
        (is_other(presence_penalty, 0.0), Feature::PresencePenalty),
        (logit_bias.is_some(), Feature::LogitBias),
        (top_logprobs.is_some(), Feature::Logprobs),
        (!conversation.stop.is_empty(), Feature::Stop),
    ];
    left_out.iter().filter(|(is_out, _)| *is_out).fold(0, |set, (_, feature)| set | feature.mask())
}

/// Whether a model thinks before it answers.
pub(super) fn thinks(conversation: &Conversation<'_>, model: &str) -> bool {
    let wish = conversation.reasoning.as_ref();
    match version(model) {
        _ if model.contains("-chat") => false,
        None => is_o(model),
        Some("") => true,
        Some(_) => wish.is_some_and(|wish| word(wish, model) != Some("none")),
    }
}

/// What follows `gpt-5` up to the next word of a name: nothing, or `.1`.
fn version(model: &str) -> Option<&str> {
    model.strip_prefix("gpt-5").map(|rest| rest.split('-').next().unwrap_or_default())
}

/// Whether it is of the series `o1`, `o3`, `o4`.
fn is_o(model: &str) -> bool {
    model.strip_prefix('o').is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::chat;

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

    /// What of these members a model does not take.
    fn check_excluded(model: &str, members: &str, expected: &[&str]) {
        let body = format!(r#"{{"messages":[],{members}}}"#);
        let conversation = chat::request::read(&body).unwrap();
        let places: Vec<&str> = conversation.needs.places(excluded(&conversation, model)).collect();
        assert_eq!(places, expected, "{model} {members}");
    }

    #[test]
    fn a_model_that_thinks_is_not_told_how_to_draw() {
        let all = r#""temperature":0.5,"top_p":0.9,"presence_penalty":1,"stop":["a"],"logprobs":true"#;
        let named = ["stop", "temperature", "top_p", "presence_penalty", "logprobs"];
        check_excluded("o3", all, &named);
        check_excluded("gpt-5-mini", all, &named);
        check_excluded("gpt-5-mini", r#""temperature":1.0,"top_p":1,"presence_penalty":0,"seed":3"#, &[]);
        check_excluded("gpt-5-chat-latest", all, &[]);
        check_excluded("gpt-5.4", all, &[]);
        check_excluded(
            "gpt-5.4",
            r#""temperature":1.5,"reasoning_effort":"low""#,
            &["temperature", "temperature"],
        );
        check_excluded("gpt-5.4", r#""temperature":0.5,"reasoning_effort":"none""#, &[]);
        check_excluded("gpt-4o", all, &[]);
    }
}
