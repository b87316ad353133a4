//! What the references of a policy name.
//!
//! Deliberately without the places of the references: who names something is only asked where nobody does. The
//! invariant: of a kind of which one reference leads nowhere, nothing is said to be unused, because it may have meant
//! that.
//!
//! Read next: [`crate::unused`], which asks.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::Visit;
use super::site::Kind;
use crate::policy::{Declared, Resolution};

/// Everything that some reference names.
#[derive(Debug, Default)]
pub struct Uses<'i> {
    /// Stable names by kind. Nobody walks over them, so their order cannot be seen.
    named: BTreeMap<Kind, HashSet<&'i str>>,
    /// What keys and rules name, by kind and place: there are many of both.
    places: BTreeMap<Kind, Vec<bool>>,
    /// Kinds of which a reference leads nowhere.
    astray: BTreeSet<Kind>,
    attributes: BTreeSet<&'i str>,
    is_attribute_astray: bool,
}

impl<'i> Uses<'i> {
    /// Whether nothing names something of this kind.
    pub fn leaves_out<T>(&self, kind: Kind, declared: &Declared<'_, T>) -> bool {
        let is_named = self.named.get(&kind).is_some_and(|named| named.contains(declared.name.as_str()));
        let is_marked = self.places.get(&kind).and_then(|places| places.get(declared.at));
        !is_named && is_marked != Some(&true) && !self.astray.contains(&kind)
    }

    /// Whether nothing reads an attribute.
    pub fn leaves_out_attribute(&self, name: &str) -> bool {
        !self.attributes.contains(name) && !self.is_attribute_astray
    }

    /// Keeps what is named of a kind, by place.
    pub(super) fn note_places(&mut self, kind: Kind, places: Vec<bool>) {
        let known = self.places.entry(kind).or_default();
        known.resize(known.len().max(places.len()), false);
        known.iter_mut().zip(places).for_each(|(known, is_named)| *known |= is_named);
    }

    /// What another team keeps to itself is named all the same; what is wrong is said there, and what was meant may be
    /// another of its kind.
    pub(super) fn note(&mut self, kind: Kind, resolution: Resolution<'i>) {
        let kind = if kind == Kind::ChainTarget { Kind::Chain } else { kind };
        match resolution {
            Resolution::Found(stable) => _ = self.named.entry(kind).or_default().insert(stable),
            Resolution::Private { owner: _, declared: stable } => {
                self.named.entry(kind).or_default().insert(stable);
                self.astray.insert(kind);
            }
            Resolution::Unknown => _ = self.astray.insert(kind),
        }
    }
}

impl Visit<'_, '_, '_> {
    /// Notes that an attribute is read.
    pub(super) fn attribute(&mut self, name: &str) {
        let index = self.index;
        match index.policy.workspace.attributes.iter().find(|attribute| attribute.name.value == name) {
            Some(attribute) => _ = self.uses.attributes.insert(&attribute.name.value),
            None => self.uses.is_attribute_astray = true,
        }
    }
}
