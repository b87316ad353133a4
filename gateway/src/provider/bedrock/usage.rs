//! What an answer used, as Bedrock counts: cached input stands beside the input, and reasoning is within the output.

use serde::Deserialize;

use crate::conversation::answer::Usage;
use crate::json::Text;

/// The member `usage`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Used<'a> {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_write_input_tokens: Option<u64>,
    #[serde(borrow)]
    cache_details: Option<Vec<Detail<'a>>>,
}

/// What was written to a cache for one time.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'a> {
    #[serde(borrow)]
    ttl: Text<'a>,
    input_tokens: u64,
}

impl From<Used<'_>> for Usage {
    fn from(used: Used<'_>) -> Self {
        let cached = used.cache_read_input_tokens.unwrap_or(0);
        let cache_written = used.cache_write_input_tokens.unwrap_or(0);
        let input = used.input_tokens.unwrap_or(0);
        let details = used.cache_details.unwrap_or_default();
        let of_an_hour = details.iter().filter(|detail| detail.ttl.0 == "1h");
        let hour = of_an_hour.fold(0, |sum: u64, detail| sum.saturating_add(detail.input_tokens));
        Self {
            input: input.saturating_add(cached).saturating_add(cache_written),
            cached,
            cache_written,
            cache_written_hour: hour.min(cache_written),
            output: used.output_tokens.unwrap_or(0),
            reasoning: 0,
        }
    }
}
