//! Editing policy files: what a command changes in the text that a person keeps.
//!
//! Deliberately on files in memory, like [`crate::fix`]: who calls this writes them. Only a policy without errors is
//! edited, everything around an edit stays as it was written, and the invariant is checked and not hoped for: what is
//! handed out was checked again, has no error, and says of the keys exactly what was asked for.
//!
//! Read next: [`keys`], what can be done with a key; [`items`], how a list is edited in either syntax.

pub(crate) mod items;
pub mod keys;
mod place;

use std::cell::RefCell;
use std::collections::BTreeMap;

use pointsman_schema::tree::Span;

use crate::check::{Checked, Options, check_with};
use crate::file::cache::Cache;
use crate::source_map::{FileId, SourceMap};
use crate::tree_source::{Edited, Tree, TreeError};

/// Files as they are to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The new text of each file, by its path in the workspace; one that does not exist is to be made.
    pub files: BTreeMap<String, String>,
    /// Where the key is declared now, or was, as `path:line:column`.
    pub place: String,
}

/// Why nothing is changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The files could not be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The policy does not compile as it is.
    #[error("the policy has errors: {first}; `pointsman check` shows them all")]
    Broken {
        /// The first one's headline.
        first: String,
    },
    /// It would not compile afterwards.
    #[error("the policy would have an error: {first}; nothing was changed")]
    WouldBreak {
        /// The first one's headline.
        first: String,
    },
    /// No key has this name.
    #[error("no key is named `{name}`{}", similar.as_ref().map_or(String::new(), |other| format!("; is it `{other}`?")))]
    UnknownKey {
        /// As it was given.
        name: String,
        /// One that is alike.
        similar: Option<String>,
    },
    /// There is such a key.
    #[error(
        "there is a key `{name}` already, at {place}; `pointsman key rotate {name}` gives it another form"
    )]
    KeyExists {
        /// As it was given.
        name: String,
        /// Where it is declared.
        place: String,
    },
    /// A team has no file yet, so its name may be a mistake.
    #[error(
        "there is no team `{team}`{}; to make it, name the file: `--file teams/{team}/keys.yaml`",
        similar.as_ref().map_or(String::new(), |other| format!("; is it `{other}`?"))
    )]
    UnknownTeam {
        /// As it was given.
        team: String,
        /// One that is alike.
        similar: Option<String>,
    },
    /// The file is none that the key can stand in.
    #[error("the key cannot stand in `{file}`: {why}")]
    BadFile {
        /// As it was given.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// A key has two forms that are accepted.
    #[error(
        "key `{name}` is being rotated: two forms of it are accepted, at {place}; move its clients, then revoke the old \
         one with `pointsman key revoke {name} --digest {old}`"
    )]
    BeingRotated {
        /// The key.
        name: String,
        /// Where its older digest stands.
        place: String,
        /// How its older digest begins.
        old: String,
    },
    /// A key has no form whose digest begins so, or more than one.
    #[error("{count} digests of key `{name}` begin with `{digest}`; `pointsman key list` shows them")]
    NotOneDigest {
        /// The key.
        name: String,
        /// What was asked for.
        digest: String,
        /// How many do.
        count: usize,
    },
    /// A key that has one form is to lose it.
    #[error(
        "it is the only form of key `{name}`; `pointsman key revoke {name}` without `--digest` takes the key away"
    )]
    OnlyForm {
        /// The key.
        name: String,
    },
    /// The text is not written in a way that can be edited.
    #[error("{place} is not laid out so that it can be edited; {by_hand}")]
    Layout {
        /// What was to be edited.
        place: String,
        /// What a person would write.
        by_hand: String,
    },
}

/// One edit of a file: the bytes and what stands there instead.
type Piece = (Span, String);

/// A workspace that is edited.
struct Workspace<'t> {
    tree: &'t dyn Tree,
    checked: Checked,
    /// What was read of the files, most of which are the same afterwards.
    cache: RefCell<Cache>,
}

impl<'t> Workspace<'t> {
    fn open(tree: &'t dyn Tree) -> Result<Self, EditError> {
        let mut cache = Cache::new();
        let checked = check_with(tree, &Options::default(), &mut cache)?;
        match first_error(&checked) {
            Some(first) => Err(EditError::Broken { first }),
            None => Ok(Self { tree, checked, cache: RefCell::new(cache) }),
        }
    }

    fn sources(&self) -> &SourceMap {
        &self.checked.sources
    }

    /// A file with edits that do not overlap.
    fn edited(&self, file: FileId, pieces: &[Piece]) -> BTreeMap<String, String> {
        let source = self.sources().file(file);
        let edits = pieces.iter().map(|(span, replacement)| (*span, replacement.as_str()));
        [(source.location.clone(), spliced(&source.text, edits))].into()
    }

    /// The workspace with these files.
    fn checked_with(&self, files: &BTreeMap<String, String>) -> Result<Checked, EditError> {
        let edited = Edited { tree: self.tree, files };
        let after = check_with(&edited, &Options::default(), &mut self.cache.borrow_mut())?;
        match first_error(&after) {
            Some(first) => Err(EditError::WouldBreak { first }),
            None => Ok(after),
        }
    }
}

/// A text with edits that do not overlap; what is inserted where something else is replaced stands before that.
pub fn spliced<'e>(text: &str, edits: impl IntoIterator<Item = (Span, &'e str)>) -> String {
    let mut edits: Vec<_> = edits.into_iter().collect();
    // From the end, so that the places before an edit stay.
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(*span));
    let mut text = text.to_owned();
    for (span, replacement) in edits {
        if text.get(span.range()).is_some() {
            text.replace_range(span.range(), replacement);
        }
    }
    text
}

/// The headline of the first error of a policy, and its place.
pub fn first_error(checked: &Checked) -> Option<String> {
    let mut errors =
        checked.diagnostics.iter().filter(|found| found.severity == crate::rule::Severity::Error);
    errors.next().map(|found| {
        format!("{} ({})", found.headline, checked.sources.place(found.primary.file, found.primary.span))
    })
}
