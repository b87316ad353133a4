//! A checked policy into the flat tables of a snapshot.
//!
//! One small file per noun, and no policy logic: what is wrong with a policy was said by [`crate::rules`] before. Every
//! source record is taken apart field by field, so that a new field breaks the build at each place that must think
//! about it. The invariant: the tables depend on what was declared and on nothing else. File names, order, layout,
//! comments and spelling change only [`places`], which no decision reads.
//!
//! Read next: [`references`] for names into rows, [`matching`] for predicates into programs, [`crate::compile`] for
//! who calls this.

mod access;
mod attributes;
mod chains;
pub(crate) mod golden;
mod limits;
mod matching;
mod models;
mod names;
mod places;
mod providers;
mod references;
mod renumber;
mod split;
mod unserved;
mod vocabulary;
mod windows;

use pointsman_schema::archive::NONE;
use pointsman_schema::archive::money::Money;
use pointsman_schema::archive::names::Names;
use pointsman_schema::archive::routing::{Routing, Team};
use pointsman_schema::snapshot::Tables;

use self::access::Access;
use self::attributes::Attributes;
use self::chains::ChainTables;
use self::names::Texts;
pub(crate) use self::providers::Waits;
use self::references::References;
use self::vocabulary::Vocabulary;
use self::windows::Windows;
use crate::policy::{Declared, Policy};

/// Why a policy could not be lowered. Each is a fault of ours: a check let something through.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LowerError {
    /// Something declared has no body.
    #[error("`{name}` has no readable body, and no check said so")]
    NoBody {
        /// Its stable name.
        name: String,
    },
    /// A reference leads nowhere.
    #[error("no {kind} is named `{name}`, and no check said so")]
    Unresolved {
        /// What was looked for.
        kind: &'static str,
        /// The reference as written.
        name: String,
    },
}

/// Lowers a policy that has no errors.
pub fn lower(policy: &Policy<'_>) -> Result<Tables, LowerError> {
    let references = References::of(policy);
    let mut texts = Texts::default();
    let (models, prices) = models::lower(policy, &mut texts)?;
    let money = Money { prices, limits: limits::lower(policy, &mut texts)? };
    let providers = providers::lower(policy, &references, models, &mut texts)?;
    let mut vocabulary = Vocabulary::of(policy)?;
    let windows = Windows::of(&vocabulary, &mut texts)?;
    let attributes = Attributes::of(policy.workspace, &mut texts)?;
    vocabulary.intern(&mut texts);
    let chains = ChainTables::of(policy, &references, &vocabulary, &attributes, &mut texts)?;
    let access = Access::of(policy, &references, &vocabulary, &mut texts)?;
    let routing = routing(&vocabulary, windows, attributes, chains, access);
    let mut tables = Tables {
        names: Names::default(),
        routing,
        providers,
        money,
        unserved: unserved::lower(policy)?,
        places: places::lower(policy)?,
    };
    renumber::renumber(&mut tables, texts);
    Ok(tables)
}

fn routing(
    vocabulary: &Vocabulary<'_>,
    windows: Windows,
    attributes: Attributes<'_>,
    chains: ChainTables,
    access: Access,
) -> Routing {
    let Windows { rows: windows, zones, transitions } = windows;
    let Attributes { rows, values, .. } = attributes;
    let ChainTables { chains, accepted, rules, tests, arms, fallbacks } = chains;
    let Access { consumers, consumer_tags, keys, key_models, key_limits, digests, radix_bits, radix } =
        access;
    Routing {
        teams: vocabulary.team_texts().iter().map(|name| Team { name: *name }).collect(),
        tags: vocabulary.tag_texts().to_vec(),
        attributes: rows,
        attribute_values: values,
        consumers,
        consumer_tags,
        keys,
        key_models,
        key_limits,
        digests,
        radix_bits,
        radix,
        chains,
        accepted,
        rules,
        tests,
        arms,
        fallbacks,
        windows,
        zones,
        transitions,
    }
}

/// The body of something declared.
fn body<'p, T>(declared: &Declared<'p, T>) -> Result<&'p T, LowerError> {
    declared.body().ok_or_else(|| LowerError::NoBody { name: declared.name.clone() })
}

/// An index as a row holds it. A table past 32 bits cannot be packed, so saturating loses nothing.
fn row(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(NONE)
}
