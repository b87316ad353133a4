//! What can be said about a candidate before any attempt: may the key use it, does its
//! provider have a form for what is asked, and can its model do it.
//!
//! Looks at the snapshot and the facts only, never at the moment; so the compiler can say the same.

use pointsman_schema::archive::providers::{ArchivedBackend, ArchivedModel};
use pointsman_schema::archive::routing::ArchivedKey;
use pointsman_schema::dialect::Dialect;
use pointsman_schema::feature;
use pointsman_schema::protocol::ProviderProtocol;
use pointsman_schema::snapshot::view::{BackendIx, ModelIx, View};

use crate::expansion::Expansion;
use crate::explain::{Candidate, PassedOver, State};
use crate::facts::Facts;
use crate::models::may_use;
use crate::refusal::Shortage;

/// Passes over every candidate that cannot serve these facts, and says what the others have to leave out.
pub(crate) fn admit(view: &View<'_>, facts: &Facts<'_>, found: &mut Expansion) {
    let key = view.key(facts.key);
    let passages = found.passages.rows();
    for candidate in found.candidates.rows_mut() {
        let passage = passages.get(usize::from(candidate.passage));
        // The rule that names the backend decides, not one that leads to its chain: who wrote the list knows it.
        let rule = passage.and_then(|passage| passage.rule).map(|rule| view.rule(rule));
        let allowed = rule.map_or(0, |rule| rule.dropped.to_native());
        let backend = view.backend(candidate.backend);
        let refused = refused(backend, facts.dialect);
        // Bytes that are forwarded have all that they came with.
        let allowed = if feature::is_reworded(refused) { allowed } else { 0 };
        let refused = facts.features & (refused | beside(view, backend, facts));
        candidate.dropped = refused & allowed;
        if let Some(reason) = objection(view, facts, (key, backend), refused & !allowed) {
            candidate.state = State::PassedOver(reason);
        }
    }
}

/// Whether the backend's model is known to have a larger context window than one that was too small.
pub(crate) fn outgrows(view: &View<'_>, backend: BackendIx, too_small_tokens: u32) -> bool {
    context_window_tokens(view, backend) > too_small_tokens
}

/// The context window of a backend's model, 0 when unknown.
pub(crate) fn context_window_tokens(view: &View<'_>, backend: BackendIx) -> u32 {
    model_of(view, backend).context_window_tokens.to_native()
}

/// Why nothing can be tried, told by the candidates that came nearest to it.
pub(crate) fn shortage(candidates: &[Candidate]) -> Shortage {
    let reasons = || {
        candidates.iter().filter_map(|candidate| match candidate.state {
            State::PassedOver(reason) => Some(reason),
            State::Waiting | State::Tried { .. } => None,
        })
    };
    if reasons().any(|reason| reason == PassedOver::NoCredential) {
        return Shortage::NoCredential;
    }
    let limits = reasons().filter_map(|reason| match reason {
        PassedOver::OutputLimit { limit_tokens } => Some(limit_tokens),
        _ => None,
    });
    if let Some(limit_tokens) = limits.max() {
        return Shortage::OutputLimit { limit_tokens };
    }
    let refusals = reasons().filter_map(|reason| match reason {
        PassedOver::RefusesFeatures { features } => Some((features, features)),
        _ => None,
    });
    if let Some((all, any)) = refusals.reduce(|(all, any), (some, _)| (all & some, any | some)) {
        return Shortage::RefusesFeatures { features: if all == 0 { any } else { all } };
    }
    let lacks = reasons().filter_map(|reason| match reason {
        PassedOver::LacksCapability { missing } => Some((missing, missing)),
        _ => None,
    });
    match lacks.reduce(|(all, any), (missing, _)| (all & missing, any | missing)) {
        Some((0, any)) => Shortage::LacksCapability { missing: any },
        Some((all, _)) => Shortage::LacksCapability { missing: all },
        None if candidates.is_empty() => Shortage::Empty,
        None if reasons().any(|reason| reason == PassedOver::NotSpoken) => Shortage::NotSpoken,
        None => Shortage::ModelNotAllowed,
    }
}

/// In this order, so that each reason means that all before it do not apply.
fn objection(
    view: &View<'_>,
    facts: &Facts<'_>,
    (key, backend): (&ArchivedKey, &ArchivedBackend),
    features: u64,
) -> Option<PassedOver> {
    let model = ModelIx::from(backend.model);
    if !may_use(view, key, model) {
        return Some(PassedOver::ModelNotAllowed);
    }
    if backend.dialects.to_native() & facts.dialect.place() == 0 {
        return Some(PassedOver::NotSpoken);
    }
    let model = view.model(model);
    let missing = facts.capabilities & !model.capabilities.to_native();
    if missing != 0 {
        return Some(PassedOver::LacksCapability { missing });
    }
    if features != 0 {
        return Some(PassedOver::RefusesFeatures { features });
    }
    // A request that does not say asks for 0, which exceeds nothing.
    let limit_tokens = model.output_limit_tokens.to_native();
    (limit_tokens != 0 && facts.output_tokens > limit_tokens)
        .then_some(PassedOver::OutputLimit { limit_tokens })
}

/// What a backend's protocol has no form for, of what a dialect can hold.
fn refused(backend: &ArchivedBackend, dialect: Dialect) -> u64 {
    backend.refused.get(usize::from(dialect.code())).map_or(u64::MAX, |features| features.to_native())
}

/// What it has a form for, but not beside the rest of the request.
fn beside(view: &View<'_>, backend: &ArchivedBackend, facts: &Facts<'_>) -> u64 {
    let protocol = view.provider(backend.provider.into()).protocol;
    let Some(protocol) = ProviderProtocol::from_code(protocol).filter(|_| facts.features != 0) else {
        return 0;
    };
    let model = view.text(backend.upstream_model);
    feature::beside((protocol, model), (facts.dialect, facts.features), facts.output_tokens)
}

fn model_of<'a>(view: &View<'a>, backend: BackendIx) -> &'a ArchivedModel {
    view.model(ModelIx::from(view.backend(backend).model))
}
