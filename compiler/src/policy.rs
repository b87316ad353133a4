//! The policy of a workspace as one value: everything declared, by stable name, and how a name is looked up.
//!
//! Deliberately holds source values, not lowered ones, and borrows all of them from the analysed files. Two invariants:
//! each table has a stable name once (`team/name`, or `name` for the platform), and a lookup never crosses the border
//! of a team unless the other side says `export`.
//!
//! Read next: [`crate::index`], which fills the tables; [`crate::check`], which hands a policy out once it has no error.

pub mod kinds;
mod of_keys;
mod owner;
mod table;

use pointsman_schema::limits::ATTEMPTS_MAX;
use pointsman_schema::read::record::Named;
use pointsman_schema::source::{
    Backend, Budget, Chain, Consumer, Credential, Key, Limit, McpProfile, McpServer, Model, Module, Provider,
    Retry, Role, Rule, Telemetry, Workspace,
};

use self::kinds::Kind;
use self::of_keys::OfKeys;
pub use self::owner::Owner;
pub use self::table::{Again, Table};
use crate::catalogue;
use crate::source_map::{FileId, SourceMap};

/// Something declared.
#[derive(Debug)]
pub struct Declared<'a, T> {
    /// Its stable name: `team/name`, or `name` for the platform.
    pub name: String,
    /// Whose it is.
    pub owner: &'a Owner,
    /// The file that declares it.
    pub file: FileId,
    /// The name as written, and the body.
    pub named: &'a Named<T>,
    /// Its place in its table.
    pub at: usize,
}

impl<T> Clone for Declared<'_, T> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), ..*self }
    }
}

impl<'a, T> Declared<'a, T> {
    /// A declaration that has no place yet.
    pub(crate) fn new(name: String, (owner, file): (&'a Owner, FileId), named: &'a Named<T>) -> Self {
        Self { name, owner, file, named, at: 0 }
    }

    /// The body; `None` when it could not be read, which a policy without errors does not have.
    pub fn body(&self) -> Option<&'a T> {
        self.named.body.as_ref()
    }
}

/// A workspace's policy.
#[derive(Debug)]
pub struct Policy<'a> {
    /// The workspace file's content.
    pub workspace: &'a Workspace,
    /// The workspace file.
    pub workspace_file: FileId,
    /// Providers by stable name.
    pub providers: Table<'a, Provider>,
    /// Credentials by stable name.
    pub credentials: Table<'a, Credential>,
    /// Models by the name that clients ask for.
    pub models: Table<'a, Model>,
    /// Backends by stable name.
    pub backends: Table<'a, Backend>,
    /// Chains by stable name.
    pub chains: Table<'a, Chain>,
    /// Consumers by stable name.
    pub consumers: Table<'a, Consumer>,
    /// Keys by stable name.
    pub keys: Table<'a, Key>,
    /// Budgets by stable name.
    pub budgets: Table<'a, Budget>,
    /// Limits by stable name.
    pub limits: Table<'a, Limit>,
    /// MCP servers by stable name.
    pub mcp_servers: Table<'a, McpServer>,
    /// MCP profiles by stable name.
    pub mcp_profiles: Table<'a, McpProfile>,
    /// Roles by name.
    pub roles: Table<'a, Role>,
    /// Modules by name.
    pub modules: Table<'a, Module>,
    /// Telemetry exports by name.
    pub telemetry: Table<'a, Telemetry>,
    /// The texts behind all of it.
    pub source_map: &'a SourceMap,
    /// What each key names.
    of_keys: OfKeys,
}

/// What a reference means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution<'p> {
    /// Something of this stable name, which the asking file may use.
    Found(&'p str),
    /// Nothing.
    Unknown,
    /// Something that another team keeps to itself.
    Private {
        /// Whose it is.
        owner: &'p Owner,
        /// Its stable name.
        declared: &'p str,
    },
}

impl<'p> Resolution<'p> {
    /// The stable name, when it was found.
    pub fn found(self) -> Option<&'p str> {
        match self {
            Self::Found(name) => Some(name),
            Self::Unknown | Self::Private { .. } => None,
        }
    }
}

