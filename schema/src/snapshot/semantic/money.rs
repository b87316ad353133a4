//! Semantic checks of prices: every model known, one order, no price past what can be written.

use super::{Check, Table};
use crate::archive::money::{ArchivedPrice, UNPRICED};
use crate::snapshot::View;
use crate::source::Price;

pub(super) fn check(view: &View<'_>) -> Check {
    let at = Table("prices");
    let mut last = None;
    for (row, price) in view.money.prices.iter().enumerate() {
        let ArchivedPrice {
            model,
            valid_from_s,
            over_tokens,
            input_nanos,
            output_nanos,
            cached_read_nanos,
            cache_write_nanos,
        } = price;
        at.index(row, *model, view.providers.models.len())?;
        let this = (model.to_native(), valid_from_s.to_native(), over_tokens.to_native());
        at.holds(row, last.is_none_or(|last| last < this), "it is not in order")?;
        last = Some(this);
        let amounts = [input_nanos, output_nanos, cached_read_nanos, cache_write_nanos];
        let fits = amounts.iter().all(|nanos| **nanos <= Price::MAX || **nanos == UNPRICED);
        at.holds(row, fits, "a price is too high")?;
    }
    Ok(())
}
