//! `shared-rate-limit`: a fallback that is throttled together with its primary.
//!
//! Deliberately only what is sure: the same model with the same credential, or credentials that say they are of one
//! account. Invariant: a fallback without this finding may still be served when the primary answers 429.
//!
//! Read next: [`crate::reach::roads`]; [`super::shared_failure_domain`], which says more where it holds.

use pointsman_schema::source::Credential;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::reach::roads::{Roads, Targets, Whole};
use crate::reach::{Goal, Hop, Node};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "shared-rate-limit",
    severity: Severity::Warning,
    summary: "a fallback shares the rate limit of the primary",
    page: include_str!("../../../docs/rules/shared-rate-limit.md"),
};

/// Reports fallbacks of a rule that share the rate limit of every primary.
pub fn check<'w>(node: &Node<'w>, targets: &Targets<'_, 'w>, roads: &Roads<'w>, sink: &mut Diagnostics) {
    let whole = |hop: &Hop<'w>| match hop.goal {
        Goal::Backend(backend) => roads.whole(backend),
        Goal::Chain(_) => None,
    };
    let primaries: Option<Vec<_>> = targets.first.iter().map(whole).collect();
    for hop in targets.after {
        let (Some(primaries), Some(fallback)) = (&primaries, whole(hop)) else { continue };
        let shares: Option<Vec<_>> = primaries.iter().map(|primary| shared(primary, fallback)).collect();
        if let Some(why) = shares.as_ref().and_then(|shares| shares.first()) {
            sink.push(diagnostic(node, targets, hop, why));
        }
    }
}

/// Why two backends share a limit.
fn shared<'w>(primary: &Whole<'w>, fallback: &Whole<'w>) -> Option<Shared<'w>> {
    let (one, other) = (primary.credential?, fallback.credential?);
    if primary.provider.0.name != fallback.provider.0.name || primary.declared.name == fallback.declared.name
    {
        return None;
    }
    let account = |body: &'w Credential| body.account.as_ref().map(|account| account.value.as_str());
    if let (Some(account), Some(of_fallback)) = (account(one.1), account(other.1)) {
        return (account == of_fallback).then_some(Shared::Account(account));
    }
    let model = primary.body.upstream_model();
    (one.0.name == other.0.name && model == fallback.body.upstream_model())
        .then_some(Shared::Model { model, credential: &one.0.name })
}

enum Shared<'w> {
    Account(&'w str),
    Model { model: &'w str, credential: &'w str },
}

fn diagnostic(node: &Node<'_>, targets: &Targets<'_, '_>, hop: &Hop<'_>, why: &Shared<'_>) -> Diagnostic {
    let (file, rule) = (node.declared.file, visible(targets.rule.name.value.as_str()));
    let label = match why {
        Shared::Account(account) => {
            format!("expected another account, found account `{}` again", visible(account))
        }
        Shared::Model { model, credential } => format!(
            "expected another model or credential, found `{}` with `{}` again",
            visible(model),
            visible(credential)
        ),
    };
    let mut found = Diagnostic::new(
        &RULE,
        format!("a fallback of rule `{rule}` shares the rate limit of the primary"),
        Label::new(file, hop.span, label),
    );
    for first in targets.first {
        found = found.context(Label::new(file, first.span, "the primary"));
    }
    found
        .consequence("so when the provider throttles the primary, it throttles this fallback, too")
        .help("fall back to another account, provider or model")
}