/// Where a rule's target leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'p> {
    /// To a backend.
    Backend(Resolution<'p>),
    /// To another chain.
    Chain(Resolution<'p>),
}

impl<'a> Policy<'a> {
    /// A policy that declares nothing yet.
    pub fn empty(workspace: &'a Workspace, workspace_file: FileId, source_map: &'a SourceMap) -> Self {
        Self {
            workspace,
            workspace_file,
            providers: Table::new(),
            credentials: Table::new(),
            models: Table::new(),
            backends: Table::new(),
            chains: Table::new(),
            consumers: Table::new(),
            keys: Table::new(),
            budgets: Table::new(),
            limits: Table::new(),
            mcp_servers: Table::new(),
            mcp_profiles: Table::new(),
            roles: Table::new(),
            modules: Table::new(),
            telemetry: Table::new(),
            source_map,
            of_keys: OfKeys::default(),
        }
    }

    /// What a reference in a file of `from` means, when it may name that.
    pub fn find<K: Kind + Shared>(&self, from: &Owner, reference: &str) -> Option<&Declared<'a, K>> {
        find(K::table(self), from, reference).ok().flatten()
    }

    /// The budget that a file of `from` means.
    pub fn budget(&self, from: &Owner, reference: &str) -> Resolution<'_> {
        resolve(&self.budgets, from, reference)
    }

    /// The limit that a file of `from` means.
    pub fn limit(&self, from: &Owner, reference: &str) -> Resolution<'_> {
        resolve(&self.limits, from, reference)
    }

    /// The MCP server that a file of `from` means.
    pub fn mcp_server(&self, from: &Owner, reference: &str) -> Resolution<'_> {
        resolve(&self.mcp_servers, from, reference)
    }

    /// The MCP profile that a file of `from` means.
    pub fn mcp_profile(&self, from: &Owner, reference: &str) -> Resolution<'_> {
        resolve(&self.mcp_profiles, from, reference)
    }

    /// Extra tries of a rule: its own, else the workspace's default.
    pub fn retry<'r>(&'r self, rule: &'r Rule) -> Option<&'r Retry> {
        let default = || self.workspace.defaults.as_ref().and_then(|defaults| defaults.value.retry.as_ref());
        rule.retry.as_ref().or_else(default).map(|retry| &retry.value)
    }

    /// Upstream attempts that one request may cause in this workspace.
    pub fn attempts_max(&self) -> usize {
        let own = self.workspace.limits.as_ref().and_then(|limits| limits.value.attempts.as_ref());
        own.and_then(|own| usize::try_from(own.value.0).ok()).unwrap_or(ATTEMPTS_MAX)
    }

    /// The provider that a file of `from` means.
    pub fn provider(&self, from: &Owner, reference: &str) -> Resolution<'_> {
        resolve(&self.providers, from, reference)
    }

    /// The credential that a file of `from` means.
    pub fn credential(&self, from: &Owner, reference: &str) -> Resolution<'_> {
        resolve(&self.credentials, from, reference)
    }

    /// The model of a name: one that is declared, or else one of the catalogue. Models are the platform's alone and
    /// their names are global.
    pub fn model(&self, reference: &str) -> Resolution<'_> {
        let declared = self.models.get(reference).map(|declared| declared.name.as_str());
        declared.or_else(|| catalogue::name_of(reference)).map_or(Resolution::Unknown, Resolution::Found)
    }

    /// The backend that a file of `from` means.
    pub fn backend(&self, from: &Owner, reference: &str) -> Resolution<'_> {
        resolve(&self.backends, from, reference)
    }

    /// The chain that a file of `from` means.
    pub fn chain(&self, from: &Owner, reference: &str) -> Resolution<'_> {
        resolve(&self.chains, from, reference)
    }

    /// The consumer that a file of `from` means.
    pub fn consumer(&self, from: &Owner, reference: &str) -> Resolution<'_> {
        resolve(&self.consumers, from, reference)
    }

    /// What the rules of one owner can name; to be kept where one owner has many.
    pub fn goals<'o>(&self, from: &'o Owner) -> Goals<'o, '_, 'a> {
        Goals { backends: Sight::of(&self.backends, from), chains: Sight::of(&self.chains, from) }
    }

    /// Where a target of a rule in a file of `from` leads: `backend`, or `chain/NAME`.
    pub fn target(&self, from: &Owner, reference: &str) -> Target<'_> {
        match chain_of_target(reference) {
            Some(chain) => Target::Chain(self.chain(from, chain)),
            None => Target::Backend(self.backend(from, reference)),
        }
    }

    /// The bodies of one kind, with their declarations; what could not be read is left out.
    pub fn bodies<'t, T>(table: &'t Table<'a, T>) -> impl Iterator<Item = (&'t Declared<'a, T>, &'a T)> {
        table.values().filter_map(|declared| Some((declared, declared.body()?)))
    }
}

/// What the rules of one owner can name.
pub struct Goals<'o, 'p, 'a> {
    backends: Sight<'o, 'p, 'a, Backend>,
    chains: Sight<'o, 'p, 'a, Chain>,
}

/// What a target was found to be.
#[derive(Debug, Clone, Copy)]
pub enum Found<'p, 'a> {
    /// A backend.
    Backend(&'p Declared<'a, Backend>),
    /// Another chain.
    Chain(&'p Declared<'a, Chain>),
}

impl<'p, 'a> Goals<'_, 'p, 'a> {
    /// Where a target leads; nothing when that is unknown, or private to another team.
    pub fn find(&self, target: &str) -> Option<Found<'p, 'a>> {
        match chain_of_target(target) {
            Some(chain) => self.chains.find(chain).ok().flatten().map(Found::Chain),
            None => self.backends.find(target).ok().flatten().map(Found::Backend),
        }
    }
}

/// The chain's name in a target `chain/NAME`.
///
/// A team of the name `chain` cannot export backends; its folder is refused by `bad-name`.
pub fn chain_of_target(reference: &str) -> Option<&str> {
    reference.strip_prefix("chain/")
}

