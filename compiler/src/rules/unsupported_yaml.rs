//! `unsupported-yaml`: YAML that policies do not use.
//!
//! Deliberately only words; [`crate::yaml`] finds it. Invariant: what stands in a policy is what its reader sees, with
//! no value merged in from elsewhere and no type decided by a tag.
//!
//! Read next: [`crate::yaml`].

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::parse::UnsupportedYaml;
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unsupported-yaml",
    severity: Severity::Error,
    summary: "a YAML feature that policies do not use",
    page: include_str!("../../../docs/rules/unsupported-yaml.md"),
};

/// The finding for a use.
pub fn diagnostic(file: FileId, span: Span, what: &UnsupportedYaml) -> Diagnostic {
    let (headline, label, help) = match what {
        UnsupportedYaml::MergeKey => (
            "a merge key `<<` is not part of the policy language".to_owned(),
            "expected a field, found a merge key",
            "write the fields out, or repeat a whole value with `*name`",
        ),
        UnsupportedYaml::Tag(tag) => (
            format!("the tag `{}` is not part of the policy language", visible(tag)),
            "expected a value without a tag",
            "remove the tag: the field decides the type of its value",
        ),
        UnsupportedYaml::ComplexKey => (
            "a list or map cannot be a key".to_owned(),
            "expected a text as key",
            "write the key as one word or as a quoted text",
        ),
        UnsupportedYaml::EmptyKey => (
            "a value has no key".to_owned(),
            "expected a key before the colon",
            "write the key, or quote the text that starts with `:`",
        ),
    };
    Diagnostic::new(&RULE, headline, Label::new(file, span, label)).help(help)
}
