//! All files together: one table of names a kind, what was declared twice, and whose names may be incomplete.
//!
//! Deliberately resolves nothing. Files are merged one by one in the order of their paths, so the index of a workspace
//! does not depend on how its declarations are spread over files. The invariant: the first declaration of a name, in
//! the order of (path, place), is the one in the table; every later one is in [`Index::duplicates`].
//!
//! Read next: [`crate::resolve`], which follows references through it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pointsman_schema::source::{PolicyFile, Workspace};
use pointsman_schema::tree::{Span, Syntax};

use crate::file::{FileAnalysis, is_workspace_path};
use crate::policy::kinds::{EachKind, Kind, Names, each};
use crate::policy::{Again, Declared, Owner, Policy};
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
        each(&mut Settle { policy: &mut self.policy, duplicates: &mut self.duplicates });
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
        each(&mut Add { tables: &mut self.policy, policy, from: (owner, file) });
        let consumers = &policy.consumers;
        let bodies = consumers.iter().filter_map(|consumer| consumer.body.as_ref());
        self.tags.extend(bodies.flat_map(|body| body.tags.iter().map(|tag| tag.value.as_str())));
        if consumers.iter().any(|consumer| consumer.body.is_none()) {
            self.opaque.insert(owner);
        }
    }
}

/// Adds what a file declares.
struct Add<'i, 'a> {
    tables: &'i mut Policy<'a>,
    policy: &'a PolicyFile,
    from: (&'a Owner, FileId),
}

impl EachKind for Add<'_, '_> {
    fn kind<K: Kind>(&mut self) {
        let table = K::table_mut(self.tables);
        for named in K::declared(self.policy) {
            // One with a global name in a team's file is an error of its own and only keeps references to it quiet.
            let name = match K::NAMES {
                Names::OfOwner => self.from.0.stable(&named.name.value),
                Names::Global => named.name.value.clone(),
            };
            table.add(Declared::new(name, self.from, named));
        }
    }
}

/// Brings tables into their order and keeps what stands twice.
struct Settle<'i, 'a> {
    policy: &'i mut Policy<'a>,
    duplicates: &'i mut Vec<Duplicate<'a>>,
}

impl EachKind for Settle<'_, '_> {
    fn kind<K: Kind>(&mut self) {
        for Again { first, again } in K::table_mut(self.policy).settle() {
            if K::NAMES == Names::Global && *again.owner != Owner::Platform {
                continue;
            }
            self.duplicates.push(Duplicate {
                object: K::WORD,
                name: &again.named.name.value,
                first: (first.file, first.named.name.span),
                again: (again.file, again.named.name.span),
            });
        }
    }
}

/// Hands the index of one platform file to a test.
#[cfg(test)]
pub(crate) fn indexed<T>(text: &str, look: impl FnOnce(&Index<'_>) -> T) -> T {
    let workspace = Workspace::empty();
    let file = Arc::new(FileAnalysis::of("platform/all.yaml", text.as_bytes()));
    let mut sources = SourceMap::new();
    let id = sources.share(Arc::clone(&file.source));
    look(&Index::of(&[file], (&workspace, id), &sources))
}
