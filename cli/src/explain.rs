//! `pointsman explain`: the pages of the findings, the same that stand in `docs/rules/`.

use pointsman_compiler::rule::Rule;
use pointsman_compiler::rules;
use pointsman_compiler::similar::nearest;
use serde_json::{Map, Value as Json, json};

use crate::args::{Explain, Format};
use crate::exit::{Exit, usage};
use crate::output;

/// Runs the command.
pub(crate) fn run(arguments: &Explain) -> Exit {
    let Some(slug) = &arguments.slug else {
        list(arguments.format);
        return Exit::Clean;
    };
    let Some(rule) = rules::find(slug) else { return unknown(slug) };
    match arguments.format {
        Format::Human => output::data(rule.page),
        Format::Json => {
            let mut document = summary(rule);
            document.insert("page".to_owned(), rule.page.into());
            output::json(&document.into());
        }
    }
    Exit::Clean
}

/// All findings: one a line for people, one document for programs.
fn list(format: Format) {
    match format {
        Format::Human => {
            let width = rules::ALL.iter().map(|rule| rule.slug.len()).max().unwrap_or(0);
            let line = |rule: &Rule| {
                format!("{:<width$}  {:<7}  {}\n", rule.slug, rule.severity.word(), rule.summary)
            };
            output::data(&rules::ALL.iter().map(line).collect::<String>());
        }
        Format::Json => {
            let findings: Vec<_> = rules::ALL.iter().map(summary).collect();
            output::json(&json!({ "findings": findings }));
        }
    }
}

fn summary(rule: &Rule) -> Map<String, Json> {
    let members = [("slug", rule.slug), ("severity", rule.severity.word()), ("summary", rule.summary)];
    members.into_iter().map(|(member, text)| (member.to_owned(), text.into())).collect()
}

/// People write a slug from memory, or with the brackets that stand around it in a finding.
fn unknown(slug: &str) -> Exit {
    let meant = slug.to_ascii_lowercase().replace(['_', ' '], "-");
    let meant = meant.trim_start_matches("error[").trim_start_matches("warning[").trim_matches(['[', ']']);
    let similar = rules::find(meant).map(|rule| rule.slug);
    let similar = similar.or_else(|| nearest(meant, rules::ALL.iter().map(|rule| rule.slug)));
    let hint = match similar {
        Some(similar) => format!("did you mean `{similar}`? `pointsman explain --list` lists all"),
        None => "`pointsman explain --list` lists all".to_owned(),
    };
    usage(&format!("no finding is called `{slug}`\n\nhint: {hint}"))
}
