//! One name everywhere: a diagnostic's slug is its rule's file, its documentation page and its UI test folder.
//!
//! Checked in all directions, so that a rule without a page is found as well as a page without a rule. The `allow` key
//! and `pointsman explain` take the same slug by construction.

use std::collections::BTreeSet;

use super::{Finding, tree::Tree};

/// UI folders about several rules at once.
const SHARED_CASES: [&str; 1] = ["many"];

/// Finds slugs that lack one of their three places.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let rules = file_stems(tree, RULES, ".rs").map(|stem| stem.replace('_', "-")).collect();
    let pages = file_stems(tree, PAGES, ".md").filter(|stem| *stem != "README").map(str::to_owned).collect();
    let cases = tree.below(CASES).filter_map(|(rest, _)| Some(rest.split_once('/')?.0));
    let cases = cases.filter(|name| !SHARED_CASES.contains(name)).map(str::to_owned).collect();
    let places = [(Place::Rule, rules), (Place::Page, pages), (Place::Case, cases)];
    let slugs: BTreeSet<&String> =
        places.iter().flat_map(|(_, found): &(_, BTreeSet<String>)| found).collect();
    let mut findings = Vec::new();
    for slug in slugs {
        for (place, _) in places.iter().filter(|(_, found)| !found.contains(slug)) {
            let why = format!("the diagnostic `{slug}` has no such file or folder");
            findings.push(Finding::new(place.path(slug), 1, why));
        }
    }
    findings
}

/// A place that every slug has.
#[derive(Debug, Clone, Copy)]
enum Place {
    Rule,
    Page,
    Case,
}

impl Place {
    /// Where a slug is found there.
    fn path(self, slug: &str) -> String {
        match self {
            Self::Rule => format!("{RULES}{}.rs", slug.replace('-', "_")),
            Self::Page => format!("{PAGES}{slug}.md"),
            Self::Case => format!("{CASES}{slug}/"),
        }
    }
}

/// The stems of files directly in a folder.
fn file_stems<'a>(tree: &'a Tree, folder: &'a str, extension: &'a str) -> impl Iterator<Item = &'a str> {
    let direct = tree.below(folder).map(|(rest, _)| rest).filter(|rest| !rest.contains('/'));
    direct.filter_map(move |name| name.strip_suffix(extension))
}

const RULES: &str = "compiler/src/rules/";
const PAGES: &str = "docs/rules/";
const CASES: &str = "testdata/ui/";

#[cfg(test)]
mod tests {
    use super::super::check_tree;
    use super::*;

    #[test]
    fn each_slug_has_three_places() {
        let whole = [
            ("compiler/src/rules/zero_weights.rs", ""),
            ("docs/rules/README.md", ""),
            ("docs/rules/zero-weights.md", ""),
            ("testdata/ui/many/a.yaml", ""),
            ("testdata/ui/zero-weights/a.yaml", ""),
        ];
        check_tree(check, &whole, &[]);
        let broken =
            [("compiler/src/rules/a_b.rs", ""), ("docs/rules/c.md", ""), ("testdata/ui/d/x.yaml", "")];
        let missing =
            |path: &str, slug: &str| format!("{path}:1: the diagnostic `{slug}` has no such file or folder");
        let expected = [
            missing("compiler/src/rules/c.rs", "c"),
            missing("compiler/src/rules/d.rs", "d"),
            missing("docs/rules/a-b.md", "a-b"),
            missing("docs/rules/d.md", "d"),
            missing("testdata/ui/a-b/", "a-b"),
            missing("testdata/ui/c/", "c"),
        ];
        check_tree(check, &broken, &expected.each_ref().map(String::as_str));
    }
}
