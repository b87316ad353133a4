//! The rules about what models cost and how long they stay.
//!
//! Deliberately only calls. Read next: [`crate::model`], [`crate::reach::beginnings`].

use super::Options;
use crate::diagnostic::Diagnostics;
use crate::index::Index;
use crate::policy::Policy;
use crate::reach::Graph;
use crate::reach::beginnings::Beginnings;
use crate::rules::{
    deprecated_model, on_exceed_costs_more, on_exceed_without_effect, price_in_another_unit,
    price_never_holds, unpriced_model,
};

/// Judges prices, days and what they mean for budgets.
pub(super) fn check<'w>(
    index: &'w Index<'w>,
    (graph, beginnings): (&Graph<'w>, &Beginnings<'w>),
    options: Options,
    sink: &mut Diagnostics,
) {
    for (declared, body) in Policy::bodies(&index.policy.models) {
        price_never_holds::check(index, declared, body, sink);
        price_in_another_unit::check(index, declared, body, sink);
    }
    if let Some(as_of) = options.as_of {
        deprecated_model::check(index, as_of, sink);
    }
    unpriced_model::check(index, (graph, beginnings), options.as_of, sink);
    on_exceed_without_effect::check(index, beginnings, sink);
    // What is not whole could hide a key, a price or a cheaper backend.
    if !index.may_hide_anything() {
        on_exceed_costs_more::check(index, (graph, beginnings), sink);
    }
}
