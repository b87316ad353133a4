//! `duplicate-target`: a fallback list that names one backend or one chain twice.
//!
//! Deliberately only one list: an arm of a split that is a fallback as well takes over for the other arms. Invariant: every
//! entry of a fallback list is tried for some request.
//!
//! Read next: [`crate::reach`], which follows the targets.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::reach::{Goal, Graph, Hop, Node};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "duplicate-target",
    severity: Severity::Warning,
    summary: "a fallback list names a backend or a chain twice",
    page: include_str!("../../../docs/rules/duplicate-target.md"),
};

/// Reports each entry that stands before in its list.
pub fn check(graph: &Graph<'_>, sink: &mut Diagnostics) {
    for node in &graph.chains {
        for of_rule in node.hops.chunk_by(|a, b| std::ptr::eq(a.rule, b.rule)) {
            let mut known: BTreeMap<(bool, usize), &Hop<'_>> = BTreeMap::new();
            for hop in of_rule.iter().filter(|hop| !hop.is_arm) {
                let place = match hop.goal {
                    Goal::Backend(backend) => (false, backend.at),
                    Goal::Chain(chain) => (true, chain),
                };
                match known.get(&place) {
                    Some(first) => sink.push(diagnostic(graph, node, (first, hop))),
                    None => _ = known.insert(place, hop),
                }
            }
        }
    }
}

fn diagnostic(graph: &Graph<'_>, node: &Node<'_>, (first, again): (&Hop<'_>, &Hop<'_>)) -> Diagnostic {
    let rule = visible(again.rule.name.value.as_str());
    let what = match again.goal {
        Goal::Backend(backend) => format!("backend `{}`", visible(&backend.name)),
        Goal::Chain(at) => {
            let name = graph.chains.get(at).map_or("", |chain| chain.declared.name.as_str());
            format!("chain `{}`", visible(name))
        }
    };
    let file = node.declared.file;
    Diagnostic::new(
        &RULE,
        format!("rule `{rule}` names {what} twice as a fallback"),
        Label::new(file, again.span, "expected each target once, found this one again"),
    )
    .context(Label::new(file, first.span, "here it stands first"))
    .consequence("so this entry does nothing: each backend is tried once for a request")
    .help("remove it, or name another backend; `retry` tries the same backend again")
}
