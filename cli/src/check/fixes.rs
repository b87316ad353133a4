//! `pointsman check --fix`: applies what findings offer and writes the files.
//!
//! Deliberately only words: what is fixed is decided by [`pointsman_compiler::fix`], and written by [`crate::files`].

use std::path::Path;

use pointsman_compiler::check::Options;
use pointsman_compiler::fix::{Allowed, FixError, fix};
use pointsman_compiler::tree_source::{Directory, Tree as _};
use pointsman_sync::checkout::checkout;

use super::report::{Found, outcome, print};
use crate::args::Check;
use crate::exit::{Exit, undecided};
use crate::{files, output};

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
    if let Err(error) = files::write(&arguments.policy, &fixed.files) {
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

/// Whether a tree can be read at all, so that a wrong path is not taken for a policy without files.
pub(super) fn is_readable(policy: &Path) -> Result<(), String> {
    Directory::new(policy).list().map(|_| ()).map_err(|error| error.to_string())
}
