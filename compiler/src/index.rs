//! All files together: one table of names a kind, what was declared twice, and whose names may be incomplete.
//!
//! Deliberately resolves nothing. Files are merged one by one in the order of their paths, so the index of a workspace
//! does not depend on how its declarations are spread over files. The invariant: the first declaration of a name, in
//! the order of (path, place), is the one in the table; every later one is in [`Index::duplicates`].
//!
//! Read next: [`crate::resolve`], which follows references through it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pointsman_schema::read::record::Named;
use pointsman_schema::source::{PolicyFile, Workspace};
use pointsman_schema::tree::{Span, Syntax};

use crate::file::{FileAnalysis, is_workspace_path};
use crate::policy::{Again, Declared, Owner, Policy, Table};
use crate::similar::Patience;
use crate::source_map::{FileId, SourceMap};

/// A workspace before its rules are checked.
#[derive(Debug)]
pub struct Index<'a> {
    /// Everything declared, as far as it could be read.
    pub policy: Policy<'a>,
    /// The analysed files; a file's place is its [`FileId::index`].
    pub files: &'a [Arc<FileAnalysis>],
    /// Every workspace file; the first is the policy's.
    pub workspace_files: Vec<FileId>,
    /// Whether the attributes are known in full.
    pub is_workspace_known: bool,
    /// Names that stand twice.
    pub duplicates: Vec<Duplicate<'a>>,
    /// Every folder under `teams/` that holds a policy file, with the first of its files.
    pub teams: BTreeMap<&'a str, FileId>,
    /// Every tag that a consumer carries.
    pub tags: BTreeSet<&'a str>,
    /// Owners with a file in which names may stand that could not be read.
    opaque: BTreeSet<&'a Owner>,
    /// What is left for suggestions.
    pub patience: Patience,
}

/// A name that was declared before.
#[derive(Debug, Clone, Copy)]
pub struct Duplicate<'a> {
    /// What it names: `backend`.
    pub object: &'static str,
    /// The name as written.
    pub name: &'a str,
    /// Where it stands first.
    pub first: (FileId, Span),
    /// Where it stands again.
    pub again: (FileId, Span),
}

