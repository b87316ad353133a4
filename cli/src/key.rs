//! `pointsman key`: making keys and keeping those of a policy.
//!
//! A key is written nowhere but to standard output, once, and only when its digest is where it belongs.
//!
//! Read next: [`pointsman_compiler::edit::keys`], which edits the files.

mod list;
mod verify;

use std::path::Path;

use jiff::{Span, Timestamp, tz::TimeZone};
use pointsman_compiler::check::{Checked, Options, check};
use pointsman_compiler::edit::keys::{self, Rotation};
use pointsman_compiler::edit::{Change, EditError, first_error};
use pointsman_schema::read::scalar::Reference;
use pointsman_sync::checkout::checkout;
use serde_json::json;

use crate::args::{EditedPolicy, Format, Key, KeyCommand, NewKey};
use crate::exit::{Exit, undecided, usage};
use crate::{files, output};

/// Runs the command.
pub(crate) fn run(arguments: &Key) -> Exit {
    match &arguments.command {
        KeyCommand::New(new) => make(new),
        KeyCommand::Rotate { name, edited, grace } => rotate(name, edited, *grace),
        KeyCommand::Revoke { name, edited, digest } => revoke(name, edited, digest.as_deref()),
        KeyCommand::Verify { policy, format } => verify::run(policy.as_deref(), *format),
        KeyCommand::List { edited } => list::run(edited),
    }
}

fn make(new: &NewKey) -> Exit {
    let NewKey { name, policy, consumer, chain, file, format } = new;
    if let Err(why) = Reference::parse(name) {
        return usage(&format!("`{name}` cannot be a key's name: {why}"));
    }
    let key = match pointsman_sync::new_key::generate() {
        Ok(key) => key,
        Err(error) => return undecided(&error),
    };
    let (Some(policy), Some(consumer), Some(chain)) = (policy, consumer, chain) else {
        return show(
            &Shown { name, key: &key, place: None },
            *format,
            &advice(name, &key.digest.to_string()),
        );
    };
    let new = keys::NewKey { name, consumer, chain, digest: key.digest, file: file.as_deref() };
    match apply(policy, keys::add(&checkout(policy), &new)) {
        Ok(place) => show(&Shown { name, key: &key, place: Some(&place) }, *format, PUBLISH),
        Err(exit) => exit,
    }
}

fn rotate(name: &str, edited: &EditedPolicy, grace_days: u16) -> Exit {
    let key = match pointsman_sync::new_key::generate() {
        Ok(key) => key,
        Err(error) => return undecided(&error),
    };
    let now = Timestamp::now();
    let today = now.to_zoned(TimeZone::UTC).date();
    let Ok(last) = today.checked_add(Span::new().days(i64::from(grace_days))) else {
        return usage(&"no calendar holds the end of that grace");
    };
    let old_until = (grace_days > 0).then_some(last);
    let rotation = Rotation { name, digest: key.digest, old_until, now_s: now.as_second() };
    match apply(&edited.policy, keys::rotate(&checkout(&edited.policy), &rotation)) {
        Ok(place) => {
            let old = old_until.map_or_else(
                || "The old form is not accepted any more".to_owned(),
                |last| format!("The old form is accepted until the end of {last} (UTC)"),
            );
            let advice = format!("\n{old}, once the policy is published.");
            show(&Shown { name, key: &key, place: Some(&place) }, edited.format, &advice)
        }
        Err(exit) => exit,
    }
}

fn revoke(name: &str, edited: &EditedPolicy, digest: Option<&str>) -> Exit {
    let place = match apply(&edited.policy, keys::revoke(&checkout(&edited.policy), name, digest)) {
        Ok(place) => place,
        Err(exit) => return exit,
    };
    let what = if digest.is_some() { "one form of key" } else { "key" };
    match edited.format {
        Format::Json => output::json(&json!({ "name": name, "place": place })),
        Format::Human => {
            output::data(&format!("revoked {what} `{name}` ({place})\n"));
            output::remark(&PUBLISH);
        }
    }
    Exit::Clean
}

/// A policy without errors, as it is read.
fn checked(policy: &Path) -> Result<Checked, Exit> {
    let checked = check(&checkout(policy), &Options::default()).map_err(|error| undecided(&error))?;
    match first_error(&checked) {
        Some(first) => {
            output::error(&format!("the policy has errors: {first}; `pointsman check` shows them all"));
            Err(Exit::Findings)
        }
        None => Ok(checked),
    }
}

const PUBLISH: &str = "\nGateways know of it once the policy is published.";

/// Writes a change, and gives its place.
fn apply(policy: &Path, change: Result<Change, EditError>) -> Result<String, Exit> {
    let change = change.map_err(|error| match error {
        EditError::Tree(_) => undecided(&error),
        EditError::UnknownKey { .. }
        | EditError::KeyExists { .. }
        | EditError::UnknownTeam { .. }
        | EditError::BadFile { .. }
        | EditError::NotOneDigest { .. }
        | EditError::OnlyForm { .. } => usage(&error),
        EditError::Broken { .. }
        | EditError::WouldBreak { .. }
        | EditError::BeingRotated { .. }
        | EditError::Layout { .. } => {
            output::error(&error);
            Exit::Findings
        }
    })?;
    files::write(policy, &change.files).map_err(|error| undecided(&error))?;
    Ok(change.place)
}

/// A key that was just made.
struct Shown<'s> {
    name: &'s str,
    key: &'s pointsman_sync::new_key::NewKey,
    place: Option<&'s str>,
}

fn show(Shown { name, key, place }: &Shown<'_>, format: Format, advice: &str) -> Exit {
    let digest = format!("sha256:{}", key.digest);
    match format {
        Format::Json => {
            output::json(&json!({ "name": name, "key": key.text, "digest": digest, "place": place }));
        }
        Format::Human => {
            let place = place.map_or(String::new(), |place| format!("place   {place}\n"));
            output::data(&format!("key     {}\ndigest  {digest}\n{place}", key.text));
            output::remark(&advice);
        }
    }
    Exit::Clean
}

fn advice(name: &str, digest: &str) -> String {
    let (place, name) = match name.split_once('/') {
        Some((team, name)) => (format!("a file under teams/{team}/"), name),
        None => ("a file of the platform, outside teams/".to_owned(), name),
    };
    format!(
        "\nThe key is shown this once. Give it to the client, and put its digest into {place}:\n\n  \
         keys:\n    {name}:\n      consumer: …\n      chain: …\n      digests:\n        - sha256:{digest}"
    )
}
