//! Semantic checks of the source map: parallel to its tables, every file known.

use super::{Check, Table};
use crate::snapshot::View;

pub(super) fn check(view: &View<'_>) -> Check {
    let (places, routing, providers, money) = (view.places, view.routing, view.providers, view.money);
    let lists = [
        (&places.keys, routing.keys.len()),
        (&places.consumers, routing.consumers.len()),
        (&places.chains, routing.chains.len()),
        (&places.rules, routing.rules.len()),
        (&places.limits, money.limits.len()),
        (&places.providers, providers.providers.len()),
        (&places.credentials, providers.credentials.len()),
        (&places.models, providers.models.len()),
        (&places.backends, providers.backends.len()),
    ];
    let at = Table("source map");
    for (list, rows) in lists {
        at.holds(0, list.len() == rows, "it is not parallel to its table")?;
        for (row, place) in list.iter().enumerate() {
            at.index(row, place.file, places.files.len())?;
        }
    }
    Ok(())
}
