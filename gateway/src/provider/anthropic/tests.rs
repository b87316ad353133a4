//! Both sides of Anthropic's protocol against each other: what is read as a client's and written as a provider's means
//! the same, and so on the way back. The files are in `testdata/translation/anthropic/`.

use std::path::PathBuf;

use bytes::BytesMut;
use pointsman_schema::feature::Feature;
use pointsman_schema::protocol::ProviderProtocol;
use serde_json::Value;

use super::{answer, request, stream};
use crate::conversation::Conversation;
use crate::dialect::{Frame, anthropic as dialect};
use crate::provider::Upstream;
use crate::sse;

/// The files of a folder that go in: their names without `.json`, and what has to come out.
fn files(folder: &str, other: &str) -> Vec<(String, String, Value)> {
    let root =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testdata/translation/anthropic").join(folder);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&root).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(name) = name.strip_suffix(".json").filter(|name| !name.contains('.')) else { continue };
        let text = std::fs::read_to_string(root.join(format!("{name}.json"))).unwrap();
        let expected = std::fs::read_to_string(root.join(format!("{name}.{other}.json")));
        let expected = serde_json::from_str(&expected.unwrap_or_else(|_| text.clone())).unwrap();
        found.push((name.to_owned(), text, expected));
    }
    assert!(!found.is_empty(), "{folder}");
    found
}

pub(super) fn frame() -> Frame {
    Frame { id: "req-1".to_owned(), model: "served".to_owned(), created_s: 0 }
}

pub(super) fn sent(conversation: &Conversation<'_>) -> Value {
    let mut out = BytesMut::new();
    let upstream =
        Upstream { model: "claude-sent", output_limit: None, protocol: ProviderProtocol::Anthropic };
    request::write(conversation, upstream, &mut out);
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn requests_keep_their_meaning() {
    for (name, text, mut expected) in files("requests", "sent") {
        let conversation = dialect::request::read(&text).unwrap();
        assert!(!conversation.needs.has(Feature::Other), "{name}: {:?}", conversation.needs);
        expected["model"] = "claude-sent".into();
        assert_eq!(sent(&conversation), expected, "{name}");
    }
}

#[test]
fn answers_keep_their_meaning() {
    for (name, text, expected) in files("answers", "told") {
        let answer = answer::read(&text).unwrap();
        let told: Value = serde_json::from_slice(&dialect::answer::write(&answer, &frame())).unwrap();
        assert_eq!(told, expected, "{name}");
    }
}

/// An answer's events after both translations, in events that end at every `piece` bytes.
fn relay(text: &[u8], piece: usize) -> Vec<u8> {
    let mut splitter = sse::Splitter::new(1 << 16);
    let (mut reader, mut writer) = (stream::Reader::default(), dialect::stream::Writer::new(frame()));
    let mut out = BytesMut::new();
    for chunk in text.chunks(piece) {
        let run = splitter.feed(bytes::Bytes::copy_from_slice(chunk)).unwrap();
        for event in sse::events(&run) {
            reader.event(event, &mut |delta| writer.write(&delta, &mut out)).unwrap();
        }
    }
    out.to_vec()
}

/// The name and the data of each event.
fn events(text: &[u8]) -> Vec<(String, Value)> {
    let events = sse::events(text).map(|event| {
        let name = std::str::from_utf8(event).unwrap().lines().next().unwrap();
        (name.to_owned(), serde_json::from_slice(&sse::data(event).unwrap()).unwrap())
    });
    events.collect()
}

#[test]
fn streams_come_out_as_they_went_in() {
    for name in ["all.sse", "stop.sse"] {
        let root =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testdata/translation/anthropic/streams");
        let text = std::fs::read(root.join(name)).unwrap();
        for piece in 1..400 {
            assert_eq!(events(&relay(&text, piece)), events(&text), "{name} cut at every {piece} bytes");
        }
        // Cut at any byte, it has no end.
        for end in 0..text.len() {
            let out = relay(&text[..end], end.max(1));
            assert!(!String::from_utf8(out).unwrap().contains("message_stop"), "{name} {end}");
        }
    }
}

#[test]
fn nothing_that_is_cut_off_or_changed_makes_it_panic() {
    for (name, text, _) in files("requests", "sent").into_iter().chain(files("answers", "told")) {
        let wrong = ["null", "0", "[]", "{}", "\"\"", "-1.5e300"];
        let cut = (0..text.len()).filter_map(|end| text.get(..end).map(str::to_owned));
        let values = text.match_indices([':', ',', '[']).flat_map(|(at, _)| {
            let (before, after) = text.split_at(at + 1);
            let rest = after.trim_start().find([',', '}', ']']).map_or("", |end| &after.trim_start()[end..]);
            wrong.map(|value| format!("{before}{value}{rest}"))
        });
        for changed in cut.chain(values) {
            if let Ok(conversation) = dialect::request::read(&changed) {
                assert!(sent(&conversation).is_object(), "{name}: {changed}");
            }
            if let Ok(answer) = answer::read(&changed) {
                let told = dialect::answer::write(&answer, &frame());
                assert!(serde_json::from_slice::<Value>(&told).is_ok(), "{name}: {changed}");
            }
        }
    }
}
