//! `unserved-rule`: a rule none of whose targets can serve any request that it takes.
//!
//! Deliberately a warning: a rule may be there to refuse what nobody should ask for. Invariant: the finding shows a request
//! that the rule takes and that is refused.
//!
//! Read next: `check/losses/refused.rs`, which finds such rules.

use pointsman_schema::capability::Capability;
use pointsman_schema::source::Key;

use crate::analysis::witness::Witness;
use crate::diagnostic::{Diagnostic, Label};
use crate::policy::Declared;
use crate::reach::roads::{Roads, Targets, Whole};
use crate::reach::{Goal, Hop, Node};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unserved-rule",
    severity: Severity::Warning,
    summary: "no target of a rule can serve any request that the rule takes",
    page: include_str!("../../../docs/rules/unserved-rule.md"),
};

/// That all requests which a rule takes are refused.
pub struct Refusal<'r, 'w> {
    /// The chain.
    pub node: &'r Node<'w>,
    /// The rule with its targets.
    pub targets: &'r Targets<'r, 'w>,
    /// What all of the requests ask for.
    pub needs: Vec<Capability>,
    /// One of them.
    pub witness: &'r Witness,
    /// Whose they are, when others are served.
    pub key: Option<&'r Declared<'w, Key>>,
    /// Whether the key may be served by some target.
    pub is_allowed: bool,
}

/// The finding.
pub fn diagnostic(roads: &Roads<'_>, refusal: &Refusal<'_, '_>) -> Option<Diagnostic> {
    let Refusal { node, targets, needs, witness, key, is_allowed } = refusal;
    let file = node.declared.file;
    let rule = &targets.rule.name;
    let name = visible(rule.value.as_str());
    let headline = match key {
        Some(key) if *is_allowed => {
            format!("no target of rule `{name}` can serve what key `{}` asks of it", visible(&key.name))
        }
        Some(key) => format!("no target of rule `{name}` may serve key `{}`", visible(&key.name)),
        None => format!("no target of rule `{name}` has what its condition requires"),
    };
    let mut hops = targets.all();
    let first = hops.next()?;
    let expected =
        if *is_allowed { "a target that can serve such requests" } else { "a model that the key allows" };
    let label = format!("expected {expected}, found {}", found(roads, first, (needs, *is_allowed)));
    let mut diagnostic = Diagnostic::new(&RULE, headline, Label::new(file, first.span, label));
    for hop in hops.take(OTHERS_SHOWN) {
        let text = found(roads, hop, (needs, *is_allowed));
        diagnostic = diagnostic.context(Label::new(file, hop.span, text));
    }
    diagnostic = diagnostic.context(match targets.rule.condition() {
        Some((_, span)) if *is_allowed => Label::new(file, span, "what comes to this rule"),
        _ => Label::new(file, rule.span, "in this rule"),
    });
    if let Some(key) = key {
        let text = "this key may be served by the models that it names only";
        diagnostic = diagnostic.context(Label::new(key.file, key.named.name.span, text));
    }
    let help = match key {
        Some(_) => {
            "add a target for such keys, or a model to the key, or allow this warning if it should be refused"
        }
        None => "add a target that has it, or correct the condition",
    };
    Some(
        diagnostic
            .consequence("so every such request that comes to this rule is refused")
            .help(help)
            .note(format!("for example: {witness}")),
    )
}

/// What a target lacks.
fn found(roads: &Roads<'_>, hop: &Hop<'_>, (needs, is_allowed): (&[Capability], bool)) -> String {
    let Goal::Backend(backend) = hop.goal else { return "a chain that has none either".to_owned() };
    let Some(Whole { model, body, .. }) = roads.whole(backend) else { return String::new() };
    if !is_allowed {
        return format!("`{}`", visible(body.model.value.as_str()));
    }
    let lacks = needs.iter().find(|need| model.capabilities & need.bit() == 0);
    match (lacks, model.context_window) {
        (Some(capability), _) => format!("no `{capability}`"),
        (None, Some(tokens)) => format!("a window of {tokens} tokens"),
        (None, None) => "another".to_owned(),
    }
}

/// **Unit**: targets that one finding shows beside the first.
const OTHERS_SHOWN: usize = 3;
