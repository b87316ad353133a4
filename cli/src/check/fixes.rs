//! `pointsman check --fix`: applies what findings offer and writes the files.
//!
//! Each file is replaced as a whole: written beside, then renamed over, with its permissions kept. A file that somebody
//! changed in the meantime is left alone.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use pointsman_compiler::check::Options;
use pointsman_compiler::fix::{Allowed, FixError, Fixed, fix};
use pointsman_compiler::tree_source::{Directory, Tree as _};
use pointsman_sync::checkout::checkout;

use super::report::{Found, outcome, print};
use crate::args::Check;
use crate::exit::{Exit, undecided};
use crate::output;

/// Runs the command.
pub(super) fn run(arguments: &Check, options: Options) -> Exit {
    let allowed = if arguments.unsafe_fixes { Allowed::Unsafe } else { Allowed::Safe };
    let tree = checkout(&arguments.policy);
    let fixed = match fix(&tree, &options, allowed) {
        Ok(fixed) => fixed,
        Err(error @ FixError::Decisions { .. }) => {
            output::error(&error);
            return Exit::Internal;
        }
        Err(error) => return undecided(&error),
    };
    if let Err(error) = write(&arguments.policy, &fixed) {
        return undecided(&error);
    }
    for applied in &fixed.applied {
        output::remark(&format!("fixed {} {}: {}", applied.place, applied.slug, applied.text));
    }
    let findings = &arguments.findings;
    let found = Found { diagnostics: &fixed.checked.diagnostics, sources: &fixed.checked.sources };
    print(found, (findings, &arguments.policy), &mut output::data);
    outcome(found.diagnostics, findings.fail_level)
}

/// Replaces every file that changed, or none that cannot be.
fn write(policy: &Path, fixed: &Fixed) -> Result<(), String> {
    let mut ready: Vec<(PathBuf, PathBuf)> = Vec::new();
    for (path, text) in &fixed.files {
        let target = policy.join(path);
        // A link stays a link: what it leads to is replaced.
        let target = target.canonicalize().map_err(|error| format!("{path} cannot be found: {error}"))?;
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.new", std::process::id()));
        let beside = target.with_file_name(name);
        let written = write_beside(&target, &beside, text);
        if let Err(error) = written {
            remove(&beside);
            for (beside, _) in &ready {
                remove(beside);
            }
            return Err(format!("{path} cannot be written: {error}; nothing was changed"));
        }
        ready.push((beside, target));
    }
    for (beside, target) in ready {
        fs::rename(&beside, &target)
            .map_err(|error| format!("{} cannot be replaced: {error}", target.display()))?;
    }
    Ok(())
}

fn write_beside(target: &Path, beside: &Path, text: &str) -> std::io::Result<()> {
    let mut file = fs::File::create_new(beside)?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(fs::metadata(target)?.permissions())?;
    file.sync_all()
}

/// What was never put in place; if it cannot be removed either, the first error says enough.
fn remove(path: &Path) {
    fs::remove_file(path).unwrap_or_default();
}

/// Whether a tree can be read at all, so that a wrong path is not taken for a policy without files.
pub(super) fn is_readable(policy: &Path) -> Result<(), String> {
    Directory::new(policy).list().map(|_| ()).map_err(|error| error.to_string())
}
