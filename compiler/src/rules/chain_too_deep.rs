//! `chain-too-deep`: a way through more chains than one decision may pass.
//!
//! Deliberately only words. Invariant: every decision fits the gateway's fixed memory.
//!
//! Read next: [`crate::reach::attempts`], which measures it.

use pointsman_schema::limits::CHAIN_DEPTH_MAX;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::reach::attempts::Worst;
use crate::reach::{Goal, Graph};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "chain-too-deep",
    severity: Severity::Error,
    summary: "a decision would pass through more than four chains",
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
