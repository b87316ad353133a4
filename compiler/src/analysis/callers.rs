//! Who can call: the consumers that hold one of some keys, grouped by what rules can tell apart.
//!
//! Deliberately not which keys: whoever asks decides. The invariant: each group has at least one member.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_schema::source::{Consumer, Key};

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
    groups: Vec<Vec<Caller<'p>>>,
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
        Self { groups: groups.into_values().collect() }
    }

    /// One caller of each kind that questions about these names, teams and tags can tell apart.
    pub fn told_apart<'c>(&'c self, named: &BTreeSet<&str>) -> Vec<&'c Caller<'p>> {
        let mut found = Vec::new();
        for group in &self.groups {
            found.extend(group.iter().filter(|caller| named.contains(caller.name)));
            found.extend(group.iter().find(|caller| !named.contains(caller.name)));
        }
        found
    }
}
