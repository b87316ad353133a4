//! Applying the fixes that findings offer.
//!
//! Deliberately on files in memory: who calls this writes them. Edits that overlap wait for the next round, because the
//! first may have removed the reason for the second. The invariants: a fix of the third class is never applied; none is
//! kept after which there are errors that were not there before; and when only safe fixes were applied, a policy that
//! compiled before compiles to the same decisions after.

use std::collections::BTreeMap;

use pointsman_schema::digest::Digest;

use crate::check::{Checked, Options, check};
use crate::compile::{CompileError, snapshot};
use crate::diagnostic::{Diagnostic, Edit, Fix, FixClass};
use crate::rule::Severity;
use crate::tree_source::{Edited, Tree, TreeError};

/// Which fixes may be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// Those that change no decision.
    Safe,
    /// Those that change decisions, too.
    Unsafe,
}

/// What was done.
#[derive(Debug)]
pub struct Fixed {
    /// The new text of each file that changed.
    pub files: BTreeMap<String, String>,
    /// Each fix that was applied: its finding and where it was, in the order of application.
    pub applied: Vec<Applied>,
    /// What is left.
    pub checked: Checked,
}

/// One fix that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Of which finding.
    pub slug: &'static str,
    /// `path:line:column` as it was then.
    pub place: String,
    /// What was done.
    pub text: String,
}

/// Why nothing may be written.
#[derive(Debug, thiserror::Error)]
pub enum FixError {
    /// The files could not be read, or a policy without errors could not be compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The files could not be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// Safe fixes changed a decision: a defect of ours. Nothing is written.
    #[error("a safe fix would have changed decisions ({before} became {after}); nothing was written")]
    Decisions {
        /// The decision digest before.
        before: Digest,
        /// And after.
        after: Digest,
    },
}

/// Applies fixes until none is left that may be applied, or [`ROUNDS_MAX`] rounds have passed.
pub fn fix(tree: &dyn Tree, options: &Options, allowed: Allowed) -> Result<Fixed, FixError> {
    let mut checked = check(tree, options)?;
    let before = decisions(&checked)?;
    let (mut files, mut applied) = (BTreeMap::new(), Vec::new());
    for _ in 0..ROUNDS_MAX {
        let Some((round, after)) = harmless_round(tree, (&checked, &files), *options, allowed)? else {
            break;
        };
        files.extend(round.files);
        applied.extend(round.applied);
        checked = after;
    }
    if let (Some(before), Some(after), Allowed::Safe) = (before, decisions(&checked)?, allowed)
        && before != after
    {
        return Err(FixError::Decisions { before, after });
    }
    Ok(Fixed { files, applied, checked })
}

/// **Unit**: rounds of checking and fixing. A fix removes its finding, so each round is progress; this ends a circle.
const ROUNDS_MAX: usize = 10;

fn decisions(checked: &Checked) -> Result<Option<Digest>, CompileError> {
    checked.policy().map(|policy| snapshot(&policy).map(|packed| packed.decisions)).transpose()
}

struct Round {
    files: BTreeMap<String, String>,
    applied: Vec<Applied>,
}

/// All fixes that can be applied together, or, where one of them does harm, the first that does none.
fn harmless_round(
    tree: &dyn Tree,
    (checked, files): (&Checked, &BTreeMap<String, String>),
    options: Options,
    allowed: Allowed,
) -> Result<Option<(Round, Checked)>, FixError> {
    let chosen = choose(checked, allowed);
    let alone = chosen.iter().filter(|_| chosen.len() > 1).map(std::slice::from_ref);
    for fixes in std::iter::once(chosen.as_slice()).chain(alone).filter(|fixes| !fixes.is_empty()) {
        let round = apply(checked, fixes);
        let mut edited = files.clone();
        edited.extend(round.files.iter().map(|(path, text)| (path.clone(), text.clone())));
        let after = check(&Edited { tree, files: &edited }, &options)?;
        if !adds_errors(checked, &after) {
            return Ok(Some((round, after)));
        }
    }
    Ok(None)
}

/// Whether a rule has more errors than before.
fn adds_errors(before: &Checked, after: &Checked) -> bool {
    let count = |checked: &Checked| {
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        for found in checked.diagnostics.iter().filter(|found| found.severity == Severity::Error) {
            let count = counts.entry(found.slug).or_default();
            *count = count.saturating_add(1);
        }
        counts
    };
    let known = count(before);
    count(after).iter().any(|(slug, count)| *count > known.get(slug).copied().unwrap_or(0))
}

/// A fix and the finding that offers it.
type Chosen<'c> = (&'c Diagnostic, &'c str, &'c Fix);

/// The fixes that do not overlap, in the order of their findings.
fn choose(checked: &Checked, allowed: Allowed) -> Vec<Chosen<'_>> {
    let mut taken: Vec<&Edit> = Vec::new();
    let mut chosen = Vec::new();
    for diagnostic in &checked.diagnostics {
        let Some((text, fix)) = offered(diagnostic, allowed) else { continue };
        let overlaps = |edit: &Edit| {
            taken.iter().any(|other| {
                other.file == edit.file
                    && other.span.start <= edit.span.end
                    && edit.span.start <= other.span.end
            })
        };
        if !fix.edits.iter().any(overlaps) {
            taken.extend(&fix.edits);
            chosen.push((diagnostic, text, fix));
        }
    }
    chosen
}

