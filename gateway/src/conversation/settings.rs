//! How an answer is to be made.

use std::borrow::Cow;

use serde_json::value::RawValue;

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
        /// JSON Schema as written.
        schema: &'a RawValue,
        /// Whether it is to be obeyed strictly.
        strict: Option<bool>,
    },
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
