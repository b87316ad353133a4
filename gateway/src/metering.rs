//! What an attempt used, as it is counted: what its provider says, or what can be said without it.
//!
//! An answer that was cut, or whose client went away, was used up to there. Then what its provider said last is too little, or
//! it said nothing: the input is what routing estimated, the output as much as came of it. Such a count says so.

use pointsman_schema::outcome::Outcome;

use crate::conversation::answer::Usage;
use crate::provider::usage::Used;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metered {
    /// How much.
    pub usage: Usage,
    /// Whether some of it is an estimate.
    pub is_estimated: bool,
}

impl Metered {
    /// Input and output together.
    pub const fn tokens(&self) -> u64 {
        self.usage.input.saturating_add(self.usage.output)
    }

    /// What was used by an attempt that ended so; nothing where nothing came of it.
    pub fn of(used: Used, outcome: Outcome, input_tokens: u32) -> Option<Self> {
        let Used { usage, pieces } = used;
        if let (Some(usage), Outcome::Served) = (usage, outcome) {
            return Some(Self { usage, is_estimated: false });
        }
        if usage.is_none() && pieces == 0 {
            return None;
        }
        let known = usage.unwrap_or_default();
        let input = if known.input == 0 { input_tokens.into() } else { known.input };
        let usage = Usage { input, output: known.output.max(pieces), ..known };
        Some(Self { usage, is_estimated: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(said: Option<[u64; 2]>, pieces: u64, outcome: Outcome, expected: Option<([u64; 2], bool)>) {
        let usage = |[input, output]: [u64; 2]| Usage { input, output, ..Usage::default() };
        let metered = Metered::of(Used { usage: said.map(usage), pieces }, outcome, 7);
        let expected = expected.map(|(used, is_estimated)| Metered { usage: usage(used), is_estimated });
        assert_eq!(metered, expected);
    }

    #[test]
    fn what_nobody_said_is_estimated() {
        check(Some([3, 5]), 9, Outcome::Served, Some(([3, 5], false)));
        check(None, 9, Outcome::Served, Some(([7, 9], true)));
        check(None, 9, Outcome::Cancelled, Some(([7, 9], true)));
        check(Some([3, 1]), 9, Outcome::CutStream, Some(([3, 9], true)));
        check(Some([3, 20]), 9, Outcome::CutStream, Some(([3, 20], true)));
        check(None, 0, Outcome::Served, None);
        check(None, 0, Outcome::Timeout, None);
    }
}
