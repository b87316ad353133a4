//! A relative link in a Markdown file leads to a file or a folder of the repository.
//!
//! Deliberately looks at paths alone: whether a heading still has the name after `#` is for a reader to see, and other
//! sites are never asked. Text between backticks and in fenced blocks holds no links.

use super::{
    Finding,
    tree::{Tree, is, numbered},
};

/// Finds links that lead nowhere.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files().filter(|(path, _)| is(path, "md")) {
        let mut is_fenced = false;
        for (number, line) in numbered(text) {
            let is_fence = line.trim_start().starts_with("```");
            is_fenced ^= is_fence;
            if is_fenced || is_fence {
                continue;
            }
            let broken = links(line).into_iter().filter(|link| !leads_somewhere(tree, path, link));
            findings.extend(
                broken.map(|link| Finding::new(path, number, format!("the link `{link}` leads nowhere"))),
            );
        }
    }
    findings
}

/// The targets of a line's links, without what stands in backticks.
fn links(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    // Every second piece lies between backticks; a label in backticks leaves its `](target)` outside of them.
    for piece in line.split('`').step_by(2) {
        let targets = piece.split("](").skip(1);
        found.extend(targets.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target));
    }
    found
}

/// Whether a link of a file leads out of the repository, into the file itself, or to something that is there.
fn leads_somewhere(tree: &Tree, from: &str, link: &str) -> bool {
    let target = link.split('#').next().unwrap_or(link);
    if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part != ".." {
            parts.push(part);
        } else if parts.pop().is_none() {
            return false;
        }
    }
    let path = parts.join("/");
    let folder = if path.is_empty() { path.clone() } else { format!("{path}/") };
    tree.files().any(|(name, _)| name == path || name.starts_with(&folder))
}

#[cfg(test)]
mod tests {
    use super::super::check_tree;
    use super::*;

    #[test]
    fn links_lead_to_files_and_folders() {
        let readme = "[a](docs/a.md#b) and [`c`](docs/), [d](https://x.example/y), [e](#here)\n\
                      `[no](link.md)`\n```\n[none](either.md)\n```\n";
        let files = [
            ("README.md", readme),
            ("docs/a.md", "[up](../README.md) [all](..) [beside](./b.md)"),
            ("docs/b.md", ""),
        ];
        check_tree(check, &files, &[]);
        let broken = [("README.md", "x\n[a](docs/gone.md), [b](../out.md)"), ("docs/b.md", "[c](a.md)")];
        let expected = [
            "README.md:2: the link `../out.md` leads nowhere",
            "README.md:2: the link `docs/gone.md` leads nowhere",
            "docs/b.md:1: the link `a.md` leads nowhere",
        ];
        check_tree(check, &broken, &expected);
    }
}
