//! What a person writes: one file a kind, each the single definition of its fields.
//!
//! Source types hold what was written and where, nothing resolved: references are text, patterns are not compiled.
//! They are not serde types and not archive types.

pub mod access;
pub mod chain;
pub mod predicate;
pub mod upstream;
pub mod workspace;

pub use access::{Consumer, Key};
pub use chain::{Chain, Retry, Rule, Sticky};
pub use predicate::Predicate;
pub use upstream::{Backend, BaseUrl, Credential, Model, Provider, SecretSource, Timeouts};
pub use workspace::{Attribute, Workspace};

use crate::read::record::record;

record! {
    /// A policy file: any mix of kinds. Files under `teams/<team>/` belong to that team, all others to the platform.
    object "policy file"
    pub struct PolicyFile {
        /// Upstream services, by name.
        named providers: Provider = "providers" | "provider",
        /// Where the secrets for providers are found, by name.
        named credentials: Credential = "credentials" | "credential",
        /// Models, by the name that clients ask for. The platform's alone.
        named models: Model = "models" | "model",
        /// Models on providers, by name.
        named backends: Backend = "backends" | "backend",
        /// Routing chains, by name.
        named chains: Chain = "chains" | "chain",
        /// People and services that call the gateway, by name.
        named consumers: Consumer = "consumers" | "consumer",
        /// API keys, by name.
        named keys: Key = "keys" | "key",
    }
}
