//! Nothing is left for later without an issue that says so.
//!
//! A mark with an issue, such as `(#12)` right after it, is allowed; a bare one is not, and neither is code that stands
//! in for code.

use super::{
    Finding,
    tree::{Tree, is, numbered},
};

/// Marks that need an issue. Written in halves, so that this file does not find itself.
const MARKS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
/// Code that stands in for code.
const STUBS: [&str; 2] = [concat!("to", "do!"), concat!("unimple", "mented!")];
/// The kinds of files in which people leave marks.
const KINDS: [&str; 9] = ["kdl", "md", "mjs", "py", "rs", "sh", "toml", "yaml", "yml"];

/// Finds marks and stubs.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files().filter(|(path, _)| KINDS.iter().any(|kind| is(path, kind))) {
        for (number, line) in numbered(text) {
            if let Some(mark) = MARKS.into_iter().find(|mark| bare(line, mark)) {
                findings.push(Finding::new(
                    path,
                    number,
                    format!("a bare {mark}: name its issue, as in {mark}(#12)"),
                ));
            }
            if let Some(stub) =
                STUBS.into_iter().find(|stub| is(path, "rs") && words(line, stub).next().is_some())
            {
                findings.push(Finding::new(path, number, format!("`{stub}` is not an implementation")));
            }
        }
    }
    findings
}

/// Whether the line has the mark as a word with no issue after it.
fn bare(line: &str, mark: &str) -> bool {
    words(line, mark).any(|rest| {
        let issue = rest.strip_prefix("(#").and_then(|rest| rest.split_once(')')).map(|(number, _)| number);
        !issue.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// What follows each occurrence of a word.
fn words<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(word).filter_map(move |(at, _)| {
        let (before, found) = line.split_at_checked(at)?;
        let after = found.strip_prefix(word)?;
        let in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        (!before.ends_with(in_word) && !after.starts_with(in_word)).then_some(after)
    })
}

#[cfg(test)]
mod tests {
    use super::super::check_tree;
    use super::*;

    #[test]
    fn marks_without_an_issue_are_found() {
        let [mark, fix, _] = MARKS;
        let good = format!("// {mark}(#12): x\n// auto{mark}s and {fix}S\n");
        check_tree(check, &[("a.rs", &good), ("b.bin", mark)], &[]);
        let bad = format!("x\n// {mark}: x\n// {fix}(#) later\n// {mark}(#1) {mark}\n");
        let expected = [
            format!("a.md:2: a bare {mark}: name its issue, as in {mark}(#12)"),
            format!("a.md:3: a bare {fix}: name its issue, as in {fix}(#12)"),
            format!("a.md:4: a bare {mark}: name its issue, as in {mark}(#12)"),
        ];
        check_tree(check, &[("a.md", &bad)], &expected.each_ref().map(String::as_str));
    }

    #[test]
    fn stubs_are_found_in_code_alone() {
        let [stub, other] = STUBS;
        let text = format!("fn a() {{ {stub}() }}\nfn b() {{ {other}(\"x\") }}\n");
        let expected = [
            format!("a.rs:1: `{stub}` is not an implementation"),
            format!("a.rs:2: `{other}` is not an implementation"),
        ];
        check_tree(check, &[("a.rs", &text), ("b.md", &text)], &expected.each_ref().map(String::as_str));
    }
}
