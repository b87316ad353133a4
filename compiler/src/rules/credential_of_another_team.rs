//! `credential-of-another-team`: a key through which another team's credential could be spent.
//!
//! Deliberately only words. Invariant: a team's credential is reached by that team's keys alone, whatever is exported.
//!
//! Read next: [`crate::reach::credentials`], which follows the roads.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_schema::read::scalar::Reference;
use pointsman_schema::source::mcp::ProfileServer;
use pointsman_schema::source::{Credential, Key, McpProfile, McpServer};
use pointsman_schema::tree::{Span, Spanned};

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::{Declared, Owner, Policy};
use crate::reach::beginnings::{Beginning, Beginnings, KeyOf, on_exceed_span};
use crate::reach::credentials::{End, Reached, end};
use crate::reach::{Goal, Graph};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "credential-of-another-team",
    severity: Severity::Error,
    summary: "a key can reach the credential of another team",
    page: include_str!("../../../docs/rules/credential-of-another-team.md"),
};

/// What a key's road is looked up in.
pub struct Search<'a, 'w> {
    /// The policy.
    pub index: &'w Index<'w>,
    /// Its chains.
    pub graph: &'a Graph<'w>,
    /// What each of them reaches.
    pub reached: &'a Reached<'w>,
}

impl<'w> Search<'_, 'w> {
    /// Reports every other team whose credential a key can reach, with one road to it. What a budget leads to is reported once
    /// for all its keys.
    pub fn check(&self, beginnings: &Beginnings<'w>, sink: &mut Diagnostics) {
        if self.reached.is_empty() {
            return;
        }
        let (mut walk, mut led) = (beginnings.walk(), BTreeSet::new());
        for (key, body) in Policy::bodies(&self.index.policy.keys) {
            let mut known = BTreeSet::from([key.owner]);
            for beginning in walk.of(key) {
                for owner in self.reached.owners(beginning.chain).filter(|owner| known.insert(owner)) {
                    let is_new = beginning.after.is_none_or(|budget| led.insert((budget.at, owner)));
                    if is_new {
                        sink.push(self.diagnostic((key, body), &beginning, owner));
                    }
                }
            }
        }
    }

    fn diagnostic(&self, (key, body): KeyOf<'_>, beginning: &Beginning<'_>, owner: &Owner) -> Diagnostic {
        let label = format!("expected a chain without others' credentials, found one that spends {owner}'s");
        let (file, span) = match beginning.after {
            None => (key.file, body.chain.span),
            Some(budget) => (budget.file, on_exceed_span(budget)),
        };
        let found = Diagnostic::new(
            &RULE,
            format!("key `{}` can reach a credential of {owner}", visible(&key.name)),
            Label::new(file, span, label),
        );
        let (found, when) = match beginning.after {
            None => (found.context(Label::new(key.file, key.named.name.span, "this key")), ""),
            Some(budget) => (
                found
                    .context(Label::new(budget.file, budget.named.name.span, "when this budget is spent"))
                    .context(Label::new(key.file, key.named.name.span, "this key falls under it")),
                " once the budget is spent",
            ),
        };
        self.follow(beginning.chain, owner, found)
            .consequence(format!("so its requests would be charged to {owner}{when}"))
            .help(format!(
                "use a chain without that backend, or ask {owner} not to put it into a chain that it exports"
            ))
    }

    /// Adds the road from a chain to the credential.
    fn follow(&self, mut chain: usize, owner: &Owner, mut found: Diagnostic) -> Diagnostic {
        // Roads end: chains in circles reach nothing.
        while let Some(node) = self.graph.chains.get(chain)
            && let Some(hop) = self.reached.towards(node, owner)
        {
            let (name, rule) = (visible(&node.declared.name), visible(hop.rule.name.value.as_str()));
            let text = format!("rule `{rule}` of chain `{name}` goes on here");
            found = found.context(Label::new(node.declared.file, hop.span, text));
            match hop.goal {
                Goal::Chain(next) => chain = next,
                Goal::Backend(backend) => {
                    return match end(self.index, backend) {
                        Some(end) => {
                            found.context(backend_label(&end)).context(credential_label(&end, owner))
                        }
                        None => found,
                    };
                }
            }
        }
        found
    }
}

