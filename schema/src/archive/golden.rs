//! Golden vectors: requests, and the digest of what the compiler decided for each.
//!
//! A replica evaluates them again before it serves a snapshot, so that a gateway whose code would decide otherwise
//! than the compiler's refuses the snapshot instead of misrouting by it.

use super::table;

table! {
    /// The golden vectors section.
    struct Golden {
        /// At most [`crate::limits::GOLDEN_VECTORS_MAX`].
        vectors: Vec<Vector>,
    }
}

table! {
    /// One request, with every backend available, and its decision.
    struct Vector {
        /// Index of the key that asks.
        key: u32,
        /// The request's `model`.
        model: String,
        /// For each declared attribute its value (0 is none).
        attributes: Vec<u16>,
        /// Capabilities asked for, as bits.
        capabilities: u32,
        /// Estimated input tokens.
        input_tokens: u32,
        /// Output tokens asked for; 0 when the request does not say.
        output_tokens: u32,
        /// A [`crate::dialect::Dialect`] code.
        dialect: u8,
        /// What the request holds that a translation would have to carry, as [`crate::feature::Feature`] masks.
        features: u64,
        /// Unix time of the request.
        time_s: i64,
        /// The request's id.
        request_id: [u8; 16],
        /// SHA-256 of the decision's canonical form (see `pointsman-routing`).
        decision: [u8; 32],
    }
}

/// All shapes of this section, for [`super::shape_hash`].
pub(super) const SHAPES: &[&str] = &[Golden::SHAPE, Vector::SHAPE];
