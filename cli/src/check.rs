//! `pointsman check` and `pointsman compile`: findings, and a publication when none of them counts.

mod fixes;
mod following;
mod report;

use std::path::Path;
use std::time::{Duration, Instant};

use pointsman_compiler::check::{Checked, Options, Pass, check_observed};
use pointsman_compiler::compile::CompileError;
use pointsman_compiler::diagnostic::Diagnostic;
use pointsman_compiler::file::cache::Cache;
use pointsman_compiler::fingerprint::fingerprints;
use pointsman_compiler::render::json;
use pointsman_compiler::tree_source::Tree;
use pointsman_gateway::follow::served::unserved;
use pointsman_sync::PublishError;
use pointsman_sync::build::{BuildError, build};
use pointsman_sync::checkout::checkout;
use pointsman_sync::revision::{Revision, RevisionError};

use self::report::{Found, outcome, print};
use crate::args::{Check, Compile, Findings, FindingsFormat};
use crate::exit::{Exit, undecided, usage};
use crate::{output, signer, snapshots};

/// Checks a policy repository.
pub(crate) fn check(arguments: &Check) -> Exit {
    let findings = &arguments.findings;
    if let Some(mistake) = not_a_folder(&arguments.policy) {
        return undecided(&mistake);
    }
    let options = options(findings);
    if arguments.fix {
        return fixes::run(arguments, options);
    }
    if arguments.watch {
        return match fixes::is_readable(&arguments.policy) {
            Ok(()) => following::run(arguments, options),
            Err(error) => undecided(&error),
        };
    }
    let judged = match &arguments.rev {
        None => judge(arguments, &checkout(&arguments.policy), options, &mut Cache::new()),
        Some(revision) => match Revision::read(&arguments.policy, revision) {
            Ok(tree) => judge(arguments, &tree, options, &mut Cache::new()),
            Err(error) => return undecided(&error),
        },
    };
    output::data(&judged.text);
    judged.exit
}

/// What one check came to.
struct Judged {
    exit: Exit,
    /// Findings in their format.
    text: String,
}

/// Checks a tree, against another revision where that was asked for.
fn judge(arguments: &Check, tree: &dyn Tree, options: Options, cache: &mut Cache) -> Judged {
    let undecided = |error: &dyn std::fmt::Display| Judged { exit: undecided(error), text: String::new() };
    let mut clock = Clock { last: Instant::now(), passed: Vec::new() };
    let mut checked = match check_observed(tree, &options, cache, &mut |pass| clock.hear(pass)) {
        Ok(checked) => checked,
        Err(error) => return undecided(&error),
    };
    if arguments.timings {
        clock.tell();
    }
    if let Some(revision) = &arguments.against {
        match Revision::read(&arguments.policy, revision) {
            Ok(before) => match check_observed(&before, &options, cache, &mut |_| {}) {
                Ok(before) => checked.diagnostics = only_new(&checked, &before),
                Err(error) => return undecided(&error),
            },
            // The policy begins here, so all of it is new.
            Err(RevisionError::NoFolder { .. }) => {}
            Err(error) => return undecided(&error),
        }
    }
    let mut text = String::new();
    let found = Found { diagnostics: &checked.diagnostics, sources: &checked.sources };
    print(found, (&arguments.findings, &arguments.policy), &mut |part| text.push_str(part));
    Judged { exit: outcome(found.diagnostics, arguments.findings.fail_level), text }
}

/// Findings that another check did not have.
fn only_new(checked: &Checked, before: &Checked) -> Vec<Diagnostic> {
    let mut known = fingerprints(&before.diagnostics, &before.sources);
    known.sort_unstable();
    let found = checked.diagnostics.iter().zip(fingerprints(&checked.diagnostics, &checked.sources));
    found.filter(|(_, print)| known.binary_search(print).is_err()).map(|(found, _)| found.clone()).collect()
}

/// How long each pass took.
struct Clock {
    last: Instant,
    passed: Vec<(Pass, Duration)>,
}

impl Clock {
    fn hear(&mut self, pass: Pass) {
        let now = Instant::now();
        self.passed.push((pass, now.duration_since(self.last)));
        self.last = now;
    }

    fn tell(&self) {
        for (pass, took) in &self.passed {
            let word = match pass {
                Pass::Files => "files",
                Pass::Index => "index",
                Pass::Rules => "rules",
                Pass::Findings => "findings",
            };
            output::remark(&format!("{word:<9}{:>8.1} ms", took.as_secs_f64() * 1_000.0));
        }
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
    let signers = match signer::keys(&arguments.sign_key) {
        Ok(signers) => signers,
        Err(error) => return undecided(&error),
    };
    let judged = (&options(findings), findings.fail_level.severity());
    let built = match build(&arguments.policy, &arguments.output, judged, &signers) {
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
    let found = Found { diagnostics: &built.checked.diagnostics, sources: &built.checked.sources };
    let digests = built.published.as_ref();
    let digests = digests.map(|published| (published.snapshot.to_string(), published.decisions.to_string()));
    match findings.format {
        FindingsFormat::Json => print_document(&built.checked, digests),
        // The digests are this command's data; what people read about the policy is a remark beside it.
        FindingsFormat::Human | FindingsFormat::Compact | FindingsFormat::Github => {
            let mut remark = |text: &str| output::remark(&text.trim_end());
            let is_data = findings.format == FindingsFormat::Github;
            let write: &mut dyn FnMut(&str) = if is_data { &mut output::data } else { &mut remark };
            print(found, (findings, &arguments.policy), write);
            if let Some((snapshot, decisions)) = digests {
                output::data(&format!("snapshot {snapshot}\ndecisions {decisions}\n"));
            }
        }
        // A document of its own has no room for the digests.
        FindingsFormat::Sarif | FindingsFormat::Junit | FindingsFormat::Markdown => {
            print(found, (findings, &arguments.policy), &mut output::data);
            if let Some((snapshot, decisions)) = digests {
                output::remark(&format!("snapshot {snapshot}\ndecisions {decisions}"));
            }
        }
    }
    if built.published.is_some() {
        tell_unserved(&arguments.output);
    } else if !built.checked.has_errors() {
        output::remark(&"nothing was published, because warnings count as well: --fail-level warning");
    }
    outcome(found.diagnostics, findings.fail_level)
}

/// Says at once what a gateway of this release will say when it is given what was published.
fn tell_unserved(folder: &Path) {
    let Ok(opened) = snapshots::open(folder) else { return };
    if let Some(what) = unserved(&opened.snapshot.view()) {
        output::warning(&format!(
            "a gateway of this release refuses this snapshot, because the policy declares what it does not serve: {what}"
        ));
    }
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
