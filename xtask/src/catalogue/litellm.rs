//! Limits, capabilities and dates from the package litellm, and prices where the other package has none.
//!
//! Numbers are kept as they are written and never become floats.

use std::collections::BTreeMap;

use jiff::civil::Date;
use pointsman_schema::capability::Capability;
use pointsman_schema::catalogue::{Rates, Step, Tariff};
use serde_json::value::RawValue;

use super::decimal::{PER_TOKEN, scaled};

/// The fields of one entry, each as it is written.
pub(crate) struct Fields(BTreeMap<String, Box<RawValue>>);

/// Every entry by its name.
pub(crate) fn read(text: &str) -> serde_json::Result<BTreeMap<String, Fields>> {
    let all: BTreeMap<String, BTreeMap<String, Box<RawValue>>> = serde_json::from_str(text)?;
    Ok(all.into_iter().map(|(name, fields)| (name, Fields(fields))).collect())
}

impl Fields {
    fn raw(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(|raw| raw.get())
    }

    /// A field that is text.
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.raw(field)?.strip_prefix('"')?.strip_suffix('"')
    }

    /// A field that counts tokens.
    pub(crate) fn tokens(&self, field: &str) -> Option<u32> {
        let tokens = scaled(self.raw(field)?, 0)?;
        u32::try_from(tokens).ok().filter(|tokens| *tokens > 0)
    }

    fn says(&self, field: &str) -> bool {
        self.raw(field) == Some("true")
    }

    /// What the model can do, as bits of [`Capability`].
    pub(crate) fn capabilities(&self) -> u32 {
        if self.text("mode") == Some("embedding") {
            return Capability::Embeddings.bit();
        }
        let tools = self.says("supports_function_calling");
        let said = [
            (Capability::Tools, tools),
            (Capability::ParallelTools, tools && self.says("supports_parallel_function_calling")),
            (Capability::Vision, self.says("supports_vision")),
            (Capability::Audio, self.says("supports_audio_input") || self.says("supports_audio_output")),
            (Capability::StructuredOutput, self.says("supports_response_schema")),
            (Capability::Reasoning, self.says("supports_reasoning")),
            (Capability::Streaming, self.raw("supports_native_streaming") != Some("false")),
        ];
        said.into_iter().filter(|(_, said)| *said).fold(0, |bits, (one, _)| bits | one.bit())
    }

    /// The day from which the provider no longer offers it.
    pub(crate) fn deprecated(&self) -> Option<Date> {
        self.text("deprecation_date")?.parse().ok()
    }

    /// Its prices; nothing when it has none.
    pub(crate) fn tariff(&self) -> Option<Tariff> {
        let mut borders = vec![(0, String::new())];
        for name in self.0.keys() {
            let above = name.strip_prefix("input_cost_per_token_above_");
            let thousands = above.and_then(|rest| rest.strip_suffix("k_tokens"));
            let tokens = thousands.and_then(|thousands| thousands.parse::<u32>().ok()?.checked_mul(1_000));
            borders.extend(
                tokens
                    .zip(thousands)
                    .map(|(tokens, thousands)| (tokens, format!("_above_{thousands}k_tokens"))),
            );
        }
        borders.sort();
        let mut steps: Vec<Step> = Vec::new();
        for (over, ending) in borders {
            let rate = |field: &str| scaled(self.raw(&format!("{field}{ending}"))?, PER_TOKEN);
            let rates = Rates {
                input: rate("input_cost_per_token"),
                output: rate("output_cost_per_token"),
                cached_read: rate("cache_read_input_token_cost"),
                cache_write: rate("cache_creation_input_token_cost"),
            };
            let below = steps.last().map(|step| step.rates).unwrap_or_default();
            steps.push(Step { over, rates: rates.or(below) });
        }
        let is_priced = steps.first().is_some_and(|step| step.rates.input.is_some());
        is_priced.then_some(Tariff { valid_from: None, steps })
    }
}

#[cfg(test)]
mod tests {
    use pointsman_schema::catalogue::Entry;

    use super::*;

    fn check(fields: &str, expected: &str) {
        let all = read(&format!("{{\"m\":{{{fields}}}}}")).unwrap();
        let entry = Entry {
            context_window: all["m"].tokens("max_input_tokens"),
            capabilities: all["m"].capabilities(),
            deprecated: all["m"].deprecated(),
            tariffs: all["m"].tariff().into_iter().collect(),
            ..Entry::default()
        };
        assert_eq!(entry.line(), expected);
    }

    #[test]
    fn fields_are_read_as_written() {
        check(
            r#""mode":"embedding","input_cost_per_token":2e-08"#,
            "\t\t-\t-\tembeddings\t-\t* 20000000 - - -",
        );
        check(
            r#""mode":"chat","max_input_tokens":1000,"supports_function_calling":true,"deprecation_date":"2026-11-30",
               "input_cost_per_token":1e-06,"output_cost_per_token":2e-06,"input_cost_per_token_above_200k_tokens":3e-06,
               "supports_native_streaming":false"#,
            "\t\t1000\t-\ttools\t2026-11-30\t* 1000000000 2000000000 - - ; >200000 3000000000 2000000000 - -",
        );
        check(r#""mode":"chat","output_cost_per_token":2e-06"#, "\t\t-\t-\tstreaming\t-\t-");
    }
}
