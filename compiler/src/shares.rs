//! Weights into buckets: what each target of a split draws, exactly.
//!
//! Largest remainder, in whole numbers: each target gets the whole buckets of its share, and the buckets left over go to
//! the largest remainders, ties in the order of the targets. Deliberately knows nothing of rules or rows, so that what a
//! finding says and what is lowered cannot differ. The invariant: targets are sorted, each stands once, and together they
//! draw all buckets unless no weight is above zero.
//!
//! Read next: [`crate::lower`], whose arms these are, and [`crate::rules::zero_weights`], which reports what draws nothing.

use pointsman_schema::limits::SPLIT_BUCKETS;

/// One target of a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share<T> {
    /// The target, in a form that is the same for every spelling of it.
    pub(crate) target: T,
    /// **Unit**: buckets of [`SPLIT_BUCKETS`].
    pub(crate) buckets: u64,
}

/// The shares of a split. Weights of one target add up; sixteen of a million each stay far below 64 bits.
pub(crate) fn shares<T: Ord>(mut weighted: Vec<(T, u32)>) -> Vec<Share<T>> {
    weighted.sort();
    let merged = merge(weighted);
    let total: u64 = merged.iter().map(|(_, weight)| weight).sum();
    let exact = |weight: u64| weight.saturating_mul(u64::from(SPLIT_BUCKETS));
    let part = |weight: u64| exact(weight).checked_div(total).unwrap_or(0);
    let given: u64 = merged.iter().map(|(_, weight)| part(*weight)).sum();
    let left = usize::try_from(u64::from(SPLIT_BUCKETS).saturating_sub(given)).unwrap_or(0);
    let rest = |weight: u64| exact(weight).checked_rem(total).unwrap_or(0);
    let mut order: Vec<(u64, usize)> =
        merged.iter().zip(0..).map(|((_, weight), at)| (rest(*weight), at)).collect();
    order.sort_by_key(|(remainder, at)| (std::cmp::Reverse(*remainder), *at));
    let mut shares: Vec<Share<T>> =
        merged.into_iter().map(|(target, weight)| Share { target, buckets: part(weight) }).collect();
    // Without a weight above zero there is nothing to give and nothing left of it.
    for (_, at) in order.into_iter().take(if total == 0 { 0 } else { left }) {
        if let Some(share) = shares.get_mut(at) {
            share.buckets = share.buckets.saturating_add(1);
        }
    }
    shares
}

/// Two spellings of one target are one.
fn merge<T: Ord>(sorted: Vec<(T, u32)>) -> Vec<(T, u64)> {
    let mut merged: Vec<(T, u64)> = Vec::with_capacity(sorted.len());
    for (target, weight) in sorted {
        match merged.last_mut() {
            Some((last, sum)) if *last == target => *sum = sum.saturating_add(u64::from(weight)),
            _ => merged.push((target, u64::from(weight))),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(weights: &[(&str, u32)], expected: &[(&str, u64)]) {
        let found = shares(weights.to_vec());
        let found: Vec<_> = found.iter().map(|share| (share.target, share.buckets)).collect();
        assert_eq!(found, expected, "{weights:?}");
    }

    #[test]
    fn buckets_follow_the_weights() {
        check(&[], &[]);
        check(&[("a", 0), ("b", 0)], &[("a", 0), ("b", 0)]);
        check(&[("b", 30), ("a", 70)], &[("a", 700_000), ("b", 300_000)]);
        check(&[("a", 1), ("b", 1), ("c", 1)], &[("a", 333_334), ("b", 333_333), ("c", 333_333)]);
        check(&[("a", 1), ("b", 0), ("c", 1)], &[("a", 500_000), ("b", 0), ("c", 500_000)]);
        check(&[("a", 20), ("b", 50), ("a", 30)], &[("a", 500_000), ("b", 500_000)]);
        check(&[("a", 1_000_000), ("b", 1)], &[("a", 999_999), ("b", 1)]);
        let tiny = [("a", 1_000_000), ("b", 1_000_000), ("c", 1)];
        check(&tiny, &[("a", 500_000), ("b", 500_000), ("c", 0)]);
    }

    proptest! {
        #[test]
        fn no_share_is_off_by_a_whole_bucket(weights in prop::collection::vec(0_u32..=1_000_000, 1..16)) {
            let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
            prop_assume!(total > 0);
            let found = shares((0_usize..).zip(weights.iter().copied()).collect());
            prop_assert_eq!(found.iter().map(|share| share.buckets).sum::<u64>(), u64::from(SPLIT_BUCKETS));
            for share in found {
                let weight = u64::from(weights[share.target]);
                prop_assert!((share.buckets * total).abs_diff(weight * u64::from(SPLIT_BUCKETS)) < total);
            }
        }
    }
}
