//! Trust roots that are none, and envelopes that enough, too few or the wrong keys signed.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};

use super::*;
use crate::snapshot::Announcement;
use crate::snapshot::announcement::{Blob, DigestText, Signature};

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn public(seed: u8) -> PublicKey {
    PublicKey(pair(seed).public_key().as_ref().try_into().unwrap())
}

fn root(lines: &str) -> Result<TrustRoot, TrustError> {
    let (a, b, c) = (public(1), public(2), public(3));
    TrustRoot::parse(
        &lines
            .replace("KEY1", &a.to_string())
            .replace("KEY2", &b.to_string())
            .replace("KEY3", &c.to_string()),
    )
}

fn announcement(generation: u64) -> Announcement {
    let digest = DigestText(Digest::of(b"a"));
    let snapshot = Blob { sha256: digest, size: 1 };
    let time = "2026-01-01T00:00:00Z".to_owned();
    Announcement {
        generation,
        snapshot,
        decisions: digest,
        parent: None,
        source: None,
        audit_head: None,
        time,
    }
}

fn signed(seeds: &[u8]) -> Envelope {
    let mut envelope = Envelope::unsigned(&announcement(1)).unwrap();
    for seed in seeds {
        let signature = pair(*seed).sign(&envelope.signed_bytes().unwrap());
        let sig = STANDARD.encode(signature.as_ref());
        envelope.add(Signature { keyid: public(*seed).id(), sig });
    }
    envelope
}

fn check(lines: &str, seeds: &[u8], expected: Result<&[&str], &str>) {
    let found = root(lines).unwrap().admit(&signed(seeds), 100);
    match (found, expected) {
        (Ok(names), Ok(expected)) => assert_eq!(names, expected),
        (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected),
        (found, expected) => panic!("{found:?} instead of {expected:?}"),
    }
}

const TWO: &str = "# ours\nthreshold 2\n\ned25519 KEY1 ci\n  ed25519 KEY2 release until 2099-01-01\ned25519 KEY3 old until 1970-01-01T00:01:00Z\n";

#[test]
fn it_takes_as_many_keys_as_the_threshold_says() {
    check("ed25519 KEY1 ci", &[1], Ok(&["ci"]));
    check("ed25519 KEY1 ci", &[2, 1], Ok(&["ci"]));
    check("ed25519 KEY1 ci", &[2], Err("the announcement has 0 of 1 trusted signatures"));
    check("ed25519 KEY1 ci", &[], Err("the announcement has 0 of 1 trusted signatures"));
    check(TWO, &[2, 1], Ok(&["ci", "release"]));
    check(TWO, &[1], Err("the announcement has 1 of 2 trusted signatures: ci"));
    check(TWO, &[1, 1, 1], Err("the announcement has 1 of 2 trusted signatures: ci"));
    check(
        TWO,
        &[1, 3],
        Err("the announcement has 1 of 2 trusted signatures: ci; of keys that are over: old"),
    );
}

#[test]
fn a_signature_is_over_the_payload_and_its_type() {
    let root = root("ed25519 KEY1 ci").unwrap();
    let envelope = signed(&[1]);
    let other = Envelope::unsigned(&announcement(2)).unwrap();
    let mut moved = other.clone();
    moved.add(envelope.signatures()[0].clone());
    assert!(root.admit(&moved, 100).is_err());
    // The key's name is a hint alone.
    let mut renamed = Envelope::unsigned(&announcement(1)).unwrap();
    renamed.add(Signature { keyid: String::new(), ..envelope.signatures()[0].clone() });
    assert_eq!(root.admit(&renamed, 100).unwrap(), ["ci"]);
    let mut damaged = Envelope::unsigned(&announcement(1)).unwrap();
    damaged.add(Signature { keyid: public(1).id(), sig: "not base64".to_owned() });
    assert!(root.admit(&damaged, 100).is_err());
    // The example of DSSE's protocol.md.
    let example = signed_bytes("http://example.com/HelloWorld", b"hello world");
    assert_eq!(example, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

#[test]
fn what_is_no_trust_root_says_why() {
    let check = |lines: &str, expected: &str| {
        let error = root(lines).unwrap_err().to_string();
        assert!(error.contains(expected), "{lines}: {error}");
    };
    check("", "the threshold is 1 and 0 keys are named");
    check("threshold 2\ned25519 KEY1 ci", "the threshold is 2 and 1 keys are named");
    check("threshold 0\ned25519 KEY1 ci", "the threshold is 0");
    check("threshold two", "line 1: write `threshold` and a number");
    check("threshold 1\nthreshold 1", "line 2: the threshold stands twice");
    check("ed25519 KEY1 ci\ned25519 KEY1 cd", "line 2: the key or the name stands twice");
    check("ed25519 KEY1 ci\ned25519 KEY2 ci", "line 2: the key or the name stands twice");
    check("ed25519 AAAA ci", "line 1: the key is not 32 bytes in Base64");
    check("ed25519 KEY1", "line 1: a name must follow the key");
    check("ed25519 KEY1 ci until soon", "line 1: write a day");
    check("ed25519 KEY1 ci for ever", "line 1: after the name");
    check("ssh-ed25519 KEY1 ci", "line 1: write `ed25519 BASE64 NAME`");
    check(&"#".repeat(TRUST_BYTES_MAX + 1), "more than");
}
