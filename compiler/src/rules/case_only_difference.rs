//! `case-only-difference`: two names, or two files, that differ only in upper and lower case.
//!
//! Deliberately only where case counts: models, attribute values and paths; every other name is in lower case. Invariant:
//! no two things become one where somebody ignores case.
//!
//! Read next: [`crate::alike`].

use pointsman_schema::tree::Span;

use crate::alike::{Alike, Written, case};
use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "case-only-difference",
    severity: Severity::Warning,
    summary: "two names or files differ only in upper and lower case",
    page: include_str!("../../../docs/rules/case-only-difference.md"),
};

/// Reports each later name of two.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    let models = index.policy.models.values().map(|declared| Written {
        name: &declared.named.name.value,
        file: declared.file,
        span: declared.named.name.span,
    });
    list("model", models, "so a client that writes one in the other's case gets the other model", sink);
    let file = index.policy.workspace_file;
    for attribute in index.policy.workspace.attributes.iter().filter_map(|attribute| attribute.body.as_ref())
    {
        let values = attribute.values.iter().map(|value| Written {
            name: value.value.as_str(),
            file,
            span: value.span,
        });
        list("attribute value", values, "so a request with the other case falls under other rules", sink);
    }
    let files = index.files.iter().zip(index.policy.source_map.files());
    let files =
        files.map(|(analysis, (file, _))| Written { name: &analysis.path, file, span: Span::default() });
    list("file", files, "so a checkout on a file system that ignores case holds only one of them", sink);
}

fn list<'a>(
    object: &str,
    names: impl Iterator<Item = Written<'a>>,
    consequence: &str,
    sink: &mut Diagnostics,
) {
    let mut seen = Alike::new(case);
    for name in names {
        let Some(other) = seen.add(name) else { continue };
        let (this, that) = (visible(name.name), visible(other.name));
        let label = format!("expected a name that differs in more than case, found one like `{that}`");
        sink.push(
            Diagnostic::new(
                &RULE,
                format!("{object} `{this}` differs from {object} `{that}` only in case"),
                Label::new(name.file, name.span, label),
            )
            .context(Label::new(other.file, other.span, "the other one"))
            .consequence(consequence)
            .help("keep one of the two, or give it another name"),
        );
    }
}
