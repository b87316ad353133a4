//! Which arm of a split takes a request: a draw that anybody can repeat.
//!
//! A draw is a number from 0 to 999,999, computed from names and one subject, never from memory or chance:
//!
//! 1. Write the chain's stable name, the byte `0xFF`, the rule's name, the byte `0xFF`, and the subject. The byte
//!    `0xFF` occurs in no UTF-8 text, so the parts cannot run into each other.
//! 2. Hash them with SipHash-1-3 under [`KEY`]; the result is a 64-bit number.
//! 3. The bucket is that number, multiplied by 1,000,000, divided by 2^64, rounded down.
//! 4. The arm is the first one, in the order of the arms' names, whose `until` is above the bucket.
//!
//! The subject is the consumer's stable name, the key's, or the text of the attribute's value, as `sticky` says; where
//! the rule has no `sticky`, or the attribute has no value, the 16 bytes of the request id.
//!
//! ```
//! use pointsman_routing::split::bucket;
//! assert_eq!(bucket("support/assistant", "default", b"support/web"), 449_157);
//! assert_eq!(bucket("support/assistant", "default", b"support/batch"), 239_977);
//! assert_eq!(bucket("support/assistant", "canary", b"support/web"), 154_547);
//! assert_eq!(bucket("economy", "default", &[0; 16]), 450_407);
//! assert_eq!(bucket("", "", b""), 535_884);
//! ```

use std::hash::Hasher;

use pointsman_schema::archive::routing::{ArchivedArm, ArchivedRule, ArchivedTarget};
use pointsman_schema::limits::SPLIT_BUCKETS;
use pointsman_schema::snapshot::view::{AttributeIx, ChainIx, ConsumerIx, RuleIx, View, run, slot};
use siphasher::sip::SipHasher13;

use crate::facts::Facts;

/// The key of every draw. **Shape**: the ASCII text `pointsman/split1`; its first eight bytes, read little-endian, are
/// the hash's k0, the others its k1.
pub const KEY: [u8; 16] = *b"pointsman/split1";

/// A draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// What was drawn, below [`SPLIT_BUCKETS`].
    pub bucket: u32,
    /// What the draw sticks to.
    pub subject: Subject,
}

/// What a draw sticks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Nothing: each request draws anew.
    Request,
    /// The consumer.
    Consumer,
    /// The API key.
    Key,
    /// The value of a declared attribute.
    Attribute(AttributeIx),
}

/// The draw of a rule of a chain for a request; `None` when the rule has no split.
pub fn draw(view: &View<'_>, chain: ChainIx, rule: RuleIx, facts: &Facts<'_>) -> Option<Draw> {
    let rule = view.rule(rule);
    if rule.arms.len == 0 {
        return None;
    }
    let (subject, bytes) = subject(view, rule, facts);
    let bucket = bucket(view.text(view.chain(chain).name), view.text(rule.name), bytes);
    Some(Draw { bucket, subject })
}

/// The bucket of a subject under a rule of a chain.
pub fn bucket(chain: &str, rule: &str, subject: &[u8]) -> u32 {
    let mut hasher = SipHasher13::new_with_key(&KEY);
    for part in [chain.as_bytes(), SEPARATOR, rule.as_bytes(), SEPARATOR, subject] {
        hasher.write(part);
    }
    let scaled = (u128::from(hasher.finish()) * u128::from(SPLIT_BUCKETS)) >> 64;
    u32::try_from(scaled).unwrap_or(SPLIT_BUCKETS - 1)
}

/// Where a bucket goes; `None` only when there is no arm.
pub fn arm(arms: &[ArchivedArm], bucket: u32) -> Option<&ArchivedTarget> {
    let taken = arms.iter().find(|arm| bucket < arm.until.to_native());
    taken.or(arms.last()).map(|arm| &arm.target)
}

fn subject<'a>(view: &View<'a>, rule: &ArchivedRule, facts: &'a Facts<'_>) -> (Subject, &'a [u8]) {
    let key = view.key(facts.key);
    match rule.sticky {
        1 => (Subject::Consumer, view.text(view.consumer(ConsumerIx::from(key.consumer)).name).as_bytes()),
        2 => (Subject::Key, view.text(key.name).as_bytes()),
        3 => AttributeIx::optional(rule.sticky_attribute)
            .and_then(|attribute| Some((Subject::Attribute(attribute), value(view, attribute, facts)?)))
            .unwrap_or((Subject::Request, &facts.request_id)),
        _ => (Subject::Request, &facts.request_id),
    }
}

/// The text of an attribute's value in this request, unless it is none.
fn value<'a>(view: &View<'a>, attribute: AttributeIx, facts: &Facts<'_>) -> Option<&'a [u8]> {
    let number = facts.attributes.get(attribute.at()).copied()?.checked_sub(1)?;
    let values = run(&view.routing.attribute_values, &view.attribute(attribute).values);
    values.get(slot(u32::from(number))).map(|text| view.text(*text).as_bytes())
}

const SEPARATOR: &[u8] = &[0xFF];
