//! How much the model thinks, and what that leaves of the rest of a request.
//!
//! A model that thinks is not told how to draw its tokens, nor made to call a function: the provider refuses a request
//! that says both. Of two wishes that exclude each other, the one that was made for this request's whole answer is kept:
//! a function that must be called over thoughts, and thoughts over how tokens are drawn, as OpenAI's own models that think
//! do not let it be set either. What gives way is named by [`super::request::excluded`], so that it is not lost in
//! silence.
//!
//! Which words a model takes depends on its age. Up to 4.5 a model thinks only within a budget of tokens; later ones think as
//! much as an effort says, and most refuse a budget. Some cannot be told not to think: they get the least effort.
//!
//! **Source**: Anthropic's pages "Troubleshooting thinking" (thinking by model) and "Effort", November 2026.

use crate::conversation::Conversation;
use crate::conversation::message::ToolChoice;
use crate::conversation::settings::{Reasoning, budget_of, effort_of};
use crate::json::fields::Number;
use crate::json::write::Object;

/// What is said about it.
pub(in crate::provider) struct Thinking<'c> {
    /// **Unit**: tokens.
    pub(in crate::provider) output_tokens: u64,
    /// In words.
    pub(in crate::provider) effort: Option<&'c str>,
    /// Whether it was asked for, but a function has to be called.
    pub(in crate::provider) is_hindered: bool,
    mode: Option<Mode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Off,
    Adaptive,
    /// **Unit**: tokens.
    Budget(u64),
}

/// Decides, for a model by this name that gives at most so much output.
pub(in crate::provider) fn plan<'c>(
    conversation: &'c Conversation<'_>,
    (model, output_limit): (&str, Option<u32>),
) -> Thinking<'c> {
    let must_call = matches!(conversation.tool_choice, Some(ToolChoice::Required | ToolChoice::Named(_)));
    let must_call = must_call && !conversation.tools.is_empty();
    let wish = conversation.reasoning.as_ref();
    let (mode, effort) = wish.map_or((None, None), |wish| Words::of(model).say(wish));
    let is_on = matches!(mode, Some(Mode::Adaptive | Mode::Budget(_)));
    // Effort also says how much the model does besides thinking, and stays.
    let is_hindered = must_call && is_on && effort.is_none();
    let mode = mode.filter(|_| !(must_call && is_on));
    let (mode, output_tokens) = within(mode, conversation.output_tokens, output_limit.map(u64::from));
    Thinking { output_tokens, effort, is_hindered, mode }
}

/// What a model's name says of the words that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    /// A budget alone.
    Budget,
    /// A budget, and an effort up to `high` for all else.
    BudgetAndEffort,
    /// An effort, but for `xhigh`.
    Effort,
    /// Every effort.
    AnyEffort,
    /// Every effort, and never not to think.
    Always,
}

impl Words {
    /// Of a Claude that is not known, what the newest take; of what is no Claude, what most take.
    fn of(model: &str) -> Self {
        // Other clouds put regions and vendors in front, and dates and versions behind.
        let Some((_, name)) = model.split_once("claude-") else { return Self::AnyEffort };
        let name = name.replace('.', "-");
        let is_any = |families: &[&str]| families.iter().any(|family| is_of(&name, family));
        if name.starts_with("3-") || is_any(BUDGET) {
            Self::Budget
        } else if is_any(&["opus-4-5"]) {
            Self::BudgetAndEffort
        } else if is_any(&["opus-4-6", "sonnet-4-6"]) {
            Self::Effort
        } else if is_any(&["opus-4-7", "opus-4-8", "opus-5", "sonnet-5", "haiku-5-5"]) {
            Self::AnyEffort
        } else {
            Self::Always
        }
    }

