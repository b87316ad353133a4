//! `pointsman explain`: the pages of the findings, the same that stand in `docs/rules/`.

use pointsman_compiler::rule::Rule;
use pointsman_compiler::rules;

use crate::args::Explain;
use crate::exit::{Exit, usage};
use crate::output;

/// Runs the command.
pub(crate) fn run(arguments: &Explain) -> Exit {
    let Some(slug) = &arguments.slug else {
        let width = rules::ALL.iter().map(|rule| rule.slug.len()).max().unwrap_or(0);
        let line =
            |rule: &Rule| format!("{:<width$}  {:<7}  {}\n", rule.slug, rule.severity.word(), rule.summary);
        output::data(&rules::ALL.iter().map(line).collect::<String>());
        return Exit::Clean;
    };
    match rules::ALL.iter().find(|rule| rule.slug == slug) {
        Some(rule) => {
            output::data(rule.page);
            Exit::Clean
        }
        None => {
            usage(&format!("no finding is called `{slug}`\n\nhint: `pointsman explain --list` lists all"))
        }
    }
}
