//! Any text as a `when`.
//!
//! The invariant: it ends without a panic, in a condition not much larger than the text or in one problem, and every span
//! lies in the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pointsman_schema::read::{Read, Reader};
use pointsman_schema::source::when::{COPIED_MAX, When};
use pointsman_schema::tree::{Node, Scalar, ScalarKind, Span, Syntax, Value};

fuzz_target!(|text: &str| {
    let value = Value::Scalar(Scalar { text: text.to_owned(), kind: ScalarKind::Text });
    let node = Node { span: Span::new(0, text.len()), value, label: None };
    let mut problems = Vec::new();
    let when = When::read(&node, &mut Reader::new(Syntax::Yaml, &mut problems));
    assert_eq!(usize::from(when.is_none()), problems.len());
    assert!(when.is_none_or(|when| when.0.size() <= text.len() + COPIED_MAX));
    for problem in problems {
        assert!(text.get(problem.span.range()).is_some(), "{problem:?}");
    }
});
