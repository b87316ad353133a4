//! What `/status` and `/version` say, as values. Members are added over time, never renamed.

use std::sync::Arc;

use pointsman_schema::archive::shape_hash;
use pointsman_schema::snapshot::header::CONTAINER_VERSION;
use pointsman_schema::snapshot::{Announcement, Residence};
use serde::Serialize;

use super::Admin;
use crate::breaker::Verdict;
use crate::capacity::Capacity;
use crate::drain::Phase;
use crate::follow::report::{Following, Keeping, Trouble as Noted, unix_s};
use crate::serving::Serving;
use crate::serving::credential::Credential;
use crate::token::{Source, Standing};

/// The answer of `/status`.
#[derive(Debug, Serialize)]
pub struct Status {
    phase: &'static str,
    ready: bool,
    snapshot: Option<Snapshot>,
    /// Why what is published is not served.
    refused: Option<Trouble>,
    /// For how long the file system has not answered, when it does not.
    stuck_s: Option<u64>,
    state: State,
    certificate: Option<Certificate>,
    backends: Vec<Backend>,
    tokens: Vec<Token>,
    connections: Seats,
    requests: Seats,
}

#[derive(Debug, Serialize)]
struct Snapshot {
    digest: String,
    decisions: String,
    generation: u64,
    /// Whose signatures it was trusted by; none where the gateway trusts anybody.
    signers: Vec<String>,
    published: Option<String>,
    commit: Option<String>,
    loaded_unix_s: i64,
    origin: &'static str,
    residence: &'static str,
    residence_reason: Option<String>,
    compiler: String,
}

#[derive(Debug, Serialize)]
struct Trouble {
    reason: String,
    since_unix_s: i64,
    times: u64,
}

#[derive(Debug, Serialize)]
struct State {
    kind: &'static str,
    generation: Option<u64>,
    trouble: Option<Trouble>,
}

#[derive(Debug, Serialize)]
struct Certificate {
    trouble: Option<String>,
    /// For how long the file system has not answered, when it does not.
    stuck_s: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Backend {
    name: String,
    available: bool,
    reason: Option<String>,
    breaker: &'static str,
    in_flight: u32,
}

/// A credential whose secret is a token.
#[derive(Debug, Serialize)]
struct Token {
    credential: String,
    issuer: &'static str,
    /// For how long the one that is there is good.
    good_for_s: Option<u64>,
    /// Why there is no newer one.
    trouble: Option<Trouble>,
}

#[derive(Debug, Serialize)]
struct Seats {
    taken: usize,
    seats: usize,
}

/// The answer of `/version`.
#[derive(Debug, Serialize)]
pub struct Release {
    version: &'static str,
    container: u32,
    shapes: String,
}

/// What `/version` says.
pub fn version() -> Release {
    Release {
        version: env!("CARGO_PKG_VERSION"),
        container: CONTAINER_VERSION,
        shapes: shape_hash().to_string(),
    }
}

/// What `/status` says now.
pub(super) fn status(admin: &Admin) -> Status {
    let shared = &admin.shared;
    let following = admin.report.following();
    let serving = shared.slot.current();
    Status {
        phase: phase(shared.drain.phase()),
        ready: admin.not_ready().is_none(),
        snapshot: serving.as_ref().map(|serving| snapshot(serving, &following)),
        stuck_s: following.stuck().map(|stuck| stuck.as_secs()),
        refused: following.refused.map(Trouble::from),
        state: following.keeping.into(),
        certificate: admin.certificate.as_ref().map(|certificate| Certificate {
            trouble: certificate.trouble(),
            stuck_s: certificate.stuck().map(|stuck| stuck.as_secs()),
        }),
        tokens: serving.as_ref().map(|serving| tokens(serving)).unwrap_or_default(),
        backends: serving.map(|serving| backends(&serving, shared.backends.now_ms())).unwrap_or_default(),
        connections: Seats::of(&shared.connections),
        requests: Seats::of(&shared.requests),
    }
}

fn snapshot(serving: &Serving, following: &Following) -> Snapshot {
    let (residence, residence_reason) = match serving.snapshot.residence() {
        Residence::SealedMemoryFile => ("sealed-memory-file", None),
        Residence::Heap { reason } => ("heap", Some(reason.clone())),
    };
    let of_this = |announcement: &&Announcement| announcement.generation == serving.generation;
    let announcement = following.announcement.as_ref().filter(of_this);
    let source = announcement.and_then(|announcement| announcement.source.as_ref());
    Snapshot {
        digest: serving.snapshot.digest().to_string(),
        decisions: serving.snapshot.decisions().to_string(),
        generation: serving.generation,
        signers: serving.signers.clone(),
        published: announcement.map(|announcement| announcement.time.clone()),
        commit: source.map(|source| source.commit.clone()),
        loaded_unix_s: unix_s(serving.loaded),
        origin: following.origin.word(),
        residence,
        residence_reason,
        compiler: serving.snapshot.header().compiler.clone(),
    }
}

fn backends(serving: &Serving, now_ms: u64) -> Vec<Backend> {
    let view = serving.snapshot.view();
    let rows = view.providers.backends.iter().zip(&serving.backends);
    rows.map(|(row, target)| {
        let problem = serving.unavailable(target);
        Backend {
            name: view.text(row.name).to_owned(),
            available: problem.is_none(),
            reason: problem,
            breaker: breaker(target.state.breaker.verdict(now_ms)),
            in_flight: target.state.in_flight(),
        }
    })
    .collect()
}

fn tokens(serving: &Serving) -> Vec<Token> {
    let sources = serving.credentials.iter().filter_map(|credential| match credential {
        Credential::Token(source) => Some(source),
        Credential::Kept(_) => None,
    });
    let token = |source: &Arc<Source>| {
        let Standing { left, trouble } = source.standing();
        Token {
            credential: source.terms().credential.clone(),
            issuer: source.terms().issuer.word(),
            good_for_s: left.map(|left| left.as_secs()),
            trouble: trouble.map(Trouble::from),
        }
    };
    sources.map(token).collect()
}

const fn breaker(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Closed => "closed",
        Verdict::ProbeDue => "probe-due",
        Verdict::OpenUntil(_) => "open",
    }
}

impl Seats {
    fn of(capacity: &Capacity) -> Self {
        Self { taken: capacity.taken(), seats: capacity.seats() }
    }
}

impl From<Noted> for Trouble {
    fn from(noted: Noted) -> Self {
        let Noted { text, since_unix_s, times } = noted;
        Self { reason: text, since_unix_s, times }
    }
}

impl From<Keeping> for State {
    fn from(keeping: Keeping) -> Self {
        match keeping {
            Keeping::MemoryAlone => Self { kind: "memory-alone", generation: None, trouble: None },
            Keeping::Folder { generation, trouble } => {
                Self { kind: "folder", generation, trouble: trouble.map(Trouble::from) }
            }
        }
    }
}

const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Running => "running",
        Phase::Leaving => "leaving",
        Phase::Closing => "closing",
        Phase::Over => "over",
    }
}
