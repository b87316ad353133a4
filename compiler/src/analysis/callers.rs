//! Who can call: the consumers that hold one of some keys, one for all that some questions do not tell apart.
//!
//! Deliberately not which keys: whoever asks decides. The invariants: each group has at least one member, and only groups
//! are looked at that a question is about, but for one.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_schema::source::{Consumer, Key};

use super::question::Question;
use crate::policy::{Declared, Policy};

/// One consumer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Caller<'p> {
    /// Its team; nothing for the platform's.
    pub team: Option<&'p str>,
    /// Its tags.
    pub tags: BTreeSet<&'p str>,
    /// Its stable name.
    pub name: &'p str,
}

type Group<'p> = (Option<&'p str>, BTreeSet<&'p str>);

/// The consumers that hold a key.
#[derive(Debug, Default)]
pub struct Callers<'p> {
    /// Each of those whose team and tags are the same.
    groups: Vec<Vec<Caller<'p>>>,
    /// The places of the groups.
    by_name: BTreeMap<&'p str, usize>,
    by_team: BTreeMap<&'p str, Vec<usize>>,
    by_tag: BTreeMap<&'p str, Vec<usize>>,
}

impl<'p> Callers<'p> {
    /// Those of some keys.
    pub fn of<'k>(
        policy: &'p Policy<'p>,
        keys: impl Iterator<Item = (&'k Declared<'k, Key>, &'k Key)>,
    ) -> Self {
        let mut holders: Vec<&Declared<'p, Consumer>> =
            keys.filter_map(|(key, _)| policy.holder(key)).collect();
        // Keys of one consumer mostly stand beside each other.
        holders.dedup_by_key(|holder| holder.at);
        holders.sort_unstable_by_key(|holder| holder.at);
        holders.dedup_by_key(|holder| holder.at);
        let mut groups: BTreeMap<Group<'p>, Vec<Caller<'p>>> = BTreeMap::new();
        for declared in holders {
            let Some(body) = declared.body() else { continue };
            let tags: BTreeSet<&str> = body.tags.iter().map(|tag| tag.value.as_str()).collect();
            let team = declared.owner.team();
            let caller = Caller { team, tags: tags.clone(), name: &declared.name };
            groups.entry((team, tags)).or_default().push(caller);
        }
        let mut found = Self::default();
        for ((team, tags), callers) in groups {
            let at = found.groups.len();
            found.by_name.extend(callers.iter().map(|caller| (caller.name, at)));
            if let Some(team) = team {
                found.by_team.entry(team).or_default().push(at);
            }
            for tag in tags {
                found.by_tag.entry(tag).or_default().push(at);
            }
            found.groups.push(callers);
        }
        found
    }

    /// One caller of each kind that some questions about names, teams and tags can tell apart.
    pub fn told_apart<'c>(&'c self, questions: &[Question<'_>]) -> Vec<&'c Caller<'p>> {
        let (mut names, mut teams, mut tags) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut near = BTreeSet::new();
        for question in questions {
            match *question {
                Question::Consumer(name) if names.insert(name) => near.extend(self.by_name.get(name)),
                Question::Team(team) if teams.insert(team) => {
                    near.extend(self.by_team.get(team).into_iter().flatten());
                }
                Question::Tag(tag) if tags.insert(tag) => {
                    near.extend(self.by_tag.get(tag).into_iter().flatten());
                }
                _ => {}
            }
        }
        // One stands for all that no question is about.
        let far = (0..self.groups.len()).find(|at| !near.contains(at));
        near.extend(far);
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        for group in near.into_iter().filter_map(|at| self.groups.get(at)) {
            found.extend(group.iter().filter(|caller| names.contains(caller.name)));
            let Some(other) = group.iter().find(|caller| !names.contains(caller.name)) else { continue };
            let team = other.team.filter(|team| teams.contains(team));
            let asked = other.tags.iter().copied().filter(|tag| tags.contains(tag));
            // Whatever else they differ in is not asked.
            if seen.insert((team, asked.collect::<Vec<_>>())) {
                found.push(other);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::index::indexed;

    /// Consumers with a tag of their own each, and every tenth with one that all of those share.
    fn check(consumers: usize, questions: &[Question<'_>], expected: &[&str]) {
        let mut text = "consumers:\n".to_owned();
        for at in 0..consumers {
            let shared = if at % 10 == 0 { ", batch" } else { "" };
            writeln!(text, "  c{at}: {{ tags: [t{at}{shared}] }}").unwrap();
        }
        text += "keys:\n";
        for at in 0..consumers {
            writeln!(text, "  k{at}: {{ consumer: c{at}, chain: x, digests: [\"sha256:{at:064x}\"] }}")
                .unwrap();
        }
        indexed(&text, |index| {
            let callers = Callers::of(&index.policy, Policy::bodies(&index.policy.keys));
            let names: Vec<_> = callers.told_apart(questions).into_iter().map(|caller| caller.name).collect();
            assert_eq!(names, expected, "{questions:?}");
        });
    }

    #[test]
    fn callers_are_told_apart_by_what_is_asked() {
        check(500, &[], &["c0"]);
        check(500, &[Question::Team("a")], &["c0"]);
        check(500, &[Question::Tag("t7")], &["c0", "c7"]);
        check(500, &[Question::Tag("batch")], &["c0", "c1"]);
        check(500, &[Question::Consumer("c3"), Question::Tag("batch")], &["c0", "c1", "c3"]);
    }
}
