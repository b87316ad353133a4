//! `fallback-cycle`: chains that go on to each other in a circle.
//!
//! Deliberately only words. Invariant: every decision ends.
//!
//! Read next: [`crate::reach::Graph::circles`], which finds them.

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::reach::Graph;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "fallback-cycle",
    severity: Severity::Error,
    summary: "chains go on to each other in a circle",
    page: include_str!("../../../docs/rules/fallback-cycle.md"),
};

/// Reports every circle once, with all of its hops.
pub fn check(graph: &Graph<'_>, sink: &mut Diagnostics) {
    for circle in graph.circles() {
        let named = circle.iter().filter_map(|(at, hop)| Some((graph.chains.get(*at)?.declared, hop)));
        let steps: Vec<_> = named.collect();
        let Some(((last, closing), before)) = steps.split_last() else { continue };
        let first = steps.first().map_or(*last, |(first, _)| *first);
        let road: Vec<_> = steps.iter().map(|(chain, _)| format!("`{}`", visible(&chain.name))).collect();
        let whole = format!("{} -> `{}`", road.join(" -> "), visible(&first.name));
        let label = format!("leads back to `{}`; expected a way that ends", visible(&first.name));
        let mut found = Diagnostic::new(
            &RULE,
            format!("chain `{}` leads back to itself", visible(&first.name)),
            Label::new(last.file, closing.span, label),
        )
        .consequence("so a request that takes this way would never be decided")
        .help("let one of these targets be a backend, or remove it")
        .note(format!("the whole circle: {whole}"));
        for ((chain, hop), (next, _)) in before.iter().zip(steps.iter().skip(1)) {
            let text = format!("`{}` goes on to `{}`", visible(&chain.name), visible(&next.name));
            found = found.context(Label::new(chain.file, hop.span, text));
        }
        sink.push(found);
    }
}
