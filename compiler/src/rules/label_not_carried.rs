//! `label-not-carried`: a labelled chain that can come to a backend without the label.
//!
//! Deliberately an error, and blind to conditions: data would go where its label forbids it, and a label is not to hang on
//! the wording of a `match`. Invariant: whatever a chain demands, every backend that it can come to carries, fallbacks,
//! the chains below and the chains that take over when a budget is spent included.
//!
//! Read next: [`crate::reach::roads`].

use std::collections::BTreeSet;

use pointsman_schema::read::scalar::Name;
use pointsman_schema::source::{Budget, Key};
use pointsman_schema::tree::Spanned;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::policy::Declared;
use crate::reach::beginnings::{Beginnings, on_exceed_span};
use crate::reach::roads::{Roads, Whole};
use crate::reach::sets::{Draft, Set, Sets};
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
pub fn check<'w>(
    (graph, beginnings): (&Graph<'w>, &Beginnings<'w>),
    roads: &Roads<'w>,
    sink: &mut Diagnostics,
) {
    let demanded = graph.chains.iter().flat_map(|node| &node.body.labels).map(|label| label.value.as_str());
    let mut demanded: Vec<&str> = demanded.collect();
    demanded.sort_unstable();
    demanded.dedup();
    let (leaks, sets) = leaking(graph, roads, &demanded);
    let ways = Ways { graph, roads, demanded, leaks, sets };
    for node in graph.chains.iter().filter(|node| !node.body.labels.is_empty()) {
        for hop in &node.hops {
            let missing = ways.first_without(&node.body.labels, hop.goal);
            sink.extend(missing.map(|missing| diagnostic(node, hop, &missing)));
        }
    }
    check_taking_over(&ways, beginnings, sink);
}

/// Reports each budget after which a chain takes over from a labelled one and comes to such a backend, with the first key.
fn check_taking_over<'w>(ways: &Ways<'_, 'w>, beginnings: &Beginnings<'w>, sink: &mut Diagnostics) {
    let (mut walk, mut known) = (beginnings.walk(), BTreeSet::new());
    for (at, node) in ways.graph.chains.iter().enumerate().filter(|(_, node)| !node.body.labels.is_empty()) {
        for (key, _) in beginnings.own(at) {
            for beginning in walk.of(key) {
                let Some(budget) = beginning.after.filter(|budget| known.insert((budget.at, at))) else {
                    continue;
                };
                let missing = ways.first_without(&node.body.labels, Goal::Chain(beginning.chain));
                let Some((missing, taking_over)) = missing.zip(ways.graph.chains.get(beginning.chain)) else {
                    continue;
                };
                sink.push(taken_over((node, taking_over), (budget, key), &missing));
            }
        }
    }
}

/// For each chain by its place, the labels without which it can come to a backend, and that neither it nor a chain on the way
/// demands, by their places among all that are demanded. Chains that go in circles have a finding of their own.
fn leaking(graph: &Graph<'_>, roads: &Roads<'_>, demanded: &[&str]) -> (Vec<Set>, Sets) {
    let mut draft = Draft::new(demanded.len());
    let all_labels = draft.of((0..demanded.len()).collect());
    let without = |draft: &mut Draft, from: Set, labels: &mut dyn Iterator<Item = &str>| {
        let carried = labels.filter_map(|label| demanded.binary_search(&label).ok()).collect();
        let carried = draft.of(carried);
        draft.without(from, carried)
    };
    let leaks = graph.from_below(Set::EMPTY, |node, all| {
        let mut found = Set::EMPTY;
        for hop in &node.hops {
            let leaking = match hop.goal {
                Goal::Backend(backend) => match roads.whole(backend) {
                    Some(backend) => without(&mut draft, all_labels, &mut carried(backend)),
                    None => Set::EMPTY,
                },
                Goal::Chain(next) => all.get(next).copied().unwrap_or(Set::EMPTY),
            };
            found = draft.union(found, leaking);
        }
        without(&mut draft, found, &mut node.body.labels.iter().map(|label| label.value.as_str()))
    });
    (leaks, draft.finish())
}

/// A backend, the labels that it should carry and does not, and whether it stands below a chain.
struct Missing<'w> {
    backend: Whole<'w>,
    labels: Vec<&'w Spanned<Name>>,
    is_below: bool,
}

