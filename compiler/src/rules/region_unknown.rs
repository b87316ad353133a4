//! `region-unknown`: a provider of Bedrock's protocol of which nobody says in which region it is.
//!
//! Deliberately only whether it is said: which regions there are, Amazon knows. Invariant: requests to Bedrock can be
//! signed, whatever its credential is.
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
    slug: "region-unknown",
    severity: Severity::Error,
    summary: "a `bedrock` provider has no `region`, and its host does not say it",
    page: include_str!("../../../docs/rules/region-unknown.md"),
};

/// Reports a provider that speaks `bedrock` and has no region to sign for.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Provider>, body: &Provider, sink: &mut Diagnostics) {
    let protocol = &body.protocol;
    if protocol.value != ProviderProtocol::Bedrock
        || body.signing_region().is_some()
        || index.is_spoiled(declared.file, declared.named.span)
    {
        return;
    }
    sink.push(
        Diagnostic::new(
            &RULE,
            format!("nothing says in which region provider `{}` is", visible(&declared.name)),
            Label::new(
                declared.file,
                body.base_url.span,
                "expected a host such as `bedrock-runtime.eu-west-1.amazonaws.com`, found another",
            ),
        )
        .context(Label::new(declared.file, protocol.span, "requests to it are signed for a region"))
        .consequence("so no request could be signed")
        .help("add `region`, such as `region: eu-west-1`"),
    );
}