/// Whether other owners may name something.
pub trait Shared {
    /// What its `export` says.
    fn exported(&self) -> bool;
}

macro_rules! shared {
    ($($Kind:ty),*) => { $(impl Shared for $Kind {
        fn exported(&self) -> bool {
            self.export.as_ref().is_some_and(|export| export.value)
        }
    })* };
}
shared!(Provider, Credential, Backend, Chain, Consumer, Budget, Limit, McpServer, McpProfile);

fn resolve<'p, T: Shared>(table: &'p Table<'_, T>, from: &Owner, reference: &str) -> Resolution<'p> {
    match find(table, from, reference) {
        Ok(Some(declared)) => Resolution::Found(&declared.name),
        Ok(None) => Resolution::Unknown,
        Err(Private(declared)) => Resolution::Private { owner: declared.owner, declared: &declared.name },
    }
}

/// Something that another team keeps to itself.
struct Private<'p, 'a, T>(&'p Declared<'a, T>);

/// What a reference in a file of `from` means.
fn find<'p, 'a, T: Shared>(
    table: &'p Table<'a, T>,
    from: &Owner,
    reference: &str,
) -> Result<Option<&'p Declared<'a, T>>, Private<'p, 'a, T>> {
    Sight::of(table, from).find(reference)
}

/// What the files of one owner see of a table; to be kept where one owner has many references.
struct Sight<'o, 'p, 'a, T> {
    table: &'p Table<'a, T>,
    /// A team, with what it declares.
    own: Option<(&'o str, &'p [Declared<'a, T>])>,
}

impl<'o, 'p, 'a, T: Shared> Sight<'o, 'p, 'a, T> {
    fn of(table: &'p Table<'a, T>, from: &'o Owner) -> Self {
        Self { table, own: from.team().map(|team| (team, table.of_team(team))) }
    }

    fn find(&self, reference: &str) -> Result<Option<&'p Declared<'a, T>>, Private<'p, 'a, T>> {
        let named = reference.split_once('/');
        if named.is_some_and(|(team, _)| self.own.is_none_or(|(own, _)| own != team)) {
            let Some(declared) = self.table.get(reference) else { return Ok(None) };
            // A body that could not be read might say so.
            let is_shared = declared.body().is_none_or(Shared::exported);
            return if is_shared { Ok(Some(declared)) } else { Err(Private(declared)) };
        }
        let name = named.map_or(reference, |(_, name)| name);
        Ok(self.own.and_then(|own| table::named(own, name)).or_else(|| self.table.get(reference)))
    }
}

#[cfg(test)]
mod tests {
    use pointsman_schema::tree::{Span, Spanned};

    use super::*;

    #[test]
    fn the_folder_is_the_owner() {
        let check = |path: &str, expected: Owner| assert_eq!(Owner::of_path(path), expected, "{path}");
        check("pointsman.yaml", Owner::Platform);
        check("platform/teams/x/a.yaml", Owner::Platform);
        check("teams/loose.yaml", Owner::Platform);
        check("teams/support/chains.yaml", Owner::Team("support".to_owned()));
        check("teams/support/deep/chains.yaml", Owner::Team("support".to_owned()));
    }

    fn consumer(name: &str, export: bool) -> Named<Consumer> {
        let export = Some(Spanned::new(export, Span::default()));
        let body = Some(Consumer { tags: Vec::new(), budgets: Vec::new(), limits: Vec::new(), export });
        Named { name: Spanned::new(name.to_owned(), Span::default()), span: Span::default(), body }
    }

    #[test]
    fn names_stay_inside_their_team() {
        let mut map = SourceMap::new();
        let file = map.add("a.yaml", "", pointsman_schema::tree::Syntax::Yaml);
        let team = |name: &str| Owner::Team(name.to_owned());
        let (a, b, platform) = (team("a"), team("b"), Owner::Platform);
        let written = [
            (&platform, consumer("web", false)),
            (&a, consumer("web", false)),
            (&b, consumer("open", true)),
            (&b, consumer("shut", false)),
        ];
        let mut table: Table<'_, Consumer> = Table::new();
        for (owner, named) in &written {
            table.add(Declared::new(owner.stable(&named.name.value), (owner, file), named));
        }
        assert!(table.settle().is_empty());
        let check = |from: &Owner, reference: &str, expected| {
            assert_eq!(resolve(&table, from, reference), expected, "{reference} from {from}");
        };
        check(&a, "web", Resolution::Found("a/web"));
        check(&a, "a/web", Resolution::Found("a/web"));
        check(&b, "web", Resolution::Found("web"));
        check(&b, "a/web", Resolution::Private { owner: &a, declared: "a/web" });
        check(&platform, "a/web", Resolution::Private { owner: &a, declared: "a/web" });
        check(&platform, "b/open", Resolution::Found("b/open"));
        check(&a, "b/open", Resolution::Found("b/open"));
        check(&a, "open", Resolution::Unknown);
        check(&a, "b/none", Resolution::Unknown);
    }
}
