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

#[test]
fn a_look_that_hangs_holds_nobody_up() {
    let rig = Rig::new();
    rig.write(&rig.pairs[0].0, &rig.pairs[0].1);
    let certificate = Certificate::read(rig.files()).unwrap();
    std::thread::scope(|scope| {
        let (tell_begun, begun) = std::sync::mpsc::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let (certificate, files) = (&certificate, rig.files());
        scope.spawn(move || {
            certificate.look_with(|| {
                tell_begun.send(()).unwrap();
                // Nothing is ever said: this ends with the other end of the channel.
                ended.recv().unwrap_err();
                read_pair(&files)
            });
        });
        begun.recv().unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        scope.spawn(move || tell.send((certificate.trouble(), certificate.stuck())).unwrap());
        let answered = told.recv_timeout(Duration::from_secs(20));
        // A look that began long ago, without waiting for it to become one.
        let long_ago = Instant::now().checked_sub(crate::limits::LOAD_MAX + Duration::from_secs(1)).unwrap();
        if answered.is_ok() {
            certificate.seen().looking_since = Some(long_ago);
            assert!(certificate.stuck().is_some());
        }
        drop(end);
        assert_eq!(answered, Ok((None, None)), "`/status` waited for the file system");
    });
    assert_eq!(certificate.stuck(), None, "the look has ended");
}
