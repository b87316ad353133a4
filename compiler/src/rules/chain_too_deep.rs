//! `chain-too-deep`: more chains than one decision may pass through, on one way or in all.
//!
//! Deliberately only words. Invariant: every decision fits the gateway's fixed memory.
//!
//! Read next: [`crate::reach::attempts`] and [`crate::reach::passages`], which measure it.

use pointsman_schema::limits::{CHAIN_DEPTH_MAX, PASSAGES_MAX};

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::reach::attempts::Worst;
use crate::reach::passages::passages;
use crate::reach::{Goal, Graph, Hop};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "chain-too-deep",
    severity: Severity::Error,
    summary: "a decision would pass through more than four chains on one way, or too many in all",
    page: include_str!("../../../docs/rules/chain-too-deep.md"),
};

/// Reports each chain whose way is one too long; those above it have the same cause.
pub fn check(graph: &Graph<'_>, worst: &[Option<Worst<'_>>], sink: &mut Diagnostics) {
    for (chain, found) in graph.chains.iter().zip(worst) {
        let Some(found) = found.as_ref().filter(|found| found.depth == CHAIN_DEPTH_MAX.saturating_add(1))
        else {
            continue;
        };
        let Some(hop) = found.deepest else { continue };
        let name = visible(&chain.declared.name);
        let label = format!("expected at most {CHAIN_DEPTH_MAX} chains, found {} on this way", found.depth);
        let mut diagnostic = Diagnostic::new(
            &RULE,
            format!("chain `{name}` goes on through too many chains"),
            Label::new(chain.declared.file, hop.span, label),
        )
        .consequence("so a request could need more steps than the gateway makes for one")
        .help("name the backends of the inner chain directly, or shorten the way");
        let mut next = hop.goal;
        while let Goal::Chain(at) = next {
            let (Some(chain), Some(Some(below))) = (graph.chains.get(at), worst.get(at)) else { break };
            let Some(hop) = below.deepest else { break };
            let text = format!("`{}` goes on from here", visible(&chain.declared.name));
            diagnostic = diagnostic.context(Label::new(chain.declared.file, hop.span, text));
            next = hop.goal;
        }
        sink.push(diagnostic);
    }
}

/// Reports each chain with more passages than a decision has room for, where no chain below it is at fault.
pub fn check_all_ways(graph: &Graph<'_>, sink: &mut Diagnostics) {
    let all = passages(graph);
    let is_over = |hop: &Hop<'_>| match hop.goal {
        Goal::Chain(next) => all.get(next).and_then(Option::as_ref).is_some_and(|found| found.over.is_some()),
        Goal::Backend(_) => false,
    };
    for (chain, found) in graph.chains.iter().zip(&all) {
        let Some(over) = found.as_ref().and_then(|found| found.over) else { continue };
        if chain.hops.iter().any(is_over) {
            continue;
        }
        let name = visible(over.rule.name.value.as_str());
        let label = format!("expected at most {PASSAGES_MAX} chains over all ways, found more from here on");
        sink.push(
            Diagnostic::new(
                &RULE,
                format!("rule `{name}` goes on through too many chains"),
                Label::new(chain.declared.file, over.span, label),
            )
            .context(Label::new(chain.declared.file, over.rule.name.span, "in this rule"))
            .consequence("so the last of them would not be looked at")
            .help("name the backends of the inner chains directly, or remove targets"),
        );
    }
}
