//! `pointsman key list`: the keys of a policy, their forms and when they end.

use jiff::Timestamp;
use pointsman_compiler::check::{Checked, Options, check};
use pointsman_compiler::edit::keys::short;
use pointsman_compiler::policy::Policy;
use pointsman_schema::read::scalar::LastSecond;
use pointsman_schema::tree::Spanned;
use pointsman_sync::checkout::checkout;
use serde_json::{Value as Json, json};

use crate::args::{EditedPolicy, Format};
use crate::exit::{Exit, undecided};
use crate::output;

/// Runs the command.
pub(super) fn run(arguments: &EditedPolicy) -> Exit {
    let checked = match check(&checkout(&arguments.policy), &Options::default()) {
        Ok(checked) => checked,
        Err(error) => return undecided(&error),
    };
    let Some(rows) = rows(&checked) else {
        output::error(&"the policy has errors; `pointsman check` shows them");
        return Exit::Findings;
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
    expires_s: Option<i64>,
    /// The first digits, the whole, and the last second of each form.
    forms: Vec<(String, String, Option<i64>)>,
}

fn rows(checked: &Checked) -> Option<Vec<Row>> {
    let policy = checked.policy()?;
    let end = |last: &LastSecond| last.0;
    let row =
        |(declared, body): (&pointsman_compiler::policy::Declared<'_, _>, &pointsman_schema::source::Key)| {
            Row {
                name: declared.name.clone(),
                consumer: body.consumer.value.as_str().to_owned(),
                chain: body.chain.value.as_str().to_owned(),
                place: policy.source_map.place(declared.file, declared.named.name.span),
                expires_s: body.expires.as_ref().map(|expires| expires.value.0),
                forms: body
                    .digests
                    .iter()
                    .map(|Spanned { value, .. }| {
                        (short(value), value.to_string(), value.until.as_ref().map(end))
                    })
                    .collect(),
            }
        };
    Some(Policy::bodies(&policy.keys).map(row).collect())
}

impl Row {
    fn json(&self) -> Json {
        let Self { name, consumer, chain, place, expires_s, forms } = self;
        let forms: Vec<Json> = forms
            .iter()
            .map(|(_, digest, until_s)| json!({ "digest": digest, "until": until_s.map(day) }))
            .collect();
        json!({
            "name": name, "consumer": consumer, "chain": chain, "place": place,
            "expires": expires_s.map(day), "digests": forms,
        })
    }

    fn human(&self, now_s: i64) -> String {
        let Self { name, consumer, chain, place, expires_s, forms } = self;
        let end = |end_s: Option<i64>| match end_s {
            None => String::new(),
            Some(end_s) if end_s < now_s => format!(", over since {}", day(end_s)),
            Some(end_s) => format!(", until {}", day(end_s)),
        };
        let key = format!("{name}  ({place})\n  consumer {consumer}, chain {chain}{}\n", end(*expires_s));
        let form = |(short, _, until_s): &(String, String, Option<i64>)| {
            format!("  digest {short}…{}\n", end(*until_s))
        };
        key + &forms.iter().map(form).collect::<String>()
    }
}

/// An instant as people write it.
fn day(second: i64) -> String {
    Timestamp::from_second(second).map_or_else(|_| second.to_string(), |instant| instant.to_string())
}
