//! What an answer used, as Cohere counts: what is billed, where that is told, and else all tokens. Thoughts are within the
//! output, cached input within the input.

use std::fmt;

use serde::Deserialize;
use serde::de::Visitor;

use crate::conversation::answer::Usage;

/// The member `usage`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Used {
    billed_units: Option<Tokens>,
    tokens: Option<Tokens>,
    cached_tokens: Option<Count>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tokens {
    input_tokens: Option<Count>,
    output_tokens: Option<Count>,
}

/// A number of tokens, which may be written as `12.0`.
#[derive(Debug, Clone, Copy)]
struct Count(u64);

impl From<Used> for Usage {
    fn from(used: Used) -> Self {
        let (billed, all) = (used.billed_units.unwrap_or_default(), used.tokens.unwrap_or_default());
        let number = |one: Option<Count>, other: Option<Count>| one.or(other).map_or(0, |count| count.0);
        let input = number(billed.input_tokens, all.input_tokens);
        Self {
            input,
            cached: number(used.cached_tokens, None).min(input),
            output: number(billed.output_tokens, all.output_tokens),
            ..Self::default()
        }
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Counting).map(Self)
    }
}

struct Counting;

impl Visitor<'_> for Counting {
    type Value = u64;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a number of tokens")
    }

    fn visit_u64<E>(self, count: u64) -> Result<u64, E> {
        Ok(count)
    }

    fn visit_i64<E>(self, count: i64) -> Result<u64, E> {
        Ok(u64::try_from(count).unwrap_or(0))
    }

    fn visit_f64<E>(self, count: f64) -> Result<u64, E> {
        // Nobody counts so far that digits are missing.
        Ok(format!("{count:.0}").parse().unwrap_or(0))
    }
}
