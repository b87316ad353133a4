//! Why a request cannot be served: the closed set of a decision's refusals.
//!
//! Each says whose fault it is; which status and words a client sees is decided where its protocol is known.

use pointsman_schema::outcome::Outcome;

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The key's chain accepts no model or alias of the asked name. The client's fault.
    ModelNotFound,
    /// The chain accepts the asked model, but the key's models do not include it. The client's fault.
    ModelNotAllowed,
    /// No rule of the key's chain matches the request. The policy's, which may mean exactly this.
    NoRule,
    /// A rule matched, but none of its candidates can be tried. Whose fault, the shortage says.
    NoCandidate(Shortage),
    /// Every candidate that could be tried failed, or the attempts are used up. The upstream's fault, except where the
    /// last outcome says otherwise: after [`Outcome::ContextLength`] the input fits no backend that is left.
    Exhausted {
        /// How the last attempt ended.
        last: Outcome,
    },
}

/// Why none of a rule's candidates can be tried: the reason of those that came nearest to being tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortage {
    /// There is no candidate: every target is a chain of which no rule matches. The policy's.
    Empty,
    /// The key's models include none of the candidates' (the asked name was an alias). The client's fault.
    ModelNotAllowed,
    /// No candidate that the key may use has an endpoint for what is asked. The client's fault.
    NotSpoken,
    /// No candidate that the key may use can do what is asked. The client's fault.
    LacksCapability {
        /// What none of them can do; where each lacks something else, all that any of them lacks. **Shape**: bits of
        /// [`pointsman_schema::capability::Capability`].
        missing: u32,
    },
    /// The request holds something that the protocol of no candidate has a form for. The client's fault.
    RefusesFeatures {
        /// What none of them carries; where each refuses something else, all that any of them refuses. **Shape**: masks
        /// of [`pointsman_schema::feature::Feature`].
        features: u64,
    },
    /// The request asks for more output than any candidate gives. The client's fault.
    OutputLimit {
        /// The most that one of them gives. **Unit**: tokens.
        limit_tokens: u32,
    },
    /// The candidates that suit have no credential on this gateway. The operator's fault.
    NoCredential,
}

impl Refusal {
    /// One word for records, metrics and errors.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ModelNotFound => "model-not-found",
            Self::ModelNotAllowed | Self::NoCandidate(Shortage::ModelNotAllowed) => "model-not-allowed",
            Self::NoRule => "no-rule",
            Self::NoCandidate(Shortage::Empty) => "no-candidate",
            Self::NoCandidate(Shortage::NotSpoken) => "not-spoken",
            Self::NoCandidate(Shortage::LacksCapability { .. }) => "lacks-capability",
            Self::NoCandidate(Shortage::RefusesFeatures { .. }) => "refuses-features",
            Self::NoCandidate(Shortage::OutputLimit { .. }) => "output-limit",
            Self::NoCandidate(Shortage::NoCredential) => "no-credential",
            Self::Exhausted { .. } => "exhausted",
        }
    }
}
