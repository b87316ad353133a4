//! Any bytes through the YAML front end.
//!
//! The invariant: it ends without a panic, and every span that it gives slices the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pointsman_compiler::encoding::decode;
use pointsman_compiler::parse::parse;
use pointsman_schema::tree::{Node, Span, Syntax, Value};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = decode(bytes) else { return };
    let parsed = parse(Syntax::Yaml, text);
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
});
