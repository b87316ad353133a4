//! Signing a request with access keys of AWS, in place of a key that is sent.
//!
//! A credential's secret holds them as `ID:SECRET`, or `ID:SECRET:SESSION` where they are short-lived; a Bedrock API key
//! has no colon in it. What is signed: host, type and body of the request, and the time. Neither secret nor session is
//! ever printed, and the one is never sent.
//!
//! **Source**: AWS, "Signature Version 4 signing process"; the crate `aws-sigv4`.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use pointsman_schema::digest::Digest;

/// Access keys.
pub struct Keys<'a> {
    id: &'a str,
    secret: &'a str,
    session: Option<&'a str>,
}

/// Where a signature is good.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The region of the service.
    pub region: &'a str,
    /// Its name.
    pub service: &'a str,
}

/// What is signed of a request.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// With scheme and authority.
    pub uri: &'a Uri,
    /// The value of `host`.
    pub host: &'a HeaderValue,
    /// Of the body.
    pub digest: Digest,
    /// The time of day.
    pub now: Duration,
}

impl<'a> Keys<'a> {
    /// Those that a secret holds; nothing where it is something else.
    pub fn read(secret: &'a str) -> Option<Self> {
        let (id, rest) = secret.split_once(':')?;
        let (secret, session) =
            rest.split_once(':').map_or((rest, None), |(secret, session)| (secret, Some(session)));
        let is_id = ID_BYTES.contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_whole = is_id && !secret.is_empty() && session.is_none_or(|session| !session.is_empty());
        is_whole.then_some(Self { id, secret, session })
    }

    /// Adds to the headers of a `POST` what proves that the keys are ours. Nothing where the time is none that there is:
    /// the provider refuses such a request.
    pub fn sign(&self, scope: Scope<'_>, signed: &Signed<'_>, headers: &mut HeaderMap) {
        for (name, value) in self.proofs(scope, signed, headers).unwrap_or_default() {
            headers.insert(name, value);
        }
    }

    fn proofs(
        &self,
        scope: Scope<'_>,
        signed: &Signed<'_>,
        headers: &HeaderMap,
    ) -> Option<Vec<(HeaderName, HeaderValue)>> {
        let session = self.session.map(str::to_owned);
        let identity = Credentials::new(self.id, self.secret, session, None, "pointsman").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(scope.region)
            .name(scope.service)
            .time(UNIX_EPOCH.checked_add(signed.now)?)
            .settings(SigningSettings::default())
            .build()
            .ok()?;
        let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let own = [(HOST.as_str(), signed.host.to_str().ok()?), (CONTENT_TYPE.as_str(), kind)];
        let body = SignableBody::Precomputed(signed.digest.to_string());
        let request = SignableRequest::new("POST", signed.uri.to_string(), own.into_iter(), body).ok()?;
        let (proofs, _) = sign(request, &params.into()).ok()?.into_parts();
        let proof = |(name, value)| {
            let name = HeaderName::try_from(name).ok()?;
            let mut value = HeaderValue::from_str(value).ok()?;
            value.set_sensitive(name == AUTHORIZATION || name == SESSION);
            Some((name, value))
        };
        proofs.headers().map(proof).collect()
    }
}

/// **Unit**: bytes of the id of access keys.
const ID_BYTES: std::ops::RangeInclusive<usize> = 16..=128;
const SESSION: HeaderName = HeaderName::from_static("x-amz-security-token");

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "AKIAIOSFODNN7EXAMPLE";
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    fn check_read(secret: &str, expected: Option<(&str, &str, Option<&str>)>) {
        let keys = Keys::read(secret).map(|keys| (keys.id, keys.secret, keys.session));
        assert_eq!(keys, expected, "{secret}");
    }

    #[test]
    fn access_keys_are_told_from_others() {
        check_read(&format!("{ID}:{SECRET}"), Some((ID, SECRET, None)));
        check_read(&format!("{ID}:{SECRET}:IQo/b+3="), Some((ID, SECRET, Some("IQo/b+3="))));
        for other in
            ["ABSKQmVkcm9jaw==", "bedrock-api-key-x", "AKIAIOSFODNN7EXAMPLE", "short:secret", "sk-a:b"]
        {
            check_read(other, None);
        }
        check_read(&format!("{ID}:"), None);
        check_read(&format!("{ID}:{SECRET}:"), None);
    }

    /// Signs as AWS's published test suite does, whose service is called `service`, and gives the headers.
    fn signed(keys: &Keys<'_>, uri: &str, body: &str, kind: &'static str) -> HeaderMap {
        let uri: Uri = uri.parse().unwrap();
        let host = HeaderValue::from_str(uri.authority().unwrap().as_str()).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        // 2015-08-30T12:36:00Z.
        let now = Duration::from_mins(24_015_636);
        let signed = Signed { uri: &uri, host: &host, digest: Digest::of(body.as_bytes()), now };
        keys.sign(Scope { region: "us-east-1", service: "service" }, &signed, &mut headers);
        assert_eq!(headers["x-amz-date"], "20150830T123600Z");
        headers
    }

    fn check_signature(uri: &str, body: &str, kind: &'static str, expected: &str) {
        let keys = Keys { id: "AKIDEXAMPLE", secret: SECRET, session: None };
        let headers = signed(&keys, uri, body, kind);
        let expected = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, Signature={expected}"
        );
        assert_eq!(headers[AUTHORIZATION], expected);
        assert!(headers[AUTHORIZATION].is_sensitive());
    }

    #[test]
    fn signatures_are_those_of_aws() {
        // "post-x-www-form-urlencoded" of AWS's published test suite.
        let form = "application/x-www-form-urlencoded";
        check_signature(
            "https://example.amazonaws.com/",
            "Param1=value1",
            form,
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        );
        // A path whose parts are encoded is encoded once more: by botocore's own signer.
        check_signature(
            "https://example.amazonaws.com:8443/model/arn%3Aaws%3Abedrock%2Fx.y-v1%3A0/converse",
            "{}",
            "application/json",
            "fea713d12fe8a66b51d75c3a00d30cf0169b24af8ac93e01bdbb16aab84d064f",
        );
    }

    #[test]
    fn a_session_is_sent_and_signed() {
        let keys = Keys { id: ID, secret: SECRET, session: Some("IQo/b+3=") };
        let headers = signed(&keys, "https://example.amazonaws.com/", "{}", "application/json");
        assert_eq!(headers[SESSION], "IQo/b+3=");
        assert!(headers[SESSION].is_sensitive());
        let proof = headers[AUTHORIZATION].to_str().unwrap();
        assert!(proof.contains("content-type;host;x-amz-date;x-amz-security-token"));
        assert!(
            proof.ends_with("Signature=943d9abe372a73a4621283c3020bcaff1741f718fa1c7f978348540926ea1b99"),
            "{proof}"
        );
    }
}
