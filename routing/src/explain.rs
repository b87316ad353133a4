//! The reasons of a decision: which chains and rules it passed through, what it drew, and what became of each
//! candidate.
//!
//! Values only, by index; whoever prints them looks the names up in the same snapshot. They are part of the decision
//! itself, so an explanation is never computed a second time and cannot differ from what was done.

use pointsman_schema::outcome::Outcome;
use pointsman_schema::snapshot::view::{BackendIx, ChainIx, RuleIx};

/// A chain that the decision passed through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage {
    /// The chain.
    pub chain: ChainIx,
    /// Its first rule that matches; `None` when none does, so that it contributed nothing.
    pub rule: Option<RuleIx>,
    /// The bucket of the rule's draw; `None` when the rule has no split. **Unit**: buckets of
    /// [`pointsman_schema::limits::SPLIT_BUCKETS`].
    pub bucket: Option<u32>,
}

/// A backend that the decision considers, in the order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The backend.
    pub backend: BackendIx,
    /// The passage whose rule contributed it, as an index into the decision's path.
    pub passage: u8,
    /// What became of it.
    pub state: State,
    /// What is left out of the request when it is tried, because its provider has no form for it and the rule that it
    /// stands in allows that. **Shape**: masks of [`pointsman_schema::feature::Feature`].
    pub dropped: u64,
    pub(crate) pause: Pause,
}

impl Candidate {
    /// One of which nothing is said yet.
    pub(crate) const fn new(backend: BackendIx, passage: u8) -> Self {
        Self { backend, passage, state: State::Waiting, dropped: 0, pause: Pause::None }
    }
}

/// What became of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was not its turn.
    Waiting,
    /// It was not tried.
    PassedOver(PassedOver),
    /// It was tried, or is being tried.
    Tried {
        /// How its last try ended; `None` while one is under way.
        outcome: Option<Outcome>,
        /// How many tries it had.
        tries: u8,
    },
}

/// Why a candidate was not tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassedOver {
    /// The key's models do not include its model.
    ModelNotAllowed,
    /// Its provider has no endpoint for what is asked, and none that a translation could use.
    NotSpoken,
    /// Its model cannot do what is asked.
    LacksCapability {
        /// What it cannot do. **Shape**: bits of [`pointsman_schema::capability::Capability`].
        missing: u32,
    },
    /// The request holds something that its provider's protocol has no form for, and its rule does not let it be left
    /// out.
    RefusesFeatures {
        /// What. **Shape**: masks of [`pointsman_schema::feature::Feature`].
        features: u64,
    },
    /// The request asks for more output than its model gives.
    OutputLimit {
        /// What it gives. **Unit**: tokens.
        limit_tokens: u32,
    },
    /// Another candidate found the input too long, and this one's context window is not known to be larger.
    SmallerContext,
    /// Its breaker is open.
    BreakerOpen {
        /// Time until a probe. **Unit**: ms.
        due_ms: u32,
    },
    /// Its credential could not be resolved.
    NoCredential,
    /// The backend's retry budget is spent.
    RetryBudget,
}

impl PassedOver {
    /// One word for records, metrics and explanations.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ModelNotAllowed => "model-not-allowed",
            Self::NotSpoken => "not-spoken",
            Self::LacksCapability { .. } => "lacks-capability",
            Self::RefusesFeatures { .. } => "refuses-features",
            Self::OutputLimit { .. } => "output-limit",
            Self::SmallerContext => "smaller-context",
            Self::BreakerOpen { .. } => "breaker-open",
            Self::NoCredential => "no-credential",
            Self::RetryBudget => "retry-budget",
        }
    }
}

/// Whether a failed candidate asked for a pause that can be waited out when no other backend is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pause {
    /// It did not, or for too long.
    None,
    /// It did. **Unit**: ms.
    Asked(u32),
    /// It was waited out; once is enough.
    WaitedOut,
}
