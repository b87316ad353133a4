//! Any bytes as a request of the Responses API, and as what a provider of chat completions answers to one.
//!
//! The invariant: it ends without a panic; whatever is written is JSON, in events that are numbered without a gap; and
//! what an answer says can be given back in the next request, where nothing of it is unknown.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use pointsman_gateway::dialect::{Frame, responses};
use pointsman_gateway::provider::{Upstream, openai};
use pointsman_gateway::sse;
use pointsman_gateway::translate::{self, Wire};
use pointsman_schema::dialect::Dialect;
use pointsman_schema::feature::Feature;
use pointsman_schema::protocol::ProviderProtocol;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        request(text);
        if let Ok(answer) = openai::chat::answer::read(text, None) {
            given_back(&serde_json::from_slice(&responses::answer::write(&answer, &frame())).expect("JSON"));
        }
    }
    stream(bytes);
});

fn request(text: &str) {
    let Ok(mut conversation) = responses::request::read(text) else { return };
    let echo = translate::echo(Dialect::Responses, text.as_bytes()).expect("a request is an object");
    serde_json::from_str::<Value>(&format!("{{{echo}}}")).expect("an echo is members");
    for (wire, protocol) in [
        (Wire::Chat, ProviderProtocol::OpenAiCompatible),
        (Wire::Messages, ProviderProtocol::Anthropic),
        (Wire::Gemini, ProviderProtocol::Gemini),
    ] {
        let upstream = Upstream { model: "m", output_limit: Some(9_000), protocol };
        let mut out = BytesMut::new();
        translate::write(wire, &mut conversation, upstream, &mut out);
        serde_json::from_slice::<Value>(&out).expect("what is sent is JSON");
    }
}

fn stream(bytes: &[u8]) {
    let mut reader = openai::chat::stream::Reader::default();
    let mut writer = responses::stream::Writer::new(frame());
    let mut out = BytesMut::new();
    let mut is_whole = true;
    for event in sse::events(bytes) {
        is_whole &= reader.event(event, &mut |delta| writer.write(&delta, &mut out)).is_ok();
    }
    let told = sse::events(&out).map(|event| sse::data(event).expect("every event has data"));
    let told: Vec<Value> = told.map(|data| serde_json::from_slice(&data).expect("JSON")).collect();
    for (at, event) in told.iter().enumerate() {
        assert_eq!(event["sequence_number"], at);
    }
    if let Some(last) = told.last().filter(|last| is_whole && last["response"]["status"] == "completed") {
        given_back(&last["response"]);
    }
}

/// The items of an answer are items of a request.
fn given_back(response: &Value) {
    if response["output"] == serde_json::json!([]) {
        return; // A request says something.
    }
    let request = serde_json::json!({ "input": response["output"] }).to_string();
    let conversation = responses::request::read(&request).expect("what was said can be said again");
    let known = [Feature::Tools, Feature::ReasoningContent, Feature::Prefill];
    let known = known.iter().fold(0, |set, feature| set | feature.mask());
    assert_eq!(conversation.needs.set() & !known, 0, "{request}");
}

fn frame() -> Frame {
    Frame { id: "i".to_owned(), model: "m".to_owned(), input_tokens: 9, created_s: 0, echo: None }
}
