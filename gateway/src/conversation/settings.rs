//! How an answer is to be made.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::arguments;
use crate::json::fields::Number;

/// How tokens are drawn. Numbers go out in the digits that they came in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sampling<'a> {
    /// How much chance there is.
    pub temperature: Option<Number<'a>>,
    /// From which part of the probability mass.
    pub top_p: Option<Number<'a>>,
    /// From how many tokens.
    pub top_k: Option<Number<'a>>,
    /// Against repetition, by how often.
    pub frequency_penalty: Option<Number<'a>>,
    /// Against repetition.
    pub presence_penalty: Option<Number<'a>>,
    /// For the same answer again.
    pub seed: Option<Number<'a>>,
}

/// Whether it is as much of the probability mass as a model that thinks may be told.
///
/// **Source**: Anthropic's page "Thinking".
pub fn is_nearly_all(top_p: Number<'_>) -> bool {
    top_p.digits().parse().is_ok_and(|number: f64| (0.95..=1.0).contains(&number))
}

/// What the answer must look like.
#[derive(Debug, Clone)]
pub enum Format<'a> {
    /// Any JSON object.
    Json,
    /// JSON by a schema.
    Schema {
        /// Its name, for protocols that want one.
        name: Option<Cow<'a, str>>,
        /// What it is for.
        description: Option<Cow<'a, str>>,
        /// JSON Schema, as written where the client writes JSON Schema.
        schema: Cow<'a, RawValue>,
        /// Whether it is to be obeyed strictly.
        strict: Option<bool>,
    },
}

impl Format<'_> {
    /// Its schema, where there is one, for protocols that have no other place for what it is for.
    pub fn described(&self) -> Option<Cow<'_, str>> {
        let Self::Schema { description, schema, .. } = self else { return None };
        Some(arguments::described(schema.get(), description.as_deref()))
    }
}

impl PartialEq for Format<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Json, Self::Json) => true,
            (
                Self::Schema { name, description, schema, strict },
                Self::Schema { name: name_2, description: description_2, schema: schema_2, strict: strict_2 },
            ) => {
                (name, description, strict, schema.get()) == (name_2, description_2, strict_2, schema_2.get())
            }
            (Self::Json | Self::Schema { .. }, _) => false,
        }
    }
}

/// What only OpenAI's protocol and its relatives have a form for. Goes out as it came in.
#[derive(Debug, Clone, Default)]
pub struct Extras<'a> {
    /// Names and values that the provider keeps.
    pub metadata: Option<&'a RawValue>,
    /// Bias by token.
    pub logit_bias: Option<&'a RawValue>,
    /// How many other tokens' probabilities are wanted beside each one's own.
    pub top_logprobs: Option<u64>,
    /// Text that the answer will mostly repeat.
    pub prediction: Option<&'a RawValue>,
    /// How wordy the answer should be.
    pub verbosity: Option<Cow<'a, str>>,
    /// Which class of service.
    pub service_tier: Option<Cow<'a, str>>,
    /// Whether the provider keeps the answer.
    pub store: Option<bool>,
}

impl<'a> PartialEq for Extras<'a> {
    fn eq(&self, other: &Self) -> bool {
        let Self { metadata, logit_bias, top_logprobs, prediction, verbosity, service_tier, store } = self;
        let text = |raw: Option<&'a RawValue>| raw.map(RawValue::get);
        (text(*metadata), text(*logit_bias), text(*prediction))
            == (text(other.metadata), text(other.logit_bias), text(other.prediction))
            && (top_logprobs, verbosity, service_tier, store)
                == (&other.top_logprobs, &other.verbosity, &other.service_tier, &other.store)
    }
}

/// How much to think before answering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reasoning<'a> {
    /// Not at all.
    Off,
    /// In words: `minimal`, `low`, `medium`, `high`, `xhigh`, `max`.
    Effort(Cow<'a, str>),
    /// At most so much. **Unit**: tokens.
    Budget(u64),
    /// As the model likes.
    Adaptive,
}

/// The budget that stands for an effort, with providers that know budgets alone. **Unit**: tokens.
pub fn budget_of(effort: &str) -> u64 {
    match effort {
        "minimal" | "low" => 1_024,
        "medium" => 8_192,
        _ => 24_576,
    }
}

/// The effort on which providers spend about as much as a budget of so many tokens.
pub const fn effort_of(budget_tokens: u64) -> &'static str {
    match budget_tokens {
        0..=2_048 => "low",
        2_049..=12_288 => "medium",
        12_289.. => "high",
    }
}
