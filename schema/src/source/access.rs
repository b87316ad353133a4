//! `consumer` and `key`: who may call the gateway and with what.

use crate::read::key_digest::KeyDigest;
use crate::read::record::record;
use crate::read::scalar::{LastSecond, ModelName, Name, Reference};

record! {
    /// A person or a service that calls the gateway. It belongs to the team in whose folder it is declared.
    object "consumer"
    pub struct Consumer {
        /// Words that rules may match.
        list tags: Name = "tags",
        /// Budgets that its requests fall under, whichever key they use.
        list budgets: Reference = "budgets",
        /// Limits that its requests fall under, whichever key they use.
        list limits: Reference = "limits",
        /// Whether other teams' files may name it.
        optional export: bool = "export",
    }
}

record! {
    /// An API key, without the key.
    object "key"
    pub struct Key {
        /// Whose key it is.
        required consumer: Reference = "consumer",
        /// The chain that its requests take.
        required chain: Reference = "chain",
        /// SHA-256 of each form of the key, as `pointsman key new` prints it. One or two: a second one for rotation, which
        /// may end with ` until DATE`.
        list digests: KeyDigest = "digests",
        /// Models that it may ask for and be served by; without it, all that its chain serves.
        list models: ModelName = "models",
        /// Budgets that its requests fall under, besides its consumer's.
        list budgets: Reference = "budgets",
        /// Limits that its requests fall under, besides its consumer's.
        list limits: Reference = "limits",
        /// MCP profiles that it may use.
        list mcp_profiles: Reference = "mcp-profiles",
        /// Until when it is accepted.
        optional expires: LastSecond = "expires",
    }
}
