//! The values of claims that roles are given for: which values two patterns share, and which of the two says more.
//!
//! Deliberately knows no person: a token may carry several values, and what each of them gives is added up. Only where one
//! value is looked at by two roles can they contradict each other. Invariant: a witness is a value that both patterns fit.
//!
//! Read next: [`crate::rules::conflicting_roles`].

use std::cmp::Ordering;
use std::collections::BTreeMap;

use pointsman_schema::read::pattern::ClaimGlob;
use pointsman_schema::source::Role;
use pointsman_schema::source::platform::Grant;
use pointsman_schema::tree::Spanned;

use crate::index::Index;
use crate::policy::{Declared, Policy};

/// One value of one role.
#[derive(Debug, Clone, Copy)]
pub struct Claimed<'i> {
    /// The role.
    pub declared: &'i Declared<'i, Role>,
    /// Its body.
    pub role: &'i Role,
    /// The value, or pattern.
    pub value: &'i Spanned<ClaimGlob>,
}

impl Claimed<'_> {
    /// The value as written.
    pub fn text(&self) -> &str {
        self.value.value.as_str()
    }
}

/// The values of all roles that could be read, by claim, in the order of the roles' names.
pub fn by_claim<'i>(index: &'i Index<'i>) -> BTreeMap<&'i str, Vec<Claimed<'i>>> {
    let mut found: BTreeMap<&str, Vec<Claimed<'i>>> = BTreeMap::new();
    let roles = Policy::bodies(&index.policy.roles);
    for (declared, role) in roles.filter(|(role, _)| !index.is_spoiled(role.file, role.named.span)) {
        let values = role.values.iter().map(|value| Claimed { declared, role, value });
        found.entry(role.claim.value.as_str()).or_default().extend(values);
    }
    found
}

/// Whether a role is one in teams.
pub fn is_in_teams(grant: Grant) -> bool {
    match grant {
        Grant::PlatformAdmin | Grant::Auditor => false,
        Grant::TeamAdmin | Grant::Developer | Grant::Viewer => true,
    }
}

/// Values and patterns by their begins and by their ends, so that what may share a value with a pattern is found without
/// a look at all of them.
#[derive(Debug)]
pub struct Ends {
    by_begin: Vec<(Vec<u8>, usize)>,
    /// Their bytes from the last to the first.
    by_end: Vec<(Vec<u8>, usize)>,
}

impl Ends {
    /// Those of some values; each is known by its place.
    pub fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let ends = texts.zip(0..).map(|(text, at)| {
            let (begin, end) = ends(text);
            ((begin, at), (end, at))
        });
        let (mut by_begin, mut by_end): (Vec<_>, Vec<_>) = ends.unzip();
        by_begin.sort();
        by_end.sort();
        Self { by_begin, by_end }
    }

    /// The places, in order, of all that shares a value with a pattern, and of some that do not.
    pub fn beside(&self, pattern: &str) -> Vec<usize> {
        let (begin, end) = ends(pattern);
        let (by_begin, by_end) = (alike(&self.by_begin, &begin), alike(&self.by_end, &end));
        let count = |found: &[&[(Vec<u8>, usize)]]| found.iter().map(|run| run.len()).sum::<usize>();
        let fewer = if count(&by_begin) <= count(&by_end) { by_begin } else { by_end };
        let mut places: Vec<usize> = fewer.into_iter().flatten().map(|(_, at)| *at).collect();
        places.sort_unstable();
        places
    }
}

/// How a value begins, and how it ends, read backwards.
fn ends(text: &str) -> (Vec<u8>, Vec<u8>) {
    let (begin, end) = text.split_once('*').unwrap_or((text, text));
    (begin.as_bytes().to_vec(), end.bytes().rev().collect())
}

/// The runs of all that begins with a text, and of all that the text begins with.
fn alike<'s>(sorted: &'s [(Vec<u8>, usize)], text: &[u8]) -> Vec<&'s [(Vec<u8>, usize)]> {
    let run = |begin: &[u8], fits: &dyn Fn(&[u8]) -> bool| {
        let (_, rest) = sorted.split_at(sorted.partition_point(|(other, _)| other.as_slice() < begin));
        rest.split_at(rest.partition_point(|(other, _)| fits(other))).0
    };
    let shorter = (0..text.len()).filter_map(|length| text.get(..length));
    let shorter = shorter.map(|begin| run(begin, &|other| other == begin));
    shorter.chain([run(text, &|other| other.starts_with(text))]).collect()
}

/// A value that both patterns fit.
pub fn witness(a: &str, b: &str) -> Option<String> {
    match (a.split_once('*'), b.split_once('*')) {
        (None, None) => (a == b).then(|| a.to_owned()),
        (None, Some(_)) => covers(b, a).then(|| a.to_owned()),
        (Some(_), None) => covers(a, b).then(|| b.to_owned()),
        (Some((begin, end)), Some((other_begin, other_end))) => {
            let (short, long) = sorted(begin, other_begin);
            let (short_end, long_end) = sorted(end, other_end);
            let fits = long.starts_with(short) && long_end.ends_with(short_end);
            fits.then(|| joined(a, b, (long, long_end)))
        }
    }
}

