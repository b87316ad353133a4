//! A decision's reasons with the names and lines of what someone wrote, gathered once for both formats.

use pointsman_routing::{Decision, Facts, Passage, PassedOver, State, Step};
use pointsman_schema::archive::places::ArchivedPlace;
use pointsman_schema::capability::Capability;
use pointsman_schema::feature::{self, Feature};
use pointsman_schema::snapshot::View;
use pointsman_schema::snapshot::view::run;
use serde::Serialize;

use crate::place;

/// Everything that `route` shows.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) key: Placed,
    pub(super) model: String,
    /// How the client asks.
    pub(super) dialect: &'static str,
    /// What the request holds that a translation would have to carry.
    pub(super) features: Vec<&'static str>,
    pub(super) attributes: Vec<Attribute>,
    /// The backend that would be tried first.
    pub(super) backend: Option<String>,
    pub(super) refusal: Option<&'static str>,
    pub(super) path: Vec<Stretch>,
    pub(super) candidates: Vec<Candidate>,
}

/// A name and where it was written.
#[derive(Debug, Serialize)]
pub(super) struct Placed {
    pub(super) name: String,
    pub(super) place: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Attribute {
    pub(super) name: String,
    /// `none` when the request does not have it or its value is not declared.
    pub(super) value: String,
}

/// A chain that the decision passed through.
#[derive(Debug, Serialize)]
pub(super) struct Stretch {
    pub(super) chain: Placed,
    pub(super) rule: Option<Placed>,
    /// Names of the rules before it, which do not match.
    pub(super) passed: Vec<String>,
    /// Of a million.
    pub(super) bucket: Option<u32>,
}

#[derive(Debug, Serialize)]
pub(super) struct Candidate {
    pub(super) backend: Placed,
    pub(super) model: String,
    pub(super) provider: String,
    pub(super) rule: String,
    /// Why it would not be tried.
    pub(super) passed_over: Option<&'static str>,
    /// More about that, such as the capabilities that are missing.
    pub(super) detail: Option<String>,
    /// What would be left out of the request for it.
    pub(super) dropped: Vec<&'static str>,
}

impl Report {
    /// Gathers the reasons.
    pub(super) fn of(view: &View<'_>, facts: &Facts<'_>, decision: &Decision, step: Step) -> Self {
        let first = match step {
            Step::Attempt(attempt) | Step::Wait { then: attempt, .. } => Some(attempt.backend),
            Step::Refuse(_) | Step::Done => None,
        };
        Self {
            backend: first.map(|backend| view.text(view.backend(backend).name).to_owned()),
            refusal: decision.refusal().map(pointsman_routing::Refusal::word),
            path: decision.path().iter().map(|passage| passage_of(view, passage)).collect(),
            candidates: decision.candidates().iter().map(|at| candidate(view, decision, at)).collect(),
            ..Self::undecided(view, facts)
        }
    }

    /// The report of a request that is refused before anything is decided.
    pub(super) fn refused(view: &View<'_>, facts: &Facts<'_>, word: &'static str) -> Self {
        Self { refusal: Some(word), ..Self::undecided(view, facts) }
    }

    fn undecided(view: &View<'_>, facts: &Facts<'_>) -> Self {
        let key = view.key(facts.key);
        Self {
            key: placed(view, view.text(key.name), view.places.keys.get(facts.key.at())),
            model: facts.model.to_owned(),
            dialect: facts.dialect.word(),
            features: words(facts.features).collect(),
            attributes: attributes(view, facts),
            backend: None,
            refusal: None,
            path: Vec::new(),
            candidates: Vec::new(),
        }
    }
}

fn placed(view: &View<'_>, name: &str, place: Option<&ArchivedPlace>) -> Placed {
    Placed { name: name.to_owned(), place: place::text(view, place) }
}

fn attributes(view: &View<'_>, facts: &Facts<'_>) -> Vec<Attribute> {
    let declared = view.routing.attributes.iter().zip(facts.attributes);
    declared
        .map(|(attribute, value)| {
            let values = run(&view.routing.attribute_values, &attribute.values);
            let text = usize::from(value).checked_sub(1).and_then(|row| values.get(row));
            Attribute {
                name: view.text(attribute.name).to_owned(),
                value: text.map_or("none", |text| view.text(*text)).to_owned(),
            }
        })
        .collect()
}

fn passage_of(view: &View<'_>, passage: &Passage) -> Stretch {
    let chain = view.chain(passage.chain);
    let rules = run(&view.routing.rules, &chain.rules);
    let first = chain.rules.start.to_native();
    let before = passage.rule.map_or(u32::MAX, |rule| rule.0.saturating_sub(first));
    let before = usize::try_from(before).unwrap_or(usize::MAX);
    let rule = |rule: pointsman_schema::snapshot::view::RuleIx| {
        placed(view, view.text(view.rule(rule).name), view.places.rules.get(rule.at()))
    };
    Stretch {
        chain: placed(view, view.text(chain.name), view.places.chains.get(passage.chain.at())),
        rule: passage.rule.map(rule),
        passed: rules.iter().take(before).map(|rule| view.text(rule.name).to_owned()).collect(),
        bucket: passage.bucket,
    }
}

fn candidate(view: &View<'_>, decision: &Decision, at: &pointsman_routing::Candidate) -> Candidate {
    let backend = view.backend(at.backend);
    let rule = decision.path().get(usize::from(at.passage)).and_then(|passage| passage.rule);
    let reason = match at.state {
        State::PassedOver(reason) => Some(reason),
        State::Waiting | State::Tried { .. } => None,
    };
    Candidate {
        backend: placed(view, view.text(backend.name), view.places.backends.get(at.backend.at())),
        model: view.text(view.model(backend.model.into()).name).to_owned(),
        provider: view.text(view.provider(backend.provider.into()).name).to_owned(),
        rule: rule.map(|rule| view.text(view.rule(rule).name).to_owned()).unwrap_or_default(),
        passed_over: reason.map(PassedOver::word),
        detail: reason.and_then(detail),
        dropped: words(at.dropped).collect(),
    }
}

fn words(features: u64) -> impl Iterator<Item = &'static str> {
    feature::of_set(features).map(Feature::word)
}

fn detail(reason: PassedOver) -> Option<String> {
    match reason {
        PassedOver::LacksCapability { missing } => {
            let words = Capability::ALL.iter().filter(|capability| missing & capability.bit() != 0);
            Some(words.map(|capability| capability.word()).collect::<Vec<_>>().join(", "))
        }
        PassedOver::OutputLimit { limit_tokens } => Some(format!("at most {limit_tokens} output tokens")),
        PassedOver::BreakerOpen { due_ms } => Some(format!("probed in {due_ms} ms")),
        PassedOver::RefusesFeatures { features } => Some(words(features).collect::<Vec<_>>().join(", ")),
        PassedOver::ModelNotAllowed
        | PassedOver::NotSpoken
        | PassedOver::SmallerContext
        | PassedOver::NoCredential
        | PassedOver::RetryBudget => None,
    }
}
