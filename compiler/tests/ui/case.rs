//! One case: a folder with `input/` (a workspace), an optional `args.txt` and `expected.txt`.
//!
//! The arguments are `--as-of DATE`, `--fail-level warning`, `--pad PATH` to make a file too large, and `--beside N` for so
//! many files that are no policy. What is expected are the findings at 80 columns without colour, and the exit code as the last line. `BLESS=1` writes it anew.

use std::fs;
use std::path::{Path, PathBuf};

use pointsman_compiler::check::{Checked, Options, check};
use pointsman_compiler::render::human::{HumanOptions, render};
use pointsman_compiler::tree_source::{Directory, Memory, Tree as _};
use pointsman_schema::limits::SOURCE_FILE_BYTES_MAX;

/// Runs a case; the answer is what was found, and the difference to what is expected, if any.
pub(crate) fn run(case: &Path) -> (Checked, Option<String>) {
    let (checked, fails_at_warnings) = checked(case);
    let expected = case.join("expected.txt");
    let found = text(&checked, fails_at_warnings);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&expected, &found).unwrap();
    }
    let expected = fs::read_to_string(&expected).unwrap_or_default();
    let difference =
        (expected != found).then(|| format!("{}: expected\n{expected}\nfound\n{found}", case.display()));
    (checked, difference)
}

fn checked(case: &Path) -> (Checked, bool) {
    let arguments = fs::read_to_string(case.join("args.txt")).unwrap_or_default();
    let input = Directory::new(case.join("input"));
    let mut options = Options::default();
    let mut fails_at_warnings = false;
    let mut words = arguments.split_whitespace();
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_else(|| panic!("{}: {word} has no value", case.display()));
        match (word, value) {
            ("--as-of", day) => options.as_of = Some(day.parse().unwrap()),
            ("--fail-level", "warning") => fails_at_warnings = true,
            ("--beside", count) => return (check(&beside(&input, count), &options).unwrap(), false),
            ("--pad", path) => return (check(&padded(&input, path), &options).unwrap(), false),
            _ => panic!("{}: {word} {value} is no argument of a case", case.display()),
        }
    }
    (check(&input, &options).unwrap(), fails_at_warnings)
}

/// The same files and so many empty ones that are no policy.
fn beside(input: &Directory, count: &str) -> Memory {
    let listed = input.list().unwrap().paths.into_iter().map(|path| (input.read(&path).unwrap(), path));
    let more = (0..count.parse().unwrap()).map(|n: u32| (Vec::new(), format!("recorded/{n}.txt")));
    listed.chain(more).map(|(bytes, path)| (path, bytes)).collect()
}

/// The same files, one of them made one byte too large with spaces at its end.
fn padded(input: &Directory, path: &str) -> Memory {
    let mut files: Memory = Memory::new();
    for listed in input.list().unwrap().paths {
        let mut bytes = input.read(&listed).unwrap();
        if listed == path {
            bytes.resize(SOURCE_FILE_BYTES_MAX + 1, b' ');
        }
        files.insert(listed, bytes);
    }
    files
}

fn text(checked: &Checked, fails_at_warnings: bool) -> String {
    let findings = render(&checked.diagnostics, &checked.sources, HumanOptions::default());
    let code = i32::from(checked.has_errors() || (fails_at_warnings && !checked.diagnostics.is_empty()));
    format!("{findings}\nexit code {code}\n")
}

/// The folders in a folder, in the order of their names.
pub(crate) fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).unwrap_or_else(|error| panic!("{}: {error}", of.display()));
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

/// The last part of a path.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}
