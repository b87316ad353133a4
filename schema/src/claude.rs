//! What Anthropic's models take, by their names.
//!
//! They speak one protocol and refuse what others of them want: how tokens are drawn, the beginning of an answer, a function
//! that must be called, a budget of thoughts. Nothing but the name says which. A name that is not known is taken for the
//! newest; what is no Claude takes what most take.
//!
//! **Source**: Anthropic's pages "Thinking" (limits and feature compatibility), "Troubleshooting thinking" and "Effort", and
//! the migration guides of Opus 4.6, Opus 5.5, Sonnet 5.5, Haiku 5.5 and Fable 5.1, November 2026. That a temperature and
//! `top_p` exclude each other from Opus 4.1 on is what the API says.

use crate::feature::Feature;
use crate::protocol::ProviderProtocol;

/// What one of them takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claude {
    /// In which words it is told how much to think.
    pub thinking: Thinking,
    /// How it is told not to.
    pub unthinking: Unthinking,
    /// What it may be told of how tokens are drawn.
    pub drawing: Drawing,
    /// Whether it goes on where an answer has begun.
    pub takes_prefill: bool,
    /// Whether it can be made to call a function.
    pub takes_forced_tool: bool,
    /// Whether it shows its thoughts only where it is asked to.
    pub hides_thoughts: bool,
}

/// How much a model is to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thinking {
    /// Within a budget of tokens.
    Budget,
    /// The same, and an effort up to `high` for all else.
    BudgetAndEffort,
    /// As much as an effort says, but for `xhigh`.
    Effort,
    /// As much as any effort says.
    AnyEffort,
}

impl Thinking {
    /// Whether it is told a budget, which nothing else may be said beside that begins an answer.
    pub const fn has_budget(self) -> bool {
        matches!(self, Self::Budget | Self::BudgetAndEffort)
    }
}

/// How a model is told not to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unthinking {
    /// With a word for it.
    Disabled,
    /// By saying nothing: it is what the model does then.
    Unsaid,
    /// With the word for the least there is: between two calls of functions alone.
    BetweenTools,
    /// Not at all. The least effort is the nearest.
    LeastEffort,
}

/// What may be said of how tokens are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawing {
    /// Everything.
    Any,
    /// A temperature or a part of the probability mass, not both.
    One,
    /// Nothing but what is done when nothing is said.
    Default,
}

/// Up to Opus 4 and Sonnet 4, and all of version 3.
const FIRST: Claude = Claude {
    thinking: Thinking::Budget,
    unthinking: Unthinking::Disabled,
    drawing: Drawing::Any,
    takes_prefill: true,
    takes_forced_tool: true,
    hides_thoughts: false,
};
const UP_TO_4_5: Claude = Claude { drawing: Drawing::One, ..FIRST };
const OPUS_4_5: Claude = Claude { thinking: Thinking::BudgetAndEffort, ..UP_TO_4_5 };
const SINCE_4_6: Claude = Claude { thinking: Thinking::Effort, takes_prefill: false, ..UP_TO_4_5 };
const SINCE_4_7: Claude = Claude {
    thinking: Thinking::AnyEffort,
    unthinking: Unthinking::Unsaid,
    drawing: Drawing::Default,
    hides_thoughts: true,
    ..SINCE_4_6
};
const SINCE_5: Claude = Claude { unthinking: Unthinking::Disabled, ..SINCE_4_7 };
const FABLE_5: Claude = Claude { unthinking: Unthinking::LeastEffort, ..SINCE_4_7 };
/// All that are not known.
pub const NEWEST: Claude = Claude { takes_forced_tool: false, ..FABLE_5 };
const SONNET_5_5: Claude = Claude { unthinking: Unthinking::BetweenTools, ..NEWEST };
/// What is no Claude.
const OTHER: Claude = Claude {
    thinking: Thinking::AnyEffort,
    unthinking: Unthinking::Disabled,
    drawing: Drawing::Any,
    ..FIRST
};

