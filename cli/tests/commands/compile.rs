//! What `pointsman compile` writes, and when it writes nothing.

use std::path::Path;

use super::{WARNING, WORKSPACE, check, repository};

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
