//! Semantic checks of prices and limits: every model known, one order, nothing past what can be written, and no count
//! without what it needs.

use super::{Check, Table};
use crate::archive::money::{ArchivedLimit, ArchivedPrice, UNPRICED};
use crate::snapshot::View;
use crate::source::Price;
use crate::source::budget::Counted;

pub(super) fn check(view: &View<'_>) -> Check {
    prices(view)?;
    limits(view)
}

fn limits(view: &View<'_>) -> Check {
    let at = Table("limits");
    at.ascending(0, view.money.limits.iter().map(|row| row.name), view)?;
    for (row, limit) in view.money.limits.iter().enumerate() {
        let ArchivedLimit { name: _, requests, burst, tokens, window_s, concurrent, per } = limit;
        at.holds(row, Counted::from_code(*per).is_some(), "what it counts for is unknown")?;
        at.holds(row, (*requests == 0) == (*burst == 0), "its burst does not fit its requests")?;
        let is_rate = *requests != 0 || *tokens != 0;
        at.holds(row, is_rate == (*window_s != 0), "its window does not fit what it counts")?;
        at.holds(row, is_rate || *concurrent != 0, "it counts nothing")?;
    }
    Ok(())
}

fn prices(view: &View<'_>) -> Check {
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
