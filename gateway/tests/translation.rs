//! Conversations between every client protocol and every provider protocol that is not its own, as files that a person
//! can review: what the client says and what the provider is sent, what that answers and what the client gets.
//!
//! `testdata/translation/CLIENT--PROVIDER/CASE/` holds what goes in, `request.in.json`, `answer.in.json` and
//! `stream.in.sse` (`stream.in.events` where a provider sends frames: names and payloads, a line each), and what comes
//! out, the same with `out`. A request that the provider's protocol has no form for comes
//! out as the places that say so. `model.txt` has the provider's name for the model, where that makes a difference. Streams
//! are cut at every byte, which must change nothing. `BLESS=1` writes what comes out anew.
//!
//! Read next: [`table`], which asks the code for what the table of features says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

#[path = "translation/table.rs"]
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};
use pointsman_gateway::conversation::Conversation;
use pointsman_gateway::dialect::Frame;
use pointsman_gateway::limits::EVENT_BYTES_MAX;
use pointsman_gateway::provider::Upstream;
use pointsman_gateway::provider::framing::{Framing, Splitter};
use pointsman_gateway::room::Room;
use pointsman_gateway::translate::{self, Stream, Wire};
use pointsman_schema::dialect::Dialect;
use pointsman_schema::feature::{beside, refused, spoken};
use pointsman_schema::protocol::ProviderProtocol;
use serde::de::IgnoredAny;

/// One folder of files.
struct Case {
    folder: PathBuf,
    client: Dialect,
    provider: ProviderProtocol,
    /// The provider's name for the model.
    model: String,
    wire: Wire,
}

#[test]
fn every_conversation_comes_out_as_it_did() {
    let cases = cases();
    assert!(cases.len() >= CASES_MIN, "only {} cases", cases.len());
    let wrong: Vec<String> = cases.iter().flat_map(check).collect();
    assert!(wrong.is_empty(), "other than blessed:\n{}", wrong.join("\n"));
}

#[test]
fn what_is_damaged_is_refused_or_comes_out_whole() {
    for case in cases() {
        let asked = case.read("request.in.json").unwrap();
        for seed in 0..DAMAGES {
            let _refused_or_not = case.request(&damaged(&asked, seed));
            if let Some(answer) = case.read("answer.in.json") {
                let answer = damaged(&answer, seed);
                let written = translate::answer(case.wire, case.client, &answer, &case.frame(&asked));
                let _whole = written.map(|(written, _)| pretty(std::str::from_utf8(&written).unwrap()));
            }
            if let Some(stream) = case.stream_in() {
                let _told = case.stream(&asked, &[&damaged_bytes(&stream, seed)]);
            }
            // Whole frames around what is damaged: else the reader would never see it.
            if let Some(events) = case.read("stream.in.events") {
                let _told = case.stream(&asked, &[&frames(&damaged(&events, seed))]);
            }
        }
    }
}

/// So many damages to each file.
const DAMAGES: u32 = 200;

/// The text, one piece of which is missing, is there twice or is something else.
fn damaged(text: &str, seed: u32) -> String {
    String::from_utf8_lossy(&damaged_bytes(text.as_bytes(), seed)).into_owned()
}

fn damaged_bytes(text: &[u8], seed: u32) -> Vec<u8> {
    let random = |salt: u32| {
        let mixed = (seed + 1).wrapping_mul(0x9E37_79B9) ^ salt.wrapping_mul(0x85EB_CA6B);
        usize::try_from(mixed ^ mixed >> 15).unwrap()
    };
    let start = random(1) % text.len();
    let end = (start + random(2) % 12).min(text.len());
    let (before, piece, after) = (&text[..start], &text[start..end], &text[end..]);
    let others: [&[u8]; 8] = [b"", b"", b"null", b"{}", b"[]", b"\"\"", b"1e999", b"\n"];
    let instead =
        if seed.is_multiple_of(3) { [piece, piece].concat() } else { others[random(3) % 8].to_vec() };
    [before, &instead, after].concat()
}

/// A name that says nothing of what the model takes.
const MODEL: &str = "served-model";
/// The same for a model of Anthropic's that others serve.
const CLAUDE: &str = "claude-sonnet-4-5@20250929";