/// Families of models, each with what it takes: what follows `claude-` in a name, dates and versions aside.
pub const FAMILIES: &[(&[&str], Claude)] = &[
    (&["opus-4", "opus-4-0", "sonnet-4", "sonnet-4-0"], FIRST),
    (&["opus-4-1", "sonnet-4-5", "haiku-4-5"], UP_TO_4_5),
    (&["opus-4-5"], OPUS_4_5),
    (&["opus-4-6", "sonnet-4-6"], SINCE_4_6),
    (&["opus-4-7", "opus-4-8"], SINCE_4_7),
    (&["opus-5", "sonnet-5", "haiku-5-5"], SINCE_5),
    (&["fable-5", "mythos-5", "mythos"], FABLE_5),
    (&["sonnet-5-5"], SONNET_5_5),
];

impl Claude {
    /// What a model takes that is called so where it is served.
    pub fn of(model: &str) -> Self {
        // Other clouds put regions and vendors in front, and dates and versions behind.
        let Some((_, name)) = model.split_once("claude-") else { return OTHER };
        // Up to version 3 it stands first.
        if name.trim_start_matches('v').starts_with(|first: char| first.is_ascii_digit()) {
            return FIRST;
        }
        let known = FAMILIES.iter().find(|(names, _)| names.iter().any(|family| is_of(name, family)));
        known.map_or(NEWEST, |(_, claude)| *claude)
    }

    /// The features that it refuses whatever else a request holds, as masks.
    pub fn refused(self) -> u64 {
        let sampling = [Feature::Temperature, Feature::TopP, Feature::TopK];
        let refused = [
            (self.drawing == Drawing::Default, &sampling[..]),
            (!self.takes_prefill, &[Feature::Prefill]),
            (!self.takes_forced_tool, &[Feature::ForcedTool]),
        ];
        let refused = refused.into_iter().filter(|(is_refused, _)| *is_refused);
        refused.flat_map(|(_, features)| features).fold(0, |set, feature| set | feature.mask())
    }

    /// Those of a request's features that it takes, but not beside others of them or within so much output, as masks.
    ///
    /// Of two wishes that exclude each other, the one that was made for this request's whole answer is kept: how it begins
    /// and a function that must be called over thoughts, thoughts over how tokens are drawn, as OpenAI's own models that
    /// think do not let it be set either.
    pub fn beside(self, features: u64, output_tokens: u32) -> u64 {
        let has = |feature: Feature| features & feature.mask() != 0;
        let is_narrow = output_tokens != 0 && u64::from(output_tokens) <= BUDGET_TOKENS_MIN;
        let has_no_room = self.thinking.has_budget() && (is_narrow || has(Feature::ForcedTool));
        let is_begun = has(Feature::Prefill) || has_no_room;
        let thinks = has(Feature::Reasoning) && !is_begun;
        let is_warm = has(Feature::Temperature) && !has(Feature::HighTemperature);
        let left_out = [
            (is_begun, Feature::Reasoning),
            (thinks, Feature::Temperature),
            (thinks || (self.drawing == Drawing::One && is_warm), Feature::TopP),
            (thinks, Feature::TopK),
        ];
        let left_out = left_out.iter().filter(|(is_out, _)| *is_out);
        features & left_out.fold(0, |set, (_, feature)| set | feature.mask())
    }
}

/// Whether a provider's model is one of Anthropic's, or is spoken to as if it were. Where a provider has others too, their
/// names say so; an address (ARN) of somebody's own inference profile does not.
pub fn is_claude(provider: ProviderProtocol, upstream_model: &str) -> bool {
    match provider {
        ProviderProtocol::Anthropic => true,
        ProviderProtocol::Bedrock => upstream_model.contains("anthropic."),
        ProviderProtocol::Vertex => upstream_model.starts_with("claude"),
        _ => false,
    }
}

