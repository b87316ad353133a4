//! Consumers and keys into the routing section, and the index that finds a key by its digest.
//!
//! Deliberately nothing of a key but its digests. The invariants: digests are sorted by their bytes, and the radix
//! index says for each value of their leading bits where the digests with it begin.

use pointsman_schema::archive::routing::{self as archive, KeyDigest};
use pointsman_schema::archive::{NONE, Rows};
use pointsman_schema::read::scalar::Reference;
use pointsman_schema::snapshot::view::slot;
use pointsman_schema::source::{Consumer, Key};
use pointsman_schema::tree::Spanned;

use super::names::Texts;
use super::references::References;
use super::vocabulary::Vocabulary;
use super::{LowerError, body, row};
use crate::policy::{Declared, Owner, Policy};

/// The tables of who may ask.
#[derive(Default)]
pub(super) struct Access {
    /// One row a consumer.
    pub(super) consumers: Vec<archive::Consumer>,
    /// Their tags.
    pub(super) consumer_tags: Vec<u32>,
    /// One row a key.
    pub(super) keys: Vec<archive::Key>,
    /// Models that keys are held to.
    pub(super) key_models: Vec<u32>,
    /// Limits that keys fall under.
    pub(super) key_limits: Vec<u32>,
    /// Digests of all keys.
    pub(super) digests: Vec<KeyDigest>,
    /// Leading bits of a digest that index `radix`.
    pub(super) radix_bits: u8,
    /// Where each value of those bits begins.
    pub(super) radix: Vec<u32>,
}

impl Access {
    /// Lowers every consumer and key.
    pub(super) fn of<'p>(
        policy: &'p Policy<'p>,
        references: &References<'p>,
        vocabulary: &Vocabulary<'p>,
        texts: &mut Texts<'p>,
    ) -> Result<Self, LowerError> {
        let mut access = Self::default();
        let mut limits_of = Vec::with_capacity(policy.consumers.len());
        for declared in policy.consumers.values() {
            access.consumer(declared, vocabulary, texts)?;
            limits_of.push(rows_of(references, declared.owner, &body(declared)?.limits)?);
        }
        for declared in policy.keys.values() {
            access.key(declared, (references, &limits_of), texts)?;
        }
        access.digests.sort_unstable_by_key(|row| row.digest);
        (access.radix_bits, access.radix) = radix(&access.digests);
        Ok(access)
    }

    fn consumer<'p>(
        &mut self,
        declared: &'p Declared<'p, Consumer>,
        vocabulary: &Vocabulary<'p>,
        texts: &mut Texts<'p>,
    ) -> Result<(), LowerError> {
        // Its limits are those of each of its keys.
        let Consumer { tags, budgets: _, limits: _, export: _ } = body(declared)?;
        let tags: Result<Vec<u32>, _> = tags.iter().map(|tag| vocabulary.tag(tag.value.as_str())).collect();
        let mut tags = tags?;
        tags.sort_unstable();
        tags.dedup();
        let start = self.consumer_tags.len();
        self.consumer_tags.append(&mut tags);
        let team = declared.owner.team().map(|team| vocabulary.team(team)).transpose()?;
        self.consumers.push(archive::Consumer {
            name: texts.number(&declared.name),
            team: team.unwrap_or(NONE),
            tags: Rows::between(start, self.consumer_tags.len()),
        });
        Ok(())
    }

    fn key<'p>(
        &mut self,
        declared: &'p Declared<'p, Key>,
        (references, limits_of): (&References<'p>, &[Vec<u32>]),
        texts: &mut Texts<'p>,
    ) -> Result<(), LowerError> {
        let Key { consumer, chain, digests, models, budgets: _, limits, mcp_profiles: _, expires } =
            body(declared)?;
        let consumer = references.consumer(declared.owner, consumer.value.as_str())?;
        let mut found = rows_of(references, declared.owner, limits)?;
        found.extend(limits_of.get(slot(consumer)).into_iter().flatten());
        let limits = self.limits(found);
        let mut allowed: Vec<&str> = models.iter().map(|model| model.value.as_str()).collect();
        allowed.sort_unstable();
        allowed.dedup();
        let start = self.key_models.len();
        self.key_models.extend(allowed.into_iter().map(|model| texts.number(model)));
        let (key, expires_s) = (row(self.keys.len()), expires.as_ref().map_or(i64::MAX, |last| last.value.0));
        self.digests.extend(digests.iter().map(|form| {
            let until_s = form.value.until.map_or(expires_s, |until| until.0.min(expires_s));
            KeyDigest { digest: form.value.digest.0, key, until_s }
        }));
        self.keys.push(archive::Key {
            name: texts.number(&declared.name),
            consumer,
            chain: references.chain(declared.owner, chain.value.as_str())?,
            models: Rows::between(start, self.key_models.len()),
            limits,
            expires_s,
        });
        Ok(())
    }

    /// The limits that one key falls under, each once.
    fn limits(&mut self, mut found: Vec<u32>) -> Rows {
        found.sort_unstable();
        found.dedup();
        let start = self.key_limits.len();
        self.key_limits.append(&mut found);
        Rows::between(start, self.key_limits.len())
    }
}

