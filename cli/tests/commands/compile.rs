//! What `pointsman compile` writes, and when it writes nothing.

use std::path::Path;

use super::{WARNING, WORKSPACE, check, example, repository};

#[test]
fn what_fails_publishes_nothing() {
    let folder = repository(&[WORKSPACE, WARNING]);
    let output = folder.path().join("snapshots");
    let (policy, output) = (folder.path().to_str().unwrap(), output.to_str().unwrap());
    for format in ["human", "json", "sarif"] {
        let strict = ["compile", policy, "-o", output, "--fail-level", "warning", "--format", format];
        check(&strict, 1, &["!nothing was published"]);
        assert!(!Path::new(output).exists(), "{format}");
    }
    check(&["compile", policy, "-o", output], 0, &[">snapshot "]);
    assert!(Path::new(output).join("current").exists());
}

#[test]
fn a_publication_is_signed_by_two() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (ci, release, snapshots) = (path("ci.pem"), path("release.pem"), path("snapshots"));
    let policy = example();
    let policy = policy.to_str().unwrap();
    check(&["signer", "new", "ci", "-o", &ci], 0, &[">ed25519 ", "> ci", "!--trust"]);
    check(&["signer", "new", "ci", "-o", &ci], 5, &["!exists"]);
    check(&["signer", "new", "two words", "-o", &release], 2, &["!write one word"]);
    check(&["signer", "new", "release", "-o", &release], 0, &["> release"]);
    check(&["compile", policy, "-o", &snapshots, "--sign-key", &path("none.pem")], 5, &["!none.pem"]);
    check(&["compile", policy, "-o", &snapshots, "--sign-key", policy], 5, &[]);
    check(&["compile", policy, "-o", &snapshots, "--sign-key", &ci], 0, &[">snapshot "]);
    let sign = ["signer", "sign", "--snapshots", &snapshots, "--sign-key", &release];
    check(&sign, 0, &[">generation 1", ">signatures 2"]);
    check(
        &["signer", "sign", "--snapshots", &path("nowhere"), "--sign-key", &ci],
        5,
        &["!nothing is published"],
    );
}
