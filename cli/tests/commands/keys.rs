//! `pointsman key`: what is shown once, and what is left in the files.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::{check, write};

#[test]
fn a_new_key_is_shown_with_its_digest_and_where_that_goes() {
    let text = check(&["key", "new", "support/web"], 0, &[">key     pmk_live_", "!teams/support/"]);
    let word = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    let digest = pointsman_schema::api_key::digest(word("key").as_bytes());
    assert_eq!(word("digest"), format!("sha256:{digest}"));
    check(&["key", "new", "Not A Name"], 2, &["!cannot be a key's name"]);
}

#[test]
fn a_key_is_made_rotated_verified_and_revoked() {
    let site = "# ours\nconsumers: { site: {} }\nchains:\n  main: { rules: [{ name: all, fallback: [b] }] }\nbackends: { b: { model: m, provider: p } }\n";
    let platform = "providers: { p: { protocol: openai, base-url: https://api.openai.com/v1, export: true } }\nmodels: { m: {} }\n";
    let files = [("pointsman.yaml", "pointsman: 1\n"), ("p.yaml", platform), ("teams/web/a.yaml", site)];
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &files);
    let path = folder.path().to_str().unwrap();
    let word = |text: &str, word: &str| {
        let line = text.lines().find(|line| line.starts_with(word)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    let new = ["key", "new", "web/site", "--policy", path, "--consumer", "site", "--chain", "main"];
    let first = word(&check(&new, 0, &[">teams/web/keys.yaml", "!published"]), "key");
    check(&new, 2, &["!there is a key `web/site` already", "!key rotate"]);
    let second =
        word(&check(&["key", "rotate", "web/site", "--policy", path], 0, &["!accepted until"]), "key");
    check(&["key", "rotate", "web/site", "--policy", path], 1, &["!is being rotated"]);
    check(&["key", "list", "--policy", path], 0, &[">web/site  (teams/web/keys.yaml:2:3)", ">, until 2"]);
    verify(path, &first, 0, "name     web/site");
    verify(path, &second, 0, "name     web/site");
    verify(path, &second[1..], 1, "not a key");
    let digest = pointsman_schema::api_key::digest(first.as_bytes()).to_string();
    check(
        &["key", "revoke", "web/site", "--policy", path, "--digest", &digest[..12]],
        0,
        &[">revoked one form"],
    );
    verify(path, &first, 1, "does not know");
    verify(path, &second, 0, "name     web/site");
    check(&["check", path], 0, &[]);
    check(&["key", "revoke", "web/sit", "--policy", path], 2, &["!is it `web/site`"]);
    check(&["key", "revoke", "web/site", "--policy", path], 0, &[">revoked key `web/site`"]);
    check(&["key", "list", "--policy", path, "--format", "json"], 0, &[">\"keys\": []"]);
}

fn verify(policy: &str, key: &str, code: i32, expected: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pointsman"));
    command.args(["key", "verify", "--policy", policy]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{key}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(text.contains(expected) && !text.contains(key), "{text}");
}