    /// A wish in these words: what to do, and with how much effort.
    fn say<'c>(self, wish: &'c Reasoning<'_>) -> (Option<Mode>, Option<&'c str>) {
        let word = match wish {
            Reasoning::Off | Reasoning::Budget(0) => "none",
            Reasoning::Effort(word) => word,
            Reasoning::Budget(tokens) => effort_of(*tokens),
            Reasoning::Adaptive => return (Some(self.as_it_likes()), None),
        };
        let effort = match (word, self) {
            ("none", Self::Always) => return (None, Some("low")),
            ("none", _) => return (Some(Mode::Off), None),
            ("minimal", _) => "low",
            ("xhigh", Self::BudgetAndEffort | Self::Effort) | ("max", Self::BudgetAndEffort) => "high",
            (word, _) => word,
        };
        let budget = if let Reasoning::Budget(tokens) = wish { *tokens } else { budget_of(effort) };
        match self {
            Self::Budget => (Some(Mode::Budget(budget)), None),
            Self::BudgetAndEffort => {
                let is_effort = matches!(wish, Reasoning::Effort(_));
                (Some(Mode::Budget(budget)), is_effort.then_some(effort))
            }
            Self::Effort | Self::AnyEffort | Self::Always => (Some(Mode::Adaptive), Some(effort)),
        }
    }

    fn as_it_likes(self) -> Mode {
        match self {
            Self::Budget | Self::BudgetAndEffort => Mode::Budget(budget_of("medium")),
            Self::Effort | Self::AnyEffort | Self::Always => Mode::Adaptive,
        }
    }
}

/// Whether a name is a family's, with or without a date. `opus-4` has no part in `opus-4-8`.
fn is_of(name: &str, family: &str) -> bool {
    let Some(rest) = name.strip_prefix(family) else { return false };
    let Some(rest) = rest.strip_prefix('-') else {
        return !rest.starts_with(|next: char| next.is_ascii_digit());
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    digits == 0 || digits >= DATE_DIGITS
}

/// Models that know a budget alone, besides those of version 3.
const BUDGET: &[&str] =
    &["opus-4", "opus-4-0", "opus-4-1", "sonnet-4", "sonnet-4-0", "sonnet-4-5", "haiku-4-5"];
/// Digits of a date behind a model's name; a version has fewer.
const DATE_DIGITS: usize = 6;

/// Fits a budget of thoughts into the limit of the whole output.
///
/// Both are the client's, and both mean "at most". So a budget that is too large for the limit is made smaller, and where
/// the limit leaves no room for the least budget that there is, the model does not think.
fn within(mode: Option<Mode>, wanted: Option<u64>, limit: Option<u64>) -> (Option<Mode>, u64) {
    let output = wanted.or(limit).unwrap_or(OUTPUT_TOKENS);
    let Some(Mode::Budget(budget)) = mode else { return (mode, output) };
    let budget = budget.max(BUDGET_TOKENS_MIN);
    // Nobody set this limit.
    let output = if wanted.or(limit).is_none() { budget.saturating_add(OUTPUT_TOKENS) } else { output };
    let budget = budget.min(output.saturating_sub(1));
    let mode = if budget < BUDGET_TOKENS_MIN { Mode::Off } else { Mode::Budget(budget) };
    (Some(mode), output)
}

impl Thinking<'_> {
    /// Whether it does.
    pub(in crate::provider) const fn thinks(&self) -> bool {
        matches!(self.mode, Some(Mode::Adaptive | Mode::Budget(_)))
    }

    /// Whether anything is said about it, besides its effort.
    pub(in crate::provider) const fn is_said(&self) -> bool {
        self.mode.is_some()
    }

    /// Whether it may be told how much chance there is.
    pub(in crate::provider) fn allows_temperature(&self, number: Number<'_>) -> bool {
        !self.thinks() || number.digits().parse() == Ok(1.0)
    }

    /// Whether it may be told how much of the probability counts.
    pub(in crate::provider) fn allows_top_p(&self, number: Number<'_>) -> bool {
        !self.thinks() || number.digits().parse().is_ok_and(|number: f64| (0.95..=1.0).contains(&number))
    }
}

