//! The program as people meet it: what they type, what they read, and the exit code.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod compile;
mod inspect;
mod keys;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pointsman_schema::snapshot::{Announcement, Envelope};

fn pointsman(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pointsman")).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies-example")
}

/// Runs the program and expects an exit code, and texts on standard output (`>`) or standard error (`!`).
fn check(arguments: &[&str], code: i32, expected: &[&str]) -> String {
    let output = pointsman(arguments);
    let (data, remarks) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{data}\n{remarks}");
    for text in expected {
        let (stream, text) = text.split_at(1);
        let found = if stream == ">" { &data } else { &remarks };
        assert!(found.contains(text), "{arguments:?}: `{text}` is not in:\n{data}\n{remarks}");
    }
    data
}

/// Publishes the example and returns the folder.
fn published() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let policy = example();
    let (policy, output) = (policy.to_str().unwrap(), folder.path().to_str().unwrap());
    check(&["compile", policy, "-o", output], 0, &[">snapshot ", ">decisions "]);
    folder
}

#[test]
fn the_example_is_clean_in_every_format() {
    let policy = example();
    let policy = policy.to_str().unwrap();
    check(&["check", policy], 0, &["!no findings"]);
    check(&["check", policy, "--format", "json"], 0, &[">\"errors\": 0"]);
    assert_eq!(check(&["check", policy, "--format", "github"], 0, &[]), "");
    check(&["check", policy, "--fail-level", "warning"], 0, &[]);
}

type Files<'f> = &'f [(&'f str, &'f str)];

