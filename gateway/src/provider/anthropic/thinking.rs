//! How much the model thinks, and what that leaves of the rest of a request.
//!
//! A model that thinks is not told how to draw its tokens, nor made to call a function: the provider refuses a request
//! that says both. Of two wishes that exclude each other, the one that was made for this request's whole answer is kept:
//! a function that must be called over thoughts, and thoughts over how tokens are drawn, as OpenAI's own models that think
//! do not let it be set either. What gives way is named by [`super::request::excluded`], so that it is not lost in
//! silence.

use crate::conversation::Conversation;
use crate::conversation::message::ToolChoice;
use crate::conversation::settings::Reasoning;
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

/// Decides.
pub(in crate::provider) fn plan<'c>(
    conversation: &'c Conversation<'_>,
    output_limit: Option<u32>,
) -> Thinking<'c> {
    let must_call = matches!(conversation.tool_choice, Some(ToolChoice::Required | ToolChoice::Named(_)));
    let must_call = must_call && !conversation.tools.is_empty();
    let (mode, effort) = match &conversation.reasoning {
        None => (None, None),
        Some(Reasoning::Off | Reasoning::Budget(0)) => (Some(Mode::Off), None),
        Some(Reasoning::Adaptive) => (Some(Mode::Adaptive), None),
        Some(Reasoning::Budget(tokens)) => (Some(Mode::Budget(*tokens)), None),
        Some(Reasoning::Effort(word)) => match &**word {
            "none" => (Some(Mode::Off), None),
            "minimal" => (Some(Mode::Adaptive), Some("low")),
            word => (Some(Mode::Adaptive), Some(word)),
        },
    };
    let is_on = matches!(mode, Some(Mode::Adaptive | Mode::Budget(_)));
    // Effort also says how much the model does besides thinking, and stays.
    let is_hindered = must_call && is_on && effort.is_none();
    let mode = mode.filter(|_| !(must_call && is_on));
    let (mode, output_tokens) = within(mode, conversation.output_tokens, output_limit.map(u64::from));
    Thinking { output_tokens, effort, is_hindered, mode }
}

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
}
