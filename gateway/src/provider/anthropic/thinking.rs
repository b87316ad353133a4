//! How much the model thinks, and what that leaves of the rest of a request.
//!
//! A model that thinks is not told how to draw its tokens, nor how its answer begins; one that thinks within a budget is not
//! made to call a function either: the provider refuses a request that says both. Which wish gives way is said by
//! [`Claude::beside`] before any backend is chosen, so that nothing is lost in silence. In which words a model is told, its name
//! says: [`pointsman_schema::claude`].
//!
//! Within a turn in which functions are called, one that thinks within a budget must have thought before the first call. Where
//! that turn began elsewhere, or the client did not keep the thoughts, it goes on without: nobody can mend what was said, so this
//! is named and never refused.

use pointsman_schema::claude::{self, BUDGET_TOKENS_MIN, Claude, Drawing, Unthinking};

use crate::conversation::Conversation;
use crate::conversation::message::{Message, Part, Role, ToolChoice};
use crate::conversation::settings::{Reasoning, Sampling, budget_of, effort_of, is_nearly_all};
use crate::json::fields::Number;
use crate::json::write::Object;

/// What is said about it.
pub(in crate::provider) struct Thinking<'c> {
    /// **Unit**: tokens.
    pub(in crate::provider) output_tokens: u64,
    /// In words.
    pub(in crate::provider) effort: Option<&'c str>,
    /// Whether it was asked for and is not done.
    pub(in crate::provider) is_given_up: bool,
    mode: Option<Mode>,
    claude: Claude,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Off,
    Least,
    Adaptive,
    /// **Unit**: tokens.
    Budget(u64),
}

/// Decides, for a model by this name that gives at most so much output.
pub(in crate::provider) fn plan<'c>(
    conversation: &'c Conversation<'_>,
    (model, output_limit): (&str, Option<u32>),
) -> Thinking<'c> {
    let claude = Claude::of(model);
    let wish = conversation.reasoning.as_ref();
    let (wished, effort) = wish.map_or((None, None), |wish| say(claude, wish));
    let mode = if is_prevented(conversation, wished) { off(claude) } else { wished };
    let (mode, output_tokens) = within(mode, conversation.output_tokens, output_limit.map(u64::from));
    Thinking { output_tokens, effort, is_given_up: is_on(wished) && !is_on(mode), mode, claude }
}

const fn is_on(mode: Option<Mode>) -> bool {
    matches!(mode, Some(Mode::Adaptive | Mode::Budget(_)))
}

/// Whether what else is said leaves no place for thoughts.
fn is_prevented(conversation: &Conversation<'_>, mode: Option<Mode>) -> bool {
    let must_call = matches!(conversation.tool_choice, Some(ToolChoice::Required | ToolChoice::Named(_)));
    let must_call = must_call && !conversation.tools.is_empty();
    let has_budget = matches!(mode, Some(Mode::Budget(_)));
    is_on(mode) && (is_begun(conversation) || has_budget && (must_call || is_unthought(conversation)))
}

/// Whether the answer has begun.
fn is_begun(conversation: &Conversation<'_>) -> bool {
    conversation.messages.last().is_some_and(|last| last.role == Role::Assistant)
}

/// Whether functions are being called in this turn, and before its first call stands no thought that can be given back.
fn is_unthought(conversation: &Conversation<'_>) -> bool {
    let is_call = |part: &Part<'_>| matches!(part, Part::ToolCall(_));
    let gives_back = |message: &Message<'_>| {
        message.role != Role::User || message.parts.iter().any(|part| matches!(part, Part::ToolResult(_)))
    };
    let turn = conversation.messages.iter().rev().take_while(|message| gives_back(message));
    let said = turn.filter(|message| message.role == Role::Assistant);
    // Backwards: the last of these is where the turn began.
    let calls = said.filter(|message| message.parts.iter().any(is_call)).last();
    calls.is_some_and(|first| !first.parts.iter().take_while(|part| !is_call(part)).any(is_proved))
}

/// Whether it is a thought that the provider takes back.
fn is_proved(part: &Part<'_>) -> bool {
    matches!(part, Part::Thought(thought) if thought.signature.is_some() || thought.redacted.is_some())
}

/// A wish in a model's words: what to do, and with how much effort.
fn say<'c>(claude: Claude, wish: &'c Reasoning<'_>) -> (Option<Mode>, Option<&'c str>) {
    let word = match wish {
        Reasoning::Off | Reasoning::Budget(0) => "none",
        Reasoning::Effort(word) => word,
        Reasoning::Budget(tokens) => effort_of(*tokens),
        Reasoning::Adaptive => return (Some(as_it_likes(claude)), None),
    };
    let effort = match (word, claude.thinking) {
        ("none", _) if claude.unthinking == Unthinking::LeastEffort => return (None, Some("low")),
        ("none", _) => return (off(claude), None),
        ("minimal", _) => "low",
        ("xhigh", claude::Thinking::BudgetAndEffort | claude::Thinking::Effort)
        | ("max", claude::Thinking::BudgetAndEffort) => "high",
        (word, _) => word,
    };
    let budget = if let Reasoning::Budget(tokens) = wish { *tokens } else { budget_of(effort) };
    match claude.thinking {
        claude::Thinking::Budget => (Some(Mode::Budget(budget)), None),
        claude::Thinking::BudgetAndEffort => {
            let is_effort = matches!(wish, Reasoning::Effort(_));
            (Some(Mode::Budget(budget)), is_effort.then_some(effort))
        }
        claude::Thinking::Effort | claude::Thinking::AnyEffort => (Some(Mode::Adaptive), Some(effort)),
    }
}

