//! What an issuer is told, on loopback, and how its answers are read.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::super::grant;
use super::*;
use crate::upstream::connect::Network;

/// What an issuer on loopback is told that answers as OAuth 2.0 has it.
fn ask(terms: impl FnOnce(u16) -> Terms, proof: &str) -> (Asked, Terms) {
    let given = r#"{"token_type":"Bearer","expires_in":3600,"access_token":"tok.en"}"#;
    ask_for(terms, proof, (given, "tok.en"))
}

/// What an issuer on loopback is told that answers this, of which this token comes.
fn ask_for(terms: impl FnOnce(u16) -> Terms, proof: &str, (given, token): (&str, &str)) -> (Asked, Terms) {
    let runtime = crate::threads::local_runtime().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let terms = terms(listener.local_addr().unwrap().port());
        let script = Rc::new(Script::default());
        script.says(200, given);
        let served = Rc::clone(&script);
        tokio::task::spawn_local(async move {
            let (stream, _) = listener.accept().await.unwrap();
            served.serve(stream).await;
        });
        let roots = Arc::new(rustls::RootCertStore::empty());
        let network = Network::new(crate::upstream::tls::client_config(roots).unwrap());
        let (_folder, desk) = desk(proof, Rc::new(network));
        let keeper = Rc::new(Keeper::default());
        let tended = Rc::clone(&keeper);
        tokio::task::spawn_local(async move { tended.run(Rc::new(desk)).await });
        let source = keeper.source(terms.clone());
        let come = async {
            while !source.progress().has_asked {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), come).await.unwrap();
        assert_eq!(source.problem(), None);
        assert_eq!(source.token().unwrap().expose(), token);
        let asked = script.asked.borrow_mut().remove(0);
        assert_eq!(asked.media, "application/x-www-form-urlencoded");
        (asked, terms)
    })
}

fn check_form(asked: &Asked, path: &str, expected: &[(&str, &str)]) {
    assert_eq!(asked.path, path);
    let expected: BTreeMap<_, _> =
        expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    assert_eq!(asked.form, expected);
}

#[test]
fn entra_is_told_a_secret_or_an_assertion() {
    let (asked, _) = ask(|port| terms(Issuer::Entra, Proof::Key, port), "s~cr&t=1+\n");
    check_form(
        &asked,
        "/tenant/oauth2/v2.0/token",
        &[
            ("grant_type", "client_credentials"),
            ("client_id", "app-1"),
            ("client_secret", "s~cr&t=1+"),
            ("scope", "https://cognitiveservices.azure.com/.default"),
        ],
    );
    let federated = |port| Terms {
        scope: Some("https://cognitiveservices.azure.us/.default".to_owned()),
        path: "/tenant/oauth2/v2.0/token".to_owned(),
        ..terms(Issuer::Entra, Proof::Assertion, port)
    };
    let (asked, _) = ask(federated, "aaa.bbb.ccc");
    check_form(
        &asked,
        "/tenant/oauth2/v2.0/token",
        &[
            ("grant_type", "client_credentials"),
            ("client_id", "app-1"),
            ("client_assertion", "aaa.bbb.ccc"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("scope", "https://cognitiveservices.azure.us/.default"),
        ],
    );
}

#[test]
fn google_is_told_what_a_service_account_signs() {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    let lines = STANDARD.encode(der.as_ref());
    let lines: Vec<_> = lines.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    let account = serde_json::json!({
        "type": "service_account",
        "private_key_id": "k1",
        "private_key": pem,
        "client_email": "gateway@project.iam.gserviceaccount.com",
        "token_uri": "https://elsewhere.test/token",
    });
    let (asked, terms) = ask(|port| terms(Issuer::Gcp, Proof::Key, port), &account.to_string());
    assert_eq!(asked.path, "/tenant", "the address is the declared one, whatever the key says");
    assert_eq!(asked.form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let assertion = &asked.form["assertion"];
    let (said, signature) = assertion.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref());
    public.verify(said.as_bytes(), &signature).unwrap();
    let part = |text: &str| -> serde_json::Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
    };
    let (header, claims) = said.split_once('.').unwrap();
    assert_eq!(part(header), serde_json::json!({ "alg": "RS256", "typ": "JWT", "kid": "k1" }));
    let claims = part(claims);
    assert_eq!(claims["iss"], "gateway@project.iam.gserviceaccount.com");
    assert_eq!(claims["aud"], terms.written);
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/cloud-platform");
    let times = ["iat", "exp"].map(|name| claims[name].as_u64().unwrap());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(times[0].abs_diff(now) < 60 && times[1] == times[0] + 3_600, "{times:?}");
}

