//! What an issuer is told, on loopback, and how its answers are read.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::super::grant;
use super::*;
use crate::upstream::connect::Network;

/// What an issuer on loopback is told, and the token that came of it.
fn ask(terms: impl FnOnce(u16) -> Terms, proof: &str) -> (Asked, Terms) {
    let runtime = crate::threads::local_runtime().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let terms = terms(listener.local_addr().unwrap().port());
        let script = Rc::new(Script::default());
        script.gives("tok.en", 3_600);
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
        assert_eq!(source.token().unwrap().expose(), "tok.en");
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
    let granted = grant::granted(br#"{"access_token":"t","expires_in":"3599"}"#).unwrap();
    assert_eq!((granted.secret.expose(), granted.lifetime), ("t", Duration::from_secs(3_599)));
}