/// The rows of the limits that a consumer or a key names.
fn rows_of(
    references: &References<'_>,
    from: &Owner,
    limits: &[Spanned<Reference>],
) -> Result<Vec<u32>, LowerError> {
    limits.iter().map(|limit| references.limit(from, limit.value.as_str())).collect()
}

/// Below this many digests one bucket is enough.
const RADIX_DIGESTS_MIN: usize = 64;
/// Two bytes of a digest; more buckets than that would be more memory than they save time.
const RADIX_BITS_MAX: u32 = 16;

/// About one digest a bucket.
fn radix(sorted: &[KeyDigest]) -> (u8, Vec<u32>) {
    let bits = if sorted.len() < RADIX_DIGESTS_MIN { 0 } else { sorted.len().ilog2().min(RADIX_BITS_MAX) };
    let buckets = 1_usize << bits;
    let mut begins = Vec::with_capacity(buckets.saturating_add(1));
    let mut at = 0;
    for bucket in 0..buckets {
        let in_bucket = sorted.iter().skip(at).take_while(|row| leading(row, bits) < bucket).count();
        at = at.saturating_add(in_bucket);
        begins.push(row(at));
    }
    begins.push(row(sorted.len()));
    (u8::try_from(bits).unwrap_or(0), begins)
}

fn leading(row: &KeyDigest, bits: u32) -> usize {
    let [first, second, ..] = row.digest;
    usize::from(u16::from_be_bytes([first, second])) >> RADIX_BITS_MAX.saturating_sub(bits)
}

#[cfg(test)]
mod tests {
    use pointsman_schema::digest::Digest;

    use super::*;

    fn check(digests: u32, bits: u8) {
        let mut rows: Vec<KeyDigest> = (0..digests)
            .map(|key| KeyDigest { digest: Digest::of(&key.to_le_bytes()).0, key, until_s: i64::MAX })
            .collect();
        rows.sort_unstable_by_key(|row| row.digest);
        let (found, radix) = radix(&rows);
        assert_eq!((found, radix.len()), (bits, (1_usize << bits) + 1), "{digests}");
        for (bucket, ends) in radix.windows(2).enumerate() {
            let run = &rows[usize::try_from(ends[0]).unwrap()..usize::try_from(ends[1]).unwrap()];
            assert!(
                run.iter().all(|row| leading(row, u32::from(bits)) == bucket),
                "bucket {bucket} of {digests}"
            );
        }
        assert_eq!((radix[0], radix[radix.len() - 1]), (0, digests));
    }

    #[test]
    fn every_digest_lies_in_its_bucket() {
        check(0, 0);
        check(1, 0);
        check(63, 0);
        check(64, 6);
        check(1_000, 9);
        check(70_000, 16);
        check(140_000, 16);
    }
}
