//! How fast a key's requests may begin, how many tokens they may use, and how many may be open at once.
//!
//! Every limit that a request falls under has to let it pass, or none is touched. Tokens are taken before the request is
//! routed, as many as it may need as far as it says so, and settled by what its attempts used; a provider that gave more
//! than was foreseen makes the next requests wait. Counts are atomic numbers, so that they hold over all cores; they are of
//! this process alone and begin anew with it.
//!
//! Read next: [`bucket`] for rates, [`registry`] for what outlives a snapshot, [`told`] for what clients see.

mod bucket;
pub mod registry;
pub(crate) mod told;

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use pointsman_schema::archive::money::ArchivedLimit;
use pointsman_schema::snapshot::View;
use pointsman_schema::snapshot::view::{KeyIx, run, slot};
use tokio::time::Instant;

use self::bucket::{Bucket, Gauge, Rate};
use self::registry::Registry;

/// What one limit counts, for one whom it counts for.
#[derive(Debug, Default)]
pub struct Count {
    requests: Bucket,
    tokens: Bucket,
    open: AtomicU32,
}

/// The counts of a snapshot's keys.
#[derive(Debug)]
pub struct Limiting {
    registry: Arc<Registry>,
    /// For each row of `routing.key_limits` what it counts in.
    counts: Vec<Arc<Count>>,
}

/// What of a limit is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scarce {
    /// Requests that may begin.
    Requests,
    /// Tokens that may be used.
    Tokens,
    /// Requests that may be open at once.
    Concurrent,
}

/// A request that a limit does not let pass.
#[derive(Debug)]
pub(crate) struct Limited {
    /// The limit, in `money.limits`.
    limit: usize,
    /// What of it is used up.
    pub(crate) scarce: Scarce,
    /// When asking again may help.
    pub(crate) wait: Duration,
    /// What is left of all of them.
    pub(crate) left: Left,
}

/// What is left of a request's tightest limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Left {
    requests: Option<Gauge>,
    tokens: Option<Gauge>,
}

/// A request that was let pass. When it is dropped, it is no longer open, and what it used is settled.
#[derive(Debug)]
pub(crate) struct Admission {
    registry: Arc<Registry>,
    grants: Vec<Grant>,
    /// What was taken before the request was routed. **Unit**: tokens.
    reserved: u64,
    /// What its attempts used. **Unit**: tokens.
    used: Cell<u64>,
    /// What was left when it was let pass.
    pub(crate) left: Left,
}

/// What one limit gave.
#[derive(Debug)]
struct Grant {
    count: Arc<Count>,
    /// Where tokens are counted, at which rate, and how many were taken.
    tokens: Option<(Rate, u64)>,
}

impl Limiting {
    /// Lets a request of a key pass that may need so many tokens, or not; nothing where the key has no limits.
    pub(crate) fn admit(
        &self,
        view: &View<'_>,
        key: KeyIx,
        (tokens, now): (u64, Instant),
    ) -> Result<Option<Admission>, Box<Limited>> {
        let rows = &view.key(key).limits;
        let limits = run(&view.routing.key_limits, rows);
        if limits.is_empty() {
            return Ok(None);
        }
        let now_ns = self.registry.at_ns(now);
        let counts = self.counts.iter().skip(slot(rows.start.to_native()));
        let asked = || {
            counts.clone().zip(limits).filter_map(|(count, limit)| {
                let at = slot(limit.to_native());
                Some((count, at, view.money.limits.get(at)?))
            })
        };
        let mut grants = Vec::with_capacity(limits.len());
        let mut refused = None;
        for (count, at, limit) in asked() {
            match count.admit(limit, (tokens, now_ns)) {
                Ok(grant) => grants.push((grant, limit)),
                Err((scarce, wait_ns)) => {
                    refused = Some((at, scarce, wait_ns));
                    break;
                }
            }
        }
        if refused.is_some() {
            grants.drain(..).for_each(|(grant, limit)| grant.undo(limit));
        }
        let left =
            asked().fold(Left::default(), |left, (count, _, limit)| left.tightest(count, limit, now_ns));
        if let Some((limit, scarce, wait_ns)) = refused {
            let wait = Duration::from_nanos(wait_ns);
            return Err(Box::new(Limited { limit, scarce, wait, left }));
        }
        let grants = grants.into_iter().map(|(grant, _)| grant).collect();
        let registry = Arc::clone(&self.registry);
        Ok(Some(Admission { registry, grants, reserved: tokens, used: Cell::new(0), left }))
    }
}

