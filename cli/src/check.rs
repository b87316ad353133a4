//! `pointsman check` and `pointsman compile`: findings, and a publication when there is no error.

use std::path::Path;

use pointsman_compiler::check::{Checked, Options, check as check_tree};
use pointsman_compiler::compile::CompileError;
use pointsman_compiler::diagnostic::Diagnostic;
use pointsman_compiler::render::human::{Color, HumanOptions};
use pointsman_compiler::render::{Summary, github, human, json};
use pointsman_compiler::rule::Severity;
use pointsman_compiler::tree_source::Directory;
use pointsman_sync::PublishError;
use pointsman_sync::build::{BuildError, build};

use crate::args::{Check, Compile, FailLevel, Findings, FindingsFormat};
use crate::exit::{Exit, undecided, usage};
use crate::output;

/// Checks a policy repository.
pub(crate) fn check(arguments: &Check) -> Exit {
    let findings = &arguments.findings;
    if let Some(mistake) = not_a_folder(&arguments.policy) {
        return undecided(&mistake);
    }
    match check_tree(&Directory::new(&arguments.policy), &options(findings)) {
        Ok(checked) => {
            print(&checked, (findings, &arguments.policy), &mut output::data);
            outcome(&checked, findings.fail_level)
        }
        Err(error) => undecided(&error),
    }
}

/// Checks a policy repository and publishes its snapshot.
pub(crate) fn compile(arguments: &Compile) -> Exit {
    let findings = &arguments.findings;
    if let Some(mistake) = not_a_folder(&arguments.policy) {
        return undecided(&mistake);
    }
    let real = |path: &Path| path.canonicalize().ok();
    if real(&arguments.policy).is_some_and(|policy| real(&arguments.output) == Some(policy)) {
        return usage(
            &"the output folder is the policy repository itself; choose another, such as snapshots",
        );
    }
    let built = match build(&arguments.policy, &arguments.output, &options(findings)) {
        Ok(built) => built,
        Err(
            error @ (BuildError::Publish(PublishError::Verify(_))
            | BuildError::Compile(CompileError::Lower(_))),
        ) => {
            output::error(&error);
            return Exit::Internal;
        }
        Err(error) => return undecided(&error),
    };
    let digests = built.published.as_ref();
    let digests = digests.map(|published| (published.snapshot.to_string(), published.decisions.to_string()));
    match findings.format {
        FindingsFormat::Json => print_document(&built.checked, digests),
        // The digests are this command's data; what people read about the policy is a remark beside it.
        FindingsFormat::Human | FindingsFormat::Github => {
            let human = findings.format == FindingsFormat::Human;
            let mut remark = |text: &str| output::remark(&text.trim_end());
            let write: &mut dyn FnMut(&str) = if human { &mut remark } else { &mut output::data };
            print(&built.checked, (findings, &arguments.policy), write);
            if let Some((snapshot, decisions)) = digests {
                output::data(&format!("snapshot {snapshot}\ndecisions {decisions}\n"));
            }
        }
    }
    outcome(&built.checked, findings.fail_level)
}

/// One document with the findings and the digests; these are null when nothing was published.
fn print_document(checked: &Checked, digests: Option<(String, String)>) {
    let text = json::render(&checked.diagnostics, &checked.sources);
    let mut document: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    if let Some(members) = document.as_object_mut() {
        let (snapshot, decisions) = digests.unzip();
        members.insert("snapshot".to_owned(), snapshot.into());
        members.insert("decisions".to_owned(), decisions.into());
    }
    output::json(&document);
}

/// What to say when somebody passes a file of the policy instead of its folder.
fn not_a_folder(policy: &Path) -> Option<String> {
    let folder = policy.parent().filter(|_| policy.is_file())?;
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    Some(format!("{} is a file\n\nhint: pass the policy's folder: {}", policy.display(), folder.display()))
}

fn options(findings: &Findings) -> Options {
    Options { as_of: findings.as_of }
}

fn print(checked: &Checked, (findings, policy): (&Findings, &Path), write: &mut dyn FnMut(&str)) {
    let (found, sources) = (&checked.diagnostics, &checked.sources);
    match findings.format {
        FindingsFormat::Human => {
            let color = if output::wants_colour() { Color::Always } else { Color::Never };
            let text = human::render(found, sources, HumanOptions { color, ..HumanOptions::default() });
            if text.is_empty() { output::remark(&"no findings") } else { write(&text) }
        }
        FindingsFormat::Json => write(&json::render(found, sources)),
        // GitHub wants paths from where the workflow runs, which is the root of its checkout.
        FindingsFormat::Github => {
            let folder = policy.to_string_lossy();
            write(&github::render(found, sources, folder.trim_start_matches("./").trim_end_matches('.')));
        }
    }
}

/// The exit code is the same for every format.
fn outcome(checked: &Checked, level: FailLevel) -> Exit {
    let counts =
        |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error || level == FailLevel::Warning;
    debug_assert_eq!(Summary::of(&checked.diagnostics).errors > 0, checked.has_errors());
    if checked.diagnostics.iter().any(counts) { Exit::Findings } else { Exit::Clean }
}
