//! `pointsman check` and `pointsman compile`: findings, and a publication when there is no error.

use pointsman_compiler::check::{Checked, Options, check as check_tree};
use pointsman_compiler::diagnostic::Diagnostic;
use pointsman_compiler::render::human::{Color, HumanOptions};
use pointsman_compiler::render::{Summary, github, human, json};
use pointsman_compiler::rule::Severity;
use pointsman_compiler::tree_source::Directory;
use pointsman_sync::build::{BuildError, build};

use crate::args::{Check, Compile, FailLevel, Findings, FindingsFormat};
use crate::exit::{Exit, undecided};
use crate::output;

/// Checks a policy repository.
pub(crate) fn check(arguments: &Check) -> Exit {
    let findings = &arguments.findings;
    match check_tree(&Directory::new(&arguments.policy), &options(findings)) {
        Ok(checked) => {
            print(&checked, findings, &mut output::data);
            outcome(&checked, findings.fail_level)
        }
        Err(error) => undecided(&error),
    }
}

/// Checks a policy repository and publishes its snapshot.
pub(crate) fn compile(arguments: &Compile) -> Exit {
    let findings = &arguments.findings;
    let built = match build(&arguments.policy, &arguments.output, &options(findings)) {
        Ok(built) => built,
        Err(error @ BuildError::Publish(pointsman_sync::PublishError::Verify(_))) => {
            output::error(&error);
            return Exit::Internal;
        }
        Err(error) => return undecided(&error),
    };
    // The digests are this command's data; the findings are remarks about it.
    print(&built.checked, findings, &mut |text| output::remark(&text.trim_end()));
    if let Some(published) = &built.published {
        output::data(&format!("snapshot {}\ndecisions {}\n", published.snapshot, published.decisions));
    }
    outcome(&built.checked, findings.fail_level)
}

fn options(findings: &Findings) -> Options {
    Options { as_of: findings.as_of }
}

fn print(checked: &Checked, findings: &Findings, write: &mut dyn FnMut(&str)) {
    let (found, sources) = (&checked.diagnostics, &checked.sources);
    match findings.format {
        FindingsFormat::Human => {
            let color = if output::wants_colour() { Color::Always } else { Color::Never };
            let text = human::render(found, sources, HumanOptions { color, ..HumanOptions::default() });
            if text.is_empty() { output::remark(&"no findings") } else { write(&text) }
        }
        FindingsFormat::Json => write(&json::render(found, sources)),
        FindingsFormat::Github => write(&github::render(found, sources)),
    }
}

/// The exit code is the same for every format.
fn outcome(checked: &Checked, level: FailLevel) -> Exit {
    let counts =
        |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error || level == FailLevel::Warning;
    debug_assert_eq!(Summary::of(&checked.diagnostics).errors > 0, checked.has_errors());
    if checked.diagnostics.iter().any(counts) { Exit::Findings } else { Exit::Clean }
}
