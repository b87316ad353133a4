//! Each form is found whole, and nothing that only begins like one. Samples are put together at run time, so that this
//! file holds nothing that looks like a secret.

use pointsman_schema::api_key::{self, checksum};

use super::*;

fn check(text: &str, expected: &[(&str, &str)]) {
    let found = find(text);
    let found: Vec<_> = found.iter().map(|s| (text.get(s.span.range()).unwrap(), s.issuer)).collect();
    assert_eq!(found, expected, "{text}");
}

/// Characters of an alphabet as a drawing could give them.
fn drawn(alphabet: Alphabet, length: usize) -> String {
    let digits: &str = match alphabet {
        Alphabet::Letters => "aQbZcWdKeRfTgYhU",
        Alphabet::Hexadecimal => "9f4c1e7a02bd83d6",
        Alphabet::Base32 => "K7Q2Z5M3X4T6B7R2",
        _ => "k7R2q9Z4m1X8t3B6",
    };
    digits.chars().cycle().take(length).collect()
}

fn sample(form: &Form) -> String {
    let (Length::Exactly(length) | Length::AtLeast(length)) = form.length;
    let body = drawn(form.alphabet, length);
    let with_check = |random: &str| {
        let check = checksum(random.as_bytes());
        format!("{random}{}", std::str::from_utf8(&check).unwrap())
    };
    match form.prefix {
        "glsa_" => {
            let payload = format!("glsa_{}", drawn(Alphabet::Alphanumeric, 32));
            format!("{payload}_{:08x}", crc32fast::hash(payload.as_bytes()))
        }
        "AGE-SECRET-KEY-1" => age(),
        prefix if form.check.is_some_and(|check| !check(&format!("{prefix}{body}"))) => {
            format!("{prefix}{}", with_check(&body[..30]))
        }
        prefix => format!("{prefix}{body}"),
    }
}

/// An identity with its check sum, found by trying: the sum has 30 bits, so its six digits are computed by linearity.
fn age() -> String {
    let payload: String = "QPZRY9X8GF2TVDW0".chars().cycle().take(52).collect();
    let digits = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
    let mut tail: Vec<char> = vec!['Q'; 6];
    // Bech32's sum is linear: each of 30 bits of the tail is set when it brings the state nearer to 1.
    let state = |tail: &[char]| {
        crate::secret::checked::bech32_state(&format!(
            "AGE-SECRET-KEY-1{payload}{}",
            tail.iter().collect::<String>()
        ))
        .unwrap()
    };
    let wrong = state(&tail) ^ 1;
    for (at, slot) in tail.iter_mut().enumerate() {
        let value = (wrong >> (5 * (5 - at))) & 31;
        *slot = digits.chars().nth(usize::try_from(value).unwrap()).unwrap();
    }
    format!("AGE-SECRET-KEY-1{payload}{}", tail.into_iter().collect::<String>())
}

#[test]
fn every_issuer_is_recognised() {
    assert!(FINDER.is_some());
    for form in FORMS {
        let secret = sample(form);
        check(&format!("# old: \"{secret}\", gone"), &[(&secret, form.issuer)]);
        check(&format!("&{secret}\n!{secret}"), &[(&secret, form.issuer), (&secret, form.issuer)]);
    }
}

#[test]
fn a_wrong_check_sum_is_no_such_key() {
    for form in
        FORMS.iter().filter(|form| matches!(form.prefix, "ghp_" | "npm_" | "glsa_" | "AGE-SECRET-KEY-1"))
    {
        let mut secret = sample(form);
        let last = secret.pop().unwrap();
        secret.push(if last == '2' { '3' } else { '2' });
        check(&secret, &[]);
    }
    let key = api_key::assemble(b"0123456789ABCDEFGHIJabcdefghij");
    check(&format!("a: {key}, b"), &[(&key, "a Pointsman API key")]);
    check(&key.replace("ABC", "ABD"), &[]);
}

#[test]
fn what_people_write_has_no_form() {
    check("sk-learn-support-vector-machine-regression-2", &[]);
    check("sk-... and sk-ant-… and sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx1", &[]);
    check("sk-ant-YOUR-API-KEY-goes-here-123", &[]);
    check("sk-1234567890abcdef1234567890abcdef", &[]);
    check("pmk_live_short pmk_live_YyBB…4Z", &[]);
    check("hf_token and AIza and ghp_ and dapi", &[]);
    check("task-ant-colony-optimisation-of-2026-models", &[]);
    check(&format!("AKIA{}", "IOSFODNN7EXAMPLE"), &[]);
    check(&format!("sha256:{}", "0a".repeat(32)), &[]);
    check("-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----", &[]);
    check("-----BEGIN PUBLIC KEY-----", &[]);
    check("eyJhbGciOi… is how each begins", &[]);
}

#[test]
fn private_keys_are_found_to_their_end() {
    let body = drawn(Alphabet::Alphanumeric, 64);
    let begin = |kind: &str| format!("{}{kind}PRIVATE KEY-----", "-----BEGIN ");
    for kind in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
        let whole = format!("{}\n{body}\n-----END {kind}PRIVATE KEY-----", begin(kind));
        check(&format!("a: |\n{whole}\nnext: 1"), &[(&whole, "a private key")]);
    }
    let cut = format!("{}\n  {body}\n  {}\n", begin(""), &body[..20]);
    check(&format!("{cut}\nnext: 1"), &[(&format!("{cut}\n"), "a private key")]);
    let commented = format!("{}\n# {body}\n# {}\n", begin(""), &body[..20]);
    check(&format!("# {commented}next: 1"), &[(&commented, "a private key")]);
}

#[test]
fn tokens_and_marked_keys_are_found_whole() {
    let part = drawn(Alphabet::Alphanumeric, 30);
    let token = format!("eyJ{part}.eyJ{part}.{part}");
    check(&format!("bearer {token}; "), &[(&token, "a JSON Web Token")]);
    let (random, rest) = (drawn(Alphabet::Alphanumeric, 52), drawn(Alphabet::Letters, 24));
    let azure = format!("{random}JQQJ99BA{rest}");
    check(&format!("key \"{azure}\""), &[(&azure, "an Azure key")]);
    check(&format!("key \"x{azure}\""), &[]);
    let entra = format!("aB38Q~{}", drawn(Alphabet::Alphanumeric, 34));
    check(&format!("'{entra}'"), &[(&entra, "an Entra client secret")]);
}