impl Admission {
    /// An attempt used so many tokens.
    pub(crate) fn used(&self, tokens: u64) {
        self.used.set(self.used.get().saturating_add(tokens));
    }

    /// An attempt was made, and nobody knows what it used: as much as was foreseen.
    pub(crate) fn used_unknown(&self) {
        self.used(self.reserved);
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let now_ns = self.registry.at_ns(Instant::now());
        for grant in &self.grants {
            grant.settle(self.used.get(), now_ns);
        }
    }
}

impl Count {
    /// Takes all that a limit counts, or nothing.
    fn admit(
        self: &Arc<Self>,
        limit: &ArchivedLimit,
        (tokens, now_ns): (u64, u64),
    ) -> Result<Grant, (Scarce, u64)> {
        let concurrent = limit.concurrent.to_native();
        let more = |open: u32| (concurrent == 0 || open < concurrent).then(|| open.saturating_add(1));
        self.open.fetch_update(Relaxed, Relaxed, more).map_err(|_| (Scarce::Concurrent, SOON_NS))?;
        let mut grant = Grant { count: Arc::clone(self), tokens: None };
        if let Some(rate) = token_rate(limit) {
            // What no pause could make room for passes when nothing else is under way.
            let taken = tokens.min(rate.burst);
            if let Err(wait_ns) = self.tokens.take(rate.time(taken), (rate, now_ns)) {
                grant.close();
                return Err((Scarce::Tokens, wait_ns));
            }
            grant.tokens = Some((rate, taken));
        }
        if let Some(rate) = request_rate(limit)
            && let Err(wait_ns) = self.requests.take(rate.time(1), (rate, now_ns))
        {
            grant.settle(0, now_ns);
            return Err((Scarce::Requests, wait_ns));
        }
        Ok(grant)
    }
}

impl Grant {
    /// Gives everything back: another limit did not let the request pass.
    fn undo(self, limit: &ArchivedLimit) {
        if let Some(rate) = request_rate(limit) {
            self.count.requests.give_back(rate.time(1));
        }
        self.settle(0, 0);
    }

    /// The request is over, and used so much.
    fn settle(&self, used: u64, now_ns: u64) {
        if let Some((rate, taken)) = self.tokens {
            if used > taken {
                self.count.tokens.charge(rate.time(used.saturating_sub(taken)), now_ns);
            } else {
                self.count.tokens.give_back(rate.time(taken.saturating_sub(used)));
            }
        }
        self.close();
    }

    fn close(&self) {
        self.count.open.fetch_sub(1, Relaxed);
    }
}

impl Left {
    /// The same, with what is left of one more limit.
    fn tightest(self, count: &Count, limit: &ArchivedLimit, now_ns: u64) -> Self {
        let tighter = |one: Option<Gauge>, other: Option<Gauge>| match (one, other) {
            (Some(one), Some(other)) => Some(if other.remaining < one.remaining { other } else { one }),
            (one, other) => one.or(other),
        };
        let requests = request_rate(limit).map(|rate| count.requests.gauge((rate, now_ns)));
        let tokens = token_rate(limit).map(|rate| count.tokens.gauge((rate, now_ns)));
        Self { requests: tighter(self.requests, requests), tokens: tighter(self.tokens, tokens) }
    }
}

fn request_rate(limit: &ArchivedLimit) -> Option<Rate> {
    Rate::of(limit.requests.to_native(), limit.window_s.to_native(), limit.burst.to_native())
}

fn token_rate(limit: &ArchivedLimit) -> Option<Rate> {
    let tokens = limit.tokens.to_native();
    Rate::of(tokens, limit.window_s.to_native(), tokens)
}

/// When to ask again where nobody knows when an open request ends. **Unit**: ns.
const SOON_NS: u64 = bucket::NANOS;

#[cfg(test)]
mod tests;
