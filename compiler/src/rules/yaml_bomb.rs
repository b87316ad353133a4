//! `yaml-bomb`: a small file that unfolds into too much.
//!
//! Deliberately only words; the front ends keep the budgets. Invariant: it is found before the memory is spent.
//!
//! Read next: [`pointsman_schema::limits`].

use pointsman_schema::limits::{ALIAS_NODES_MAX, SOURCE_NODES_MAX};
use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::parse::Bomb;
use crate::rule::{Rule, Severity};
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "yaml-bomb",
    severity: Severity::Error,
    summary: "a file unfolds into too many values",
    page: include_str!("../../../docs/rules/yaml-bomb.md"),
};

/// The finding for a file.
pub fn diagnostic(file: FileId, span: Span, bomb: Bomb) -> Diagnostic {
    let (headline, label, help) = match bomb {
        Bomb::Aliases => (
            "the aliases of this file unfold into too many values".to_owned(),
            format!("the budget of {ALIAS_NODES_MAX} repeated values is spent here"),
            "declare the value once and refer to it by its name",
        ),
        Bomb::Endless => (
            "an alias stands inside the value that it repeats".to_owned(),
            "this would unfold without end".to_owned(),
            "write the inner value out, or move the anchor to another value",
        ),
        Bomb::Values => (
            "this file holds too many values".to_owned(),
            format!("expected at most {SOURCE_NODES_MAX} values, this is the next one"),
            "split the file: declarations may stand in as many files as you like",
        ),
    };
    Diagnostic::new(&RULE, headline, Label::new(file, span, label))
        .consequence("the rest of the file is not read")
        .help(help)
}
