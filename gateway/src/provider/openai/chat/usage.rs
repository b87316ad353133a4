//! What an answer used, as OpenAI counts.

use serde::Deserialize;

use crate::conversation::answer::Usage;

/// The member `usage`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(in crate::provider) struct Used {
    #[serde(default)]
    pub(in crate::provider) prompt_tokens: u64,
    #[serde(default)]
    pub(in crate::provider) completion_tokens: u64,
    #[serde(default)]
    pub(in crate::provider) total_tokens: u64,
    #[serde(default)]
    pub(in crate::provider) prompt_tokens_details: Option<Input>,
    #[serde(default)]
    pub(in crate::provider) completion_tokens_details: Option<Output>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(in crate::provider) struct Input {
    #[serde(default)]
    cached_tokens: Option<u64>,
    #[serde(default)]
    cache_write_tokens: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(in crate::provider) struct Output {
    #[serde(default)]
    reasoning_tokens: Option<u64>,
}

impl Used {
    /// Reasoning that is counted beside the completion, as xAI does: the total tells.
    ///
    /// **Source**: xAI's page "Consumption and rate limits".
    const fn apart(&self, reasoning: u64) -> u64 {
        let others = self.prompt_tokens.saturating_add(self.completion_tokens);
        if self.total_tokens == others.saturating_add(reasoning) { reasoning } else { 0 }
    }
}

impl From<Used> for Usage {
    fn from(used: Used) -> Self {
        let input = used.prompt_tokens_details.unwrap_or_default();
        let output = used.completion_tokens_details.unwrap_or_default();
        let reasoning = output.reasoning_tokens.unwrap_or(0);
        Self {
            input: used.prompt_tokens,
            cached: input.cached_tokens.unwrap_or(0),
            cache_written: input.cache_write_tokens.unwrap_or(0),
            cache_written_hour: 0,
            output: used.completion_tokens.saturating_add(used.apart(reasoning)),
            reasoning,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is counted as output and as reasoning of these numbers of OpenAI's.
    fn check((completion, reasoning, total): (u64, u64, u64), expected: (u64, u64)) {
        let written = format!(
            r#"{{"prompt_tokens":10,"completion_tokens":{completion},"total_tokens":{total},
            "completion_tokens_details":{{"reasoning_tokens":{reasoning}}}}}"#
        );
        let usage = Usage::from(serde_json::from_str::<Used>(&written).unwrap());
        assert_eq!((usage.output, usage.reasoning), expected, "{written}");
    }

    #[test]
    fn reasoning_counts_once_wherever_it_stands() {
        check((7, 5, 17), (7, 5));
        check((2, 317, 329), (319, 317));
        check((7, 0, 17), (7, 0));
        check((7, 5, 0), (7, 5));
        check((7, 5, 99), (7, 5));
    }
}
