//! Applying the fixes that findings offer.
//!
//! Deliberately on files in memory: who calls this writes them. Edits that overlap wait for the next round, because the
//! first may have removed the reason for the second. The invariants: a fix of the third class is never applied; none is
//! kept after which there are errors that were not there before; and when only safe fixes were applied, a policy that
//! compiled before compiles to the same decisions after.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_schema::digest::Digest;
use pointsman_schema::tree::Span;

use crate::check::{Checked, Options, check_with};
use crate::compile::{CompileError, snapshot};
use crate::diagnostic::{Diagnostic, Edit, Fix, FixClass};
use crate::edit::spliced;
use crate::file::cache::Cache;
use crate::rule::Severity;
use crate::source_map::FileId;
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
    let mut cache = Cache::new();
    let mut checked = check_with(tree, options, &mut cache)?;
    let before = decisions(&checked)?;
    let (mut files, mut applied) = (BTreeMap::new(), Vec::new());
    for _ in 0..ROUNDS_MAX {
        let Some((round, after)) = harmless_round(tree, (&checked, &files), (*options, allowed), &mut cache)?
        else {
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

/// The fixes that can be applied together: all of them, or, where that does harm, those without which it does none.
fn harmless_round(
    tree: &dyn Tree,
    (checked, files): (&Checked, &BTreeMap<String, String>),
    (options, allowed): (Options, Allowed),
    cache: &mut Cache,
) -> Result<Option<(Round, Checked)>, FixError> {
    let chosen = choose(checked, allowed);
    let (mut open, mut kept, mut done) = (vec![chosen.as_slice()], Vec::new(), None);
    for _ in 0..TRIES_MAX {
        let Some(more) = open.pop() else { break };
        if more.is_empty() {
            continue;
        }
        let together = [kept.as_slice(), more].concat();
        let round = apply(checked, &together);
        let mut edited = files.clone();
        edited.extend(round.files.iter().map(|(path, text)| (path.clone(), text.clone())));
        let after = check_with(&Edited { tree, files: &edited }, &options, cache)?;
        if !adds_errors(checked, &after) {
            (kept, done) = (together, Some((round, after)));
        } else if more.len() > 1 {
            let (first, second) = more.split_at(more.len() / 2);
            open.extend([second, first]);
        }
    }
    Ok(done)
}

/// Enough to find six that do harm among a thousand. **Unit**: checks of one round.
const TRIES_MAX: usize = 64;

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
    let mut taken = Taken::default();
    let mut chosen = Vec::new();
    for diagnostic in &checked.diagnostics {
        let Some((text, fix)) = offered(diagnostic, allowed) else { continue };
        if !fix.edits.iter().any(|edit| taken.overlaps(edit)) {
            taken.0.extend(fix.edits.iter().map(|edit| (edit.file, edit.span)));
            chosen.push((diagnostic, text, fix));
        }
    }
    chosen
}

/// What other fixes replace: places that do not overlap.
#[derive(Default)]
struct Taken(BTreeSet<(FileId, Span)>);

impl Taken {
    /// Whether an edit changes what another one does, too. Those that only touch do not; two that insert at one place do, for
    /// nothing says which comes first.
    fn overlaps(&self, edit: &Edit) -> bool {
        let Edit { file, span, .. } = edit;
        let end = Span { start: span.end, end: span.end };
        // Of those that begin before its end only the last can reach into it.
        let before = self.0.range((*file, Span::default())..(*file, end)).next_back();
        let reaches = before.is_some_and(|(_, other)| span.start < other.end);
        reaches || (span.start == span.end && self.0.contains(&(*file, *span)))
    }
}

fn apply(checked: &Checked, chosen: &[Chosen<'_>]) -> Round {
    let applied = chosen.iter().map(|(diagnostic, text, _)| Applied {
        slug: diagnostic.slug,
        place: checked.sources.place(diagnostic.primary.file, diagnostic.primary.span),
        text: (*text).to_owned(),
    });
    let mut edits: BTreeMap<FileId, Vec<(Span, &str)>> = BTreeMap::new();
    for Edit { file, span, replacement } in chosen.iter().flat_map(|(_, _, fix)| &fix.edits) {
        edits.entry(*file).or_default().push((*span, replacement));
    }
    let edited = edits.into_iter().map(|(file, edits)| {
        let source = checked.sources.file(file);
        (source.location.clone(), spliced(&source.text, edits))
    });
    let files = edited.collect();
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
        let policy = "providers:\n  p: { protocol: openai, base-url: https://a.example.com/v1 }\nmodels:\n  m: {}\nbackends:\n  extra: &base { model: m, provider: p }\n  see: *base\nchains:\n  main:\n    rules:\n      - name: all\n        fallback: [see]\n";
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
    fn edits_that_touch_do_not_overlap() {
        let file =
            crate::source_map::SourceMap::new().add("a.yaml", "", pointsman_schema::tree::Syntax::Yaml);
        let check = |taken: &[(u32, u32)], (start, end): (u32, u32), expected: bool| {
            let span = |(start, end): (u32, u32)| Span { start, end };
            let known = Taken(taken.iter().map(|place| (file, span(*place))).collect());
            let edit = Edit { file, span: span((start, end)), replacement: String::new() };
            assert_eq!(known.overlaps(&edit), expected, "{taken:?} {start}..{end}");
        };
        let taken = [(10, 20), (20, 30), (40, 40)];
        check(&taken, (0, 10), false);
        check(&taken, (0, 11), true);
        check(&taken, (19, 20), true);
        check(&taken, (12, 13), true);
        check(&taken, (15, 15), true);
        check(&taken, (10, 10), false);
        check(&taken, (20, 20), false);
        check(&taken, (30, 40), false);
        check(&taken, (40, 50), false);
        check(&taken, (39, 41), true);
        check(&taken, (40, 40), true);
        check(&[], (0, 0), false);
    }

    #[test]
    fn one_fix_that_does_harm_keeps_no_other_from_being_applied() {
        let keys = "consumers: { web: {} }\nkeys: { web: { consumer: web, chain: main, digests: [e25363600c8e431416d86b94dd36722e139ccfd84604f4ad52bc0f622d8708a8] } }\n";
        let mut spare = String::new();
        for at in 0..40 {
            spare.extend(["  spare", &at.to_string(), ": { model: m, provider: p }\n"]);
        }
        let policy = format!(
            "providers:\n  p: {{ protocol: openai, base-url: https://a.example.com/v1 }}\nmodels:\n  m: {{}}\nbackends:\n  extra: &base {{ model: m, provider: p }}\n  see: *base\n{spare}chains:\n  main:\n    rules:\n      - name: all\n        fallback: [see]\n"
        );
        let files = [("pointsman.yaml", "pointsman: 1\n"), ("a.yaml", policy.as_str()), ("keys.yaml", keys)];
        let fixed = check(Allowed::Unsafe, &files, 40, &["unused-backend"]);
        assert!(!fixed.files["a.yaml"].contains("spare"), "{}", fixed.files["a.yaml"]);
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
        let backend = "models: { m: {} }\nproviders: { p: { protocol: openai, base-url: https://a.example.com/v1 } }\nbackends: { openai: { model: m, provider: p } }\n";
        let files =
            [("pointsman.yaml", "pointsman: 1\n"), ("teams/suport/a.yaml", team), ("b.yaml", backend)];
        check(Allowed::Safe, &files, 0, &["unknown-team", "unknown-backend"]);
        check(Allowed::Unsafe, &files, 1, &["unknown-backend"]);
    }

    #[test]
    fn what_is_unused_is_removed_from_the_root_down() {
        let platform = "providers: { p: { protocol: openai, base-url: https://a.example.com/v1 } }
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
