//! F3 and S27: wrong keys, keys that are over, keys that are exchanged while publications come, and a folder that
//! somebody else can write into.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pointsman_schema::snapshot::Envelope;
use pointsman_schema::snapshot::announcement::Signature;
use pointsman_schema::snapshot::signing::PublicKey;

use super::super::trust::TrustFile;
use super::*;

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn line(seed: u8, name: &str) -> String {
    let public: [u8; 32] = pair(seed).public_key().as_ref().try_into().unwrap();
    format!("ed25519 {} {name}\n", PublicKey(public))
}

/// Publishes a snapshot whose announcement these keys sign.
fn publish(folder: &Published, generation: u64, packed: &Packed, seeds: &[u8]) {
    std::fs::write(folder.blob(packed), &packed.bytes).unwrap();
    let mut envelope = Envelope::unsigned(&announcement(generation, packed)).unwrap();
    for seed in seeds {
        let sig = STANDARD.encode(pair(*seed).sign(&envelope.signed_bytes().unwrap()).as_ref());
        envelope.add(Signature { keyid: String::new(), sig });
    }
    std::fs::write(folder.current(), envelope.to_text().unwrap()).unwrap();
}

struct Rig {
    folder: Published,
    trust: tempfile::NamedTempFile,
    follower: Follower,
    memory: Memory,
}

impl Rig {
    /// A follower that trusts these lines, with generation 5 in force.
    fn new(lines: &str) -> Self {
        let folder = Published::new();
        let trust = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(trust.path(), lines).unwrap();
        publish(&folder, 5, &snapshot("first"), &[1, 2]);
        let mut follower = follower(folder.path(), None);
        follower.loader.trust = Some(TrustFile(trust.path().to_owned()));
        let mut rig = Self { folder, trust, follower, memory: Memory::default() };
        rig.look(5, "");
        rig
    }

    fn look(&mut self, generation: u64, said: &str) {
        self.memory.again = Rest::default();
        self.follower.look(&mut self.memory);
        let found = in_force(&self.follower).map(|(generation, _)| generation);
        assert_eq!(found, Some(generation), "{}", refusal(&self.follower));
        assert!(
            refusal(&self.follower).contains(said),
            "`{}` does not say `{said}`",
            refusal(&self.follower)
        );
        assert_eq!(refusal(&self.follower).is_empty(), said.is_empty());
    }

    fn signers(&self) -> Vec<String> {
        self.follower.shared.slot.current().unwrap().signers.clone()
    }
}

fn check(lines: &str, seeds: &[u8], generation: u64, said: &str) {
    let mut rig = Rig::new(lines);
    publish(&rig.folder, 6, &snapshot("second"), seeds);
    rig.look(generation, said);
}

#[test]
fn only_what_enough_trusted_keys_signed_is_served() {
    let (one, two) = (line(1, "ci"), line(2, "release"));
    check(&one, &[1], 6, "");
    check(&one, &[], 5, "the announcement has 0 of 1 trusted signatures");
    check(&one, &[2], 5, "the announcement has 0 of 1 trusted signatures");
    let both = format!("threshold 2\n{one}{two}");
    check(&both, &[2, 1], 6, "");
    check(&both, &[1, 1], 5, "1 of 2 trusted signatures: ci");
}

#[test]
fn a_signature_of_one_publication_is_none_of_another() {
    let mut rig = Rig::new(&line(1, "ci"));
    let signed = Envelope::parse(&std::fs::read(rig.folder.current()).unwrap()).unwrap();
    publish(&rig.folder, 6, &snapshot("second"), &[]);
    let mut forged = Envelope::parse(&std::fs::read(rig.folder.current()).unwrap()).unwrap();
    forged.add(signed.signatures()[0].clone());
    std::fs::write(rig.folder.current(), forged.to_text().unwrap()).unwrap();
    rig.look(5, "0 of 1 trusted signatures");
    // Whoever puts the old one back changes nothing.
    std::fs::write(rig.folder.current(), signed.to_text().unwrap()).unwrap();
    rig.look(5, "");
}

#[test]
fn keys_are_exchanged_without_a_restart() {
    let mut rig = Rig::new(&line(1, "ci"));
    assert_eq!(rig.signers(), ["ci"]);
    publish(&rig.folder, 6, &snapshot("second"), &[3]);
    rig.look(5, "0 of 1");
    std::fs::write(rig.trust.path(), format!("{}{}", line(1, "ci"), line(3, "next"))).unwrap();
    rig.look(6, "");
    assert_eq!(rig.signers(), ["next"]);
    // The old key is over; what it signed before stays in force, and nothing new is trusted by it.
    let over = line(1, "ci").replace('\n', " until 2020-01-01\n");
    std::fs::write(rig.trust.path(), format!("{over}{}", line(3, "next"))).unwrap();
    publish(&rig.folder, 7, &snapshot("third"), &[1]);
    rig.look(6, "of keys that are over: ci");
    publish(&rig.folder, 7, &snapshot("third"), &[1, 3]);
    rig.look(7, "");
}

#[test]
fn a_trust_root_that_cannot_be_read_trusts_nobody() {
    let mut rig = Rig::new(&line(1, "ci"));
    publish(&rig.folder, 6, &snapshot("second"), &[1]);
    std::fs::write(rig.trust.path(), "ed25519 AAAA ci\n").unwrap();
    rig.look(5, "line 1: the key is not 32 bytes");
    std::fs::remove_file(rig.trust.path()).unwrap();
    rig.look(5, "--trust");
    std::fs::write(rig.trust.path(), line(1, "ci")).unwrap();
    rig.look(6, "");
}
