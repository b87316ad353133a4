//! Follows every reference of a policy and reports those that lead nowhere.
//!
//! Deliberately judges names alone: what follows from a name that was found is the rules' business. The invariant: every
//! reference is visited once, and one that a file nobody could read may have declared is not reported.
//!
//! Read next: [`site`] for what is known of a reference, [`predicate`] for those inside a `match`, [`uses`] for what is
//! left behind.

mod declared;
mod keys;
mod predicate;
pub mod site;
pub mod uses;

use pointsman_schema::read::scalar::Reference;
use pointsman_schema::source::{Backend, Chain, Consumer, Credential, Rule, Sticky};
use pointsman_schema::tree::{Span, Spanned};

use self::site::{Holder, Kind, Site};
use self::uses::Uses;
use crate::diagnostic::Diagnostics;
use crate::index::Index;
use crate::policy::{Declared, Found, Goals, Policy, Table, chain_of_target};
use crate::rules::undeclared_attribute;

/// Visits every reference of a policy; gives what they name.
pub fn check<'i>(index: &'i Index<'_>, sink: &mut Diagnostics) -> Uses<'i> {
    let Policy { credentials, backends, chains: all_chains, consumers, keys: all_keys, .. } = &index.policy;
    let mut visit = Visit { index, sink, uses: Uses::default() };
    Policy::bodies(credentials).for_each(|(declared, body)| credential(declared, body, &mut visit));
    Policy::bodies(backends).for_each(|(declared, body)| backend(declared, body, &mut visit));
    self::chains(all_chains, &mut visit);
    Policy::bodies(consumers).for_each(|(declared, body)| consumer(declared, body, &mut visit));
    keys::check(all_keys, &mut visit);
    declared::check(&mut visit);
    visit.uses
}

/// One walk over the references: where names are looked up, and what comes of it.
pub struct Visit<'i, 'w, 's> {
    index: &'i Index<'w>,
    sink: &'s mut Diagnostics,
    uses: Uses<'i>,
}

fn holder<'a, T>(declared: &Declared<'a, T>, object: &'static str) -> Holder<'a> {
    let name = &declared.named.name;
    Holder { owner: declared.owner, file: declared.file, object, name: &name.value, span: name.span }
}

fn credential(declared: &Declared<'_, Credential>, body: &Credential, visit: &mut Visit<'_, '_, '_>) {
    let holder = holder(declared, "credential");
    let Credential { provider, mcp_server, secret: _, token: _, account: _, export: _ } = body;
    references(&holder, "provider", provider, Kind::Provider, visit);
    references(&holder, "mcp-server", mcp_server, Kind::McpServer, visit);
}

fn backend(declared: &Declared<'_, Backend>, body: &Backend, visit: &mut Visit<'_, '_, '_>) {
    let holder = holder(declared, "backend");
    let Backend { model, provider, credential, upstream_model: _, labels: _, export: _ } = body;
    Site::new(&holder, "model", model.value.as_str(), model.span).check(Kind::Model, visit);
    Site::new(&holder, "provider", provider.value.as_str(), provider.span).check(Kind::Provider, visit);
    references(&holder, "credential", credential, Kind::Credential, visit);
}

fn consumer(declared: &Declared<'_, Consumer>, body: &Consumer, visit: &mut Visit<'_, '_, '_>) {
    let holder = holder(declared, "consumer");
    let Consumer { tags: _, budgets, limits, export: _ } = body;
    references(&holder, "`budgets`", budgets, Kind::Budget, visit);
    references(&holder, "`limits`", limits, Kind::Limit, visit);
}

/// References of one field that may have several, or none.
fn references<'r>(
    holder: &Holder<'_>,
    field: &'static str,
    written: impl IntoIterator<Item = &'r Spanned<Reference>>,
    kind: Kind,
    visit: &mut Visit<'_, '_, '_>,
) {
    for reference in written {
        Site::new(holder, field, reference.value.as_str(), reference.span).check(kind, visit);
    }
}

/// The chains of one owner stand beside each other, and most of what their rules name is there.
fn chains<'i>(table: &'i Table<'_, Chain>, visit: &mut Visit<'i, '_, '_>) {
    let index = visit.index;
    let policy = &index.policy;
    let mut marks = Marks { backends: vec![false; policy.backends.len()], chains: vec![false; table.len()] };
    let bodies: Vec<_> = Policy::bodies(table).collect();
    for of_one in bodies.chunk_by(|(a, _), (b, _)| a.owner == b.owner) {
        let Some((first, _)) = of_one.first() else { continue };
        let goals = policy.goals(first.owner);
        for (declared, body) in of_one {
            chain(declared, body, (&goals, &mut marks), visit);
        }
    }
    visit.uses.note_places(Kind::Backend, marks.backends);
    visit.uses.note_places(Kind::Chain, marks.chains);
}

/// What the rules name, by place.
struct Marks {
    backends: Vec<bool>,
    chains: Vec<bool>,
}

impl Marks {
    fn set(&mut self, found: Found<'_, '_>) {
        _ = match found {
            Found::Backend(backend) => keys::mark(&mut self.backends, Some(backend)),
            Found::Chain(chain) => keys::mark(&mut self.chains, Some(chain)),
        };
    }
}

fn chain(
    declared: &Declared<'_, Chain>,
    body: &Chain,
    (goals, marks): (&Goals<'_, '_, '_>, &mut Marks),
    visit: &mut Visit<'_, '_, '_>,
) {
    for rule in &body.rules {
        let Rule { name, matches: _, when: _, split, sticky, fallback, retry: _, lossy: _ } = &rule.value;
        let holder = Holder {
            object: "rule",
            name: name.value.as_str(),
            span: name.span,
            ..holder(declared, "chain")
        };
        if let Some((condition, _)) = rule.value.condition() {
            let before = visit.sink.count();
            predicate::check(&holder, condition, visit);
            if rule.value.when.is_some() {
                visit.sink.only_say_fixes_after(before);
            }
        }
        let arms = split.iter().flat_map(|split| &split.value.0);
        let arms = arms.map(|(arm, _)| ("split", arm.value.as_str(), arm.span));
        let fallbacks = fallback.iter().map(|target| ("fallback", target.value.as_str(), target.span));
        for (field, text, span) in arms.chain(fallbacks) {
            match goals.find(text) {
                Some(found) => marks.set(found),
                None => target(&holder, field, (text, span), visit),
            }
        }
        if let Some(sticky) = sticky
            && let Sticky::Attribute(attribute) = &sticky.value
        {
            visit.attribute(attribute);
            let named = (attribute.as_str(), sticky.span);
            undeclared_attribute::check_name(visit.index, &holder, named, "attribute/", visit.sink);
        }
    }
}

fn target(
    holder: &Holder<'_>,
    field: &'static str,
    (text, span): (&str, Span),
    visit: &mut Visit<'_, '_, '_>,
) {
    let (kind, name) = match chain_of_target(text) {
        Some(chain) => (Kind::ChainTarget, chain),
        None => (Kind::Backend, text),
    };
    Site::new(holder, field, name, span).check(kind, visit);
}
