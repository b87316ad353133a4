//! What OpenAI's models take, by their names: while one thinks, it is told neither how to draw its tokens nor where to stop.
//!
//! Some always think, and those from `gpt-5.1` on only where they are asked to. What is not known is told everything.
//!
//! **Source**: OpenAI's guide to its latest models; its errors.

use crate::feature::Feature;

/// What follows `gpt-5` up to the next word of a name: nothing, or `.1`.
pub fn version(model: &str) -> Option<&str> {
    model.strip_prefix("gpt-5").map(|rest| rest.split('-').next().unwrap_or_default())
}

/// Whether it is of the series `o1`, `o3`, `o4`.
pub fn is_o(model: &str) -> bool {
    model.strip_prefix('o').is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()))
}

/// Whether a model thinks before it answers, asked to or not.
pub fn thinks(model: &str, is_asked: bool) -> bool {
    match version(model) {
        _ if model.contains("-chat") => false,
        None => is_o(model),
        Some("") => true,
        Some(_) => is_asked,
    }
}

/// Those of a request's features that a model takes, but not beside others of them, as masks.
pub fn beside(model: &str, features: u64) -> u64 {
    let is_asked = features & Feature::Reasoning.mask() != 0;
    let untold = UNTOLD.iter().fold(0, |set, feature| set | feature.mask());
    if thinks(model, is_asked) { features & untold } else { 0 }
}

/// What a model is not told while it thinks.
const UNTOLD: [Feature; 8] = [
    Feature::Temperature,
    Feature::HighTemperature,
    Feature::TopP,
    Feature::FrequencyPenalty,
    Feature::PresencePenalty,
    Feature::LogitBias,
    Feature::Logprobs,
    Feature::Stop,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_thinks_is_not_told_how_to_draw() {
        let held = |features: &[Feature]| features.iter().fold(0, |set, feature| set | feature.mask());
        let check = |model, features: &[Feature], expected: &[Feature]| {
            assert_eq!(beside(model, held(features)), held(expected), "{model} {features:?}");
        };
        let drawn = [Feature::Temperature, Feature::Stop];
        let all = [Feature::Temperature, Feature::Stop, Feature::Seed, Feature::Reasoning];
        for model in ["o3", "gpt-5-mini"] {
            check(model, &all, &drawn);
            check(model, &drawn, &drawn);
        }
        check("gpt-5.4", &all, &drawn);
        check("gpt-5.4", &drawn, &[]);
        for model in ["gpt-5-chat-latest", "gpt-4o", "other"] {
            check(model, &all, &[]);
        }
    }
}
