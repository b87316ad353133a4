//! Every kind of object that a policy file declares, in one list.
//!
//! Deliberately the only such list of the compiler: what is done with objects of all kinds alike goes through [`each`]. The
//! invariant: a kind that is new in [`PolicyFile`] or in [`Policy`] and not in the list breaks the build.
//!
//! Read next: [`crate::index`], which fills the tables of all kinds.

use pointsman_schema::read::record::Named;
use pointsman_schema::source::{
    Backend, Budget, Chain, Consumer, Credential, Key, Limit, McpProfile, McpServer, Model, Module,
    PolicyFile, Provider, Role, Telemetry,
};

use super::{Policy, Table};

/// One kind of object.
pub trait Kind: Sized + 'static {
    /// Its word in the language: `mcp-server`.
    const WORD: &'static str;
    /// The same in a sentence: `MCP server`.
    const TITLE: &'static str;
    /// Whose its names are.
    const NAMES: Names;
    /// Those that a file declares, in the order of the file.
    fn declared(file: &PolicyFile) -> &[Named<Self>];
    /// Those of a policy.
    fn table<'p, 'a>(policy: &'p Policy<'a>) -> &'p Table<'a, Self>;
    /// The same, to be filled.
    fn table_mut<'p, 'a>(policy: &'p mut Policy<'a>) -> &'p mut Table<'a, Self>;
}

/// Whose the names of a kind are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Each team has its own.
    OfOwner,
    /// They mean the same for everyone.
    Global,
}

/// What is done with each kind.
pub trait EachKind {
    /// Does it with one.
    fn kind<K: Kind>(&mut self);
}

macro_rules! kinds {
    ($($field:ident: $Kind:ident, $word:literal, $title:literal, $names:ident;)*) => {
        $(impl Kind for $Kind {
            const WORD: &'static str = $word;
            const TITLE: &'static str = $title;
            const NAMES: Names = Names::$names;

            fn declared(file: &PolicyFile) -> &[Named<Self>] {
                &file.$field
            }

            fn table<'p, 'a>(policy: &'p Policy<'a>) -> &'p Table<'a, Self> {
                &policy.$field
            }

            fn table_mut<'p, 'a>(policy: &'p mut Policy<'a>) -> &'p mut Table<'a, Self> {
                &mut policy.$field
            }
        })*

        /// Visits every kind, in the order of the language.
        pub fn each(visit: &mut impl EachKind) {
            $(visit.kind::<$Kind>();)*
        }

        const _: fn(&PolicyFile, &Policy<'_>) = |file, policy| {
            let PolicyFile { $($field: _,)* } = file;
            let Policy { workspace: _, workspace_file: _, $($field: _,)* source_map: _, of_keys: _ } = policy;
        };
    };
}

kinds! {
    providers: Provider, "provider", "provider", OfOwner;
    credentials: Credential, "credential", "credential", OfOwner;
    models: Model, "model", "model", Global;
    backends: Backend, "backend", "backend", OfOwner;
    chains: Chain, "chain", "chain", OfOwner;
    consumers: Consumer, "consumer", "consumer", OfOwner;
    keys: Key, "key", "key", OfOwner;
    budgets: Budget, "budget", "budget", OfOwner;
    limits: Limit, "limit", "limit", OfOwner;
    mcp_servers: McpServer, "mcp-server", "MCP server", OfOwner;
    mcp_profiles: McpProfile, "mcp-profile", "MCP profile", OfOwner;
    roles: Role, "role", "role", OfOwner;
    modules: Module, "module", "module", OfOwner;
    telemetry: Telemetry, "telemetry", "telemetry", OfOwner;
}
