//! Whole conversations between clients and Bedrock. The files are in `testdata/translation/bedrock/`; with `BLESS` set in
//! the environment, what comes out is written there, to be reviewed like code.

use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};
use pointsman_schema::feature::Feature;
use pointsman_schema::protocol::ProviderProtocol;
use serde_json::Value;

use super::frame::tests::event;
use super::frame::{Splitter, frames};
use super::{answer, request, stream};
use crate::dialect::{Frame, anthropic, chat};
use crate::provider::Upstream;

/// The files of a folder that go in: their names without the extension, and what is in them.
fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join(folder)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some(name) = name.strip_suffix(extension).filter(|name| !name.contains('.')) else { continue };
        found.push((name.to_owned(), std::fs::read_to_string(&path).unwrap()));
    }
    assert!(!found.is_empty(), "{folder}");
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/translation")
}

fn check(path: &str, text: &str) {
    let path = root().join("bedrock").join(path);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap_or_default(), "{}", path.display());
}

fn pretty(json: &[u8]) -> String {
    let value: Value = serde_json::from_slice(json).unwrap();
    serde_json::to_string_pretty(&value).unwrap() + "\n"
}

fn frame() -> Frame {
    Frame { id: "req-1".to_owned(), model: "served".to_owned(), input_tokens: 9, created_s: 0, echo: None }
}

#[test]
fn requests_keep_their_meaning() {
    for (name, text) in files("anthropic/requests", ".json") {
        let conversation = anthropic::request::read(&text).unwrap();
        assert!(!conversation.needs.has(Feature::Other), "{name}: {:?}", conversation.needs);
        let model = "eu.anthropic.claude-sonnet-4-6";
        let mut out = BytesMut::new();
        request::write(
            &conversation,
            Upstream { model, output_limit: None, protocol: ProviderProtocol::Bedrock },
            &mut out,
        );
        check(&format!("requests/{name}.json"), &pretty(&out));
    }
}

#[test]
fn answers_keep_their_meaning() {
    for (name, text) in files("bedrock/answers", ".json") {
        let answer = answer::read(&text).unwrap();
        check(&format!("answers/{name}.told.json"), &pretty(&chat::answer::write(&answer, &frame())));
    }
}

#[test]
fn streams_keep_their_meaning_however_they_are_cut() {
    for (name, text) in files("bedrock/streams", ".events") {
        let events = text.lines().map(|line| line.split_once(' ').unwrap());
        let whole: Vec<u8> = events.flat_map(|(name, payload)| event(name, payload)).collect();
        let relay = |piece: usize| {
            let (mut splitter, mut reader) = (Splitter::new(1 << 16), stream::Reader::default());
            let mut writer = chat::stream::Writer::new(frame(), true);
            let mut out = BytesMut::new();
            for chunk in whole.chunks(piece) {
                let run = splitter.feed(Bytes::copy_from_slice(chunk)).unwrap();
                for one in frames(&run) {
                    reader.event(one, &mut |delta| writer.write(&delta, &mut out)).unwrap();
                }
            }
            String::from_utf8(out.to_vec()).unwrap()
        };
        let once = relay(whole.len());
        for piece in 1..whole.len().min(400) {
            assert_eq!(relay(piece), once, "{name} cut at every {piece} bytes");
        }
        check(&format!("streams/{name}.sse"), &once);
    }
}
