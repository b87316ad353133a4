//! What fuzz targets share, or what would make one of them long: one front end driven with any bytes, and conditions made
//! of bytes ([`chain`]).
//!
//! Deliberately no target: each is a file of `fuzz_targets/`. The invariant that is tested here: reading ends without a
//! panic, and every span that it gives slices the text.

pub mod chain;

use pointsman_compiler::encoding::decode;
use pointsman_compiler::parse::parse;
use pointsman_schema::tree::{Node, Span, Syntax, Value};

/// Reads bytes as a policy file and looks at every span of what was found.
pub fn front_end(syntax: Syntax, bytes: &[u8]) {
    let Ok(text) = decode(bytes) else { return };
    let parsed = parse(syntax, text);
    let mut spans: Vec<Span> = parsed.problems.iter().map(|problem| problem.span).collect();
    spans.extend(parsed.comments.iter().map(|comment| comment.span));
    let mut open: Vec<&Node> = parsed.documents.iter().map(|document| &document.root).collect();
    while let Some(node) = open.pop() {
        spans.push(node.span);
        spans.extend(node.label.as_ref().map(|label| label.span));
        match &node.value {
            Value::Scalar(_) => {}
            Value::List(items) => open.extend(items),
            Value::Map(entries) => {
                spans.extend(entries.iter().map(|entry| entry.key.span));
                open.extend(entries.iter().map(|entry| &entry.value));
            }
        }
    }
    for span in spans {
        assert!(text.get(span.range()).is_some(), "{span:?}");
    }
}