#[test]
fn a_key_of_google_must_be_one() {
    let unfit = |proof: &str| {
        let question = grant::question(&terms(Issuer::Gcp, Proof::Key, 80), proof.as_bytes(), Duration::ZERO);
        question.err().unwrap().to_string()
    };
    let expected = "what tokens are asked for with is not the JSON key of a service account";
    assert_eq!(unfit("secret"), expected);
    assert_eq!(unfit("{}"), expected);
    assert_eq!(unfit(r#"{"client_email":"a","private_key":"-----BEGIN PRIVATE KEY-----"}"#), expected);
}

#[test]
fn an_expiry_may_be_a_text() {
    let granted =
        grant::granted(Issuer::Entra, br#"{"access_token":"t","expires_in":"3599"}"#, Duration::ZERO)
            .unwrap();
    assert_eq!((granted.secret.expose(), granted.lifetime), ("t", Duration::from_secs(3_599)));
}

/// As AWS's API reference shows it.
const ASSUMED: &str = r#"<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <SubjectFromWebIdentityToken>system:serviceaccount:ai:gateway</SubjectFromWebIdentityToken>
    <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/gateway/pointsman</Arn></AssumedRoleUser>
    <Credentials>
      <SessionToken>AQoDYXdzEE0a8ANXXXXXXXXNO1ewxE5TijQyp+IEXAMPLE=</SessionToken>
      <SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY</SecretAccessKey>
      <Expiration>2014-10-24T23:00:23Z</Expiration>
      <AccessKeyId>ASgeIAIOSFODNN7EXAMPLE</AccessKeyId>
    </Credentials>
  </AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>"#;
const ASSUMED_KEYS: &str = "ASgeIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY:AQoDYXdzEE0a8ANXXXXXXXXNO1ewxE5TijQyp+IEXAMPLE=";

#[test]
fn amazon_is_told_a_role_and_a_web_identity() {
    let role = |port| Terms {
        identity: Some("arn:aws:iam::123456789012:role/gateway".to_owned()),
        path: String::new(),
        ..terms(Issuer::Aws, Proof::Assertion, port)
    };
    let (asked, _) = ask_for(role, "aaa.bbb.ccc\n", (ASSUMED, ASSUMED_KEYS));
    check_form(
        &asked,
        "/",
        &[
            ("Action", "AssumeRoleWithWebIdentity"),
            ("Version", "2011-06-15"),
            ("RoleArn", "arn:aws:iam::123456789012:role/gateway"),
            ("RoleSessionName", "pointsman"),
            ("DurationSeconds", "3600"),
            ("WebIdentityToken", "aaa.bbb.ccc"),
        ],
    );
}

#[test]
fn keys_of_a_role_end_when_amazon_says() {
    let lifetime = |asked_s: u64| {
        let granted = grant::granted(Issuer::Aws, ASSUMED.as_bytes(), Duration::from_secs(asked_s)).unwrap();
        assert_eq!(granted.secret.expose(), ASSUMED_KEYS);
        granted.lifetime.as_secs()
    };
    // 2014-10-24T23:00:23Z.
    let end = 1_414_191_623;
    assert_eq!([lifetime(end - 900), lifetime(end - 3_600), lifetime(end - 9_000)], [900, 3_600, 3_600]);
    // A clock that is ahead of it.
    assert_eq!([lifetime(end), lifetime(end + 9_000)], [3_600, 3_600]);
    for (from, to) in [
        ("<SessionToken>", "<Other>"),
        ("AQoDYX", "&amp;"),
        ("2014-10-24T23:00:23Z", "soon"),
        ("ASgeIAIOSFODNN7EXAMPLE", "short"),
        ("wJalrXUtnFEMI", "a b"),
    ] {
        let body = ASSUMED.replace(from, to);
        assert!(grant::granted(Issuer::Aws, body.as_bytes(), Duration::ZERO).is_err(), "{to}");
    }
}

#[test]
fn amazon_says_why_it_refuses() {
    let refusal = "<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredTokenException</Code>\
                   <Message>Token of arn:aws:iam::1 expired</Message></Error></ErrorResponse>";
    assert_eq!(grant::word(Issuer::Aws, refusal.as_bytes()), "ExpiredTokenException");
    assert_eq!(grant::word(Issuer::Aws, b"<html>"), "");
    let keys = grant::question(&terms(Issuer::Aws, Proof::Key, 80), b"x", Duration::ZERO);
    assert_eq!(keys.err().unwrap().to_string(), "this gateway cannot ask this source for tokens");
}