/// Whether a name is a family's, with or without a date. `opus-4` has no part in `opus-4-8`.
fn is_of(name: &str, family: &str) -> bool {
    // Some write `4.5`.
    let is_same = |(one, other): (u8, u8)| one == other || (one == b'.' && other == b'-');
    let is_family = name.len() >= family.len() && name.bytes().zip(family.bytes()).all(is_same);
    let Some(rest) = name.get(family.len()..).filter(|_| is_family) else { return false };
    let Some(rest) = rest.strip_prefix(['-', '.']) else {
        return !rest.starts_with(|next: char| next.is_ascii_digit());
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    digits == 0 || digits >= DATE_DIGITS
}

/// The least budget that there is. **Unit**: tokens.
pub const BUDGET_TOKENS_MIN: u64 = 1_024;
/// Digits of a date behind a model's name; a version has fewer.
const DATE_DIGITS: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(models: &[&str], expected: Claude) {
        for model in models {
            assert_eq!(Claude::of(model), expected, "{model}");
        }
    }

    #[test]
    fn names_have_their_family() {
        check(
            &[
                "claude-3-7-sonnet-20250219",
                "claude-v2:1",
                "claude-opus-4-20250514",
                "claude-sonnet-4@20250514",
                "claude-opus-4",
            ],
            FIRST,
        );
        check(
            &[
                "claude-opus-4-1",
                "us.anthropic.claude-haiku-4-5-20251001-v1:0",
                "anthropic/claude-sonnet-4.5",
            ],
            UP_TO_4_5,
        );
        check(&["claude-opus-4-5-20251101", "claude-opus-4-5"], OPUS_4_5);
        check(&["eu.anthropic.claude-opus-4-6-v1", "claude-sonnet-4-6"], SINCE_4_6);
        check(&["claude-opus-4-7", "claude-opus-4-7-20260416", "anthropic.claude-opus-4-8"], SINCE_4_7);
        check(&["claude-opus-5", "claude-sonnet-5@20260630", "claude-haiku-5-5"], SINCE_5);
        check(&["claude-fable-5", "claude-mythos-5", "claude-mythos-preview"], FABLE_5);
        check(&["claude-sonnet-5-5", "anthropic.claude-sonnet-5-5"], SONNET_5_5);
        check(&["claude-opus-5-5", "claude-fable-5-1", "claude-mythos-5-1", "claude-opus-4-10"], NEWEST);
        check(&["deepseek-chat", "served-model", ""], OTHER);
    }

    #[test]
    fn what_is_refused_alone_is_not_refused_beside_others() {
        use Feature::{ForcedTool, HighTemperature, Prefill, Reasoning, Temperature, TopK, TopP};
        let check = |model: &str, held: &[Feature], refused: &[Feature], beside: &[Feature]| {
            let set = |features: &[Feature]| features.iter().fold(0, |set, one| set | one.mask());
            let claude = Claude::of(model);
            let found = (set(held) & claude.refused(), claude.beside(set(held), 0));
            assert_eq!(found, (set(refused), set(beside)), "{model} {held:?}");
        };
        let drawn = [Temperature, TopP, TopK];
        check("claude-opus-4-7", &drawn, &drawn, &[]);
        check("claude-sonnet-4-5", &drawn, &[], &[TopP]);
        check("claude-sonnet-4-5", &[Temperature, HighTemperature, TopP], &[], &[]);
        check("claude-sonnet-4", &drawn, &[], &[]);
        check("claude-sonnet-4", &[Temperature, TopP, TopK, Reasoning], &[], &drawn);
        check("claude-haiku-4-5", &[Temperature, Reasoning, ForcedTool], &[], &[Reasoning]);
        check("claude-haiku-4-5", &[Reasoning, Prefill], &[], &[Reasoning]);
        check("claude-opus-4-6", &[Reasoning, ForcedTool, Temperature], &[], &[Temperature]);
        check("claude-opus-4-6", &[Prefill], &[Prefill], &[]);
        check("claude-opus-5", &[Reasoning, ForcedTool], &[], &[]);
        check("claude-sonnet-5-5", &[Reasoning, ForcedTool], &[ForcedTool], &[]);
        check("other", &[Reasoning, Prefill, TopK], &[], &[Reasoning]);
    }

    #[test]
    fn a_budget_of_thoughts_wants_room() {
        let lost =
            |model, output_tokens| Claude::of(model).beside(Feature::Reasoning.mask(), output_tokens) != 0;
        assert!(lost("claude-haiku-4-5", 1_024) && lost("claude-opus-4-5", 1));
        assert!(
            !lost("claude-haiku-4-5", 1_025) && !lost("claude-haiku-4-5", 0) && !lost("claude-opus-4-6", 9)
        );
    }
}