/// The ways to backends, with those that lead past a label.
struct Ways<'g, 'w> {
    graph: &'g Graph<'w>,
    roads: &'g Roads<'w>,
    /// Every label that some chain demands, in order.
    demanded: Vec<&'g str>,
    /// What [`leaking`] found: each way is judged once for all labels, however many lead over it.
    leaks: Vec<Set>,
    sets: Sets,
}

impl<'w> Ways<'_, 'w> {
    /// The first backend on the way that lacks labels which no chain on the way demands.
    fn first_without(&self, demanded: &'w [Spanned<Name>], first: Goal<'w>) -> Option<Missing<'w>> {
        let mut labels: Vec<_> = demanded.iter().collect();
        let mut goal = first;
        loop {
            labels.retain(|label| self.is_missing(goal, label));
            match goal {
                _ if labels.is_empty() => return None,
                Goal::Backend(backend) => {
                    let backend = *self.roads.whole(backend)?;
                    return Some(Missing { backend, labels, is_below: !goal.is(&first) });
                }
                Goal::Chain(at) => {
                    let is_missing = |goal| labels.iter().any(|label| self.is_missing(goal, label));
                    let mut goals = self.graph.chains.get(at)?.hops.iter().map(|hop| hop.goal);
                    goal = goals.find(|goal| is_missing(*goal))?;
                }
            }
        }
    }

    fn is_missing(&self, goal: Goal<'_>, label: &Spanned<Name>) -> bool {
        let label = label.value.as_str();
        match goal {
            Goal::Backend(backend) => self.roads.whole(backend).is_some_and(|backend| lacks(backend, label)),
            Goal::Chain(at) => {
                let number = self.demanded.binary_search(&label).ok();
                number.zip(self.leaks.get(at)).is_some_and(|(number, set)| self.sets.contains(*set, number))
            }
        }
    }
}

fn lacks(backend: &Whole<'_>, label: &str) -> bool {
    carried(backend).all(|carried| carried != label)
}

/// The labels of a backend and of its provider.
fn carried<'b>(backend: &'b Whole<'_>) -> impl Iterator<Item = &'b str> + use<'b> {
    let (_, provider) = backend.provider;
    backend.body.labels.iter().chain(&provider.labels).map(|label| label.value.as_str())
}

fn diagnostic(node: &Node<'_>, hop: &Hop<'_>, missing: &Missing<'_>) -> Diagnostic {
    let (file, chain, name) =
        (node.declared.file, visible(&node.declared.name), visible(&missing.backend.declared.name));
    let label = if missing.is_below {
        format!("expected only backends that carry {}, found `{name}` below", missing.words("`", " and "))
    } else {
        format!("expected a backend that carries {}, found one that does not", missing.words("`", " and "))
    };
    let or = missing.words("`", " or ");
    let found = Diagnostic::new(
        &RULE,
        format!("chain `{chain}` can come to backend `{name}`, which is not labelled {or}"),
        Label::new(file, hop.span, label),
    );
    missing.explain(node, found).help(format!("remove the target; or, {}", missing.otherwise()))
}

/// The finding of a chain that takes over from a labelled one when a budget is spent.
fn taken_over(
    (node, taking_over): (&Node<'_>, &Node<'_>),
    (budget, key): (&Declared<'_, Budget>, &Declared<'_, Key>),
    missing: &Missing<'_>,
) -> Diagnostic {
    let (chain, after) = (visible(&node.declared.name), visible(&taking_over.declared.name));
    let (name, or) = (visible(&missing.backend.declared.name), missing.words("`", " or "));
    let label =
        format!("expected only backends that carry {}, found `{name}` below", missing.words("`", " and "));
    let found = Diagnostic::new(
        &RULE,
        format!(
            "chain `{after}` takes over from chain `{chain}` and can come to backend `{name}`, which is not labelled {or}"
        ),
        Label::new(budget.file, on_exceed_span(budget), label),
    )
    .context(Label::new(budget.file, budget.named.name.span, "when this budget is spent"))
    .context(Label::new(key.file, key.named.name.span, format!("this key of chain `{chain}` falls under it")));
    missing
        .explain(node, found)
        .help(format!("name a chain that demands the same, or `reject`; or, {}", missing.otherwise()))
}

