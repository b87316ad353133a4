//! Finds secrets in any text: by the forms that their issuers gave them, and by randomness where a secret belongs.
//!
//! Deliberately no parser: comments, broken files and other languages are searched alike, and what is written with
//! escapes is searched as it reads and as it means. The invariants: the work is linear in the text, and what is found has
//! the whole secret in its span, so that masking the span hides all of it.
//!
//! Read next: [`form`] and [`position`], the two ways of finding; [`crate::rules::literal_secret`], which reports;
//! [`words`], which masks what findings say.

mod checked;
mod form;
mod position;
mod random;
mod unescaped;
pub mod words;

use std::borrow::Cow;

use pointsman_schema::tree::Span;

use self::unescaped::Unescaped;

/// A secret in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secret {
    /// All of it.
    pub span: Span,
    /// Whose form it has, with its article; [`UNKNOWN`] when only its place and its randomness tell.
    pub issuer: &'static str,
}

impl Secret {
    /// Whether its form tells whose it is; otherwise only its place and its randomness tell that it may be a secret.
    pub fn is_certain(&self) -> bool {
        self.issuer != UNKNOWN
    }
}

/// What is called a secret whose issuer cannot be told.
pub const UNKNOWN: &str = "what looks like a secret";

/// Every secret of a text, in order; none overlaps another.
pub fn find(text: &str) -> Vec<Secret> {
    let mut found = as_written(text);
    if text.contains('\\') {
        let meant = Unescaped::of(text);
        found.extend(
            as_written(&meant.text)
                .into_iter()
                .map(|secret| Secret { span: meant.source(secret.span), issuer: secret.issuer }),
        );
    }
    merged(found)
}

/// A text with its secrets masked, for places where a path is printed.
pub fn masked(text: &str) -> Cow<'_, str> {
    let found = find(text);
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut masked = text.to_owned();
    for secret in found.iter().rev().filter(|secret| text.get(secret.span.range()).is_some()) {
        masked.replace_range(secret.span.range(), MASK);
    }
    Cow::Owned(masked)
}

/// A text without its escapes, as far as they could hide a secret.
pub fn meant(text: &str) -> Cow<'_, str> {
    if text.contains('\\') { Cow::Owned(Unescaped::of(text).text) } else { Cow::Borrowed(text) }
}

fn as_written(text: &str) -> Vec<Secret> {
    let mut found = form::find(text);
    found.extend(position::find(text));
    found
}

/// One secret for each stretch of text; the more telling issuer is kept.
fn merged(mut found: Vec<Secret>) -> Vec<Secret> {
    found.sort_by_key(|secret| (secret.span.start, secret.issuer == UNKNOWN));
    let mut kept: Vec<Secret> = Vec::with_capacity(found.len());
    for secret in found {
        match kept.last_mut() {
            Some(last) if secret.span.start < last.span.end => {
                last.span.end = last.span.end.max(secret.span.end);
                if last.issuer == UNKNOWN {
                    last.issuer = secret.issuer;
                }
            }
            _ => kept.push(secret),
        }
    }
    kept
}

/// What stands in the place of a secret.
const MASK: &str = "[redacted]";

#[cfg(test)]
mod tests;
