//! `duplicate-digest`: a digest that stands twice.
//!
//! Deliberately only words. Invariant: an API key that a client sends belongs to exactly one key of the policy.
//!
//! Read next: [`crate::check`], which calls it.

use pointsman_schema::digest::Digest;
use pointsman_schema::read::key_digest::KeyDigest;
use pointsman_schema::source::Key;
use pointsman_schema::tree::Spanned;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::{Declared, Policy};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "duplicate-digest",
    severity: Severity::Error,
    summary: "one API key is given to two keys, or twice to one",
    page: include_str!("../../../docs/rules/duplicate-digest.md"),
};

/// Reports every later place of a digest.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    let keys = Policy::bodies(&index.policy.keys);
    let places = keys.flat_map(|(declared, body)| body.digests.iter().map(move |digest| (declared, digest)));
    let places: Vec<_> = places.collect();
    for ((first, taken), (declared, digest)) in repeated(&places) {
        let (name, other) = (visible(&declared.name), visible(&first.name));
        let headline = if name == other {
            format!("key `{name}` has one digest twice")
        } else {
            format!("key `{name}` has a digest of key `{other}`")
        };
        sink.push(
            Diagnostic::new(
                &RULE,
                headline,
                Label::new(
                    declared.file,
                    digest.span,
                    "expected a digest of its own, found one that is taken",
                ),
            )
            .context(Label::new(first.file, taken.span, "the same digest"))
            .context(Label::new(first.file, first.named.name.span, "of this key"))
            .consequence("so nobody could say whose request it is")
            .help("make another key with `pointsman key new`, or remove one of the two digests"),
        );
    }
}

type Place<'p> = (&'p Declared<'p, Key>, &'p Spanned<KeyDigest>);

/// The first place of each digest with every later one.
fn repeated<'p>(places: &[Place<'p>]) -> Vec<(Place<'p>, Place<'p>)> {
    let place = |at: usize| places.get(at).copied();
    // First by as much as a machine compares at once: almost no digest begins like another.
    let head = |digest: &Digest| digest.0.first_chunk().map_or(0, |head| u64::from_be_bytes(*head));
    let mut heads: Vec<(u64, usize)> =
        places.iter().map(|(_, digest)| head(&digest.value.digest)).zip(0..).collect();
    heads.sort_unstable();
    let met = heads.chunk_by(|(a, _), (b, _)| a == b).filter(|met| met.len() > 1).flatten();
    let mut sorted: Vec<(Digest, usize)> =
        met.filter_map(|(_, at)| Some((place(*at)?.1.value.digest, *at))).collect();
    sorted.sort_unstable();
    let of_one = sorted.chunk_by(|(a, _), (b, _)| a == b).filter_map(<[_]>::split_first);
    let pairs = of_one.flat_map(|((_, first), rest)| rest.iter().map(move |(_, again)| (*first, *again)));
    pairs.filter_map(|(first, again)| Some((place(first)?, place(again)?))).collect()
}
