//! What is said to each issuer for a token, and how its answer is read.
//!
//! One form in the end for Entra and Google, by OAuth 2.0; Amazon's is in [`super::sts`]. **Source**: RFC 6749 sections 4.4, 5.1 and 5.2; RFC 7523
//! sections 2.1 and 2.2; Microsoft identity platform, "OAuth 2.0 client credentials flow"; Google Identity, "Using OAuth
//! 2.0 for Server to Server Applications".

use std::borrow::Cow;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::terms::{Issuer, Proof, Terms};
use super::{Granted, TokenProblem, sts};
use crate::limits::TOKEN_LIFETIME_MAX;
use crate::provider::place::segment;
use crate::secrets::Secret;

/// A request for a token.
pub(super) struct Question {
    /// The path that it is asked for at.
    pub(super) path: String,
    /// The form.
    pub(super) body: Zeroizing<String>,
}

/// Writes the request that terms and proof make, at this time of day.
pub(super) fn question(terms: &Terms, proof: &[u8], now: Duration) -> Result<Question, TokenProblem> {
    match terms.issuer {
        Issuer::Entra => entra(terms, proof),
        Issuer::Gcp => gcp(terms, proof, now),
        Issuer::Aws => sts::question(terms, proof),
    }
}

/// Client credentials: with the client's secret, or with the token of an issuer that the application trusts.
fn entra(terms: &Terms, proof: &[u8]) -> Result<Question, TokenProblem> {
    let proof = terms.kept.secret(proof)?;
    let mut form = Form::default();
    form.pair("grant_type", "client_credentials");
    form.pair("client_id", terms.identity.as_deref().unwrap_or_default());
    form.pair("scope", terms.scope.as_deref().unwrap_or(ENTRA_SCOPE));
    match terms.proof {
        Proof::Key => form.pair("client_secret", proof.expose()),
        Proof::Assertion => {
            form.pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
            form.pair("client_assertion", proof.expose());
        }
    }
    let tail = if terms.path.ends_with(ENTRA_TAIL) { "" } else { ENTRA_TAIL };
    Ok(Question { path: format!("{}{tail}", terms.path), body: form.into_body() })
}

const ENTRA_TAIL: &str = "/oauth2/v2.0/token";
const ENTRA_SCOPE: &str = "https://cognitiveservices.azure.com/.default";

/// A service account signs that it is itself.
fn gcp(terms: &Terms, proof: &[u8], now: Duration) -> Result<Question, TokenProblem> {
    let unfit = || TokenProblem::NotAProof("the JSON key of a service account");
    let account: ServiceAccount<'_> = serde_json::from_slice(proof).map_err(|_| unfit())?;
    let pem = Zeroizing::new(account.private_key.into_owned());
    let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| unfit())?;
    let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).map_err(|_| unfit())?;
    let header = match account.private_key_id {
        Some(id) => json!({ "alg": "RS256", "typ": "JWT", "kid": id }),
        None => json!({ "alg": "RS256", "typ": "JWT" }),
    };
    let claims = json!({
        "iss": account.client_email,
        "scope": terms.scope.as_deref().unwrap_or(GCP_SCOPE),
        "aud": terms.written,
        "iat": now.as_secs(),
        "exp": now.as_secs() + GCP_ASSERTION_S,
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let said = format!("{}.{}", part(&header), part(&claims));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), said.as_bytes(), &mut signature)
        .map_err(|_| unfit())?;
    let mut form = Form::default();
    form.pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    form.pair("assertion", &format!("{said}.{}", URL_SAFE_NO_PAD.encode(signature)));
    Ok(Question { path: terms.path.clone(), body: form.into_body() })
}

const GCP_SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// **Unit**: s. The longest that Google takes.
const GCP_ASSERTION_S: u64 = 3_600;

#[derive(Deserialize)]
struct ServiceAccount<'a> {
    #[serde(borrow)]
    client_email: Cow<'a, str>,
    #[serde(borrow)]
    private_key: Cow<'a, str>,
    #[serde(borrow, default)]
    private_key_id: Option<Cow<'a, str>>,
}

/// A form as `application/x-www-form-urlencoded`.
#[derive(Default)]
pub(super) struct Form(Zeroizing<String>);

impl Form {
    pub(super) fn pair(&mut self, name: &str, value: &str) {
        let between = if self.0.is_empty() { "" } else { "&" };
        let value = Zeroizing::new(segment(value));
        // Of full size at once: growing would leave copies behind that nobody zeroes.
        let mut grown = Zeroizing::new(String::with_capacity(self.0.len() + name.len() + value.len() + 2));
        for part in [self.0.as_str(), between, name, "=", value.as_str()] {
            grown.push_str(part);
        }
        self.0 = grown;
    }

    /// What is sent.
    pub(super) fn into_body(self) -> Zeroizing<String> {
        self.0
    }
}

/// Reads an issuer's good answer to what was asked at this time of day.
pub(super) fn granted(issuer: Issuer, body: &[u8], asked: Duration) -> Result<Granted, TokenProblem> {
    match issuer {
        Issuer::Entra | Issuer::Gcp => bearer(body),
        Issuer::Aws => sts::granted(body, asked),
    }
}

/// The answer of OAuth 2.0.
fn bearer(body: &[u8]) -> Result<Granted, TokenProblem> {
    let answer: Answer<'_> = serde_json::from_slice(body).map_err(|_| TokenProblem::NotAnAnswer)?;
    let kind = answer.token_type.as_deref().unwrap_or("Bearer");
    let seconds = match &answer.expires_in {
        Value::Number(number) => number.as_u64(),
        // Some of Entra's older endpoints write it as a text.
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let lifetime = seconds.filter(|seconds| *seconds > 0 && kind.eq_ignore_ascii_case("bearer"));
    let lifetime = Duration::from_secs(lifetime.ok_or(TokenProblem::NotAnAnswer)?).min(TOKEN_LIFETIME_MAX);
    let secret = Secret::new(answer.access_token.as_bytes()).map_err(|_| TokenProblem::NotAnAnswer)?;
    Ok(Granted { secret, lifetime })
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    #[serde(borrow, default)]
    token_type: Option<Cow<'a, str>>,
    expires_in: Value,
}

/// The word of an error: nothing else of it is repeated, because descriptions name accounts.
pub(super) fn word(issuer: Issuer, body: &[u8]) -> String {
    let word = match issuer {
        Issuer::Entra | Issuer::Gcp => {
            serde_json::from_slice::<Refusal<'_>>(body).ok().map(|refusal| refusal.error)
        }
        Issuer::Aws => Some(Cow::Borrowed(sts::word(body))),
    };
    let is_word = |word: &Cow<'_, str>| {
        word.len() <= 64 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    word.filter(is_word).map(Cow::into_owned).unwrap_or_default()
}

#[derive(Deserialize)]
struct Refusal<'a> {
    #[serde(borrow)]
    error: Cow<'a, str>,
}
