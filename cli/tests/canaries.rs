//! No command shows a secret, on either stream.
//!
//! Secrets are put together at run time and planted in a Git repository: in policy of both syntaxes, in names, in a
//! file that cannot be parsed, in names of files, and in files that are not policy.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::Command;

fn secret() -> String {
    ["sk-ant-", "kR7wQz2N", "b9TfXp4L", "m3VcYd8J", "h6SgWa1E"].concat()
}

fn planted(folder: &Path) {
    let files = [
        ("pointsman.yaml", "pointsman: 1\n"),
        (
            "platform/p.yaml",
            "providers:\n  o: { protocol: openai, base-url: https://api.openai.com/v1, export: true } # @\n",
        ),
        (
            "teams/a/c.yaml",
            "consumers: { '@': { tags: ['@'] } }\nbackends: { b: { model: '@', provider: '@' } }\n",
        ),
        ("teams/a/d.kdl", "chain \"@\" { rule \"@\" { fallback \"@\"; }; }\nbackend \"@\n"),
        ("teams/a/@.yaml", "unknown: 1\n"),
        ("teams/@/e.yaml", "consumers: { web: { tagz: [] } }\n"),
        (".env", "KEY=@\n"),
        ("README.md", "Use @.\n"),
    ];
    for (path, text) in files {
        let path = folder.join(path.replace('@', &secret()));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text.replace('@', &secret())).unwrap();
    }
    for arguments in [vec!["init", "-q"], vec!["add", "-A"], vec!["commit", "-q", "-m", "first"]] {
        let identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
        let done = Command::new("git").current_dir(folder).args(identity).args(&arguments).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {done:?}");
    }
}

/// Runs the program and searches both streams for any ten characters of the secret in a row.
fn check(folder: &Path, arguments: &[&str], code: i32) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_pointsman"));
    let output = program.current_dir(folder).args(arguments).env("NO_COLOR", "1").output().unwrap();
    let streams = [output.stdout, output.stderr].map(|stream| String::from_utf8(stream).unwrap());
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {streams:?}");
    let secret = secret();
    let telling = secret.strip_prefix("sk-ant-").unwrap();
    for at in 0..telling.len() - 10 {
        let part = telling.get(at..at + 10).unwrap();
        assert!(
            streams.iter().all(|stream| !stream.contains(part)),
            "{arguments:?} shows {part}: {streams:?}"
        );
    }
}

#[test]
fn no_command_shows_a_planted_secret() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    planted(folder);
    for format in ["human", "compact", "json", "sarif", "github", "junit", "markdown"] {
        check(folder, &["check", ".", "--format", format], 1);
        check(folder, &["check", ".", "--format", format, "--rev", "HEAD"], 1);
        check(folder, &["check", ".", "--format", format, "--against", "HEAD"], 0);
        check(folder, &["compile", ".", "-o", "snapshots", "--format", format], 1);
        // Each fix is applied once; later runs find none.
        check(folder, &["check", ".", "--format", format, "--fix", "--unsafe-fixes"], 1);
    }
    check(folder, &["check", ".", "--timings"], 1);
    check(folder, &["inspect", "snapshots"], 5);
}

#[test]
fn a_secret_that_git_ignores_is_where_it_belongs() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("pointsman.yaml"), "pointsman: 1\n").unwrap();
    std::fs::write(folder.join(".env"), format!("KEY={}\n", secret())).unwrap();
    check(folder, &["check", "."], 1);
    let done = Command::new("git").current_dir(folder).args(["init", "-q"]).output().unwrap();
    assert!(done.status.success());
    check(folder, &["check", "."], 1);
    std::fs::write(folder.join(".gitignore"), ".env\n").unwrap();
    check(folder, &["check", "."], 0);
}
