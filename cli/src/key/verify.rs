//! `pointsman key verify`: whether a text is a key, and whose.
//!
//! Deliberately from standard input alone: arguments are seen by every process and kept by shells. The key is never
//! printed.

use std::io::Read as _;
use std::path::Path;

use jiff::Timestamp;
use pointsman_compiler::policy::Policy;
use pointsman_schema::api_key;
use pointsman_schema::digest::Digest;
use serde_json::json;

use super::checked;
use crate::args::Format;
use crate::exit::{Exit, undecided};
use crate::output;

/// What is known about a text.
enum Found {
    /// It has not the form of a key, or a wrong check sum.
    NoKey,
    /// It is a key.
    Key(Digest),
    /// It is a key that the policy does not know.
    Unknown(Digest),
    /// It is a form of this key, accepted now or not.
    Of { digest: Digest, name: String, is_over: bool },
}

/// Runs the command.
pub(super) fn run(policy: Option<&Path>, format: Format) -> Exit {
    let text = match read() {
        Ok(text) => text,
        Err(error) => return undecided(&format!("standard input cannot be read: {error}")),
    };
    let found = match look_up(text.trim_ascii(), policy) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    print(&found, format);
    match found {
        Found::Key(_) | Found::Of { is_over: false, .. } => Exit::Clean,
        Found::NoKey | Found::Unknown(_) | Found::Of { is_over: true, .. } => Exit::Findings,
    }
}

fn read() -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    std::io::stdin().lock().take(INPUT_BYTES_MAX).read_to_end(&mut text)?;
    Ok(text)
}

/// More than any key with the white space around it.
const INPUT_BYTES_MAX: u64 = 4096;

fn look_up(text: &[u8], policy: Option<&Path>) -> Result<Found, Exit> {
    if !api_key::is_well_formed(text) {
        return Ok(Found::NoKey);
    }
    let digest = api_key::digest(text);
    let Some(folder) = policy else { return Ok(Found::Key(digest)) };
    let checked = checked(folder)?;
    let Some(policy) = checked.policy() else { return Ok(Found::Unknown(digest)) };
    let now_s = Timestamp::now().as_second();
    let found = Policy::bodies(&policy.keys).find_map(|(declared, body)| {
        let form = body.digests.iter().find(|form| form.value.digest == digest)?;
        let ends =
            [form.value.until.map(|until| until.0), body.expires.as_ref().map(|expires| expires.value.0)];
        let is_over = ends.into_iter().flatten().any(|end_s| end_s < now_s);
        Some(Found::Of { digest, name: declared.name.clone(), is_over })
    });
    Ok(found.unwrap_or(Found::Unknown(digest)))
}

fn print(found: &Found, format: Format) {
    let (verdict, digest, name) = match found {
        Found::NoKey => ("not a key: its form or its check sum is wrong", None, None),
        Found::Key(digest) => ("a key", Some(digest), None),
        Found::Unknown(digest) => ("a key that the policy does not know", Some(digest), None),
        Found::Of { digest, name, is_over: false } => ("a key that is accepted", Some(digest), Some(name)),
        Found::Of { digest, name, is_over: true } => {
            ("a key that is not accepted any more", Some(digest), Some(name))
        }
    };
    let digest = digest.map(|digest| format!("sha256:{digest}"));
    match format {
        Format::Json => output::json(&json!({ "verdict": verdict, "digest": digest, "name": name })),
        Format::Human => {
            let line = |word: &str, value: Option<&String>| {
                value.map_or(String::new(), |value| format!("{word}  {value}\n"))
            };
            let (digest, name) = (line("digest ", digest.as_ref()), line("name   ", name));
            output::data(&format!("verdict  {verdict}\n{digest}{name}"));
        }
    }
}
