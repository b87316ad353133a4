//! `pointsman key list`: the keys of a policy, their forms and when they end.

use jiff::Timestamp;
use pointsman_compiler::check::Checked;
use pointsman_compiler::edit::keys::short;
use pointsman_compiler::policy::Policy;
use pointsman_schema::read::key_digest::KeyDigest;
use pointsman_schema::read::scalar::LastSecond;
use serde_json::{Value as Json, json};

use super::checked;
use crate::args::{EditedPolicy, Format};
use crate::exit::Exit;
use crate::output;

/// Runs the command.
pub(super) fn run(arguments: &EditedPolicy) -> Exit {
    let rows = match checked(&arguments.policy) {
        Ok(checked) => rows(&checked),
        Err(exit) => return exit,
    };
    match arguments.format {
        Format::Json => output::json(&json!({ "keys": rows.iter().map(Row::json).collect::<Vec<_>>() })),
        Format::Human => {
            let now_s = Timestamp::now().as_second();
            output::data(&rows.iter().map(|row| row.human(now_s)).collect::<String>());
        }
    }
    Exit::Clean
}

/// One key.
struct Row {
    name: String,
    consumer: String,
    chain: String,
    place: String,
    expires: Option<LastSecond>,
    forms: Vec<KeyDigest>,
}

fn rows(checked: &Checked) -> Vec<Row> {
    let Some(policy) = checked.policy() else { return Vec::new() };
    let keys = Policy::bodies(&policy.keys);
    keys.map(|(declared, body)| Row {
        name: declared.name.clone(),
        consumer: body.consumer.value.as_str().to_owned(),
        chain: body.chain.value.as_str().to_owned(),
        place: policy.source_map.place(declared.file, declared.named.name.span),
        expires: body.expires.as_ref().map(|expires| expires.value),
        forms: body.digests.iter().map(|form| form.value).collect(),
    })
    .collect()
}

impl Row {
    fn json(&self) -> Json {
        let Self { name, consumer, chain, place, expires, forms } = self;
        let form = |form: &KeyDigest| json!({ "digest": form.to_string(), "until": form.until.map(day) });
        json!({
            "name": name, "consumer": consumer, "chain": chain, "place": place,
            "expires": expires.map(day), "digests": forms.iter().map(form).collect::<Vec<_>>(),
        })
    }

    fn human(&self, now_s: i64) -> String {
        let Self { name, consumer, chain, place, expires, forms } = self;
        let end = |end: Option<LastSecond>| match end {
            None => String::new(),
            Some(end) if end.0 < now_s => format!(", over since {}", day(end)),
            Some(end) => format!(", until {}", day(end)),
        };
        let key = format!("{name}  ({place})\n  consumer {consumer}, chain {chain}{}\n", end(*expires));
        let form = |form: &KeyDigest| format!("  digest {}…{}\n", short(form), end(form.until));
        key + &forms.iter().map(form).collect::<String>()
    }
}

/// An instant as people write it.
fn day(last: LastSecond) -> String {
    Timestamp::from_second(last.0).map_or_else(|_| last.0.to_string(), |instant| instant.to_string())
}
