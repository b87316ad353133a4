//! `shared-failure-domain`: a primary whose fallbacks all fail together with it.
//!
//! Deliberately a warning about whole rules: one fallback elsewhere is enough. Invariant: a rule that has fallbacks and not
//! this finding survives the failure of any one provider, failure domain or region, as far as they are written down.
//!
//! Read next: [`crate::reach::roads`].

use std::collections::BTreeSet;

use pointsman_schema::read::scalar::Name;
use pointsman_schema::source::Provider;
use pointsman_schema::tree::Spanned;

use crate::diagnostic::{Diagnostic, Label};
use crate::policy::Declared;
use crate::reach::roads::{Roads, Targets, Whole};
use crate::reach::{Goal, Hop, Node};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "shared-failure-domain",
    severity: Severity::Warning,
    summary: "all fallbacks of a rule fail together with its primary",
    page: include_str!("../../../docs/rules/shared-failure-domain.md"),
};

/// The finding for a rule of a chain: the first of its primaries that shares a domain with all that could take over.
pub fn find(node: &Node<'_>, targets: &Targets<'_>, roads: &Roads<'_>) -> Option<Diagnostic> {
    let after: Vec<_> =
        targets.after.iter().map(|hop| Some((hop, roads.below(hop)?))).collect::<Option<_>>()?;
    targets.first.iter().find_map(|first| {
        let primary = roads.below(first)?;
        let is_primary = |hop: &Hop<'_>| matches!(hop.goal, Goal::Backend(_)) && hop.goal == first.goal;
        let others: Vec<_> = after.iter().filter(|(hop, _)| !is_primary(hop)).collect();
        let (last, _) = others.last()?;
        let all: Vec<_> = primary.iter().chain(others.iter().flat_map(|(_, below)| below)).collect();
        let domain = Domain::shared(&all)?;
        Some(diagnostic(node, targets, (first, last), &domain))
    })
}

/// What some backends have in common.
struct Domain<'w> {
    /// Which kind of thing it is.
    what: &'static str,
    name: &'w str,
    /// The providers that say so, when it is not the provider itself.
    written: Vec<(&'w Declared<'w, Provider>, &'w Spanned<Name>)>,
}

type Field = for<'w> fn(&'w Provider) -> Option<&'w Spanned<Name>>;

impl<'w> Domain<'w> {
    /// What all have in common; nothing when they are one and the same, for then there is no fallback to speak of.
    fn shared(backends: &[&Whole<'w>]) -> Option<Self> {
        let providers: BTreeSet<&str> = backends.iter().map(|whole| whole.provider.0.name.as_str()).collect();
        let names: BTreeSet<&str> = backends.iter().map(|whole| whole.declared.name.as_str()).collect();
        if names.len() == 1 {
            return None;
        }
        if providers.len() == 1 {
            let name = providers.first()?;
            return Some(Self { what: "provider", name, written: Vec::new() });
        }
        let domain: Field = |provider| provider.failure_domain.as_ref();
        let is_said = backends.iter().all(|whole| domain(whole.provider.1).is_some());
        let same = Self::field("failure domain", domain, backends);
        // Whoever gives each its own domain has said that they do not fail together, in one region or not.
        if is_said {
            return same;
        }
        Self::field("region", |provider| provider.region.as_ref(), backends)
    }

    fn field(what: &'static str, field: Field, backends: &[&Whole<'w>]) -> Option<Self> {
        let mut written: Vec<_> = backends
            .iter()
            .map(|whole| Some((whole.provider.0, field(whole.provider.1)?)))
            .collect::<Option<_>>()?;
        let name = written.first()?.1.value.as_str();
        if written.iter().any(|(_, other)| other.value.as_str() != name) {
            return None;
        }
        let mut seen = BTreeSet::new();
        written.retain(|(provider, _)| seen.insert(provider.name.as_str()));
        Some(Self { what, name, written })
    }
}

fn diagnostic(
    node: &Node<'_>,
    targets: &Targets<'_>,
    (first, last): (&Hop<'_>, &Hop<'_>),
    domain: &Domain<'_>,
) -> Diagnostic {
    let (file, what) = (node.declared.file, domain.what);
    let rule = visible(targets.rule.name.value.as_str());
    let in_domain = format!("{what} `{}`", visible(domain.name));
    let mut found = Diagnostic::new(
        &RULE,
        format!("primary and fallbacks of rule `{rule}` are all in {in_domain}"),
        Label::new(file, last.span, format!("expected a fallback in another {what}, found the same")),
    )
    .context(Label::new(file, first.span, "the primary"))
    .consequence(format!("so when the {what} fails, every fallback fails with it"))
    .help("add a fallback elsewhere, or allow this warning if the rule may fail then");
    for (provider, field) in &domain.written {
        let name = visible(&provider.name);
        found = found.note_at(format!("provider `{name}` is in it:"), provider.file, field.span);
    }
    found
}
