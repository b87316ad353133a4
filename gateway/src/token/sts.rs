//! What is said to AWS Security Token Service for keys of a role, and how its answer is read.
//!
//! A role is taken by the token of an issuer that it trusts (web identity), so nothing is signed. What is granted are
//! access keys with a session, as [`crate::provider::bedrock::signature::Keys`] reads them. Answers are XML, of which
//! only the text of elements that have no elements is looked at.
//!
//! **Source**: AWS STS API reference 2011-06-15, `AssumeRoleWithWebIdentity`.

use std::time::Duration;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::grant::{Form, Question};
use super::terms::{Proof, Terms};
use super::{Granted, TokenProblem};
use crate::provider::bedrock::signature::Keys;
use crate::secrets::Secret;

/// Writes the request for a role.
pub(super) fn question(terms: &Terms, proof: &[u8]) -> Result<Question, TokenProblem> {
    if terms.proof == Proof::Key {
        return Err(TokenProblem::Unserved);
    }
    let proof = terms.kept.secret(proof)?;
    let mut form = Form::default();
    form.pair("Action", "AssumeRoleWithWebIdentity");
    form.pair("Version", "2011-06-15");
    form.pair("RoleArn", terms.identity.as_deref().unwrap_or_default());
    form.pair("RoleSessionName", "pointsman");
    form.pair("DurationSeconds", &SESSION.as_secs().to_string());
    form.pair("WebIdentityToken", proof.expose());
    Ok(Question { path: terms.path.clone(), body: form.into_body() })
}

/// The life of a session that is asked for: what any role allows.
const SESSION: Duration = Duration::from_hours(1);

/// Reads a good answer to what was asked at this time of day.
pub(super) fn granted(body: &[u8], asked: Duration) -> Result<Granted, TokenProblem> {
    read(body, asked).ok_or(TokenProblem::NotAnAnswer)
}

fn read(body: &[u8], asked: Duration) -> Option<Granted> {
    let body = std::str::from_utf8(body).ok()?;
    let [id, secret, session] =
        ["AccessKeyId", "SecretAccessKey", "SessionToken"].map(|name| element(body, name));
    let (id, secret, session) = (id?, secret?, session?);
    // Of full size at once: growing would leave copies behind that nobody zeroes.
    let mut keys = Zeroizing::new(String::with_capacity(id.len() + secret.len() + session.len() + 2));
    for part in [id, ":", secret, ":", session] {
        keys.push_str(part);
    }
    Keys::read(&keys)?;
    let until: Timestamp = element(body, "Expiration")?.parse().ok()?;
    let left = u64::try_from(until.as_second()).ok()?.checked_sub(asked.as_secs());
    // A clock that is so wrong says nothing of how long keys are good.
    let lifetime = left.filter(|left| *left > 0).map_or(SESSION, Duration::from_secs).min(SESSION);
    Some(Granted { secret: Secret::new(keys.as_bytes()).ok()?, lifetime })
}

/// The word of an error.
pub(super) fn word(body: &[u8]) -> &str {
    std::str::from_utf8(body).ok().and_then(|body| element(body, "Code")).unwrap_or_default()
}

/// The text of the first element of this name that holds nothing but plain text.
fn element<'b>(body: &'b str, name: &str) -> Option<&'b str> {
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let text = text.trim();
    (!text.is_empty() && !text.contains(['<', '&'])).then_some(text)
}
