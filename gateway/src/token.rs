//! Short-lived tokens that open a provider: asked for by control work, off the path of requests, and kept for them.
//!
//! A request finds the token that is there or none at all, and never waits for one. A token is asked for anew well before it ends; where
//! that fails, the old one does until its end, and then the backends that need it are unavailable, for a reason that
//! operators can see. No token and nothing that one is asked for with stands in a log or an error.
//!
//! A source outlives snapshots: one that asks on the same [`Terms`] goes on with the tokens of the last. Read next:
//! [`keeper`] for when a token is asked for, [`terms`] for by what, `grant` for what is said to each issuer.

mod exchange;
mod grant;
pub mod keeper;
mod sts;
pub mod terms;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::Notify;
use tokio::time::Instant;

use self::terms::Terms;
use crate::follow::report::{Trouble, note};
use crate::limits::TOKEN_DOUBT_AFTER;
use crate::secrets::{Missing, Secret};

/// The tokens of one credential.
pub struct Source {
    terms: Terms,
    held: ArcSwapOption<Token>,
    progress: Mutex<Progress>,
    /// Told when the first token was asked for, with whatever result.
    begun: Condvar,
    /// Told when a token is to be asked for now, and when nobody wants one any more.
    wake: Arc<Notify>,
}

/// A token and its time.
struct Token {
    secret: Secret,
    since: Instant,
    until: Instant,
    /// Whether its provider has refused it.
    is_doubted: AtomicBool,
}

#[derive(Debug, Default)]
struct Progress {
    has_asked: bool,
    trouble: Option<Trouble>,
}

/// What an issuer gave.
struct Granted {
    secret: Secret,
    /// For how long it is good, from the moment that it was asked for.
    lifetime: Duration,
}

/// Why there is no new token. The operator's or the policy author's to mend, unless the issuer is away.
#[derive(Debug, thiserror::Error)]
enum TokenProblem {
    /// What it is asked for with cannot be had.
    #[error("what tokens are asked for with cannot be read: {0}")]
    Proof(#[from] Missing),
    /// It is not what this issuer wants.
    #[error("what tokens are asked for with is not {0}")]
    NotAProof(&'static str),
    /// This release does not know the issuer's way.
    #[error("this gateway cannot ask this source for tokens")]
    Unserved,
    /// No answer came.
    #[error("the source of tokens cannot be reached: {0}")]
    Unreached(#[from] crate::upstream::UpstreamError),
    /// The answer took too long.
    #[error("the source of tokens did not answer in time")]
    Timeout,
    /// The issuer says no.
    #[error("the source of tokens refuses with status {status}{}{word}", if .word.is_empty() { "" } else { ": " })]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its error's own word.
        word: String,
    },
    /// The answer is not one.
    #[error("the source of tokens gives an answer that is none")]
    NotAnAnswer,
}

/// What operators see of a source.
#[derive(Debug, Clone)]
pub struct Standing {
    /// For how long the token that is there is good; nothing without one.
    pub left: Option<Duration>,
    /// Why there is no newer one.
    pub trouble: Option<Trouble>,
}

impl Source {
    fn new(terms: Terms) -> Self {
        Self {
            terms,
            held: ArcSwapOption::empty(),
            progress: Mutex::default(),
            begun: Condvar::new(),
            wake: Arc::default(),
        }
    }

    /// By what its tokens are asked for.
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The token that is good now.
    pub fn token(&self) -> Option<Secret> {
        let held = self.held.load();
        held.as_ref().filter(|token| token.left().is_some()).map(|token| token.secret.clone())
    }

    /// Whether there is one.
    pub fn is_there(&self) -> bool {
        self.left().is_some()
    }

    /// A provider has refused this token: another is asked for at once, but only once for each, and not so soon that one
    /// who is refused anyway asks on and on.
    pub fn refused(&self, sent: &Secret) {
        let held = self.held.load();
        let Some(token) = held.as_ref().filter(|token| token.secret.is(sent)) else { return };
        let is_old = token.since.elapsed() >= TOKEN_DOUBT_AFTER;
        if is_old && !token.is_doubted.swap(true, Ordering::Relaxed) {
            tracing::warn!(credential = %self.terms.credential, "a provider refuses a token; another is asked for");
            self.wake.notify_one();
        }
    }

    /// What operators see.
    pub fn standing(&self) -> Standing {
        Standing { left: self.left(), trouble: self.progress().trouble.clone() }
    }

    /// Why there is no token, in words; nothing where there is one.
    pub fn problem(&self) -> Option<String> {
        if self.is_there() {
            return None;
        }
        let trouble = self.progress().trouble.as_ref().map(|trouble| trouble.text.clone());
        Some(trouble.unwrap_or_else(|| "no token has come yet".to_owned()))
    }

    /// Waits until the first token was asked for, so that a snapshot is put in force with its tokens.
    ///
    /// Blocks: for loading alone.
    pub fn wait(&self, wait_max: Duration) {
        let progress = self.progress();
        let waited = self.begun.wait_timeout_while(progress, wait_max, |progress| !progress.has_asked);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Takes a new token, which was asked for at this moment.
    fn put(&self, granted: Granted, asked: Instant) {
        let Granted { secret, lifetime } = granted;
        let until = asked + lifetime;
        let token = Token { secret, since: Instant::now(), until, is_doubted: AtomicBool::new(false) };
        self.held.store(Some(Arc::new(token)));
        self.asked(|progress| {
            if progress.trouble.take().is_some() {
                tracing::info!(credential = %self.terms.credential, "tokens come again");
            }
        });
    }

    /// Notes that none came.
    fn failed(&self, problem: &TokenProblem) {
        self.asked(|progress| {
            if note(&mut progress.trouble, problem.to_string()) {
                let left_s = self.left().map_or(0, |left| left.as_secs());
                tracing::error!(credential = %self.terms.credential, %problem, left_s, "no new token");
            }
        });
    }

    /// For how long the token that is there is good; nothing without one.
    fn left(&self) -> Option<Duration> {
        self.held.load().as_ref().and_then(|token| token.left())
    }

    fn asked(&self, change: impl FnOnce(&mut Progress)) {
        let mut progress = self.progress();
        progress.has_asked = true;
        change(&mut progress);
        self.begun.notify_all();
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Token {
    /// For how long it is still good; nothing when it is not.
    fn left(&self) -> Option<Duration> {
        Some(self.until.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        // Whoever tends it is to see that it is gone.
        self.wake.notify_one();
    }
}