/// A Git repository with a policy, and whoever changes it.
fn repository(files: Files<'_>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    let git = |arguments: &[&str]| {
        let identity =
            ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"];
        let status =
            Command::new("git").current_dir(folder.path()).args(identity).args(arguments).output().unwrap();
        assert!(status.status.success(), "{arguments:?}: {status:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "first"]);
    folder
}

fn write(folder: &Path, files: Files<'_>) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

const WORKSPACE: (&str, &str) = ("pointsman.yaml", "pointsman: 1\n");
const WARNING: (&str, &str) =
    ("p.yaml", "providers:\n  o: { protocol: openai, base-url: https://api.openai.com/v1, export: true }\n");
const ERROR: (&str, &str) = ("b.yaml", "backends:\n  b: { model: m, provider: p }\n");

/// Formats by states: the exit code depends on the state alone.
#[test]
fn the_exit_code_is_the_same_in_every_format() {
    let states: [(Files<'_>, i32, i32); 3] =
        [(&[WORKSPACE], 0, 0), (&[WORKSPACE, WARNING], 0, 1), (&[WORKSPACE, ERROR], 1, 1)];
    for (files, as_error, as_warning) in states {
        let folder = repository(files);
        let policy = folder.path().to_str().unwrap();
        for format in ["human", "compact", "json", "sarif", "github", "junit", "markdown"] {
            check(&["check", policy, "--format", format], as_error, &[]);
            check(&["check", policy, "--format", format, "--fail-level", "warning"], as_warning, &[]);
            check(&["check", policy, "--format", format, "--fail-level", "error"], as_error, &[]);
            check(&["check", policy, "--format", format, "--rev", "HEAD"], as_error, &[]);
            check(
                &["check", policy, "--format", format, "--against", "HEAD", "--fail-level", "warning"],
                0,
                &[],
            );
            check(&["check", policy, "--format", format, "--rev", "none"], 5, &["!no revision none"]);
            check(&["check", "/nowhere", "--format", format], 5, &[]);
        }
    }
}

#[test]
fn only_new_findings_are_told_against_a_revision() {
    let folder = repository(&[WORKSPACE, WARNING, ERROR]);
    let policy = folder.path().to_str().unwrap();
    // What was there moves to other lines, and one finding comes.
    let moved = format!("# A comment.\n\n{}  c: {{ model: n, provider: p }}\n", ERROR.1);
    write(folder.path(), &[("b.yaml", &moved)]);
    let found = check(&["check", policy, "--against", "HEAD", "--format", "compact"], 1, &[]);
    assert_eq!(found.lines().count(), 2, "{found}");
    assert!(found.lines().all(|line| line.contains("`c`")), "{found}");
    check(&["check", policy, "--rev", "HEAD", "--format", "compact"], 1, &[">`b`"]);
}

#[test]
fn a_finding_that_is_gone_does_not_hide_a_like_one_in_another_object() {
    let chain = |name: &str, target: &str| {
        format!("  {name}:\n    rules:\n      - {{ name: all, fallback: [chain/{target}] }}\n")
    };
    let chains = |first: &str, second: &str| {
        format!("chains:\n  end: {{ rules: [] }}\n{}{}", chain("first", first), chain("second", second))
    };
    let folder = repository(&[WORKSPACE, ("c.yaml", &chains("nowhere", "end"))]);
    let policy = folder.path().to_str().unwrap();
    let unknown = |found: String| found.matches("unknown-chain").count();
    let arguments = ["check", policy, "--against", "HEAD", "--format", "compact"];
    write(folder.path(), &[("c.yaml", &chains("end", "nowhere"))]);
    assert_eq!(unknown(check(&arguments, 1, &[])), 1);
    write(folder.path(), &[("c.yaml", &format!("# Moved.\n{}", chains("nowhere", "end")))]);
    assert_eq!(unknown(check(&arguments, 0, &[])), 0);
}

#[test]
fn a_junit_report_fails_when_the_command_does() {
    let folder = repository(&[WORKSPACE, WARNING]);
    let policy = folder.path().to_str().unwrap();
    let of = |level: &str, exit, expected: &[&str]| {
        check(&["check", policy, "--format", "junit", "--fail-level", level], exit, expected)
    };
    of("error", 0, &[">failures=\"0\"", ">system-out"]);
    of("warning", 1, &[">failures=\"1\"", ">failure type=\"export-without-effect\""]);
}

#[test]
fn fixes_are_written_and_nothing_else() {
    let folder = repository(&[WORKSPACE, WARNING, ERROR]);
    let policy = folder.path().to_str().unwrap();
    check(
        &["check", policy, "--fix"],
        1,
        &["!fixed p.yaml:2:71 export-without-effect", ">error[unknown-model]"],
    );
    let fixed = std::fs::read_to_string(folder.path().join("p.yaml")).unwrap();
    assert_eq!(fixed, WARNING.1.replace(", export: true", ""));
    assert_eq!(std::fs::read_to_string(folder.path().join("b.yaml")).unwrap(), ERROR.1);
    check(&["check", policy, "--fix", "--rev", "HEAD"], 2, &[]);
    check(&["check", policy, "--unsafe-fixes"], 2, &["!--fix"]);
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "{left:?}");
}

#[test]
fn timings_go_to_standard_error() {
    let policy = example();
    let policy = policy.to_str().unwrap();
    check(&["check", policy, "--timings"], 0, &["!files", "!index", "!rules", "!findings", "! ms"]);
}

#[test]
fn a_watch_tells_what_changes_and_ends_with_the_last_outcome() {
    use std::io::{BufRead as _, BufReader};
    let folder = repository(&[WORKSPACE]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_pointsman"))
        .args(["check", folder.path().to_str().unwrap(), "--watch", "--format", "compact"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut remarks = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut wait =
        || remarks.find(|line| line.as_ref().unwrap().contains("waiting for changes")).unwrap().unwrap();
    wait();
    write(folder.path(), &[ERROR]);
    wait();
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("error[unknown-model]"));
}

#[test]
fn findings_have_their_exit_code_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pointsman.yaml"), "pointsman: 1\n").unwrap();
    std::fs::write(folder.path().join("a.yaml"), "backends:\n  b: { model: m, provider: p }\n").unwrap();
    let policy = folder.path().to_str().unwrap();
    check(&["check", policy], 1, &[">error[unknown-model]", ">error[unknown-provider]", ">a.yaml:2:"]);
    check(&["check", policy, "--format", "json"], 1, &[">\"unknown-provider\""]);
    check(&["check", policy, "--format", "github"], 1, &[">/a.yaml,line=2"]);
    let output = folder.path().join("snapshots");
    check(&["compile", policy, "-o", output.to_str().unwrap()], 1, &["!error[unknown-model]"]);
    assert!(!output.exists(), "nothing is published of a policy with errors");
}

#[test]
fn mistakes_in_the_arguments_and_missing_files_are_told_apart() {
    check(&["check"], 2, &["!Usage"]);
    check(&["check", "x", "--format", "xml"], 2, &["!possible values"]);
    check(&["check", "/nonexistent-policy"], 5, &["!error: ", "!/nonexistent-policy"]);
    check(&["inspect", "/nonexistent-snapshots"], 5, &["!pointsman compile"]);
    check(&["inspect", example().to_str().unwrap()], 5, &["!is a policy repository", "!-o FOLDER"]);
    let empty = tempfile::tempdir().unwrap();
    let empty = empty.path().to_str().unwrap();
    check(&["key", "list", "--policy", empty], 1, &["!this folder is not a workspace", "!`pointsman check`"]);
    check(&["gateway", "--snapshots", "/nonexistent-snapshots"], 5, &["!there is no such folder"]);
    check(&["gateway", "--snapshots", "x", "--listen", "8081"], 2, &["!such as 127.0.0.1:8080"]);
    let file = example().join("pointsman.yaml");
    check(&["check", file.to_str().unwrap()], 5, &["!pass the policy's folder"]);
    check(&["explain", "no-such-finding"], 2, &["!explain --list"]);
    check(&["--help"], 0, &[">Usage"]);
    check(&["--version"], 0, &[">pointsman 0.1.0"]);
}

#[test]
fn compiling_twice_gives_the_same_bytes() {
    let (one, other) = (published(), published());
    let name = |folder: &tempfile::TempDir| {
        let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        names
            .map(|name| name.into_string().unwrap())
            .find(|name| name.strip_suffix(".pms").is_some())
            .unwrap()
    };
    assert_eq!(name(&one), name(&other));
}

#[test]
fn route_says_why_with_file_and_line() {
    let folder = published();
    let path = folder.path().to_str().unwrap();
    let code = ["route", "--snapshots", path, "--key", "support/web", "--model", "gpt-4o"];
    let with = |more: &[&'static str]| code.iter().copied().chain(more.iter().copied()).collect::<Vec<_>>();
    check(&with(&["--attribute", "task=code-completion"]), 0, &[">rule code  (teams/support/chains.yaml:"]);
    check(&with(&[]), 0, &[">decision  "]);
    let json = check(&with(&["--format", "json", "--attribute", "task=code-completion"]), 0, &[]);
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["path"][0]["rule"]["name"], "code");
    check(&with(&["--attribute", "colour=red"]), 2, &["!declares no attribute `colour`"]);
    let top_k = ["--feature", "top-k", "--dialect", "anthropic-messages"];
    check(
        &with(&top_k),
        0,
        &[">anthropic-messages, holding top-k", ">passed over: refuses-features (top-k)"],
    );
    check(
        &[
            "route",
            "--snapshots",
            path,
            "--key",
            "search/ranker",
            "--model",
            "gpt-4o",
            "--dialect",
            "gemini-count-tokens",
        ],
        0,
        &[">refused: not-spoken", ">passed over: not-spoken"],
    );
    // None of the models makes embeddings, which the gateway knows by the endpoint alone.
    check(&with(&["--dialect", "openai-embeddings"]), 0, &[">refused: lacks-capability", ">(embeddings)"]);
    check(&with(&["--dialect", "morse"]), 2, &["!is not a way to ask"]);
    check(&with(&["--feature", "flight"]), 2, &["!is nothing that a translation has to carry"]);
    check(&with(&["--capability", "flight"]), 2, &["!is not a capability"]);
    let nightly = ["route", "--snapshots", path, "--key", "support/nightly", "--model", "gpt-4o"];
    let late: Vec<&str> = nightly.into_iter().chain(["--at", "2100-01-01T00:00:00Z"]).collect();
    check(&nightly, 0, &[">decision  "]);
    check(
        &late,
        0,
        &[
            ">decision  refused: key-expired",
            ">key support/nightly  (teams/support/keys.yaml:",
            "!`--at TIME`",
        ],
    );
    let json = check(&[&late[..], &["--format", "json"]].concat(), 0, &[]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["refusal"], "key-expired");
    let refused = ["route", "--snapshots", path, "--key", "support/web", "--model", "no-such-model"];
    check(&refused, 0, &[">refused: model-not-found"]);
    check(&["route", "--snapshots", path, "--key", "nobody", "--model", "m"], 2, &["!no key `nobody`"]);
}

#[test]
fn every_finding_explains_itself() {
    let list = check(&["explain", "--list"], 0, &[">unknown-backend", ">literal-secret"]);
    let json = check(&["explain", "--list", "--format", "json"], 0, &[]);
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    let findings = document["findings"].as_array().unwrap();
    assert_eq!(list.lines().count(), findings.len());
    for (line, finding) in list.lines().zip(findings) {
        let words = ["slug", "severity", "summary"].map(|member| finding[member].as_str().unwrap());
        let [slug, severity, summary] = words;
        assert!(line.starts_with(slug) && line.contains(severity) && line.ends_with(summary), "{line}");
    }
    let slug = findings[0]["slug"].as_str().unwrap();
    check(&["explain", slug], 0, &[&format!("># {slug}")]);
    let json = check(&["explain", slug, "--format", "json"], 0, &[]);
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(document["page"].as_str().unwrap().starts_with(&format!("# {slug}")));
    check(&["explain"], 2, &["!Usage"]);
    check(&["explain", slug, "--list"], 2, &["!cannot be used with"]);
}

#[test]
fn a_wrong_slug_names_the_one_that_was_meant() {
    for wrong in ["unknown-backends", "Unknown_Backend", "error[unknown-backend]", "unkown-backend"] {
        check(&["explain", wrong], 2, &["!did you mean `unknown-backend`?"]);
    }
    check(&["explain", "something-else-altogether"], 2, &["!explain --list"]);
}

/// What a gateway refuses is not shown as if it were served.
#[test]
fn a_file_that_is_not_what_was_announced_is_refused() {
    let folder = published();
    let (path, current) = (folder.path().to_str().unwrap(), folder.path().join("current"));
    let envelope = Envelope::parse(&std::fs::read(&current).unwrap()).unwrap();
    let announcement = envelope.announcement().unwrap();
    let changed = |change: fn(&mut Announcement), code: i32, said: &str| {
        let mut changed = announcement.clone();
        change(&mut changed);
        std::fs::remove_file(&current).unwrap();
        std::fs::write(&current, Envelope::unsigned(&changed).unwrap().to_text().unwrap()).unwrap();
        check(&["inspect", path], code, &[said]);
    };
    changed(|_| (), 0, ">generation 1");
    changed(|announcement| announcement.snapshot.size += 1, 5, "!were expected");
    changed(|announcement| announcement.snapshot.size = u64::MAX, 5, "!the limit is");
    changed(
        |announcement| announcement.decisions = announcement.snapshot.sha256,
        5,
        "!the announcement says that the decisions are",
    );
}