/// Fewer than there are were not found.
const CASES_MIN: usize = 110;

fn cases() -> Vec<Case> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/translation");
    let mut cases = Vec::new();
    for pair in folders(&all) {
        let name = pair.file_name().unwrap().to_str().unwrap().to_owned();
        let Some((client, provider)) = name.split_once("--") else { continue };
        let client = match client {
            "chat" => Dialect::Chat,
            "responses" => Dialect::Responses,
            "anthropic" => Dialect::Messages,
            "gemini" => Dialect::GenerateContent,
            _ => panic!("{name}: no client speaks that"),
        };
        let provider = ProviderProtocol::from_word(provider).unwrap();
        for folder in folders(&pair) {
            // On Vertex AI, the model says whose protocol is spoken.
            let is_claude = folder.file_name().unwrap().to_str().unwrap().starts_with("claude");
            let usual = if is_claude { CLAUDE } else { MODEL };
            let named = fs::read_to_string(folder.join("model.txt"));
            let model = named.map_or_else(|_| usual.to_owned(), |name| name.trim().to_owned());
            let wire = Wire::of(spoken(provider, &model)).unwrap();
            cases.push(Case { folder, client, provider, model, wire });
        }
    }
    cases
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.is_dir());
    found.sort();
    found
}

/// The files that are other than they were.
fn check(case: &Case) -> Vec<String> {
    let asked = case.read("request.in.json").unwrap();
    let mut wrong = Vec::new();
    wrong.extend(case.compare("request.out.json", &case.request(&asked)));
    if let Some(answer) = case.read("answer.in.json") {
        let (written, _) = translate::answer(case.wire, case.client, &answer, &case.frame(&asked)).unwrap();
        let written = pretty(std::str::from_utf8(&written).unwrap());
        wrong.extend(case.compare("answer.out.json", &written));
    }
    if let Some(stream) = case.stream_in() {
        let whole = case.stream(&asked, &[&stream]);
        for cut in 0..stream.len() {
            let (before, after) = stream.split_at(cut);
            assert!(case.stream(&asked, &[before, after]) == whole, "{} at {cut}", case.folder.display());
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert!(case.stream(&asked, &bytes) == whole, "{} byte by byte", case.folder.display());
        assert!(!whole.contains("\n: "), "{}: {whole}", case.folder.display());
        wrong.extend(case.compare("stream.out.sse", &whole));
    }
    wrong
}

impl Case {
    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.folder.join(name)).ok()
    }

    fn compare(&self, name: &str, written: &str) -> Option<String> {
        let path = self.folder.join(name);
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, written).unwrap();
        }
        let expected = self.read(name).unwrap_or_default();
        (expected != written).then(|| format!("{}: {written}", path.display()))
    }

    /// What the provider streams, in its own form.
    fn stream_in(&self) -> Option<Vec<u8>> {
        if self.wire.framing() == Framing::Events {
            return self.read("stream.in.sse").map(String::into_bytes);
        }
        Some(frames(&self.read("stream.in.events")?))
    }

    /// The provider's request, or what it has no form for.
    fn request(&self, asked: &str) -> String {
        let mut conversation = match translate::read(self.client, asked) {
            Ok(conversation) => conversation,
            Err(malformed) => return format!("{malformed}\n"),
        };
        let upstream = Upstream { model: &self.model, output_limit: Some(32_000), protocol: self.provider };
        let lost = lost(&conversation, self.client, upstream);
        if lost != 0 {
            let places: Vec<&str> = conversation.needs.places(lost).collect();
            return pretty(&serde_json::json!({ "refused": places }).to_string());
        }
        let mut out = BytesMut::new();
        translate::write(self.wire, &mut conversation, upstream, &mut out);
        pretty(std::str::from_utf8(&out).unwrap())
    }

    fn frame(&self, asked: &str) -> Frame {
        Frame {
            id: "request-1".to_owned(),
            model: self.model.clone(),
            input_tokens: 21,
            created_s: 1_790_000_000,
            echo: translate::echo(self.client, asked.as_bytes()),
        }
    }

    /// What a client gets of a stream that comes in these chunks, up to where it breaks off.
    fn stream(&self, asked: &str, chunks: &[&[u8]]) -> String {
        let wants_usage = translate::read(self.client, asked).unwrap().wants_usage;
        let mut stream = Stream::new(self.wire, self.client, self.frame(asked), wants_usage).unwrap();
        let (mut out, mut has_ended) = (BytesMut::new(), false);
        let mut broken = None;
        let framing = self.wire.framing();
        let mut splitter = Splitter::new(framing, EVENT_BYTES_MAX, Room::new(EVENT_BYTES_MAX).space());
        for chunk in chunks {
            let Ok(run) = splitter.feed(Bytes::copy_from_slice(chunk)) else {
                return told(&out) + ": too long\n";
            };
            for event in framing.events(&run) {
                if broken.is_some() {
                    break;
                }
                match stream.event(event, &mut out) {
                    Ok(seen) => has_ended |= seen.end,
                    Err(why) => broken = Some(why),
                }
            }
        }
        if let Some(broken) = broken {
            return told(&out) + &format!(": {broken:?}\n");
        }
        let has_ended = has_ended || (splitter.may_end() && stream.close(&mut out));
        told(&out) + if has_ended { "" } else { ": cut\n" }
    }
}

