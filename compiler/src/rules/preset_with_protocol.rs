//! `preset-with-protocol`: a `preset` of a provider that speaks another protocol.
//!
//! Deliberately only words: whether the service is there, nobody knows before it is asked. Invariant: what a preset says of a
//! service is said of the protocol that the service is asked in.
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
    slug: "preset-with-protocol",
    severity: Severity::Error,
    summary: "a provider has `preset` and a protocol other than `openai-compatible`",
    page: include_str!("../../../docs/rules/preset-with-protocol.md"),
};

/// Reports a preset beside another protocol than `openai-compatible`.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Provider>, body: &Provider, sink: &mut Diagnostics) {
    let Some(preset) = &body.preset else { return };
    let protocol = &body.protocol;
    if protocol.value == ProviderProtocol::OpenAiCompatible
        || index.is_spoiled(declared.file, declared.named.span)
    {
        return;
    }
    sink.push(
        Diagnostic::new(
            &RULE,
            format!("provider `{}` has a preset and another protocol", visible(&declared.name)),
            Label::new(declared.file, protocol.span, "expected `openai-compatible`, or nothing"),
        )
        .context(Label::new(
            declared.file,
            preset.span,
            format!("`{}` is a service that speaks `openai-compatible`", preset.value),
        ))
        .consequence("so requests would be sent in a protocol that the service does not speak")
        .help("remove `protocol`, or remove `preset` and write `base-url`"),
    );
}
