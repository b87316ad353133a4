//! The text of `x-pointsman-decision`: chain, rule, the backend that served, those that were tried before it, and those
//! that were passed over.

use std::fmt::Write as _;

use http::HeaderValue;
use pointsman_routing::{Decision, State};
use pointsman_schema::outcome::Outcome;
use pointsman_schema::snapshot::View;
use pointsman_schema::snapshot::view::BackendIx;

/// `chain=support/assistant; rule=default; backend=vllm-llama; tried=azure-gpt-4o:timeout; skipped=openai:breaker-open`, as
/// far as it applies.
pub(super) fn write(view: &View<'_>, decision: &Decision, served: Option<BackendIx>) -> Option<HeaderValue> {
    let mut text = String::with_capacity(USUAL_BYTES);
    let name = |backend: BackendIx| view.text(view.backend(backend).name);
    let contributor = decision.candidates().iter().find(|candidate| Some(candidate.backend) == served);
    let passage = contributor.map_or(0, |candidate| usize::from(candidate.passage));
    let passage = decision.path().get(passage)?;
    text.push_str("chain=");
    text.push_str(view.text(view.chain(passage.chain).name));
    if let Some(rule) = passage.rule {
        text.push_str("; rule=");
        text.push_str(view.text(view.rule(rule).name));
    }
    if let Some(served) = served {
        text.push_str("; backend=");
        text.push_str(name(served));
    }
    let mut before = "; tried=";
    for candidate in decision.candidates() {
        if let State::Tried { outcome: Some(outcome), tries } = candidate.state
            && outcome != Outcome::Served
        {
            // Writing to a text cannot fail.
            write!(text, "{before}{}:{outcome}", name(candidate.backend)).unwrap_or_default();
            if tries > 1 {
                write!(text, "*{tries}").unwrap_or_default();
            }
            before = ",";
        }
    }
    let mut before = "; skipped=";
    for candidate in decision.candidates() {
        if let State::PassedOver(reason) = candidate.state {
            write!(text, "{before}{}:{}", name(candidate.backend), reason.word()).unwrap_or_default();
            before = ",";
        }
    }
    HeaderValue::try_from(text).ok()
}

const USUAL_BYTES: usize = 128;
