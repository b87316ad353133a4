//! `token-request`: a source of tokens that is not told how to ask for them, or is told what it has no use for.
//!
//! Deliberately only words: whether an issuer knows who asks, it says itself. Invariant: a credential whose secret is a
//! source of tokens says everything that its issuer wants to know, and every part of it has an effect.
//!
//! Read next: [`crate::check`], which calls it for every credential.

use pointsman_schema::protocol::ProviderProtocol;
use pointsman_schema::source::token::TokenIssuer;
use pointsman_schema::source::{Credential, Provider, SecretSource, TokenRequest};
use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "token-request",
    severity: Severity::Error,
    summary: "a credential does not say how its tokens are asked for, or says what has no effect",
    page: include_str!("../../../docs/rules/token-request.md"),
};

/// Reports credentials whose `token` does not fit their `secret`.
pub fn check(
    index: &Index<'_>,
    declared: &Declared<'_, Credential>,
    body: &Credential,
    sink: &mut Diagnostics,
) {
    if index.is_spoiled(declared.file, declared.named.span) {
        return;
    }
    let name = visible(&declared.name);
    let secret = body.secret.span;
    match (&body.secret.value, &body.token) {
        (SecretSource::Kept(_), None) => {}
        (SecretSource::Kept(_), Some(token)) => sink.push(
            Diagnostic::new(
                &RULE,
                format!("`token` of credential `{name}` has no effect"),
                Label::new(declared.file, token.span, "expected it beside a source of tokens alone"),
            )
            .context(Label::new(declared.file, secret, "found a secret that is kept"))
            .consequence("so no token would be asked for")
            .help("remove `token`, or write `aws:`, `gcp:` or `entra:` and an endpoint as the secret"),
        ),
        (SecretSource::Token(issuer, _), None) => sink.push(
            Diagnostic::new(
                &RULE,
                format!("credential `{name}` does not say how its tokens are asked for"),
                Label::new(declared.file, secret, "expected `token` beside a source of tokens, found none"),
            )
            .consequence("so no token could be asked for")
            .help(format!("add `token: {}`", example(*issuer))),
        ),
        (SecretSource::Token(issuer, _), Some(token)) => {
            let Some((span, wrong)) = misfit(*issuer, &token.value, token.span) else {
                sink.extend(unsigned(index, declared, body).filter(|_| *issuer == TokenIssuer::Aws));
                return;
            };
            sink.push(
                Diagnostic::new(
                    &RULE,
                    format!("credential `{name}` cannot ask `{issuer}` for tokens"),
                    Label::new(declared.file, span, wrong),
                )
                .context(Label::new(declared.file, secret, "by this source of tokens"))
                .help(format!("write `token: {}`", example(*issuer))),
            );
        }
    }
}

/// Keys that requests are signed with, for a provider that takes no signatures.
fn unsigned(index: &Index<'_>, declared: &Declared<'_, Credential>, body: &Credential) -> Option<Diagnostic> {
    let reference = body.provider.as_ref()?;
    let policy = &index.policy;
    let provider = policy.find::<Provider>(declared.owner, reference.value.as_str())?;
    let protocol = &provider.body()?.protocol;
    if protocol.value == ProviderProtocol::Bedrock {
        return None;
    }
    let found = format!("expected one with the protocol `bedrock`, found `{}`", protocol.value);
    let headline =
        format!("credential `{}` is for a provider that takes no signatures", visible(&declared.name));
    let diagnostic = Diagnostic::new(&RULE, headline, Label::new(declared.file, reference.span, found))
        .context(Label::new(provider.file, protocol.span, "this provider's"))
        .consequence("`aws` gives keys that sign requests, and they would be sent to it themselves")
        .help("use the key that this provider gives out, or a provider that speaks `bedrock`");
    Some(diagnostic)
}

/// What a request lacks or has too much, and where.
fn misfit(issuer: TokenIssuer, token: &TokenRequest, whole: Span) -> Option<(Span, String)> {
    let TokenRequest { identity, key, assertion, scope } = token;
    let Wants { identity: wants_identity, takes_assertion, takes_scope } = Wants::of(issuer);
    // Access keys sign requests themselves.
    let takes_key = issuer != TokenIssuer::Aws;
    let identity = identity.as_ref().map(|identity| identity.span);
    let lacks = |what: &str| Some((whole, format!("expected {what}, found none")));
    let has = |span: Span, what: &str| Some((span, format!("expected no `{what}` with `{issuer}`")));
    match (key, assertion) {
        (Some(_), Some(second)) => {
            return Some((second.span, "expected one of `key` and `assertion`, found both".to_owned()));
        }
        (Some(key), None) if !takes_key => return has(key.span, "key"),
        (None, None) if !takes_key => return lacks("`assertion`"),
        (None, None) if takes_assertion => return lacks("`key` or `assertion`"),
        (None, None) => return lacks("`key`"),
        (None, Some(assertion)) if !takes_assertion => return has(assertion.span, "assertion"),
        _ => {}
    }
    match (identity, scope) {
        (None, _) if wants_identity => lacks("`identity`"),
        (Some(span), _) if !wants_identity => has(span, "identity"),
        (_, Some(scope)) if !takes_scope => has(scope.span, "scope"),
        _ => None,
    }
}

/// What an issuer wants to know.
struct Wants {
    identity: bool,
    takes_assertion: bool,
    takes_scope: bool,
}

impl Wants {
    const fn of(issuer: TokenIssuer) -> Self {
        match issuer {
            TokenIssuer::Aws => Self { identity: true, takes_assertion: true, takes_scope: false },
            // A service account's key says whose it is.
            TokenIssuer::Gcp => Self { identity: false, takes_assertion: false, takes_scope: true },
            TokenIssuer::Entra => Self { identity: true, takes_assertion: true, takes_scope: true },
        }
    }
}

const fn example(issuer: TokenIssuer) -> &'static str {
    match issuer {
        TokenIssuer::Aws => "{ identity: ROLE-ARN, assertion: file:PATH }",
        TokenIssuer::Gcp => "{ key: file:PATH }",
        TokenIssuer::Entra => "{ identity: CLIENT-ID, key: file:PATH }",
    }
}