fn as_it_likes(claude: Claude) -> Mode {
    if claude.thinking.has_budget() { Mode::Budget(budget_of("medium")) } else { Mode::Adaptive }
}

/// Not to think. One that cannot be told so is told nothing.
const fn off(claude: Claude) -> Option<Mode> {
    match claude.unthinking {
        Unthinking::Disabled => Some(Mode::Off),
        Unthinking::BetweenTools => Some(Mode::Least),
        Unthinking::Unsaid | Unthinking::LeastEffort => None,
    }
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

/// What may be said of how tokens are drawn: temperature, `top_p`, `top_k`.
pub(in crate::provider) type Drawn<'a> = [Option<Number<'a>>; 3];

impl Thinking<'_> {
    /// Whether anything is said about it, besides its effort.
    pub(in crate::provider) const fn is_said(&self) -> bool {
        self.mode.is_some()
    }

    /// What may be said of how tokens are drawn. What this protocol has no form for was refused, or may be lost.
    pub(in crate::provider) fn drawn<'a>(&self, sampling: &Sampling<'a>) -> Drawn<'a> {
        let Sampling { temperature, top_p, top_k, frequency_penalty: _, presence_penalty: _, seed: _ } =
            sampling;
        let thinks = is_on(self.mode);
        // Up to 1, which is also what is done when nothing is said: the nearest to more.
        let temperature = temperature.filter(|number| !number.is_above(1) && (!thinks || number.is_one()));
        let top_p = top_p.filter(|number| !thinks || is_nearly_all(*number));
        let top_k = top_k.filter(|_| !thinks);
        match (self.claude.drawing, temperature, top_p) {
            (Drawing::Default, _, _) => [None; 3],
            (Drawing::One, Some(all), Some(_)) if all.is_one() => [None, top_p, top_k],
            (Drawing::One, Some(_), Some(_)) => [temperature, None, top_k],
            _ => [temperature, top_p, top_k],
        }
    }
}

/// Writes `thinking`. Its effort stands elsewhere.
pub(in crate::provider) fn write(whole: &mut Object<'_>, thinking: &Thinking<'_>) {
    let Some(mode) = thinking.mode else { return };
    let mut out = whole.object("thinking");
    match mode {
        Mode::Off => out.text("type", "disabled"),
        Mode::Least => out.text("type", "between_tools"),
        Mode::Adaptive => out.text("type", "adaptive"),
        Mode::Budget(tokens) => out.text("type", "enabled").count("budget_tokens", tokens),
    };
    if thinking.claude.hides_thoughts && is_on(thinking.mode) {
        // Whoever asks for thoughts is to see them.
        out.text("display", "summarized");
    }
}

/// Output where nobody says how much, and nobody knows how much there can be. **Unit**: tokens.
const OUTPUT_TOKENS: u64 = 4_096;

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
        assert_eq!(say(Claude::of(model), wish), expected, "{model} {wish:?}");
    }

    #[test]
    fn every_model_is_told_in_its_own_words() {
        use Mode::{Adaptive, Budget, Least, Off};
        let high = Reasoning::Effort("high".into());
        for model in ["claude-3-7-sonnet-20250219", "claude-opus-4-1", "anthropic/claude-sonnet-4.5"] {
            check_words(model, &high, (Some(Budget(24_576)), None));
            check_words(model, &Reasoning::Adaptive, (Some(Budget(8_192)), None));
            check_words(model, &Reasoning::Off, (Some(Off), None));
        }
        check_words("claude-opus-4-5-20251101", &high, (Some(Budget(24_576)), Some("high")));
        check_words("claude-opus-4-5", &Reasoning::Budget(2_000), (Some(Budget(2_000)), None));
        let most = Reasoning::Effort("xhigh".into());
        check_words("claude-opus-4-5", &most, (Some(Budget(24_576)), Some("high")));
        check_words("claude-sonnet-4-6", &most, (Some(Adaptive), Some("high")));
        for (model, unthinking) in [
            ("claude-opus-4-8", None),
            ("claude-opus-5", Some(Off)),
            ("claude-haiku-5-5", Some(Off)),
            ("claude-sonnet-5-5", Some(Least)),
            ("other", Some(Off)),
        ] {
            check_words(model, &most, (Some(Adaptive), Some("xhigh")));
            check_words(model, &Reasoning::Budget(2_000), (Some(Adaptive), Some("low")));
            check_words(model, &Reasoning::Effort("none".into()), (unthinking, None));
        }
        for model in ["claude-fable-5-1", "claude-opus-5-5", "claude-mythos-preview"] {
            check_words(model, &most, (Some(Adaptive), Some("xhigh")));
            check_words(model, &Reasoning::Off, (None, Some("low")));
        }
    }
}