/// Writes `thinking`. Its effort stands elsewhere.
pub(in crate::provider) fn write(whole: &mut Object<'_>, thinking: &Thinking<'_>) {
    let Some(mode) = thinking.mode else { return };
    let mut out = whole.object("thinking");
    match mode {
        Mode::Off => out.text("type", "disabled"),
        Mode::Adaptive => out.text("type", "adaptive"),
        Mode::Budget(tokens) => out.text("type", "enabled").count("budget_tokens", tokens),
    };
}

/// Output where nobody says how much, and nobody knows how much there can be. **Unit**: tokens.
const OUTPUT_TOKENS: u64 = 4_096;
/// The least budget that the provider takes. **Unit**: tokens.
const BUDGET_TOKENS_MIN: u64 = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(mode: Mode, (wanted, limit): (Option<u64>, Option<u64>), expected: (Mode, u64)) {
        assert_eq!(within(Some(mode), wanted, limit), (Some(expected.0), expected.1));
    }

    #[test]
    fn thoughts_fit_into_the_output() {
        use Mode::{Adaptive, Budget, Off};
        check(Adaptive, (None, None), (Adaptive, 4_096));
        check(Adaptive, (None, Some(64_000)), (Adaptive, 64_000));
        check(Off, (Some(0), Some(64_000)), (Off, 0));
        check(Budget(2_000), (Some(3_000), None), (Budget(2_000), 3_000));
        check(Budget(2_000), (Some(2_000), None), (Budget(1_999), 2_000));
        check(Budget(2_000), (Some(1_025), None), (Budget(1_024), 1_025));
        check(Budget(2_000), (Some(1_024), None), (Off, 1_024));
        check(Budget(10), (Some(3_000), None), (Budget(1_024), 3_000));
        check(Budget(10_000), (None, None), (Budget(10_000), 14_096));
        check(Budget(10_000), (None, Some(8_192)), (Budget(8_191), 8_192));
        check(Budget(u64::MAX), (None, None), (Budget(u64::MAX - 1), u64::MAX));
    }

    fn check_words(model: &str, wish: &Reasoning<'_>, expected: (Option<Mode>, Option<&str>)) {
        assert_eq!(Words::of(model).say(wish), expected, "{model} {wish:?}");
    }

    #[test]
    fn every_model_is_told_in_its_own_words() {
        use Mode::{Adaptive, Budget, Off};
        let high = Reasoning::Effort("high".into());
        for model in [
            "claude-3-7-sonnet-20250219",
            "claude-opus-4-20250514",
            "claude-opus-4-1",
            "claude-sonnet-4@20250514",
            "us.anthropic.claude-haiku-4-5-20251001-v1:0",
            "anthropic/claude-sonnet-4.5",
        ] {
            check_words(model, &high, (Some(Budget(24_576)), None));
            check_words(model, &Reasoning::Adaptive, (Some(Budget(8_192)), None));
            check_words(model, &Reasoning::Off, (Some(Off), None));
        }
        check_words("claude-opus-4-5-20251101", &high, (Some(Budget(24_576)), Some("high")));
        check_words("claude-opus-4-5", &Reasoning::Budget(2_000), (Some(Budget(2_000)), None));
        let most = Reasoning::Effort("xhigh".into());
        check_words("claude-opus-4-5", &most, (Some(Budget(24_576)), Some("high")));
        check_words("claude-sonnet-4-6", &most, (Some(Adaptive), Some("high")));
        for model in ["claude-opus-4-8", "claude-opus-5", "claude-sonnet-5", "claude-haiku-5-5", "other"] {
            check_words(model, &most, (Some(Adaptive), Some("xhigh")));
            check_words(model, &Reasoning::Budget(2_000), (Some(Adaptive), Some("low")));
            check_words(model, &Reasoning::Effort("none".into()), (Some(Off), None));
        }
        for model in ["claude-fable-5-1", "claude-opus-5-5", "claude-sonnet-5-5", "claude-opus-4-10"] {
            check_words(model, &most, (Some(Adaptive), Some("xhigh")));
            check_words(model, &Reasoning::Off, (None, Some("low")));
        }
    }
}