/// Of what a request holds, what a provider is not told, as a decision knows it.
fn lost(conversation: &Conversation<'_>, client: Dialect, upstream: Upstream<'_>) -> u64 {
    let features = conversation.features();
    let output_tokens = conversation.output_tokens.map_or(0, |tokens| tokens.try_into().unwrap_or(u32::MAX));
    let Upstream { model, output_limit: _, protocol } = upstream;
    let beside = beside((protocol, model), (client, features), output_tokens);
    features & (beside | refused(protocol, model, None)[usize::from(client.code())])
}

/// Bedrock's frames of names and payloads, a line each.
fn frames(events: &str) -> Vec<u8> {
    let events = events.lines().map(|line| line.split_once(' ').unwrap_or((line, "")));
    events.flat_map(|(name, payload)| framed(name, payload)).collect()
}

/// An event of Bedrock's in its frame.
fn framed(name: &str, payload: &str) -> Vec<u8> {
    let mut headers = Vec::new();
    for (header, value) in [(":event-type", name), (":message-type", "event")] {
        headers.push(u8::try_from(header.len()).unwrap());
        headers.extend_from_slice(header.as_bytes());
        headers.push(7);
        headers.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        headers.extend_from_slice(value.as_bytes());
    }
    let mut out = Vec::new();
    for length in [headers.len() + payload.len() + 16, headers.len()] {
        out.extend_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
    }
    out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
    out.extend_from_slice(&headers);
    out.extend_from_slice(payload.as_bytes());
    out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
    out
}

/// Events for a client: every line is a field or ends an event, and every event's data is JSON or the end marker.
fn told(out: &[u8]) -> String {
    let events = String::from_utf8(out.to_vec()).unwrap();
    for line in events.lines() {
        let Some(data) = line.strip_prefix("data: ") else {
            assert!(line.is_empty() || line.starts_with("event: "), "{line}");
            continue;
        };
        assert!(data == "[DONE]" || serde_json::from_str::<IgnoredAny>(data).is_ok(), "{data}");
    }
    events
}

/// The same JSON, one member a line, in the order that it is in.
fn pretty(json: &str) -> String {
    serde_json::from_str::<IgnoredAny>(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let (mut out, mut depth, mut rest) = (String::new(), 0, json.trim());
    while let Some(next) = rest.chars().next() {
        let length = if next == '"' { string(rest) } else { next.len_utf8() };
        let (token, after) = rest.split_at(length);
        rest = after.trim_start();
        match next {
            '{' | '[' if rest.starts_with(['}', ']']) => out += token,
            '{' | '[' => {
                depth += 1;
                out += token;
                line(&mut out, depth);
            }
            '}' | ']' if out.ends_with(['{', '[']) => out += token,
            '}' | ']' => {
                depth -= 1;
                line(&mut out, depth);
                out += token;
            }
            ',' => {
                out += token;
                line(&mut out, depth);
            }
            ':' => out += ": ",
            _ => out += token,
        }
    }
    out + "\n"
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
}

/// How long the string that a text begins with is, its quotes included.
fn string(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    end.unwrap() + 2
}
