//! `pointsman key`: making keys.

use pointsman_schema::read::scalar::Reference;
use serde_json::json;

use crate::args::{Format, Key, KeyCommand};
use crate::exit::{Exit, undecided, usage};
use crate::output;

/// Runs the command.
pub(crate) fn run(arguments: &Key) -> Exit {
    let KeyCommand::New { name, format } = &arguments.command;
    if let Err(why) = Reference::parse(name) {
        return usage(&format!("`{name}` cannot be a key's name: {why}"));
    }
    let key = match pointsman_sync::new_key::generate() {
        Ok(key) => key,
        Err(error) => return undecided(&error),
    };
    match format {
        Format::Json => {
            output::json(
                &json!({ "name": name, "key": key.text, "digest": format!("sha256:{}", key.digest) }),
            );
        }
        Format::Human => {
            output::data(&format!("key     {}\ndigest  sha256:{}\n", key.text, key.digest));
            output::remark(&advice(name, &key.digest.to_string()));
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
