//! The source map: for every row its file and line.
//!
//! Deliberately the only table that knows files. The invariant: each list is parallel to its table, and only files that
//! a row stands in are named, in the order of their paths.

use std::collections::BTreeMap;

use pointsman_schema::archive::NONE;
use pointsman_schema::archive::places::{Place, Places};
use pointsman_schema::snapshot::view::slot;
use pointsman_schema::source::Model;
use pointsman_schema::tree::Span;

use super::references::provider_credentials;
use super::{LowerError, body, row};
use crate::catalogue;
use crate::policy::{Declared, Policy, Table};
use crate::source_map::{FileId, SourceMap};

/// Finds every row's place.
pub(super) fn lower<'p>(policy: &'p Policy<'p>) -> Result<Places, LowerError> {
    let Policy {
        workspace: _,
        workspace_file: _,
        providers,
        models,
        backends,
        chains,
        consumers,
        keys,
        limits,
        source_map,
        ..
    } = policy;
    let mut finder = Finder { source_map, files: BTreeMap::new() };
    let mut places = Places {
        files: Vec::new(),
        keys: finder.table(keys),
        consumers: finder.table(consumers),
        chains: finder.table(chains),
        rules: Vec::new(),
        limits: finder.table(limits),
        providers: finder.table(providers),
        credentials: finder.rows(provider_credentials(policy)),
        models: super::models::rows(policy)
            .into_iter()
            .map(|name| finder.model(models.get(name), name))
            .collect(),
        backends: finder.table(backends),
    };
    for declared in chains.values() {
        for rule in &body(declared)?.rules {
            places.rules.push(finder.place(declared.file, rule.value.name.span));
        }
    }
    finder.finish(&mut places);
    Ok(places)
}

/// Lines of one file: the byte after each line break.
struct Lines {
    breaks: Vec<u32>,
}

struct Finder<'p> {
    source_map: &'p SourceMap,
    files: BTreeMap<FileId, Lines>,
}

impl Finder<'_> {
    fn table<T>(&mut self, table: &Table<'_, T>) -> Vec<Place> {
        self.rows(table.values())
    }

    fn rows<'t, 'd: 't, T: 'd>(&mut self, declared: impl Iterator<Item = &'t Declared<'d, T>>) -> Vec<Place> {
        declared.map(|declared| self.place(declared.file, declared.named.name.span)).collect()
    }

    /// The place of a model: in a file, or in the catalogue, which has no number yet either.
    fn model(&mut self, declared: Option<&Declared<'_, Model>>, name: &str) -> Place {
        match declared {
            Some(declared) => self.place(declared.file, declared.named.name.span),
            None => Place { file: NONE, line: row(catalogue::line(name)) },
        }
    }

    /// The place with the file's id for its number: paths are known once all places are.
    fn place(&mut self, file: FileId, span: Span) -> Place {
        let source_map = self.source_map;
        let lines = self.files.entry(file).or_insert_with(|| Lines::of(&source_map.file(file).text));
        Place { file: row(file.index()), line: lines.line(span.start) }
    }

    /// Numbers the files by their paths.
    fn finish(self, places: &mut Places) {
        let path = |file: &FileId| self.source_map.file(*file).path.as_str();
        let mut sorted: Vec<FileId> = self.files.keys().copied().collect();
        sorted.sort_by_key(|file| path(file));
        let numbers: BTreeMap<u32, u32> =
            sorted.iter().map(|file| row(file.index())).chain([NONE]).zip(0..).collect();
        let Places {
            files,
            keys,
            consumers,
            chains,
            rules,
            limits,
            providers,
            credentials,
            models,
            backends,
        } = places;
        for list in [keys, consumers, chains, rules, limits, providers, credentials, models, backends] {
            for place in list {
                place.file = numbers.get(&place.file).copied().unwrap_or(0);
            }
        }
        *files = sorted.iter().map(|file| path(file).to_owned()).collect();
        if models.iter().any(|place| slot(place.file) == files.len()) {
            files.push(catalogue::PLACE.to_owned());
        }
    }
}

impl Lines {
    fn of(text: &str) -> Self {
        let breaks = text.bytes().zip(1_u32..).filter(|(byte, _)| *byte == b'\n').map(|(_, next)| next);
        Self { breaks: breaks.collect() }
    }

    fn line(&self, offset: u32) -> u32 {
        row(self.breaks.partition_point(|next| *next <= offset)).saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, offset: u32, line: u32) {
        assert_eq!(Lines::of(text).line(offset), line, "{offset} in {text:?}");
    }

    #[test]
    fn lines_count_from_one() {
        check("", 0, 1);
        check("a\nb", 0, 1);
        check("a\nb", 1, 1);
        check("a\nb", 2, 2);
        check("a\r\nb\n", 3, 2);
        check("a\n", 2, 2);
    }
}
