//! Any bytes as a request that Bedrock is sent, as an answer and as a stream of its.
//!
//! The invariant: it ends without a panic; what is sent keeps the rules of Converse that no schema says; what is told is
//! JSON; bytes of a stream come out as they went in, and what they mean does not depend on how they were cut.
#![no_main]

use bytes::{Bytes, BytesMut};
use libfuzzer_sys::fuzz_target;
use pointsman_gateway::conversation::Conversation;
use pointsman_gateway::dialect::{self, Frame, chat};
use pointsman_gateway::provider::bedrock::frame::{Splitter, frames};
use pointsman_gateway::provider::{Upstream, bedrock};
use pointsman_schema::protocol::ProviderProtocol;
use serde_json::Value;

fuzz_target!(|input: (usize, &[u8])| {
    let (cut, bytes) = input;
    if let Ok(text) = std::str::from_utf8(bytes) {
        let readers = [chat::request::read, dialect::anthropic::request::read];
        readers.iter().filter_map(|read| read(text).ok()).for_each(|conversation| request(&conversation));
        if let Ok(answer) = bedrock::answer::read(text) {
            let _told: Value = json(&chat::answer::write(&answer, &frame()));
        }
    }
    for stream in [bytes.to_vec(), framed(bytes)] {
        let (whole, split) = (relayed(&stream, stream.len().max(1)), relayed(&stream, cut % 7 + 1));
        // What comes before damage in one chunk is lost with it, and the stream fails in either case.
        assert!(split.starts_with(&whole), "{}", String::from_utf8_lossy(&split));
    }
});

fn request(conversation: &Conversation<'_>) {
    let mut out = BytesMut::new();
    let upstream =
        Upstream { model: "anthropic.m", output_limit: Some(9_000), protocol: ProviderProtocol::Bedrock };
    bedrock::request::write(conversation, upstream, &mut out);
    let sent = json(&out);
    let messages = sent["messages"].as_array().expect("messages are a list");
    let mut before = "";
    for message in messages {
        let role = message["role"].as_str().expect("a message has a role");
        assert!(role == "system" || role != before, "roles take turns: {sent}");
        before = if role == "system" { before } else { role };
        let content = message["content"].as_array().expect("a message has content");
        assert!(!content.is_empty(), "no message is empty: {sent}");
        for block in content {
            let is_tool = block.get("toolUse").or(block.get("toolResult")).is_some();
            assert!(!is_tool || sent.get("toolConfig").is_some(), "calls stand beside functions: {sent}");
            let blank = block["text"].as_str().is_some_and(|text| text.trim().is_empty());
            assert!(!blank, "no words are blank: {sent}");
        }
    }
}

/// What a client is told of a stream, up to where it breaks.
fn relayed(stream: &[u8], piece: usize) -> Vec<u8> {
    let (mut splitter, mut reader) = (Splitter::new(1 << 16), bedrock::stream::Reader::default());
    let mut writer = chat::stream::Writer::new(frame(), true);
    let (mut out, mut given) = (BytesMut::new(), 0);
    for chunk in stream.chunks(piece) {
        let Ok(run) = splitter.feed(Bytes::copy_from_slice(chunk)) else { break };
        assert!(stream.get(given..).is_some_and(|rest| rest.starts_with(&run)), "bytes come out as they are");
        given += run.len();
        for one in frames(&run) {
            if reader.event(one, &mut |delta| writer.write(&delta, &mut out)).is_err() {
                return out.to_vec();
            }
        }
    }
    out.to_vec()
}

/// Lines of a name and a payload as frames that are whole.
fn framed(lines: &[u8]) -> Vec<u8> {
    let mut stream = Vec::new();
    for line in lines.split(|byte| *byte == b'\n') {
        let space = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
        let (name, payload) = line.split_at(space);
        let kind: &[u8] = if name.ends_with(b"Exception") { b"exception" } else { b"event" };
        let mut headers = Vec::new();
        for (header, value) in [([b":", kind, b"-type"].concat(), name), (b":message-type".to_vec(), kind)] {
            headers.push(u8::try_from(header.len()).expect("names of headers are short"));
            headers.extend_from_slice(&header);
            headers.push(7);
            let Ok(length) = u16::try_from(value.len()) else { return stream };
            headers.extend_from_slice(&length.to_be_bytes());
            headers.extend_from_slice(value);
        }
        let mut frame = Vec::new();
        for length in [headers.len() + payload.len() + 16, headers.len()] {
            frame.extend_from_slice(&u32::try_from(length).expect("inputs are small").to_be_bytes());
        }
        frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
        frame.extend_from_slice(&headers);
        frame.extend_from_slice(payload);
        frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
        stream.extend_from_slice(&frame);
    }
    stream
}

fn json(out: &[u8]) -> Value {
    serde_json::from_slice(out).expect("what is written is JSON")
}

fn frame() -> Frame {
    Frame { id: "i".to_owned(), model: "m".to_owned(), input_tokens: 9, created_s: 0, echo: None }
}
