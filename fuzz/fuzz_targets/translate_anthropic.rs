//! Any bytes as a request, an answer and a stream of Anthropic's messages.
//!
//! The invariant: it ends without a panic; what was read and written once is of the protocol, and comes out the same when
//! it is read and written again; and nothing is in it that the protocol does not know.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use pointsman_gateway::dialect::{self, Frame};
use pointsman_gateway::provider::{Upstream, anthropic};
use pointsman_gateway::sse;
use pointsman_schema::feature::Feature;
use pointsman_schema::protocol::ProviderProtocol;
use serde_json::value::RawValue;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        request(text);
        answer(text);
    }
    stream(bytes);
});

fn request(text: &str) {
    let Some(once) = sent(text) else { return };
    let again = dialect::anthropic::request::read(&once).expect("what is sent is a request");
    assert!(again.output_tokens == Some(0) || !again.needs.has(Feature::Other), "{once}");
    assert_eq!(sent(&once).as_deref(), Some(&*once));
}

fn sent(text: &str) -> Option<String> {
    let conversation = dialect::anthropic::request::read(text).ok()?;
    let upstream = Upstream { model: "m", output_limit: Some(9_000), protocol: ProviderProtocol::Anthropic };
    let mut out = BytesMut::new();
    anthropic::request::write(&conversation, upstream, &mut out);
    Some(json(&out))
}

fn answer(text: &str) {
    let told = |text: &str| {
        let answer = anthropic::answer::read(text).ok()?;
        Some(json(&dialect::anthropic::answer::write(&answer, &frame())))
    };
    if let Some(once) = told(text) {
        assert_eq!(told(&once).as_deref(), Some(&*once));
    }
}

fn stream(bytes: &[u8]) {
    let (once, _) = relayed(bytes);
    let (again, is_whole) = relayed(&once);
    assert!(is_whole, "{}", String::from_utf8_lossy(&once));
    assert_eq!(String::from_utf8_lossy(&once), String::from_utf8_lossy(&again));
}

/// A stream up to where it breaks, and whether it does not.
fn relayed(bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut reader = anthropic::stream::Reader::default();
    let mut writer = dialect::anthropic::stream::Writer::new(frame());
    let mut out = BytesMut::new();
    for event in sse::events(bytes) {
        if reader.event(event, &mut |delta| writer.write(&delta, &mut out)).is_err() {
            return (out.to_vec(), false);
        }
    }
    (out.to_vec(), true)
}

fn json(out: &[u8]) -> String {
    let written: &RawValue = serde_json::from_slice(out).expect("what is written is JSON");
    written.get().to_owned()
}

fn frame() -> Frame {
    Frame { id: "i".to_owned(), model: "m".to_owned(), input_tokens: 9, created_s: 0, echo: None }
}
