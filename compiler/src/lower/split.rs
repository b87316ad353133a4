//! The arms of a split as rows: each with the bucket at which it ends.
//!
//! Deliberately does not count: [`shares`] does, for findings as for snapshots. The invariant: arms are sorted by stable
//! name, each draws at least one bucket, and together they draw all of them.
//!
//! Read next: [`crate::shares`].

use pointsman_schema::archive::routing::Arm;
use pointsman_schema::limits::SPLIT_BUCKETS;

use super::references::NamedTarget;
use crate::shares::shares;

/// The arms of a split; empty when no weight is above zero.
pub(super) fn arms(weighted: Vec<(NamedTarget, u32)>) -> Vec<Arm> {
    let mut until = 0_u32;
    let drawn = shares(weighted).into_iter().filter(|share| share.buckets > 0);
    drawn
        .map(|share| {
            until = until.saturating_add(u32::try_from(share.buckets).unwrap_or(SPLIT_BUCKETS));
            Arm { target: share.target.target(), until }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use pointsman_schema::archive::routing::TARGET_BACKEND;

    use super::*;

    fn check(weights: &[(&str, u32, u32)], expected: &[(u32, u32)]) {
        let target =
            |name: &str, index: u32| NamedTarget { name: name.to_owned(), kind: TARGET_BACKEND, index };
        let weighted = weights.iter().map(|(name, index, weight)| (target(name, *index), *weight)).collect();
        let found: Vec<(u32, u32)> = arms(weighted).iter().map(|arm| (arm.target.index, arm.until)).collect();
        assert_eq!(found, expected, "{weights:?}");
    }

    #[test]
    fn arms_end_where_the_next_begins() {
        check(&[], &[]);
        check(&[("a", 0, 0)], &[]);
        check(&[("b", 1, 30), ("a", 0, 70)], &[(0, 700_000), (1, 1_000_000)]);
        check(&[("a", 0, 1), ("b", 1, 0), ("c", 2, 1)], &[(0, 500_000), (2, 1_000_000)]);
        check(&[("a", 0, 20), ("b", 1, 50), ("a", 0, 30)], &[(0, 500_000), (1, 1_000_000)]);
    }
}