/// A server of an MCP profile that a team's credential opens.
struct Opened<'w> {
    profile: &'w Declared<'w, McpProfile>,
    entry: &'w Spanned<ProfileServer>,
    server: &'w Declared<'w, McpServer>,
    reference: Span,
    credential: &'w Declared<'w, Credential>,
}

/// Reports every other team whose credential opens a server of a key's MCP profiles.
pub fn check_profiles<'w>(index: &'w Index<'w>, sink: &mut Diagnostics) {
    let policy = &index.policy;
    let mut known: BTreeMap<&str, Vec<Opened<'w>>> = BTreeMap::new();
    for (key, body) in Policy::bodies(&policy.keys) {
        let mut owners = BTreeSet::from([key.owner]);
        for reference in &body.mcp_profiles {
            let profile = policy.mcp_profile(key.owner, reference.value.as_str()).found();
            let Some(profile) = profile.and_then(|name| policy.mcp_profiles.get(name)) else { continue };
            let opened = known.entry(&profile.name).or_insert_with(|| opened(policy, profile));
            for opened in opened.iter().filter(|opened| owners.insert(opened.credential.owner)) {
                sink.push(opened.diagnostic(key, reference));
            }
        }
    }
}

/// The servers of a profile that are opened by a team's credential.
fn opened<'w>(policy: &'w Policy<'w>, profile: &'w Declared<'w, McpProfile>) -> Vec<Opened<'w>> {
    let of_entry = |entry: &'w Spanned<ProfileServer>| {
        let server = policy.mcp_server(profile.owner, entry.value.name.value.as_str()).found()?;
        let server = policy.mcp_servers.get(server)?;
        let reference = server.body()?.credential.as_ref()?;
        let credential = policy.credential(server.owner, reference.value.as_str()).found()?;
        let credential = policy.credentials.get(credential)?;
        let opened = Opened { profile, entry, server, reference: reference.span, credential };
        (*credential.owner != Owner::Platform).then_some(opened)
    };
    profile.body().into_iter().flat_map(|body| &body.servers).filter_map(of_entry).collect()
}

impl Opened<'_> {
    fn diagnostic(&self, key: &Declared<'_, Key>, reference: &Spanned<Reference>) -> Diagnostic {
        let Self { profile, entry, server, reference: opens, credential } = self;
        let owner = credential.owner;
        let label = format!("expected a profile without others' credentials, found one that uses {owner}'s");
        Diagnostic::new(
            &RULE,
            format!("key `{}` can reach a credential of {owner}", visible(&key.name)),
            Label::new(key.file, reference.span, label),
        )
        .context(Label::new(key.file, key.named.name.span, "this key"))
        .context(Label::new(
            profile.file,
            entry.value.name.span,
            format!("profile `{}` has this server", visible(&profile.name)),
        ))
        .context(Label::new(
            server.file,
            *opens,
            format!("server `{}` is opened by this credential", visible(&server.name)),
        ))
        .context(Label::new(credential.file, credential.named.name.span, format!("which belongs to {owner}")))
        .consequence(format!("so its tools would be called in the name of {owner}"))
        .help(format!(
            "use a profile without that server, or ask {owner} not to put it into a profile that it exports"
        ))
    }
}

fn backend_label(end: &End<'_>) -> Label {
    let backend = end.backend;
    let span =
        backend.body().and_then(|body| body.credential.as_ref()).map_or(backend.named.name.span, |c| c.span);
    Label::new(backend.file, span, format!("backend `{}` uses this credential", visible(&backend.name)))
}

fn credential_label(end: &End<'_>, owner: &Owner) -> Label {
    let credential = end.credential;
    Label::new(credential.file, credential.named.name.span, format!("which belongs to {owner}"))
}
