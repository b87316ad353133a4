//! What an answer used, as Anthropic counts: cached input beside the rest of it.

use serde::Deserialize;

use crate::conversation::answer::Usage;

/// The member `usage`. What is absent has not changed.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(in crate::provider) struct Used {
    #[serde(default)]
    input_tokens: Option<u64>,
    #[serde(default)]
    cache_creation_input_tokens: Option<u64>,
    #[serde(default)]
    cache_read_input_tokens: Option<u64>,
    #[serde(default)]
    cache_creation: Option<Written>,
    #[serde(default)]
    output_tokens: Option<u64>,
    #[serde(default)]
    output_tokens_details: Option<Details>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Written {
    #[serde(default)]
    ephemeral_1h_input_tokens: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Details {
    #[serde(default)]
    thinking_tokens: Option<u64>,
}

impl Used {
    /// What is known after a later one: each number counts all so far, and takes the place of the earlier one.
    pub(in crate::provider) fn then(self, later: Self) -> Self {
        Self {
            input_tokens: later.input_tokens.or(self.input_tokens),
            cache_creation_input_tokens: later
                .cache_creation_input_tokens
                .or(self.cache_creation_input_tokens),
            cache_read_input_tokens: later.cache_read_input_tokens.or(self.cache_read_input_tokens),
            cache_creation: later.cache_creation.or(self.cache_creation),
            output_tokens: later.output_tokens.or(self.output_tokens),
            output_tokens_details: later.output_tokens_details.or(self.output_tokens_details),
        }
    }
}

impl From<Used> for Usage {
    fn from(used: Used) -> Self {
        let cached = used.cache_read_input_tokens.unwrap_or(0);
        let cache_written = used.cache_creation_input_tokens.unwrap_or(0);
        let hour = used.cache_creation.and_then(|written| written.ephemeral_1h_input_tokens).unwrap_or(0);
        let output = used.output_tokens.unwrap_or(0);
        let reasoning = used.output_tokens_details.and_then(|details| details.thinking_tokens).unwrap_or(0);
        Self {
            input: used.input_tokens.unwrap_or(0).saturating_add(cached).saturating_add(cache_written),
            cached,
            cache_written,
            // The times can be those of a part of the request only.
            cache_written_hour: hour.min(cache_written),
            output,
            reasoning: reasoning.min(output),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(events: &[&str], expected: Usage) {
        let used =
            events.iter().fold(Used::default(), |used, text| used.then(serde_json::from_str(text).unwrap()));
        assert_eq!(Usage::from(used), expected);
    }

    #[test]
    fn cached_input_counts_once_and_the_last_number_counts() {
        let start = r#"{"input_tokens":10,"cache_read_input_tokens":100,"cache_creation_input_tokens":1000,
            "cache_creation":{"ephemeral_5m_input_tokens":400,"ephemeral_1h_input_tokens":600},"output_tokens":1}"#;
        let first = Usage {
            input: 1110,
            cached: 100,
            cache_written: 1000,
            cache_written_hour: 600,
            output: 1,
            reasoning: 0,
        };
        check(&[start], first);
        let end = r#"{"output_tokens":20,"output_tokens_details":{"thinking_tokens":7}}"#;
        check(&[start, end], Usage { output: 20, reasoning: 7, ..first });
        let all = r#"{"input_tokens":11,"cache_read_input_tokens":101,"cache_creation_input_tokens":500,"output_tokens":20}"#;
        let last = Usage {
            input: 612,
            cached: 101,
            cache_written: 500,
            cache_written_hour: 500,
            output: 20,
            reasoning: 0,
        };
        check(&[start, all], last);
        check(&[r#"{"cache_creation":null,"input_tokens":null}"#], Usage::default());
        let most = r#"{"input_tokens":18446744073709551615,"cache_read_input_tokens":1}"#;
        check(&[most], Usage { input: u64::MAX, cached: 1, ..Usage::default() });
    }
}
