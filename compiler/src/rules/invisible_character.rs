//! `invisible-character`: a character that nobody sees, or that changes how others are seen.
//!
//! Deliberately all of a file, comments included: what hides is there to be overlooked. Invariant: the text that people
//! review is the text that is used. **Source**: "Trojan Source" (CVE-2021-42574), Unicode TR36 and TR39.
//!
//! Read next: [`crate::invisible`], which finds it.

use crate::diagnostic::{Diagnostic, Fix, FixClass, Label};
use crate::invisible::{Effect, Invisible};
use crate::rule::{Rule, Severity};
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "invisible-character",
    severity: Severity::Error,
    summary: "a policy file holds a character that nobody sees",
    page: include_str!("../../../docs/rules/invisible-character.md"),
};

/// The finding for one stretch of such characters.
pub fn diagnostic(file: FileId, invisible: &Invisible) -> Diagnostic {
    let Invisible { span, first, is_comment } = *invisible;
    let effect = match Effect::of(first) {
        Effect::Reorders => "changes the order in which the text is shown",
        Effect::Hides => "has no width",
        Effect::Controls => "is a control character",
    };
    let label = format!("expected text that can be seen, found U+{:04X}, which {effect}", u32::from(first));
    let class = if is_comment { FixClass::Safe } else { FixClass::Unsafe };
    Diagnostic::new(&RULE, "a policy file holds an invisible character", Label::new(file, span, label))
        .consequence("so the text that people review is not the text that is used")
        .help_with_fix("remove it", Fix::replace(class, file, span, ""))
}