fn apply(checked: &Checked, chosen: &[Chosen<'_>]) -> Round {
    let applied = chosen.iter().map(|(diagnostic, text, _)| Applied {
        slug: diagnostic.slug,
        place: checked.sources.place(diagnostic.primary.file, diagnostic.primary.span),
        text: (*text).to_owned(),
    });
    let mut edits: Vec<&Edit> = chosen.iter().flat_map(|(_, _, fix)| &fix.edits).collect();
    // From the end of each file, so that the places before an edit stay.
    edits.sort_by_key(|edit| std::cmp::Reverse((edit.file, edit.span)));
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for Edit { file, span, replacement } in edits {
        let source = checked.sources.file(*file);
        let text = files.entry(source.location.clone()).or_insert_with(|| source.text.clone());
        if text.get(span.range()).is_some() {
            text.replace_range(span.range(), replacement);
        }
    }
    Round { files, applied: applied.collect() }
}

/// The first fix of a finding that may be applied.
fn offered(diagnostic: &Diagnostic, allowed: Allowed) -> Option<(&str, &Fix)> {
    let may = |fix: &Fix| match fix.class {
        FixClass::Safe => true,
        FixClass::Unsafe => allowed == Allowed::Unsafe,
        FixClass::NeverAutomatic => false,
    };
    let mut fixes = diagnostic.help.iter().filter_map(|help| Some((help.text.as_str(), help.fix.as_ref()?)));
    fixes.find(|(_, fix)| may(fix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree_source::Memory;

    const PLATFORM: &str = "providers:\n  openai: { protocol: openai, base-url: https://api.openai.com/v1, export: true }\n  other: { protocol: openai, base-url: https://api.openai.com/v1, export: true }\n";

    fn check(allowed: Allowed, files: &[(&str, &str)], applied: usize, left: &[&str]) -> Fixed {
        let tree: Memory = files.iter().map(|(path, text)| (*path, *text)).collect();
        let fixed = fix(&tree, &Options::default(), allowed).unwrap();
        assert_eq!(fixed.applied.len(), applied, "{:?}", fixed.applied);
        let slugs: Vec<&str> = fixed.checked.diagnostics.iter().map(|found| found.slug).collect();
        assert_eq!(slugs, left);
        fixed
    }

    #[test]
    fn a_fix_after_which_the_file_does_not_read_is_not_kept() {
        let keys = "consumers: { web: {} }\nkeys: { web: { consumer: web, chain: main, digests: [e25363600c8e431416d86b94dd36722e139ccfd84604f4ad52bc0f622d8708a8] } }\n";
        let policy = "providers:\n  p: { protocol: openai, base-url: https://api.openai.com/v1 }\nmodels:\n  m: {}\nbackends:\n  extra: &base { model: m, provider: p }\n  see: *base\nchains:\n  main:\n    rules:\n      - name: all\n        fallback: [see]\n";
        let files = [("pointsman.yaml", "pointsman: 1\n"), ("a.yaml", policy), ("keys.yaml", keys)];
        let fixed = check(Allowed::Unsafe, &files, 0, &["unused-backend"]);
        assert!(fixed.files.is_empty());
    }

    #[test]
    fn what_is_wrong_inside_a_condition_in_cel_is_said_and_not_replaced() {
        let team = "consumers: { web: {} }\nchains:\n  main:\n    rules:\n      - name: one\n        when: 'team == \"suport\"'\n        fallback: [chain/main]\n";
        let tree: Memory =
            [("pointsman.yaml", "pointsman: 1\n"), ("teams/support/a.yaml", team)].into_iter().collect();
        let fixed = fix(&tree, &Options::default(), Allowed::Unsafe).unwrap();
        let found = fixed.checked.diagnostics.iter().find(|found| found.slug == "unknown-team").unwrap();
        assert!(fixed.files.is_empty() && found.help[0].text.contains("support"), "{found:?}");
    }

    #[test]
    fn safe_fixes_are_applied_together() {
        let fixed =
            check(Allowed::Safe, &[("pointsman.yaml", "pointsman: 1\n"), ("p.yaml", PLATFORM)], 2, &[]);
        assert!(!fixed.files["p.yaml"].contains("export"), "{}", fixed.files["p.yaml"]);
    }

    #[test]
    fn unsafe_fixes_need_to_be_asked_for_and_the_third_class_is_never_applied() {
        let team = "consumers:\n  web: {}\nchains:\n  main:\n    rules:\n      - name: one\n        match: { team: support }\n        fallback: [opneai]\n";
        let backend = "models: { m: {} }\nproviders: { p: { protocol: openai, base-url: https://api.openai.com/v1 } }\nbackends: { openai: { model: m, provider: p } }\n";
        let files =
            [("pointsman.yaml", "pointsman: 1\n"), ("teams/suport/a.yaml", team), ("b.yaml", backend)];
        check(Allowed::Safe, &files, 0, &["unknown-team", "unknown-backend"]);
        check(Allowed::Unsafe, &files, 1, &["unknown-backend"]);
    }

    #[test]
    fn what_is_unused_is_removed_from_the_root_down() {
        let platform = "providers: { p: { protocol: openai, base-url: https://api.openai.com/v1 } }
models:
  m: {}
  old: {}
backends:
  b: { model: m, provider: p }
  old: { model: old, provider: p }
chains:
  main:
    rules: [{ name: all, fallback: [b] }]
  old:
    rules: [{ name: all, fallback: [old] }]
consumers: { web: {} }
keys:
  web: { consumer: web, chain: main, digests: [sha256:8a5edab282632443219e051e4ade2d1d5bbc671c781051bf1437897cbdfea0f1] }
";
        let files = [("pointsman.yaml", "pointsman: 1\n"), ("p.yaml", platform)];
        check(Allowed::Safe, &files, 0, &["unused-chain"]);
        let fixed = check(Allowed::Unsafe, &files, 3, &[]);
        assert!(!fixed.files["p.yaml"].contains("old"), "{}", fixed.files["p.yaml"]);
    }
}
