//! Any bytes as an event stream, in two different cuts.
//!
//! The invariant: it ends without a panic; bytes are given out as they came in; what an event is does not depend on how
//! the stream was cut.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use pointsman_gateway::provider::events::Format;
use pointsman_gateway::sse::{Splitter, data, events};

fuzz_target!(|input: (usize, &[u8])| {
    let (cut, bytes) = input;
    let whole = read(bytes, bytes.len().max(1));
    assert_eq!(whole, read(bytes, cut % 7 + 1));
    assert!(bytes.starts_with(&whole.0));
});

/// What was given out, and the data of its events.
fn read(bytes: &[u8], piece: usize) -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut splitter = Splitter::new(1 << 16);
    let (mut out, mut seen) = (Vec::new(), Vec::new());
    for chunk in bytes.chunks(piece) {
        let Ok(run) = splitter.feed(Bytes::copy_from_slice(chunk)) else { break };
        for format in [Format::Chat, Format::Responses, Format::Messages, Format::Gemini] {
            drop(format.run(&run));
        }
        seen.extend(events(&run).filter_map(data).map(|data| data.into_owned()));
        out.extend_from_slice(&run);
    }
    (out, seen)
}
