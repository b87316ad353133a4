//! Any files as a workspace: a NUL ends a file, whose first line is its path.
//!
//! The invariant: checking ends without a panic, twice with the same findings; every place of a finding lies in its file;
//! no format panics; and a policy without errors compiles.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pointsman_compiler::check::{Options, check};
use pointsman_compiler::compile::snapshot;
use pointsman_compiler::render::human::HumanOptions;
use pointsman_compiler::render::{compact, github, human, json, junit, markdown, sarif};
use pointsman_compiler::rule::Severity;
use pointsman_compiler::tree_source::Memory;

fuzz_target!(|bytes: &[u8]| {
    let tree = tree(bytes);
    let checked = check(&tree, &Options::default()).expect("a tree in memory can be read");
    let (found, sources) = (&checked.diagnostics, &checked.sources);
    for diagnostic in found {
        let primary = &diagnostic.primary;
        for label in diagnostic.context.iter().chain([primary]) {
            let text = &sources.file(label.file).text;
            let position = sources.position(label.file, label.span.start);
            assert!(text.is_char_boundary(usize::try_from(position.byte).expect("offsets are small")));
        }
    }
    let shown = human::render(found, sources, HumanOptions::default());
    for render in [compact::render, json::render, markdown::render] {
        drop(render(found, sources));
    }
    drop((sarif::render(found, sources, "a"), github::render(found, sources, "a")));
    drop(junit::render(found, sources, Severity::Error));
    if let Some(policy) = checked.policy() {
        snapshot(&policy).expect("a policy without errors compiles");
    }
    let again = check(&tree, &Options::default()).expect("a tree in memory can be read");
    assert_eq!(shown, human::render(&again.diagnostics, &again.sources, HumanOptions::default()));
});

fn tree(bytes: &[u8]) -> Memory {
    let mut tree = Memory::new();
    for part in bytes.split(|byte| *byte == 0) {
        let line = part.iter().position(|byte| *byte == b'\n').unwrap_or(part.len());
        let (path, content) = part.split_at(line);
        let path = String::from_utf8_lossy(path).trim_matches('/').to_owned();
        tree.insert(path, content.strip_prefix(b"\n").unwrap_or(content));
    }
    tree
}
