//! `api-version-without-azure`: an `api-version` of a provider that is not asked by Azure's protocol.
//!
//! Deliberately only words: which versions there are, Azure knows. Invariant: every field of a provider has an effect.
//!
//! Read next: [`crate::check`], which calls it for every provider.

use pointsman_schema::protocol::ProviderProtocol;
use pointsman_schema::source::Provider;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "api-version-without-azure",
    severity: Severity::Error,
    summary: "a provider has `api-version` and does not speak `azure-openai`",
    page: include_str!("../../../docs/rules/api-version-without-azure.md"),
};

/// Reports an `api-version` beside another protocol than `azure-openai`.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Provider>, body: &Provider, sink: &mut Diagnostics) {
    let Some(version) = &body.api_version else { return };
    let protocol = &body.protocol;
    if protocol.value == ProviderProtocol::AzureOpenAi || index.is_spoiled(declared.file, declared.named.span)
    {
        return;
    }
    sink.push(
        Diagnostic::new(
            &RULE,
            format!("`api-version` of provider `{}` has no effect", visible(&declared.name)),
            Label::new(declared.file, version.span, "expected it beside `azure-openai` alone"),
        )
        .context(Label::new(
            declared.file,
            protocol.span,
            format!("found the protocol `{}`, which has no such version", protocol.value),
        ))
        .consequence("so every request would be sent without it")
        .help("remove `api-version`, or make the protocol `azure-openai`"),
    );
}
