//! Any bytes as a request of every client protocol to every provider, and as what each provider answers and streams.
//!
//! The invariant: it ends without a panic; what is sent and what is told is JSON, in whole events; what is sent keeps those rules
//! of its provider that no schema says; and what a stream means does not depend on how it was cut. What one protocol alone
//! promises is tested by the targets that bear its name.
#![no_main]

use bytes::{Bytes, BytesMut};
use libfuzzer_sys::fuzz_target;
use pointsman_gateway::conversation::Conversation;
use pointsman_gateway::dialect::Frame;
use pointsman_gateway::provider::Upstream;
use pointsman_gateway::provider::framing::{Framing, Splitter};
use pointsman_gateway::room::Room;
use pointsman_gateway::sse;
use pointsman_gateway::translate::{self, Stream, Wire};
use pointsman_schema::dialect::Dialect;
use pointsman_schema::protocol::ProviderProtocol;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for client in CLIENTS {
        if let Ok(conversation) = translate::read(client, text) {
            UPSTREAMS.iter().for_each(|upstream| request(&conversation, *upstream));
        }
        if let Some(echo) = translate::echo(client, bytes) {
            json(format!("{{{echo}}}").as_bytes());
        }
    }
    for wire in UPSTREAMS.iter().filter_map(|(_, protocol)| Wire::of(*protocol)) {
        for client in CLIENTS {
            if let Ok((told, _)) = translate::answer(wire, client, text, &frame()) {
                json(&told);
            }
        }
        if wire.framing() == Framing::Events {
            let client = CLIENTS[bytes.len() % CLIENTS.len()];
            let whole = relayed((wire, client), &[bytes]);
            let (before, after) = bytes.split_at(bytes.len() / 2);
            assert_eq!(whole, relayed((wire, client), &[before, after]), "{wire:?} for {client}");
        }
    }
});

const CLIENTS: [Dialect; 4] =
    [Dialect::Chat, Dialect::Responses, Dialect::Messages, Dialect::GenerateContent];
const UPSTREAMS: [(&str, ProviderProtocol); 8] = [
    ("gpt-5", ProviderProtocol::OpenAi),
    ("m", ProviderProtocol::OpenAiCompatible),
    ("claude-sonnet-5", ProviderProtocol::Anthropic),
    ("gemini-2.5-pro", ProviderProtocol::Gemini),
    ("gemini-3-pro", ProviderProtocol::Gemini),
    ("m", ProviderProtocol::Bedrock),
    ("m", ProviderProtocol::Mistral),
    ("m", ProviderProtocol::Cohere),
];

fn request(conversation: &Conversation<'_>, (model, protocol): (&str, ProviderProtocol)) {
    let wire = Wire::of(protocol).expect("everybody has conversations");
    let mut out = BytesMut::new();
    let upstream = Upstream { model, output_limit: Some(9_000), protocol };
    translate::write(wire, &mut conversation.clone(), upstream, &mut out);
    let sent = json(&out);
    match wire {
        Wire::Chat | Wire::Cohere => said(&sent),
        Wire::Gemini => contents(&sent),
        Wire::Mistral => {
            said(&sent);
            order(&sent);
        }
        Wire::Messages | Wire::Bedrock => {}
    }
}

/// No list of content is empty.
fn said(sent: &Value) {
    for message in sent["messages"].as_array().expect("messages are a list") {
        assert!(message["content"].as_array().is_none_or(|content| !content.is_empty()), "{sent}");
    }
}

/// Turns alternate, and none is empty.
fn contents(sent: &Value) {
    let mut before = "";
    for content in sent["contents"].as_array().expect("contents are a list") {
        let role = content["role"].as_str().expect("a turn has a role");
        assert_ne!(role, before, "{sent}");
        before = role;
        assert!(content["parts"].as_array().is_some_and(|parts| !parts.is_empty()), "{sent}");
    }
}

/// Only the model speaks after a result, and ids have nine letters or digits.
fn order(sent: &Value) {
    let mut before = "";
    for message in sent["messages"].as_array().expect("messages are a list") {
        let role = message["role"].as_str().expect("a message has a role");
        assert!(before != "tool" || matches!(role, "tool" | "assistant"), "{sent}");
        before = role;
        let id = message["tool_call_id"].as_str();
        assert!(id.is_none_or(|id| id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())), "{sent}");
    }
}

/// What a client is told of a stream, up to where it breaks, and whether it breaks.
fn relayed((wire, client): (Wire, Dialect), chunks: &[&[u8]]) -> (Vec<u8>, bool) {
    let mut stream = Stream::new(wire, client, frame(), true).expect("a conversation is streamed");
    let mut splitter = Splitter::new(Framing::Events, 1 << 20, Room::new(1 << 20).space());
    let (mut out, mut is_whole) = (BytesMut::new(), true);
    for chunk in chunks {
        let run = splitter.feed(Bytes::copy_from_slice(chunk)).expect("inputs are small");
        for event in Framing::Events.events(&run) {
            is_whole = is_whole && stream.event(event, &mut out).is_ok();
        }
    }
    is_whole = is_whole && stream.close(&mut out);
    let mut told = 0;
    for event in sse::events(&out) {
        told += event.len();
        let data = sse::data(event).expect("every event has data");
        if *data != *b"[DONE]" {
            json(&data);
        }
    }
    assert_eq!(told, out.len(), "events are whole");
    (out.to_vec(), is_whole)
}

fn json(out: &[u8]) -> Value {
    serde_json::from_slice(out).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(out)))
}

fn frame() -> Frame {
    Frame { id: "i".to_owned(), model: "m".to_owned(), input_tokens: 9, created_s: 0, echo: None }
}
