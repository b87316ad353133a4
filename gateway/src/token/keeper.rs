//! When tokens are asked for: at once, before they end, and again after a failure.
//!
//! Loading a snapshot names its sources; each new one is tended by a task of the control work until no snapshot holds it
//! any more. A token is asked for again in the last fifth of its life, at a moment that is drawn, so that replicas do not
//! all ask at once; after a failure, after a rest that doubles. What a provider refuses is asked for anew at once.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

use super::terms::Terms;
use super::{Granted, Source, TokenProblem, exchange, grant};
use crate::limits::{TOKEN_AGAIN_MAX, TOKEN_AGAIN_MIN, TOKEN_ASK_MAX, TOKEN_LIFETIME_MAX, TOKEN_MARGIN_MAX};
use crate::request_id::Dice;
use crate::secrets::Sources;
use crate::upstream::connect::Connect;

/// All sources of tokens of the process.
#[derive(Debug, Default)]
pub struct Keeper {
    sources: Mutex<BTreeMap<Terms, Weak<Source>>>,
    /// Those that nobody tends yet.
    untended: Mutex<Vec<Weak<Source>>>,
    came: Notify,
}

/// What asking takes.
pub struct Desk {
    /// How issuers are reached.
    pub connect: Rc<dyn Connect>,
    /// Where proofs are kept.
    pub secrets: Sources,
    /// For moments that are drawn.
    pub dice: Dice,
}

impl Keeper {
    /// The source of these terms: the one that there is, or a new one, which begins to ask.
    pub fn source(&self, terms: Terms) -> Arc<Source> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        sources.retain(|_, source| source.strong_count() > 0);
        if let Some(source) = sources.get(&terms).and_then(Weak::upgrade) {
            return source;
        }
        let source = Arc::new(Source::new(terms.clone()));
        let weak = Arc::downgrade(&source);
        sources.insert(terms, Weak::clone(&weak));
        self.untended.lock().unwrap_or_else(PoisonError::into_inner).push(weak);
        self.came.notify_one();
        source
    }

    /// Tends every source, on a runtime with tasks of its own. Never ends.
    pub async fn run(&self, desk: Rc<Desk>) {
        loop {
            let came = std::mem::take(&mut *self.untended.lock().unwrap_or_else(PoisonError::into_inner));
            for source in came {
                drop(tokio::task::spawn_local(tend(source, Rc::clone(&desk))));
            }
            self.came.notified().await;
        }
    }
}

/// Asks for the tokens of one source until nobody holds it.
async fn tend(source: Weak<Source>, desk: Rc<Desk>) {
    let mut failures = 0;
    loop {
        let Some(held) = source.upgrade() else { return };
        let asked = Instant::now();
        let rest = match desk.ask(&held.terms).await {
            Ok(granted) => {
                failures = 0;
                let lifetime = granted.lifetime;
                held.put(granted, asked);
                until_next(lifetime, desk.dice.roll())
            }
            Err(problem) => {
                held.failed(&problem);
                failures += 1;
                until_again(failures, desk.dice.roll())
            }
        };
        let wake = Arc::clone(&held.wake);
        drop(held);
        tokio::select! {
            () = sleep(rest) => {}
            () = wake.notified() => {}
        }
    }
}

impl Desk {
    async fn ask(&self, terms: &Terms) -> Result<Granted, TokenProblem> {
        let answer = async {
            let (secrets, kept) = (self.secrets.clone(), terms.kept.clone());
            // A file system may hang, and nothing but this one source is to wait for it.
            let proof = tokio::task::spawn_blocking(move || secrets.read(&kept)).await;
            let proof = proof.map_err(|_| TokenProblem::Timeout)??;
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let question = grant::question(terms, &proof, now)?;
            exchange::ask(&self.connect, terms, (question, now)).await
        };
        timeout(TOKEN_ASK_MAX, answer).await.map_err(|_| TokenProblem::Timeout)?
    }
}

/// How long to rest after a token of this life.
fn until_next(lifetime: Duration, dice: u64) -> Duration {
    let lifetime = lifetime.min(TOKEN_LIFETIME_MAX);
    let margin = (lifetime / 5).min(TOKEN_MARGIN_MAX);
    let drawn = part(margin / 2, dice);
    lifetime.saturating_sub(margin + drawn).max(TOKEN_AGAIN_MIN)
}

/// How long to rest after so many failures in a row: at least half of a time that doubles.
fn until_again(failures: u32, dice: u64) -> Duration {
    let doubled =
        TOKEN_AGAIN_MIN.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(TOKEN_AGAIN_MAX);
    doubled / 2 + part(doubled / 2, dice)
}

/// A part of a time, by the dice.
fn part(whole: Duration, dice: u64) -> Duration {
    let thousandths = u32::try_from(dice % 1000).unwrap_or(0);
    whole * thousandths / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_next(lifetime_s: u64, expected_s: std::ops::RangeInclusive<u64>) {
        for dice in [0, 500, 999] {
            let rest = until_next(Duration::from_secs(lifetime_s), dice).as_secs();
            assert!(expected_s.contains(&rest), "{lifetime_s} s: {rest} s");
        }
    }

    #[test]
    fn a_token_is_asked_for_before_it_ends() {
        check_next(3_600, 3_150..=3_300);
        check_next(100, 70..=80);
        check_next(0, 1..=1);
        check_next(u64::MAX, 85_900..=86_100);
    }

    #[test]
    fn rests_double_up_to_a_minute() {
        let rest = |failures, dice| until_again(failures, dice).as_millis();
        assert_eq!([rest(1, 0), rest(1, 999), rest(3, 0), rest(3, 999)], [500, 999, 2_000, 3_998]);
        assert_eq!([rest(7, 0), rest(u32::MAX, 0)], [30_000, 30_000]);
    }
}