impl<'a> Index<'a> {
    /// The index of analysed files. `fallback` stands in for a workspace file that is missing or could not be read.
    pub fn of(
        files: &'a [Arc<FileAnalysis>],
        fallback: (&'a Workspace, FileId),
        source_map: &'a SourceMap,
    ) -> Self {
        let (workspace, workspace_file) = fallback;
        let mut index = Self {
            policy: Policy::empty(workspace, workspace_file, source_map),
            files,
            workspace_files: Vec::new(),
            is_workspace_known: false,
            duplicates: Vec::new(),
            teams: BTreeMap::new(),
            tags: BTreeSet::new(),
            opaque: BTreeSet::new(),
            patience: Patience::default(),
        };
        for (file, (id, _)) in files.iter().zip(source_map.files()) {
            index.merge(file, id);
        }
        index.settle();
        index
    }

    fn settle(&mut self) {
        let (tables, twice) = (&mut self.policy, &mut self.duplicates);
        settle(&mut tables.providers, "provider", twice);
        settle(&mut tables.credentials, "credential", twice);
        settle(&mut tables.models, "model", twice);
        settle(&mut tables.backends, "backend", twice);
        settle(&mut tables.chains, "chain", twice);
        settle(&mut tables.consumers, "consumer", twice);
        settle(&mut tables.keys, "key", twice);
        settle(&mut tables.budgets, "budget", twice);
        settle(&mut tables.limits, "limit", twice);
        settle(&mut tables.mcp_servers, "mcp-server", twice);
        settle(&mut tables.mcp_profiles, "mcp-profile", twice);
        settle(&mut tables.roles, "role", twice);
        settle(&mut tables.modules, "module", twice);
        settle(&mut tables.telemetry, "telemetry", twice);
    }

    /// Whether a name that is not in the tables may be declared all the same, for a reference from a file of `from`.
    pub fn may_hide(&self, from: &Owner, reference: &str) -> bool {
        if self.opaque.is_empty() {
            return false;
        }
        match reference.split_once('/') {
            Some((team, _)) => self.opaque.contains(&Owner::Team(team.to_owned())),
            None => self.opaque.contains(&Owner::Platform) || self.opaque.contains(from),
        }
    }

    /// Whether any file at all may hold names that could not be read.
    pub fn may_hide_anything(&self) -> bool {
        !self.opaque.is_empty()
    }

    /// Whether every file could be read in full and every name stands once, so that no reference is unseen.
    pub fn is_whole(&self) -> bool {
        let is_read = |file: &Arc<FileAnalysis>| !file.is_opaque && !file.is_spoiled_anywhere();
        !self.may_hide_anything() && self.duplicates.is_empty() && self.files.iter().all(is_read)
    }

    /// Whether a part of a file could not be read in full.
    pub fn is_spoiled(&self, file: FileId, span: Span) -> bool {
        self.files.get(file.index()).is_some_and(|analysis| analysis.is_spoiled(span))
    }

    /// How a file is written.
    pub fn syntax(&self, file: FileId) -> Syntax {
        self.policy.source_map.file(file).syntax
    }

    fn merge(&mut self, file: &'a FileAnalysis, id: FileId) {
        if let Some(team) = file.owner.team() {
            self.teams.entry(team).or_insert(id);
        }
        if is_workspace_path(&file.path) {
            self.merge_workspace(file, id);
            return;
        }
        if file.is_opaque {
            self.opaque.insert(&file.owner);
        }
        for policy in &file.policies {
            self.merge_policy(policy, &file.owner, id);
        }
    }

    fn merge_workspace(&mut self, file: &'a FileAnalysis, id: FileId) {
        if let (true, Some(workspace)) = (self.workspace_files.is_empty(), &file.workspace) {
            self.policy.workspace = workspace;
            self.is_workspace_known = !file.is_opaque;
        }
        if self.workspace_files.is_empty() {
            self.policy.workspace_file = id;
        }
        self.workspace_files.push(id);
    }

    fn merge_policy(&mut self, policy: &'a PolicyFile, owner: &'a Owner, file: FileId) {
        let PolicyFile {
            providers,
            credentials,
            models,
            backends,
            chains,
            consumers,
            keys,
            budgets,
            limits,
            mcp_servers,
            mcp_profiles,
            roles,
            modules,
            telemetry,
        } = policy;
        let tables = &mut self.policy;
        let from = (owner, file);
        add(&mut tables.providers, providers, from);
        add(&mut tables.credentials, credentials, from);
        for named in models {
            // Models have global names. One in a team's file is an error of its own and only keeps references to it quiet.
            tables.models.add(Declared::new(named.name.value.clone(), from, named));
        }
        add(&mut tables.backends, backends, from);
        add(&mut tables.chains, chains, from);
        add(&mut tables.consumers, consumers, from);
        add(&mut tables.keys, keys, from);
        add(&mut tables.budgets, budgets, from);
        add(&mut tables.limits, limits, from);
        add(&mut tables.mcp_servers, mcp_servers, from);
        add(&mut tables.mcp_profiles, mcp_profiles, from);
        add(&mut tables.roles, roles, from);
        add(&mut tables.modules, modules, from);
        add(&mut tables.telemetry, telemetry, from);
        let bodies = consumers.iter().filter_map(|consumer| consumer.body.as_ref());
        self.tags.extend(bodies.flat_map(|body| body.tags.iter().map(|tag| tag.value.as_str())));
        if consumers.iter().any(|consumer| consumer.body.is_none()) {
            self.opaque.insert(owner);
        }
    }
}

fn add<'a, T>(table: &mut Table<'a, T>, declared: &'a [Named<T>], from: (&'a Owner, FileId)) {
    for named in declared {
        table.add(Declared::new(from.0.stable(&named.name.value), from, named));
    }
}

/// Brings a table into its order and keeps what stands twice.
fn settle<'a, T>(table: &mut Table<'a, T>, object: &'static str, duplicates: &mut Vec<Duplicate<'a>>) {
    for Again { first, again } in table.settle() {
        if object == "model" && *again.owner != Owner::Platform {
            continue;
        }
        duplicates.push(Duplicate {
            object,
            name: &again.named.name.value,
            first: (first.file, first.named.name.span),
            again: (again.file, again.named.name.span),
        });
    }
}
