//! What a person writes: one file a kind, each the single definition of its fields.
//!
//! Source types hold what was written and where, nothing resolved: references are text, patterns are not compiled.
//! They are not serde types and not archive types.

pub mod access;
pub mod budget;
pub mod chain;
pub mod credential;
pub mod mcp;
pub mod platform;
pub mod predicate;
pub mod price;
pub mod signer;
pub mod token;
pub mod upstream;
pub mod when;
pub mod workspace;

pub use access::{Consumer, Key};
pub use budget::{Budget, Limit};
pub use chain::{Chain, Lossy, Retry, Rule, Sticky};
pub use credential::{Credential, SecretPlace, SecretSource};
pub use mcp::{McpProfile, McpServer};
pub use platform::{Module, Role, Telemetry};
pub use predicate::Predicate;
pub use price::{Price, PriceList, Tier};
pub use signer::Signer;
pub use token::TokenRequest;
pub use upstream::{Backend, BaseUrl, Model, Provider, Scheme, Timeouts};
pub use workspace::{Attribute, Workspace};

use crate::read::record::{Field, Record, record};

/// One object of the language, as it is known without reading anything.
#[derive(Debug, Clone, Copy)]
pub struct Object {
    /// What it is called: `rule`.
    pub name: &'static str,
    /// Its documentation, one line a string.
    pub doc: &'static [&'static str],
    /// Its fields in the order of their declaration.
    pub fields: &'static [Field],
}

impl Object {
    const fn of<R: Record>() -> Self {
        Self { name: R::OBJECT, doc: R::DOC, fields: R::FIELDS }
    }
}

/// Every object with fields, in the order in which a reader meets them.
pub const OBJECTS: &[Object] = &[
    Object::of::<Workspace>(),
    Object::of::<Attribute>(),
    Object::of::<workspace::Defaults>(),
    Object::of::<workspace::WorkspaceLimits>(),
    Object::of::<workspace::Rollout>(),
    Object::of::<Signer>(),
    Object::of::<PolicyFile>(),
    Object::of::<Provider>(),
    Object::of::<Timeouts>(),
    Object::of::<Credential>(),
    Object::of::<TokenRequest>(),
    Object::of::<Model>(),
    Object::of::<PriceList>(),
    Object::of::<Tier>(),
    Object::of::<Backend>(),
    Object::of::<Chain>(),
    Object::of::<Rule>(),
    Object::of::<predicate::TokenRange>(),
    Object::of::<predicate::TimeWindow>(),
    Object::of::<Retry>(),
    Object::of::<Consumer>(),
    Object::of::<Key>(),
    Object::of::<Budget>(),
    Object::of::<budget::Alert>(),
    Object::of::<Limit>(),
    Object::of::<McpServer>(),
    Object::of::<mcp::McpTimeouts>(),
    Object::of::<McpProfile>(),
    Object::of::<mcp::ProfileServer>(),
    Object::of::<Role>(),
    Object::of::<Module>(),
    Object::of::<Telemetry>(),
];

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
        /// Money or tokens that may be spent in a window, by name.
        named budgets: Budget = "budgets" | "budget",
        /// Rates, by name.
        named limits: Limit = "limits" | "limit",
        /// MCP servers, by name.
        named mcp_servers: McpServer = "mcp-servers" | "mcp-server",
        /// MCP endpoints over several servers, by name.
        named mcp_profiles: McpProfile = "mcp-profiles" | "mcp-profile",
        /// Who gets which role, by name. The platform's alone.
        named roles: Role = "roles" | "role",
        /// Extensions that run in the filter chain, by name. The platform's alone.
        named modules: Module = "modules" | "module",
        /// Where metrics, traces and logs go, by name. The platform's alone.
        named telemetry: Telemetry = "telemetry" | "telemetry",
    }
}
