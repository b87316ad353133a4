//! Reading a verified snapshot: typed rows by index, texts by index.
//!
//! Every index that a row holds was checked once, when the snapshot was loaded ([`super::semantic`]), so the lookups
//! here cannot fail and the request path has no error case for them. This file is the only one that may index without
//! a check, and only [`super::mapping`] makes a view.

use rkyv::Archived;
use rkyv::rend::u32_le;
use rkyv::vec::ArchivedVec;

use crate::archive::golden::Golden;
use crate::archive::money::Money;
use crate::archive::names::Names;
use crate::archive::places::Places;
use crate::archive::providers::{
    ArchivedBackend, ArchivedCredential, ArchivedModel, ArchivedProvider, Providers,
};
use crate::archive::routing::{
    ArchivedAttribute, ArchivedChain, ArchivedConsumer, ArchivedKey, ArchivedRule, ArchivedTeam, Routing,
};
use crate::archive::unserved::Unserved;
use crate::archive::{ArchivedRows, NONE};

/// A snapshot's tables.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Texts.
    pub names: &'a Archived<Names>,
    /// Keys, consumers, chains, rules.
    pub routing: &'a Archived<Routing>,
    /// Providers, credentials, models, backends.
    pub providers: &'a Archived<Providers>,
    /// Prices.
    pub money: &'a Archived<Money>,
    /// What no gateway of this release acts on.
    pub unserved: &'a Archived<Unserved>,
    /// Files and lines.
    pub places: &'a Archived<Places>,
    /// Golden vectors.
    pub golden: &'a Archived<Golden>,
}

/// Declares an index type and the lookup of its row.
macro_rules! index {
    ($($(#[$meta:meta])* $Ix:ident, $lookup:ident, $section:ident.$table:ident, $Row:ty;)*) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $Ix(pub u32);

            impl $Ix {
                /// The index for slices.
                pub fn at(self) -> usize {
                    slot(self.0)
                }

                /// An index that a row holds, `None` for [`NONE`].
                pub fn optional(index: u32_le) -> Option<Self> {
                    (index != NONE).then(|| Self(index.to_native()))
                }
            }

            impl From<u32_le> for $Ix {
                fn from(index: u32_le) -> Self {
                    Self(index.to_native())
                }
            }
        )*

        impl<'a> View<'a> {
            $(
                /// The row of an index.
                pub fn $lookup(&self, index: $Ix) -> &'a $Row {
                    row(&self.$section.$table, index.0)
                }
            )*
        }
    };
}

index! {
    /// An API key.
    KeyIx, key, routing.keys, ArchivedKey;
    /// A consumer.
    ConsumerIx, consumer, routing.consumers, ArchivedConsumer;
    /// A team.
    TeamIx, team, routing.teams, ArchivedTeam;
    /// A declared attribute.
    AttributeIx, attribute, routing.attributes, ArchivedAttribute;
    /// A chain.
    ChainIx, chain, routing.chains, ArchivedChain;
    /// A rule.
    RuleIx, rule, routing.rules, ArchivedRule;
    /// A model.
    ModelIx, model, providers.models, ArchivedModel;
    /// A provider.
    ProviderIx, provider, providers.providers, ArchivedProvider;
    /// A credential.
    CredentialIx, credential, providers.credentials, ArchivedCredential;
    /// A backend.
    BackendIx, backend, providers.backends, ArchivedBackend;
}

impl<'a> View<'a> {
    /// The text of a names index.
    #[expect(
        clippy::string_slice,
        clippy::indexing_slicing,
        reason = "ends are ascending character boundaries (checked at load)"
    )]
    pub fn text(&self, index: u32_le) -> &'a str {
        let at = slot(index.to_native());
        let ends = self.names.ends.as_slice();
        let start = if at == 0 { 0 } else { ends[at - 1].to_native() };
        let names: &'a Archived<Names> = self.names;
        &names.text.as_str()[slot(start)..slot(ends[at].to_native())]
    }

    /// The key with this digest and the last second (Unix time) at which this form of it is accepted, in constant time
    /// for the part past the radix index.
    pub fn find_key(&self, digest: &crate::digest::Digest) -> Option<(KeyIx, i64)> {
        let [first, second, ..] = digest.0;
        let leading = u32::from(u16::from_be_bytes([first, second]));
        let bucket = leading >> (16 - u32::from(self.routing.radix_bits));
        let start = slot(row(&self.routing.radix, bucket).to_native());
        let end = slot(row(&self.routing.radix, bucket + 1).to_native());
        let candidates = self.routing.digests.get(start..end)?;
        candidates.iter().fold(None, |found, row| {
            let equal = aws_lc_rs::constant_time::verify_slices_are_equal(&row.digest, &digest.0).is_ok();
            if equal { Some((KeyIx(row.key.to_native()), row.until_s.to_native())) } else { found }
        })
    }

    /// A key's, consumer's, chain's … own name is looked up by [`Self::text`]; this finds a key by its name.
    pub fn key_named(&self, name: &str) -> Option<KeyIx> {
        let at = self.routing.keys.binary_search_by(|key| self.text(key.name).cmp(name)).ok()?;
        u32::try_from(at).ok().map(KeyIx)
    }
}

/// The rows of a run.
#[expect(clippy::indexing_slicing, reason = "runs lie within their tables (checked at load)")]
pub fn run<'a, T>(table: &'a ArchivedVec<T>, rows: &ArchivedRows) -> &'a [T] {
    let start = slot(rows.start.to_native());
    &table.as_slice()[start..start + slot(rows.len.to_native())]
}

#[expect(clippy::indexing_slicing, reason = "indices lie within their tables (checked at load)")]
fn row<T>(table: &ArchivedVec<T>, index: u32) -> &T {
    &table.as_slice()[slot(index)]
}

/// An index as the platform's word.
#[expect(clippy::as_conversions, reason = "the crate builds for 32 bits and more only (asserted below)")]
pub const fn slot(index: u32) -> usize {
    index as usize
}

const _: () = assert!(usize::BITS >= 32);
