//! Pairs that change under a running listener.

use super::*;

struct Rig {
    folder: tempfile::TempDir,
    pairs: [(String, String); 2],
}

impl Rig {
    fn new() -> Self {
        let pair = || {
            let pair = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
            (pair.cert.pem(), pair.signing_key.serialize_pem())
        };
        Self { folder: tempfile::tempdir().unwrap(), pairs: [pair(), pair()] }
    }

    fn files(&self) -> TlsFiles {
        TlsFiles { certificate: self.folder.path().join("certificate"), key: self.folder.path().join("key") }
    }

    fn write(&self, certificate: &str, key: &str) {
        std::fs::write(self.files().certificate, certificate).unwrap();
        std::fs::write(self.files().key, key).unwrap();
    }
}

/// Starts with the first pair, writes another, looks: whether the configuration changed, and what is said.
fn check(write: impl FnOnce(&Rig), expected: bool, said: Option<&str>) {
    let rig = Rig::new();
    rig.write(&rig.pairs[0].0, &rig.pairs[0].1);
    let certificate = Certificate::read(rig.files()).unwrap();
    let before = certificate.config();
    write(&rig);
    certificate.look();
    assert_eq!(!Arc::ptr_eq(&before, &certificate.config()), expected);
    let trouble = certificate.trouble();
    assert_eq!(trouble.is_some(), said.is_some(), "{trouble:?}");
    assert!(trouble.unwrap_or_default().contains(said.unwrap_or_default()));
    rig.write(&rig.pairs[0].0, &rig.pairs[0].1);
    certificate.look();
    assert_eq!(certificate.trouble(), None, "a good pair ends the trouble");
}

#[test]
fn only_a_whole_pair_replaces_a_pair() {
    check(|rig| rig.write(&rig.pairs[0].0, &rig.pairs[0].1), false, None);
    check(|rig| rig.write(&rig.pairs[1].0, &rig.pairs[1].1), true, None);
    check(|rig| rig.write(&rig.pairs[1].0, &rig.pairs[0].1), false, Some("cannot be used together"));
    check(|rig| rig.write(&rig.pairs[1].0[..200], &rig.pairs[1].1), false, Some("with certificates"));
    check(|rig| rig.write(&rig.pairs[1].0, ""), false, Some("with a private key"));
    check(|rig| std::fs::remove_file(rig.files().key).unwrap(), false, Some("cannot read"));
}

#[test]
fn authorities_are_added_to_the_well_known_ones() {
    let rig = Rig::new();
    rig.write(&rig.pairs[0].0, "");
    let known = authorities(None).unwrap().len();
    assert_eq!(authorities(Some(&rig.files().certificate)).unwrap().len(), known + 1);
    assert!(authorities(Some(&rig.files().key)).is_err());
}
