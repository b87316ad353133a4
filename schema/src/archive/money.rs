//! Money and rates: what the tokens of models cost, and how fast keys may ask.
//!
//! Integers alone, in nano-dollars per million tokens. Prices ask for nothing by themselves: a gateway that keeps no
//! budget may serve a snapshot with prices, because no request could notice them.

use super::table;

table! {
    /// The money section.
    struct Money {
        /// Sorted by model, day and tier; each once.
        prices: Vec<Price>,
        /// Limits, by name.
        limits: Vec<Limit>,
    }
}

table! {
    /// A rate that requests are held to. What it does not count is 0.
    struct Limit {
        /// Its stable name's text.
        name: u32,
        /// Requests that may begin in one window.
        requests: u64,
        /// How many of them may begin at once after a pause; 0 where requests are not counted.
        burst: u64,
        /// Input and output tokens that may be used in one window.
        tokens: u64,
        /// The window of both; 0 where neither is counted. **Unit**: seconds.
        window_s: u32,
        /// Requests that may be open at once.
        concurrent: u32,
        /// What one count is kept for: the code of [`crate::source::budget::Counted`].
        per: u8,
    }
}

table! {
    /// Prices of one model from one moment on, for requests whose input exceeds one length.
    struct Price {
        /// The model.
        model: u32,
        /// First second (Unix time) at which it holds; `i64::MIN` when it always did.
        valid_from_s: i64,
        /// Tokens of input that a request must exceed, cached ones included; 0 for the prices of every other request.
        over_tokens: u32,
        /// Input, or [`UNPRICED`]. **Unit**: nano-dollars per million tokens.
        input_nanos: u64,
        /// Output, or [`UNPRICED`]. **Unit**: nano-dollars per million tokens.
        output_nanos: u64,
        /// Input read from the provider's cache, or [`UNPRICED`]. **Unit**: nano-dollars per million tokens.
        cached_read_nanos: u64,
        /// Input written to the provider's cache, or [`UNPRICED`]. **Unit**: nano-dollars per million tokens.
        cache_write_nanos: u64,
    }
}

/// In place of a price: nobody wrote one.
pub const UNPRICED: u64 = u64::MAX;

/// All shapes of this section, for [`super::shape_hash`].
pub(super) const SHAPES: &[&str] = &[Money::SHAPE, Price::SHAPE, Limit::SHAPE];