impl Missing<'_> {
    fn words(&self, before: &str, between: &str) -> String {
        let quote = |label: &&Spanned<Name>| format!("{before}{}{before}", visible(label.value.as_str()));
        self.labels.iter().map(quote).collect::<Vec<_>>().join(between)
    }

    /// Adds who demands it and who lacks it.
    fn explain(&self, node: &Node<'_>, mut found: Diagnostic) -> Diagnostic {
        for label in &self.labels {
            found = found.context(Label::new(node.declared.file, label.span, "the chain demands it"));
        }
        let (backend, provider) = (self.backend.declared, visible(&self.backend.provider.0.name));
        let text = format!("neither this backend nor its provider `{provider}` carries it");
        found
            .context(Label::new(backend.file, backend.named.name.span, text))
            .consequence("so data would go where its label does not allow it")
    }

    fn otherwise(&self) -> String {
        let labels = self.words("", ", ");
        format!("if the backend may be sent such data, give it or its provider the labels [{labels}]")
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::check::{Options, check};
    use crate::index::indexed;
    use crate::tree_source::Memory;

    const LAYERS: usize = 22;

    /// Two chains a layer, one of which demands a label of the layer, below one chain that demands the labels of all.
    fn layers(carried: usize) -> Memory {
        let labels = |count: usize| (0..count).map(|at| format!("l{at}")).collect::<Vec<_>>().join(", ");
        let mut text = format!(
            "providers: {{ p: {{ protocol: openai-compatible, base-url: \"https://p.example/v1\" }} }}\n\
             models: {{ m: {{ capabilities: [streaming] }} }}\n\
             backends: {{ end: {{ model: m, provider: p, labels: [{}] }} }}\n\
             chains:\n  top: {{ labels: [{}], rules: [{{ name: all, fallback: [chain/a0, chain/b0] }}] }}\n",
            labels(carried),
            labels(LAYERS)
        );
        for at in 0..LAYERS {
            let next = at + 1;
            let on = if next < LAYERS { format!("chain/a{next}, chain/b{next}") } else { "end".to_owned() };
            writeln!(text, "  a{at}: {{ labels: [l{at}], rules: [{{ name: all, fallback: [{on}] }}] }}")
                .unwrap();
            writeln!(text, "  b{at}: {{ rules: [{{ name: all, fallback: [{on}] }}] }}").unwrap();
        }
        let mut tree = Memory::new();
        tree.insert("pointsman.yaml", "pointsman: 1\n");
        tree.insert("platform/all.yaml", text);
        tree
    }

    #[test]
    fn many_labels_over_many_ways_are_judged_at_once() {
        let check = |carried, expected: &[&str]| {
            let checked = check(&layers(carried), &Options::default()).unwrap();
            let found = checked.diagnostics.iter().filter(|found| found.slug == RULE.slug);
            let found: Vec<_> = found.map(|found| found.headline.as_str()).collect();
            assert_eq!(found, expected);
        };
        check(LAYERS, &[]);
        let top = "chain `top` can come to backend `end`, which is not labelled `l21`";
        let last = "chain `a21` can come to backend `end`, which is not labelled `l21`";
        check(LAYERS - 1, &[top, top, last]);
    }
    #[test]
    fn many_chains_with_a_label_each_share_what_leaks() {
        let size = |chains: usize| {
            let mut text = "providers: { p: { protocol: openai-compatible, base-url: \"https://p.example/v1\" } }\n\
                 models: { m: { capabilities: [streaming] } }\nbackends: { end: { model: m, provider: p } }\nchains:\n"
                .to_owned();
            for at in 0..chains {
                writeln!(text, "  c{at}: {{ labels: [l{at}], rules: [{{ name: all, fallback: [end] }}] }}")
                    .unwrap();
            }
            indexed(&text, |index| {
                let graph = Graph::of(index);
                let labels: BTreeSet<String> = (0..chains).map(|at| format!("l{at}")).collect();
                let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
                let (leaks, sets) = leaking(&graph, &Roads::of(index, &graph), &labels);
                assert!(leaks.iter().all(|leak| sets.iter(*leak).count() == chains - 1));
                sets.size()
            })
        };
        // A way down has 5 nodes; that of the label alone, and that of all others.
        assert!(size(1_000) <= 1_000 * 10 + 64, "{}", size(1_000));
    }
}
