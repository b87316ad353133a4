//! `embeddings-beside-answers`: a rule with backends that make embeddings only and backends that make none.
//!
//! Deliberately one rule's own backends, and only models whose capabilities are known. Invariant: no two backends of one rule
//! are for requests of different kinds.
//!
//! Read next: [`crate::reach::roads`].

use pointsman_schema::capability::Capability;

use crate::diagnostic::{Diagnostic, Label};
use crate::reach::roads::{Roads, Targets, Whole};
use crate::reach::{Goal, Hop, Node};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "embeddings-beside-answers",
    severity: Severity::Warning,
    summary: "a rule has backends for embeddings beside backends for answers",
    page: include_str!("../../../docs/rules/embeddings-beside-answers.md"),
};

/// The finding of a rule with both, at the first backend that is not like those before it.
pub fn find<'w>(node: &Node<'w>, targets: &Targets<'_, 'w>, roads: &Roads<'w>) -> Option<Diagnostic> {
    let mut first = None;
    for hop in targets.all() {
        let Goal::Backend(backend) = hop.goal else { continue };
        let Some(makes) = roads.whole(backend).and_then(makes) else { continue };
        match first {
            None => first = Some((hop, makes)),
            Some((first, others)) if others != makes => {
                return Some(diagnostic(node, targets, ((first, others), (hop, makes))));
            }
            Some(_) => {}
        }
    }
    None
}

/// Whether one of two backends makes embeddings only, and the other none.
pub fn differ(one: &Whole<'_>, other: &Whole<'_>) -> bool {
    makes(one).zip(makes(other)).is_some_and(|(one, other)| one != other)
}

/// What a model makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Makes {
    Answers,
    Embeddings,
}

/// Nothing when that is not known, or both.
fn makes(backend: &Whole<'_>) -> Option<Makes> {
    match backend.model.capabilities {
        0 => None,
        only if only == Capability::Embeddings.bit() => Some(Makes::Embeddings),
        some if some & Capability::Embeddings.bit() == 0 => Some(Makes::Answers),
        _ => None,
    }
}

fn diagnostic(
    node: &Node<'_>,
    targets: &Targets<'_, '_>,
    ((first, others), (hop, makes)): ((&Hop<'_>, Makes), (&Hop<'_>, Makes)),
) -> Diagnostic {
    let words = |makes| match makes {
        Makes::Answers => "makes no embeddings",
        Makes::Embeddings => "makes embeddings only",
    };
    let (rule, file) = (&targets.rule.name, node.declared.file);
    let name = visible(rule.value.as_str());
    Diagnostic::new(
        &RULE,
        format!("rule `{name}` has backends for embeddings beside backends for answers"),
        Label::new(
            file,
            hop.span,
            format!("expected a model like the other, found one that {}", words(makes)),
        ),
    )
    .context(Label::new(file, first.span, format!("this one {}", words(others))))
    .consequence("so no request can be served by both, and neither can stand in for the other")
    .help("give embeddings a rule of their own, with `match` on the models that make them")
}
