//! Semantic checks of teams, consumers, attributes and keys.

use super::{Check, Table};
use crate::limits::{ATTRIBUTE_VALUES_MAX, ATTRIBUTES_MAX};
use crate::snapshot::View;
use crate::snapshot::view::slot;

pub(super) fn check(view: &View<'_>) -> Check {
    Table("teams").ascending(0, view.routing.teams.iter().map(|row| row.name), view)?;
    Table("tags").ascending(0, view.routing.tags.iter().copied(), view)?;
    attributes(view)?;
    consumers(view)?;
    keys(view)?;
    digests(view)
}

fn attributes(view: &View<'_>) -> Check {
    let at = Table("attributes");
    at.holds(0, view.routing.attributes.len() <= ATTRIBUTES_MAX, "there are too many")?;
    at.ascending(0, view.routing.attributes.iter().map(|row| row.name), view)?;
    for (row, attribute) in view.routing.attributes.iter().enumerate() {
        at.holds(row, attribute.origin <= 1, "its origin is unknown")?;
        at.text(row, attribute.field, view)?;
        let values = at.run(row, &attribute.values, &view.routing.attribute_values)?;
        at.holds(row, values.len() <= ATTRIBUTE_VALUES_MAX, "it has too many values")?;
        at.ascending(row, values.iter().copied(), view)?;
    }
    Ok(())
}

fn consumers(view: &View<'_>) -> Check {
    let at = Table("consumers");
    at.ascending(0, view.routing.consumers.iter().map(|row| row.name), view)?;
    for (row, consumer) in view.routing.consumers.iter().enumerate() {
        at.optional(row, consumer.team, view.routing.teams.len())?;
        let tags = at.run(row, &consumer.tags, &view.routing.consumer_tags)?;
        tags.iter().try_for_each(|tag| at.index(row, *tag, view.routing.tags.len()))?;
        at.holds(row, tags.is_sorted(), "its tags are not in order")?;
    }
    Ok(())
}

fn keys(view: &View<'_>) -> Check {
    let at = Table("keys");
    at.ascending(0, view.routing.keys.iter().map(|row| row.name), view)?;
    for (row, key) in view.routing.keys.iter().enumerate() {
        at.index(row, key.consumer, view.routing.consumers.len())?;
        at.index(row, key.chain, view.routing.chains.len())?;
        let models = at.run(row, &key.models, &view.routing.key_models)?;
        at.ascending(row, models.iter().copied(), view)?;
        let limits = at.run(row, &key.limits, &view.routing.key_limits)?;
        limits.iter().try_for_each(|limit| at.index(row, *limit, view.money.limits.len()))?;
        at.holds(row, limits.is_sorted_by(|a, b| a < b), "its limits are not in order, or one stands twice")?;
    }
    Ok(())
}

fn digests(view: &View<'_>) -> Check {
    let at = Table("key digests");
    let rows = &view.routing.digests;
    for (row, pair) in rows.as_slice().windows(2).enumerate() {
        let ordered = matches!(pair, [first, second] if first.digest < second.digest);
        at.holds(row, ordered, "they are not in order, or one stands twice")?;
    }
    rows.iter()
        .enumerate()
        .try_for_each(|(row, digest)| at.index(row, digest.key, view.routing.keys.len()))?;
    radix(view)
}

/// The radix index says for each value of the leading bits where the digests with it begin.
fn radix(view: &View<'_>) -> Check {
    let at = Table("radix index");
    let (bits, radix, rows) = (view.routing.radix_bits, &view.routing.radix, &view.routing.digests);
    at.holds(0, bits <= 16 && radix.len() == (1_usize << bits.min(16)) + 1, "it has the wrong size")?;
    let begins = |at: usize| radix.get(at).map_or(usize::MAX, |begin| slot(begin.to_native()));
    at.holds(0, begins(0) == 0 && begins(radix.len() - 1) == rows.len(), "it does not cover the digests")?;
    for bucket in 0..radix.len() - 1 {
        let run = rows
            .get(begins(bucket)..begins(bucket + 1))
            .ok_or_else(|| at.wrong(bucket, "it is not in order"))?;
        let inside = run.iter().all(|row| {
            let [first, second, ..] = row.digest;
            usize::from(u16::from_be_bytes([first, second])) >> (16 - u32::from(bits)) == bucket
        });
        at.holds(bucket, inside, "a digest lies in another bucket")?;
    }
    Ok(())
}
