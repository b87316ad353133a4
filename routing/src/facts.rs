//! What is known about a request before it is routed: the only input of a decision besides the snapshot.
//!
//! Never a prompt: facts can be recorded and replayed. Whoever makes them has read the request once and decided what
//! each part means; nothing here parses.

use pointsman_schema::dialect::Dialect;
use pointsman_schema::limits::ATTRIBUTES_MAX;
use pointsman_schema::protocol::Protocol;
use pointsman_schema::snapshot::view::KeyIx;

/// The facts of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts<'a> {
    /// The API key that asks.
    pub key: KeyIx,
    /// The request's `model`, as it was written.
    pub model: &'a str,
    /// For each declared attribute its value: 0 is none, n is row n-1 of its values. Undeclared places are 0.
    pub attributes: [u16; ATTRIBUTES_MAX],
    /// Capabilities asked for, as bits of [`pointsman_schema::capability::Capability`].
    pub capabilities: u32,
    /// Estimated input. **Unit**: tokens.
    pub input_tokens: u32,
    /// Output asked for; 0 when the request does not say. **Unit**: tokens.
    pub output_tokens: u32,
    /// How the client asks.
    pub dialect: Dialect,
    /// What the request holds that a translation would have to carry, as masks of
    /// [`pointsman_schema::feature::Feature`].
    pub features: u64,
    /// When the request arrived. **Unit**: s since the Unix epoch.
    pub time_s: i64,
    /// The request's id, always given by the gateway.
    pub request_id: [u8; 16],
}

impl Facts<'_> {
    /// What the client speaks: the protocol that its dialect belongs to, which rules match.
    pub const fn protocol(&self) -> Protocol {
        self.dialect.protocol()
    }
}
