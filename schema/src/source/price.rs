//! What a model's tokens cost: price lists, each from a day on, and their tiers for long requests.
//!
//! Deliberately no currency but US dollars and no unit but a million tokens. An amount that is not written is unknown,
//! never zero: what costs nothing is written as 0.

use jiff::civil::Date;
use serde_json::{Value as Json, json};

use crate::json_schema::Definitions;
use crate::read::amount::{NANOS_PER_DOLLAR, nanos};
use crate::read::record::record;
use crate::read::scalar::Whole;
use crate::read::{ProblemKind, Read, Reader};
use crate::tree::Node;

record! {
    /// What a model's tokens cost, in US dollars per million tokens. What is not written is unknown; 0 is free.
    object "price"
    pub struct PriceList {
        /// The day from which it holds, from its begin in UTC on; without one, until another list does.
        optional valid_from: Date = "valid-from",
        /// A million tokens of input.
        optional input: Price = "input",
        /// A million tokens of output, reasoning included.
        optional output: Price = "output",
        /// A million tokens of input that the provider read from its cache.
        optional cached_read: Price = "cached-read",
        /// A million tokens of input that the provider wrote to its cache.
        optional cache_write: Price = "cache-write",
        /// Other prices for all tokens of a request with more input.
        items tiers: Tier = "tiers" | "tier",
    }
}

record! {
    /// Prices for all tokens of a request whose input is longer. What is not written is as in the tier below, or as in
    /// the list.
    object "tier"
    pub struct Tier {
        /// Tokens of input, read from a cache or not, that a request must exceed.
        required over: Whole<1, 100_000_000> = "over",
        /// A million tokens of input.
        optional input: Price = "input",
        /// A million tokens of output, reasoning included.
        optional output: Price = "output",
        /// A million tokens of input that the provider read from its cache.
        optional cached_read: Price = "cached-read",
        /// A million tokens of input that the provider wrote to its cache.
        optional cache_write: Price = "cache-write",
    }
}

/// What a million tokens cost.
///
/// **Shape**: US dollars in decimal, 0 to one million, with at most nine decimals: `2.50`, `0`. **Unit**: nano-dollars
/// per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price(pub u64);

impl Price {
    /// The highest price that can be written.
    pub const MAX: u64 = 1_000_000 * NANOS_PER_DOLLAR;
}

impl Read for Price {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let expected = "a price in dollars";
        let text = &reader.scalar(node, expected)?.text;
        match nanos(text) {
            Ok(nanos) if nanos <= Self::MAX => Some(Self(nanos)),
            Ok(_) => {
                let bounds = "0 to 1000000 dollars per million tokens".to_owned();
                reader.report(
                    node.span,
                    ProblemKind::OutOfRange { what: "price", value: text.clone(), bounds },
                );
                None
            }
            Err(why) => {
                reader.report(node.span, ProblemKind::Malformed { expected, text: text.clone(), why });
                None
            }
        }
    }

    fn describe(_: &mut Definitions) -> Json {
        let text = json!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]{1,9})?$" });
        json!({ "anyOf": [{ "type": "number", "minimum": 0 }, text] })
    }
}
