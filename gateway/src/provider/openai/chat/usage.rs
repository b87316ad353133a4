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

impl From<Used> for Usage {
    fn from(used: Used) -> Self {
        let input = used.prompt_tokens_details.unwrap_or_default();
        let output = used.completion_tokens_details.unwrap_or_default();
        Self {
            input: used.prompt_tokens,
            cached: input.cached_tokens.unwrap_or(0),
            cache_written: input.cache_write_tokens.unwrap_or(0),
            cache_written_hour: 0,
            output: used.completion_tokens,
            reasoning: output.reasoning_tokens.unwrap_or(0),
        }
    }
}
