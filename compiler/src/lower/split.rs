//! Weights into buckets: the arms of a split, exactly.
//!
//! Largest remainder, in whole numbers: each arm gets the whole buckets of its share, and the buckets left over go to
//! the largest remainders, ties by name. The invariant: arms are sorted by stable name, each draws at least one bucket,
//! and together they draw all of them.

use pointsman_schema::archive::routing::Arm;
use pointsman_schema::limits::SPLIT_BUCKETS;

use super::references::NamedTarget;

/// The arms of a split; empty when no weight is above zero.
pub(super) fn arms(mut weighted: Vec<(NamedTarget, u32)>) -> Vec<Arm> {
    weighted.sort();
    let merged = merge(weighted);
    let total: u64 = merged.iter().map(|(_, weight)| weight).sum();
    if total == 0 {
        return Vec::new();
    }
    let buckets = shares(&merged.iter().map(|(_, weight)| *weight).collect::<Vec<_>>(), total);
    let mut until = 0_u32;
    let mut arms = Vec::with_capacity(merged.len());
    for ((target, _), share) in merged.iter().zip(buckets) {
        if share > 0 {
            until = until.saturating_add(u32::try_from(share).unwrap_or(SPLIT_BUCKETS));
            arms.push(Arm { target: target.target(), until });
        }
    }
    arms
}

/// Two spellings of one target are one arm.
fn merge(sorted: Vec<(NamedTarget, u32)>) -> Vec<(NamedTarget, u64)> {
    let mut merged: Vec<(NamedTarget, u64)> = Vec::with_capacity(sorted.len());
    for (target, weight) in sorted {
        match merged.last_mut() {
            Some((last, sum)) if *last == target => *sum = sum.saturating_add(u64::from(weight)),
            _ => merged.push((target, u64::from(weight))),
        }
    }
    merged
}

/// Buckets by largest remainder. Sixteen arms of a million weight each stay far below 64 bits.
fn shares(weights: &[u64], total: u64) -> Vec<u64> {
    let exact = |weight: u64| weight.saturating_mul(u64::from(SPLIT_BUCKETS));
    let mut buckets: Vec<u64> = weights.iter().map(|weight| exact(*weight) / total).collect();
    let given: u64 = buckets.iter().sum();
    let mut order: Vec<(u64, usize)> =
        weights.iter().zip(0..).map(|(weight, at)| (exact(*weight) % total, at)).collect();
    order.sort_by_key(|(remainder, at)| (std::cmp::Reverse(*remainder), *at));
    let left = usize::try_from(u64::from(SPLIT_BUCKETS).saturating_sub(given)).unwrap_or(0);
    for (_, at) in order.into_iter().take(left) {
        if let Some(share) = buckets.get_mut(at) {
            *share = share.saturating_add(1);
        }
    }
    buckets
}

#[cfg(test)]
mod tests {
    use pointsman_schema::archive::routing::TARGET_BACKEND;
    use proptest::prelude::*;

    use super::*;

    fn target(name: &str, index: u32) -> NamedTarget {
        NamedTarget { name: name.to_owned(), kind: TARGET_BACKEND, index }
    }

    fn check(weights: &[(&str, u32)], expected: &[(u32, u32)]) {
        let mut names: Vec<&str> = weights.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        let index = |name: &str| u32::try_from(names.binary_search(&name).unwrap()).unwrap();
        let weighted = weights.iter().map(|(name, weight)| (target(name, index(name)), *weight)).collect();
        let found: Vec<(u32, u32)> = arms(weighted).iter().map(|arm| (arm.target.index, arm.until)).collect();
        assert_eq!(found, expected, "{weights:?}");
    }

    #[test]
    fn buckets_follow_the_weights() {
        check(&[], &[]);
        check(&[("a", 0), ("b", 0)], &[]);
        check(&[("b", 30), ("a", 70)], &[(0, 700_000), (1, 1_000_000)]);
        check(&[("a", 1), ("b", 1), ("c", 1)], &[(0, 333_334), (1, 666_667), (2, 1_000_000)]);
        check(&[("a", 1), ("b", 0), ("c", 1)], &[(0, 500_000), (2, 1_000_000)]);
        check(&[("a", 20), ("b", 50), ("a", 30)], &[(0, 500_000), (1, 1_000_000)]);
        check(&[("a", 1_000_000), ("b", 1)], &[(0, 999_999), (1, 1_000_000)]);
    }

    proptest! {
        #[test]
        fn no_arm_is_off_by_a_whole_bucket(weights in prop::collection::vec(0_u32..=1_000_000, 1..16)) {
            let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
            prop_assume!(total > 0);
            let named = weights.iter().zip(0..).map(|(weight, at)| (target(&format!("{at:02}"), at), *weight));
            let found = arms(named.collect());
            prop_assert_eq!(found.last().map(|arm| arm.until), Some(SPLIT_BUCKETS));
            let mut from = 0;
            for arm in found {
                let weight = u64::from(weights[usize::try_from(arm.target.index).unwrap()]);
                let drawn = u64::from(arm.until - from) * total;
                prop_assert!(drawn.abs_diff(weight * u64::from(SPLIT_BUCKETS)) < total);
                from = arm.until;
            }
        }
    }
}