/// A value with these ends: one of `support-*` and `*-leads` is support-leads.
fn joined(a: &str, b: &str, (begin, end): (&str, &str)) -> String {
    let last = begin.chars().next_back();
    let merged = last.and_then(|last| end.strip_prefix(last)).map(|end| format!("{begin}{end}"));
    if let Some(merged) = merged.filter(|merged| covers(a, merged) && covers(b, merged)) {
        return merged;
    }
    // Both ends may be empty; a claim is not.
    let middle = if begin.is_empty() && end.is_empty() { "x" } else { "" };
    format!("{begin}{middle}{end}")
}

fn sorted<'t>(a: &'t str, b: &'t str) -> (&'t str, &'t str) {
    if a.len() <= b.len() { (a, b) } else { (b, a) }
}

/// Whether every value that fits `narrow` fits `wide`.
pub fn covers(wide: &str, narrow: &str) -> bool {
    let Some((begin, end)) = wide.split_once('*') else { return wide == narrow };
    if let Some((narrow_begin, narrow_end)) = narrow.split_once('*') {
        return narrow_begin.starts_with(begin) && narrow_end.ends_with(end);
    }
    narrow.strip_prefix(begin).is_some_and(|rest| rest.ends_with(end))
}

/// Which of two patterns says more about a value that both fit: the one that fits fewer is greater. Nothing when neither
/// covers the other.
pub fn by_exactness(a: &str, b: &str) -> Option<Ordering> {
    match (covers(a, b), covers(b, a)) {
        (true, true) => Some(Ordering::Equal),
        (true, false) => Some(Ordering::Less),
        (false, true) => Some(Ordering::Greater),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every text of up to four letters out of two.
    fn texts() -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..4 {
            last = last.iter().flat_map(|text| ["a", "b"].map(|letter| format!("{text}{letter}"))).collect();
            all.extend(last.clone());
        }
        all
    }

    fn fits(pattern: &str, text: &str) -> bool {
        pattern.split_once('*').map_or(pattern == text, |(begin, end)| {
            text.len() >= begin.len() + end.len() && text.starts_with(begin) && text.ends_with(end)
        })
    }

    #[test]
    fn patterns_are_compared_as_their_values_are() {
        let short = texts().into_iter().filter(|text| text.len() <= 2);
        let parts: Vec<String> = texts().into_iter().filter(|text| text.len() <= 1).collect();
        let globs = parts.iter().flat_map(|begin| parts.iter().map(move |end| format!("{begin}*{end}")));
        let patterns: Vec<String> = short.filter(|text| !text.is_empty()).chain(globs).collect();
        for (a, b) in patterns.iter().flat_map(|a| patterns.iter().map(move |b| (a, b))) {
            let both = texts().iter().any(|text| fits(a, text) && fits(b, text));
            let found = witness(a, b);
            assert_eq!(found.is_some(), both, "{a} {b}");
            assert!(found.is_none_or(|text| fits(a, &text) && fits(b, &text)), "{a} {b}");
            let all = texts().iter().all(|text| !fits(b, text) || fits(a, text));
            assert_eq!(covers(a, b), all, "{a} {b}");
        }
        let sorted = Ends::of(patterns.iter().map(String::as_str));
        for a in patterns.iter().filter(|pattern| pattern.contains('*')) {
            let found = sorted.beside(a);
            let missed: Vec<_> = (0..patterns.len())
                .filter(|at| witness(a, &patterns[*at]).is_some() && !found.contains(at))
                .collect();
            assert!(missed.is_empty() && found.is_sorted(), "{a} {missed:?}");
        }
    }

    #[test]
    fn few_are_beside_a_pattern() {
        let check = |pattern, expected: &[usize]| {
            let texts = ["eu-*", "us-*", "*-leads", "*-admins", "eu-leads", "us-admins"];
            assert_eq!(Ends::of(texts.into_iter()).beside(pattern), expected, "{pattern}");
        };
        check("eu-a*", &[0, 2, 3]);
        check("*-leads", &[0, 1, 2, 4]);
        check("us-*", &[1, 2, 3, 5]);
        check("asia-*-leads", &[2, 3]);
    }

    #[test]
    fn the_more_exact_pattern_is_greater() {
        let check = |a, b, expected| assert_eq!(by_exactness(a, b), expected, "{a} {b}");
        check("support-*", "support-leads", Some(Ordering::Less));
        check("support-eu-*", "support-*", Some(Ordering::Greater));
        check("*", "*", Some(Ordering::Equal));
        check("support-*", "*-leads", None);
    }
}
