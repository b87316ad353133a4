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
use crate::reach::{Goal, Graph, Hop, Node};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "shared-failure-domain",
    severity: Severity::Warning,
    summary: "all fallbacks of a rule fail together with its primary",
    page: include_str!("../../../docs/rules/shared-failure-domain.md"),
};

/// What the backends below each chain have in common.
pub struct Domains<'d, 'w> {
    roads: &'d Roads<'w>,
    /// By the place of the chain.
    of_chains: Vec<Common<'w>>,
}

impl<'d, 'w> Domains<'d, 'w> {
    /// Of a policy.
    pub fn of(graph: &Graph<'w>, roads: &'d Roads<'w>) -> Self {
        let of_chains = graph.from_below(Common::default(), |node, all| {
            node.hops.iter().map(|hop| of_hop(hop, roads, all)).fold(Common::default(), Common::join)
        });
        Self { roads, of_chains }
    }

    /// The finding for a rule of a chain: the first of its primaries that shares a domain with all that could take over.
    pub fn find(&self, node: &Node<'_>, targets: &Targets<'_, 'w>) -> Option<Diagnostic> {
        if !targets.after.iter().all(|hop| self.roads.is_known(hop)) {
            return None;
        }
        let common = |hop: &Hop<'w>| of_hop(hop, self.roads, &self.of_chains);
        targets.first.iter().filter(|first| self.roads.is_known(first)).find_map(|first| {
            let is_primary = |hop: &Hop<'_>| matches!(hop.goal, Goal::Backend(_)) && hop.goal.is(&first.goal);
            let others: Vec<_> = targets.after.iter().filter(|hop| !is_primary(hop)).collect();
            let last = others.last()?;
            let domain = others.iter().fold(common(first), |all, hop| all.join(common(hop))).domain()?;
            let hops = std::iter::once(first).chain(others.iter().copied());
            let written = self.written(hops, domain);
            Some(diagnostic(node, targets, (first, last), (domain, &written)))
        })
    }

    /// The first providers that say so, when it is not the provider itself.
    fn written<'h>(&self, hops: impl Iterator<Item = &'h Hop<'w>>, (what, _): Domain<'w>) -> Vec<Written<'w>>
    where
        'w: 'h,
    {
        let mut seen = BTreeSet::new();
        let backends = hops.flat_map(|hop| self.roads.below(hop));
        let written = backends.filter_map(|backend| {
            let (declared, body) = backend.provider;
            let field = match what {
                FAILURE_DOMAIN => body.failure_domain.as_ref(),
                REGION => body.region.as_ref(),
                _ => None,
            };
            Some((declared, field?))
        });
        written.filter(|(provider, _)| seen.insert(provider.at)).take(NOTES_MAX).collect()
    }
}

fn of_hop<'w>(hop: &Hop<'w>, roads: &Roads<'w>, of_chains: &[Common<'w>]) -> Common<'w> {
    match hop.goal {
        Goal::Backend(backend) => roads.whole(backend).map(Common::of).unwrap_or_default(),
        Goal::Chain(next) => of_chains.get(next).copied().unwrap_or_default(),
    }
}

/// A provider, and where it says in which domain it is.
type Written<'w> = (&'w Declared<'w, Provider>, &'w Spanned<Name>);

/// What it is, and its name.
type Domain<'w> = (&'static str, &'w str);

/// What some backends have in common.
#[derive(Debug, Clone, Copy, Default)]
struct Common<'w> {
    backend: Same<&'w str>,
    provider: Same<&'w str>,
    failure_domain: Same<Option<&'w str>>,
    region: Same<Option<&'w str>>,
    /// Whether some provider does not say in which failure domain it is.
    is_unsaid: bool,
}

/// Whether some things are one and the same.
#[derive(Debug, Clone, Copy, Default)]
enum Same<T> {
    #[default]
    Nothing,
    One(T),
    Several,
}

impl<T: PartialEq> Same<T> {
    fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, same) | (same, Self::Nothing) => same,
            (Self::One(one), Self::One(other)) if one == other => Self::One(one),
            _ => Self::Several,
        }
    }
}

impl<'w> Common<'w> {
    fn of(backend: &Whole<'w>) -> Self {
        let (provider, body) = backend.provider;
        let name = |field: &'w Option<Spanned<Name>>| field.as_ref().map(|name| name.value.as_str());
        Self {
            backend: Same::One(&backend.declared.name),
            provider: Same::One(&provider.name),
            failure_domain: Same::One(name(&body.failure_domain)),
            region: Same::One(name(&body.region)),
            is_unsaid: body.failure_domain.is_none(),
        }
    }

    fn join(self, other: Self) -> Self {
        Self {
            backend: self.backend.join(other.backend),
            provider: self.provider.join(other.provider),
            failure_domain: self.failure_domain.join(other.failure_domain),
            region: self.region.join(other.region),
            is_unsaid: self.is_unsaid || other.is_unsaid,
        }
    }

    /// What all are in; nothing when they are one and the same, for then there is no fallback to speak of.
    fn domain(self) -> Option<Domain<'w>> {
        match self {
            Self { backend: Same::Nothing | Same::One(_), .. } => None,
            Self { provider: Same::One(name), .. } => Some(("provider", name)),
            // Whoever gives each its own domain has said that they do not fail together, in one region or not.
            Self { is_unsaid: false, failure_domain: Same::One(Some(name)), .. } => {
                Some((FAILURE_DOMAIN, name))
            }
            Self { is_unsaid: true, region: Same::One(Some(name)), .. } => Some((REGION, name)),
            _ => None,
        }
    }
}

fn diagnostic(
    node: &Node<'_>,
    targets: &Targets<'_, '_>,
    (first, last): (&Hop<'_>, &Hop<'_>),
    ((what, domain), written): (Domain<'_>, &[Written<'_>]),
) -> Diagnostic {
    let file = node.declared.file;
    let rule = visible(targets.rule.name.value.as_str());
    let in_domain = format!("{what} `{}`", visible(domain));
    let mut found = Diagnostic::new(
        &RULE,
        format!("primary and fallbacks of rule `{rule}` are all in {in_domain}"),
        Label::new(file, last.span, format!("expected a fallback in another {what}, found the same")),
    )
    .context(Label::new(file, first.span, "the primary"))
    .consequence(format!("so when the {what} fails, every fallback fails with it"))
    .help("add a fallback elsewhere, or allow this warning if the rule may fail then");
    for (provider, field) in written {
        let name = visible(&provider.name);
        found = found.note_at(format!("provider `{name}` is in it:"), provider.file, field.span);
    }
    found
}

const FAILURE_DOMAIN: &str = "failure domain";
const REGION: &str = "region";
/// **Unit**: providers that one finding names.
const NOTES_MAX: usize = 8;
