//! Requests that hold something that some backend of a chain has no form for: one for each chain and each kind of end.
//!
//! Deliberately one feature a request, the first that divides the candidates; which features each protocol carries is
//! the table's to say, and the vectors only show that a gateway obeys it.

use std::collections::BTreeMap;

use pointsman_routing::{Decision, Facts};
use pointsman_schema::dialect::Dialect;
use pointsman_schema::feature::{self, Feature};
use pointsman_schema::snapshot::view::{ChainIx, KeyIx, View};

use super::{Everything, LOSSES_MAX, plain};

/// For the first key of each chain, a request in the first dialect that some candidate does not carry whole: once with a
/// feature that can never be left out, once with one that a rule may allow to be.
pub(super) fn requests<'v>(view: &View<'v>, keys: &BTreeMap<ChainIx, Vec<KeyIx>>) -> Vec<Facts<'v>> {
    let first = keys.values().filter_map(|keys| keys.first());
    first.flat_map(|key| of_key(view, *key)).take(LOSSES_MAX).collect()
}

fn of_key<'v>(view: &View<'v>, key: KeyIx) -> Vec<Facts<'v>> {
    let mut asked = plain(view, key);
    for dialect in Dialect::ALL.iter().filter(|dialect| dialect.is_conversation()) {
        asked.dialect = *dialect;
        let refused = refused(view, &asked);
        let first = |among: u64| feature::of_set(refused & among).next().map_or(0, Feature::mask);
        let found = [first(!feature::DROPPABLE), first(feature::DROPPABLE)];
        if refused != 0 {
            return found.into_iter().filter(|set| *set != 0).map(|set| holding(asked, set)).collect();
        }
    }
    Vec::new()
}

fn holding(mut facts: Facts<'_>, features: u64) -> Facts<'_> {
    facts.features = features;
    facts
}

/// What any candidate refuses.
fn refused(view: &View<'_>, facts: &Facts<'_>) -> u64 {
    let (decision, _) = Decision::start(view, facts, &Everything);
    let place = usize::from(facts.dialect.code());
    let sets = decision.candidates().iter().filter_map(|at| view.backend(at.backend).refused.get(place));
    sets.fold(0, |all, set| all | set.to_native())
}
