//! Everything of one kind, by stable name.
//!
//! Deliberately a sorted list and not a tree of owned names: a policy has a hundred thousand keys, each of which is
//! looked at by many rules and names others. The invariant, once [`Table::settle`] was called: declarations stand in the
//! order of their stable names, each name once, those of a team beside each other.
//!
//! Read next: [`crate::index`], which fills tables.

use std::collections::HashMap;
use std::ops::Range;

use super::{Declared, Owner};

/// Declarations of one kind.
#[derive(Debug)]
pub struct Table<'a, T> {
    declared: Vec<Declared<'a, T>>,
    /// Where the names of each team stand. Nobody walks over them, so their order cannot be seen.
    teams: HashMap<&'a str, Range<usize>>,
}

impl<T> Default for Table<'_, T> {
    fn default() -> Self {
        Self { declared: Vec::new(), teams: HashMap::new() }
    }
}

/// A name that was declared before.
#[derive(Debug, Clone)]
pub struct Again<'a, T> {
    /// What stands in the table.
    pub first: Declared<'a, T>,
    /// What does not.
    pub again: Declared<'a, T>,
}

impl<'a, T> Table<'a, T> {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a declaration; it can be found when the table is settled.
    pub(crate) fn add(&mut self, declared: Declared<'a, T>) {
        self.declared.push(declared);
    }

    /// Sorts what was added; of several with one name the one that was added first stays, and the others are returned.
    pub(crate) fn settle(&mut self) -> Vec<Again<'a, T>> {
        // Files come in the order of their paths, so what one team declares mostly stands together already.
        for of_one in self.declared.chunk_by_mut(|a, b| a.owner == b.owner) {
            of_one.sort_by(|a, b| a.name.cmp(&b.name));
        }
        self.declared.sort_by(|a, b| a.name.cmp(&b.name));
        let is_twice = |pair: &[Declared<'a, T>]| matches!(pair, [a, b] if a.name == b.name);
        let mut twice = Vec::new();
        if self.declared.windows(2).any(is_twice) {
            let mut kept: Vec<Declared<'a, T>> = Vec::with_capacity(self.declared.len());
            for declared in self.declared.drain(..) {
                match kept.last().filter(|last| last.name == declared.name) {
                    Some(first) => twice.push(Again { first: first.clone(), again: declared }),
                    None => kept.push(declared),
                }
            }
            self.declared = kept;
        }
        for (at, declared) in self.declared.iter_mut().enumerate() {
            declared.at = at;
        }
        self.teams = teams(&self.declared);
        twice
    }

    /// The declaration at a place.
    pub fn at(&self, at: usize) -> Option<&Declared<'a, T>> {
        self.declared.get(at)
    }

    /// The declaration of a stable name.
    pub fn get(&self, name: &str) -> Option<&Declared<'a, T>> {
        let at = self.declared.binary_search_by(|declared| declared.name.as_str().cmp(name)).ok()?;
        self.declared.get(at)
    }

    /// What a team declares.
    pub(super) fn of_team(&self, team: &str) -> &[Declared<'a, T>] {
        self.teams.get(team).and_then(|own| self.declared.get(own.clone())).unwrap_or_default()
    }

    /// Whether a stable name is declared.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Every declaration, in the order of the names.
    pub fn values(&self) -> std::slice::Iter<'_, Declared<'a, T>> {
        self.declared.iter()
    }

    /// The same as a slice.
    pub(super) fn as_slice(&self) -> &[Declared<'a, T>] {
        &self.declared
    }

    /// Every stable name, in order.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.declared.iter().map(|declared| &declared.name)
    }

    /// Both.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Declared<'a, T>)> {
        self.declared.iter().map(|declared| (&declared.name, declared))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.declared.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.declared.is_empty()
    }
}

/// The declaration of a name as a team writes it, among those of the team.
pub(super) fn named<'t, 'a, T>(
    (team, own): (&str, &'t [Declared<'a, T>]),
    name: &str,
) -> Option<&'t Declared<'a, T>> {
    let begin = team.len().saturating_add(1);
    let at = own.binary_search_by(|declared| declared.name.get(begin..).cmp(&Some(name))).ok()?;
    own.get(at)
}

/// The stretch of each team: all its stable names begin alike, and no other does.
fn teams<'a, T>(declared: &[Declared<'a, T>]) -> HashMap<&'a str, Range<usize>> {
    let mut teams: HashMap<&'a str, Range<usize>> = HashMap::new();
    // Models have global names, whoever declares them.
    let is_local = |declared: &&Declared<'a, T>| declared.name.len() > declared.named.name.value.len();
    let of_one =
        |a: &Declared<'a, T>, b: &Declared<'a, T>| is_local(&a) == is_local(&b) && a.owner == b.owner;
    for of_one in declared.chunk_by(of_one) {
        let (Some(first), Some(last)) = (of_one.first().filter(is_local), of_one.last()) else { continue };
        let Owner::Team(team) = first.owner else { continue };
        teams.entry(team).or_insert(first.at..first.at).end = last.at.saturating_add(1);
    }
    teams
}

#[cfg(test)]
mod tests {
    use pointsman_schema::read::record::Named;
    use pointsman_schema::tree::{Span, Spanned, Syntax};

    use super::*;
    use crate::source_map::SourceMap;

    #[test]
    fn names_are_found_in_their_order_and_once() {
        let file = SourceMap::new().add("a.yaml", "", Syntax::Yaml);
        let team = |name: &str| Owner::Team(name.to_owned());
        let (platform, a, longer) = (Owner::Platform, team("a"), team("a-b"));
        let written = ["x", "y", "a"].map(|name| Named {
            name: Spanned::new(name.to_owned(), Span::default()),
            span: Span::default(),
            body: Some(name),
        });
        let mut table = Table::new();
        for (owner, at) in
            [(&a, 1), (&a, 0), (&longer, 1), (&platform, 2), (&platform, 0), (&a, 1), (&longer, 0), (&a, 1)]
        {
            let named = &written[at];
            table.add(Declared::new(owner.stable(&named.name.value), (owner, file), named));
        }
        let twice: Vec<_> = table.settle().into_iter().map(|again| again.again.name).collect();
        assert_eq!(twice, ["a/y", "a/y"]);
        let sorted: Vec<_> = table.keys().map(String::as_str).collect();
        assert_eq!(sorted, ["a", "a-b/x", "a-b/y", "a/x", "a/y", "x"]);
        for name in sorted {
            assert_eq!(table.get(name).unwrap().name, name);
        }
        let check = |team: &str, name: &str, expected: Option<&str>| {
            let found = named((team, table.of_team(team)), name);
            assert_eq!(found.map(|found| found.name.as_str()), expected, "{team} {name}");
        };
        check("a", "x", Some("a/x"));
        check("a-b", "y", Some("a-b/y"));
        check("a", "a", None);
        check("b", "x", None);
        assert!(table.get("y").is_none() && !table.contains_key("a/a"));
    }
}
