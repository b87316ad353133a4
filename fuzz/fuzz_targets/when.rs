//! Any text as a `when`.
//!
//! The invariant: it ends without a panic, in a condition or in one problem, and every span lies in the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pointsman_schema::read::{Read, Reader};
use pointsman_schema::source::when::When;
use pointsman_schema::tree::{Node, Scalar, ScalarKind, Span, Syntax, Value};

fuzz_target!(|text: &str| {
    let value = Value::Scalar(Scalar { text: text.to_owned(), kind: ScalarKind::Text });
    let node = Node { span: Span::new(0, text.len()), value, label: None };
    let mut problems = Vec::new();
    let when = When::read(&node, &mut Reader::new(Syntax::Yaml, &mut problems));
    assert_eq!(usize::from(when.is_none()), problems.len());
    for problem in problems {
        assert!(text.get(problem.span.range()).is_some(), "{problem:?}");
    }
});
