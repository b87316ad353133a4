//! Limits into the money section: what is counted, over how many seconds, for whom.
//!
//! Deliberately no counters: those are the gateway's. Who falls under them stands in the rows of keys
//! ([`super::access`]).

use pointsman_schema::archive::money as archive;
use pointsman_schema::source::Limit;
use pointsman_schema::source::budget::Counted;

use super::names::Texts;
use super::{LowerError, body};
use crate::policy::Policy;

/// One row a limit.
pub(super) fn lower<'p>(
    policy: &'p Policy<'p>,
    texts: &mut Texts<'p>,
) -> Result<Vec<archive::Limit>, LowerError> {
    policy.limits.values().map(|declared| Ok(limit(texts.number(&declared.name), body(declared)?))).collect()
}

fn limit(name: u32, declared: &Limit) -> archive::Limit {
    let Limit { requests, tokens, concurrent, window, burst, per, export: _ } = declared;
    let requests = requests.as_ref().map_or(0, |count| count.value.0);
    archive::Limit {
        name,
        requests,
        burst: burst.as_ref().map_or(requests, |count| count.value.0),
        tokens: tokens.as_ref().map_or(0, |count| count.value.0),
        window_s: window.as_ref().map_or(0, |window| window.value.seconds()),
        concurrent: concurrent.as_ref().map_or(0, |count| count.value.0),
        per: per.as_ref().map_or(Counted::Shared, |per| per.value).code(),
    }
}
