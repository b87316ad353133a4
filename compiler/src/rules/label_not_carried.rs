//! `label-not-carried`: a labelled chain that can come to a backend without the label.
//!
//! Deliberately an error, and blind to conditions: data would go where its label forbids it, and a label is not to hang on
//! the wording of a `match`. Invariant: whatever a chain demands, every backend that it can come to carries, fallbacks and
//! the chains below included.
//!
//! Read next: [`crate::reach::roads`].

use std::collections::BTreeSet;

use pointsman_schema::read::scalar::Name;
use pointsman_schema::tree::Spanned;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::reach::roads::{Roads, Whole};
use crate::reach::{Goal, Graph, Hop, Node};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "label-not-carried",
    severity: Severity::Error,
    summary: "a labelled chain can come to a backend without the label",
    page: include_str!("../../../docs/rules/label-not-carried.md"),
};

/// Reports each target of a labelled chain that comes to such a backend, unless a chain on the way demands the same and so
/// has the finding itself.
pub fn check<'w>(graph: &Graph<'w>, roads: &Roads<'w>, sink: &mut Diagnostics) {
    for node in graph.chains.iter().filter(|node| !node.body.labels.is_empty()) {
        for hop in &node.hops {
            let missing = first_without(graph, roads, &node.body.labels, hop);
            sink.extend(missing.map(|missing| diagnostic(node, hop, &missing)));
        }
    }
}

/// A backend, the labels that it should carry and does not, and whether it stands below a chain.
struct Missing<'w> {
    backend: Whole<'w>,
    labels: Vec<&'w Spanned<Name>>,
    is_below: bool,
}

/// The first backend on the way that lacks labels which no chain on the way demands.
fn first_without<'w>(
    graph: &Graph<'w>,
    roads: &Roads<'w>,
    demanded: &'w [Spanned<Name>],
    hop: &Hop<'w>,
) -> Option<Missing<'w>> {
    // A chain is looked at again for other labels, never for the same.
    let mut seen = BTreeSet::new();
    let mut open: Vec<(Goal<'w>, Vec<&'w Spanned<Name>>)> = vec![(hop.goal, demanded.iter().collect())];
    while let Some((goal, mut labels)) = open.pop() {
        match goal {
            Goal::Backend(name) => {
                let Some(backend) = roads.whole(name).copied() else { continue };
                let (_, provider) = backend.provider;
                labels.retain(|label| {
                    !carries(&backend.body.labels, label) && !carries(&provider.labels, label)
                });
                if !labels.is_empty() {
                    return Some(Missing { backend, labels, is_below: goal != hop.goal });
                }
            }
            Goal::Chain(at) => {
                let Some(next) = graph.chains.get(at) else { continue };
                labels.retain(|label| !carries(&next.body.labels, label));
                let key: Vec<&str> = labels.iter().map(|label| label.value.as_str()).collect();
                if !labels.is_empty() && seen.insert((at, key)) {
                    open.extend(next.hops.iter().rev().map(|hop| (hop.goal, labels.clone())));
                }
            }
        }
    }
    None
}

fn carries(labels: &[Spanned<Name>], wanted: &Spanned<Name>) -> bool {
    labels.iter().any(|label| label.value == wanted.value)
}

fn diagnostic(node: &Node<'_>, hop: &Hop<'_>, missing: &Missing<'_>) -> Diagnostic {
    let Missing { backend, labels, is_below } = missing;
    let (file, provider) = (node.declared.file, visible(&backend.provider.0.name));
    let (chain, name) = (visible(&node.declared.name), visible(&backend.declared.name));
    let words = |before: &str, between: &str| {
        let quoted: Vec<_> =
            labels.iter().map(|label| format!("{before}{}{before}", visible(label.value.as_str()))).collect();
        quoted.join(between)
    };
    let label = if *is_below {
        format!("expected only backends that carry {}, found `{name}` below", words("`", " and "))
    } else {
        format!("expected a backend that carries {}, found one that does not", words("`", " and "))
    };
    let mut found = Diagnostic::new(
        &RULE,
        format!("chain `{chain}` can come to backend `{name}`, which is not labelled {}", words("`", " or ")),
        Label::new(file, hop.span, label),
    );
    for label in labels {
        found = found.context(Label::new(file, label.span, "the chain demands it"));
    }
    let text = format!("neither this backend nor its provider `{provider}` carries it");
    found
        .context(Label::new(backend.declared.file, backend.declared.named.name.span, text))
        .consequence("so data would go where its label does not allow it")
        .help(format!(
            "remove the target; or, if the backend may be sent such data, give it or its provider the labels [{}]",
            words("", ", ")
        ))
}
