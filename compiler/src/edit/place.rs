//! Where a new key is written: beside its owner's others, laid out as they are.
//!
//! Deliberately after the last one, so that a diff shows added lines alone.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_schema::source::Key;
use pointsman_schema::tree::{Span, Syntax};

use super::EditError;
use super::items::line_break;
use super::keys::NewKey;
use crate::policy::{Declared, Owner, Policy};
use crate::similar::nearest;
use crate::source_map::{FileId, SourceFile, SourceMap};
use crate::tree_source::{is_policy_path, syntax_of};

/// Whether a key of this owner can stand in a file, or can be given one: that of a team which nobody knows may be a mistake.
pub(super) fn check(sources: &SourceMap, owner: &Owner, file: Option<&str>) -> Result<(), EditError> {
    if let Some(file) = file {
        let why = misplaced(file, owner);
        return why.map_or(Ok(()), |why| Err(EditError::BadFile { file: file.to_owned(), why }));
    }
    let Owner::Team(team) = owner else { return Ok(()) };
    let owners = sources.files().map(|(_, file)| Owner::of_path(&file.location));
    let teams: BTreeSet<String> = owners.filter_map(|owner| owner.team().map(str::to_owned)).collect();
    if teams.contains(team) {
        return Ok(());
    }
    let similar = nearest(team, teams.iter().map(String::as_str)).map(str::to_owned);
    Err(EditError::UnknownTeam { team: team.clone(), similar })
}

/// Why a file is none that a key of this owner can stand in.
fn misplaced(file: &str, owner: &Owner) -> Option<String> {
    if file.contains('\\') || file.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Some("it is not a path within the policy repository".to_owned());
    }
    if syntax_of(file).is_none() {
        return Some("names of policy files end in `.yaml`, `.yml` or `.kdl`".to_owned());
    }
    if !is_policy_path(file) {
        return Some("tests, hidden files and folders of tools are not read as policy".to_owned());
    }
    let found = Owner::of_path(file);
    (found != *owner).then(|| format!("it is a file of {found}, and the key is one of {owner}"))
}

/// The files with a new key, and where it is; nothing where the layout is not one that is known.
pub(super) fn added(
    policy: &Policy<'_>,
    (owner, name): (&Owner, &str),
    new: &NewKey<'_>,
) -> Option<(BTreeMap<String, String>, String)> {
    let sources = policy.source_map;
    let entry = Entry { name, new };
    let last = last_key(policy, owner, new.file);
    if let Some(last) = last {
        let source = sources.file(last.file);
        let (at, text) = entry.after(source, last.named.span, last.named.name.span)?;
        let mut edited = source.text.clone();
        edited.insert_str(at, &text);
        return Some((
            [(source.location.clone(), edited)].into(),
            sources.place(last.file, last.named.name.span),
        ));
    }
    let path = new.file.map_or_else(|| default_path(sources, owner), str::to_owned);
    let syntax = syntax_of(&path)?;
    let existing =
        sources.files().find(|(_, file)| file.location == path).map(|(_, file)| file.text.as_str());
    let edited = entry.appended(existing.unwrap_or(""), syntax);
    Some(([(path.clone(), edited)].into(), path))
}

/// The last key of an owner, by file and place, in one file where one is named.
fn last_key<'p, 'a>(
    policy: &'p Policy<'a>,
    owner: &Owner,
    file: Option<&str>,
) -> Option<&'p Declared<'a, Key>> {
    let fits = |id: FileId| file.is_none_or(|file| policy.source_map.file(id).location == file);
    let keys = policy.keys.values().filter(|declared| declared.owner == owner && fits(declared.file));
    keys.max_by_key(|declared| (declared.file, declared.named.span))
}

/// Where an owner's keys go who has none.
fn default_path(sources: &SourceMap, owner: &Owner) -> String {
    let Owner::Team(team) = owner else {
        let has_folder = sources.files().any(|(_, file)| file.location.starts_with("platform/"));
        return if has_folder { "platform/keys.yaml".to_owned() } else { "keys.yaml".to_owned() };
    };
    format!("teams/{team}/keys.yaml")
}

/// The text of a key.
struct Entry<'e> {
    name: &'e str,
    new: &'e NewKey<'e>,
}

impl Entry<'_> {
    /// What to insert where, after a key that stands in a file.
    fn after(&self, source: &SourceFile, whole: Span, name: Span) -> Option<(usize, String)> {
        let line_break = line_break(&source.text);
        let written = source.text.get(whole.range())?.trim_end();
        let end = whole.range().start.checked_add(written.len())?;
        let rest = source.text.get(end..)?;
        let end_of_line = end.checked_add(rest.find('\n').map_or(rest.len(), |at| at.saturating_add(1)))?;
        let missing = if rest.contains('\n') { "" } else { line_break };
        if source.syntax == Syntax::Kdl {
            return Some((end_of_line, format!("{missing}{}", self.kdl(line_break))));
        }
        let indent = source.text.get(..name.range().start)?.rsplit('\n').next()?;
        if !indent.trim().is_empty() {
            return Some((name.range().start, format!("{}, ", self.flow())));
        }
        Some((end_of_line, format!("{missing}{}", self.block(indent, line_break))))
    }

    /// A file's text with the key at its end.
    fn appended(&self, text: &str, syntax: Syntax) -> String {
        let line_break = line_break(text);
        let missing = if text.is_empty() || text.ends_with('\n') { "" } else { line_break };
        match syntax {
            Syntax::Kdl => format!("{text}{missing}{}", self.kdl(line_break)),
            Syntax::Yaml => self.in_empty_map(text, line_break).unwrap_or_else(|| {
                format!("{text}{missing}keys:{line_break}{}", self.block("  ", line_break))
            }),
        }
    }

    /// The text of a file that has a map of no keys, with the key in it.
    fn in_empty_map(&self, text: &str, line_break: &str) -> Option<String> {
        let mut start = 0_usize;
        for line in text.split_inclusive('\n') {
            let (code, comment) = line.split_at(line.find('#').unwrap_or(line.trim_end().len()));
            let words: String = code.split_whitespace().collect();
            if code.starts_with("keys") && matches!(&*words, "keys:{}" | "keys:") {
                let end = start.saturating_add(line.len());
                let comment = comment.trim_end();
                let space = if comment.is_empty() { "" } else { " " };
                let block = self.block("  ", line_break);
                let (before, after) = (text.get(..start)?, text.get(end..)?);
                return Some(format!("{before}keys:{space}{comment}{line_break}{block}{after}"));
            }
            start = start.saturating_add(line.len());
        }
        None
    }

    fn block(&self, indent: &str, line_break: &str) -> String {
        let Self { name, new: NewKey { consumer, chain, digest, .. } } = self;
        let lines = [
            format!("{indent}{name}:"),
            format!("{indent}  consumer: {consumer}"),
            format!("{indent}  chain: {chain}"),
            format!("{indent}  digests:"),
            format!("{indent}    - sha256:{digest}"),
        ];
        lines.map(|line| format!("{line}{line_break}")).concat()
    }

    fn flow(&self) -> String {
        let Self { name, new: NewKey { consumer, chain, digest, .. } } = self;
        format!("{name}: {{ consumer: {consumer}, chain: {chain}, digests: [\"sha256:{digest}\"] }}")
    }

    fn kdl(&self, line_break: &str) -> String {
        let Self { name, new: NewKey { consumer, chain, digest, .. } } = self;
        format!(
            "key \"{name}\" consumer=\"{consumer}\" chain=\"{chain}\" {{{line_break}    digests \"sha256:{digest}\"{line_break}}}{line_break}"
        )
    }
}
