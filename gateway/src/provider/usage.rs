//! What a forwarded answer says that it used, found by the name of the member that says so; the rest is not read.
//!
//! A name of a member that stands in a text has its quotes escaped there, so it is not found. Of several such members the
//! last counts: everybody says it after what was said, and says it again as it grows. Only Anthropic says it in two parts.

use std::sync::LazyLock;

use bytes::{Bytes, BytesMut};
use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::events::Format;
use super::{anthropic, gemini, openai};
use crate::conversation::answer::Usage;
use crate::sse;

/// What is known so far of what an answer used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    /// What its provider says.
    pub usage: Option<Usage>,
    /// How many pieces of it came, each of a token at least.
    pub pieces: u64,
}

/// Keeps of a stream what it says of it.
#[derive(Debug)]
pub struct Meter {
    format: Format,
    /// Of Anthropic's, both parts.
    parts: Option<anthropic::Used>,
    /// Of any other, where the last begins.
    last: Option<Bytes>,
    pieces: u64,
}

impl Meter {
    /// Nothing yet.
    pub const fn new(format: Format) -> Self {
        Self { format, parts: None, last: None, pieces: 0 }
    }

    /// Takes note of a run of whole events; whether one of them says what was used.
    pub fn note(&mut self, run: &Bytes) -> bool {
        self.pieces = self.pieces.saturating_add(u64::try_from(DATA.find_iter(run).count()).unwrap_or(0));
        let Some(value) = last(self.format, run) else { return false };
        if self.format == Format::Messages {
            for used in values(self.format, run).filter_map(first::<anthropic::Used>) {
                self.parts = Some(self.parts.unwrap_or_default().then(used));
            }
        } else {
            self.last = Some(run.slice(run.len() - value.len()..));
        }
        true
    }

    /// How many events there were.
    pub const fn pieces(&self) -> u64 {
        self.pieces
    }

    /// What is known so far.
    pub fn used(&self) -> Used {
        let usage = match (&self.parts, &self.last) {
            (Some(parts), _) => Some((*parts).into()),
            (None, Some(value)) => read(self.format, value),
            (None, None) => None,
        };
        Used { usage, pieces: self.pieces }
    }
}

/// The last bytes of an answer that is not streamed, which have it.
#[derive(Debug)]
pub struct Tail {
    format: Format,
    bytes: BytesMut,
}

impl Tail {
    /// Nothing yet.
    pub fn new(format: Format) -> Self {
        Self { format, bytes: BytesMut::new() }
    }

    /// The next piece of the answer.
    pub fn push(&mut self, piece: &[u8]) {
        let start = piece.len().saturating_sub(TAIL_BYTES);
        self.bytes.extend_from_slice(piece.get(start..).unwrap_or_default());
        if self.bytes.len() > 2 * TAIL_BYTES {
            let end = self.bytes.split_off(self.bytes.len() - TAIL_BYTES);
            self.bytes = end;
        }
    }

    /// What the answer says.
    pub fn usage(&self) -> Option<Usage> {
        of_whole(self.format, &self.bytes)
    }
}

/// What an answer says that is not streamed, or its end.
pub fn of_whole(format: Format, text: &[u8]) -> Option<Usage> {
    read(format, last(format, text)?)
}

/// A run of a chat completion's events without those that say nothing but what was used: whoever did not ask for one does
/// not expect it.
pub fn without(run: Bytes) -> Bytes {
    let mut kept = BytesMut::with_capacity(run.len());
    for event in sse::events(&run).filter(|event| !says_only_usage(event)) {
        kept.extend_from_slice(event);
    }
    if kept.len() == run.len() { run } else { kept.freeze() }
}

fn says_only_usage(event: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Chunk<'a> {
        #[serde(borrow)]
        choices: Vec<&'a RawValue>,
        #[serde(borrow)]
        usage: &'a RawValue,
    }
    let data = sse::data(event);
    let chunk = data.as_deref().and_then(|data| serde_json::from_slice::<Chunk<'_>>(data).ok());
    chunk.is_some_and(|chunk| chunk.choices.is_empty() && chunk.usage.get().starts_with('{'))
}

/// What follows the name of each member that says it, from its brace on.
fn values(format: Format, text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let name = name(format);
    let finder: &'static Finder<'static> = if format == Format::Gemini { &METADATA } else { &USAGE };
    finder.find_iter(text).filter_map(move |at| object(text, at + name.len()))
}

/// The same of the last. Forwards: no search that runs backwards looks at many bytes at once.
fn last(format: Format, text: &[u8]) -> Option<&[u8]> {
    values(format, text).last()
}

const fn name(format: Format) -> &'static str {
    match format {
        Format::Gemini => METADATA_NAME,
        Format::Chat | Format::Responses | Format::Messages => USAGE_NAME,
    }
}

/// The object that a member's value is, after its name; nothing where it is none.
fn object(text: &[u8], at: usize) -> Option<&[u8]> {
    let value = text.get(at..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    value.starts_with(b"{").then_some(value)
}

fn read(format: Format, value: &[u8]) -> Option<Usage> {
    match format {
        Format::Chat => first::<openai::chat::usage::Used>(value).map(Into::into),
        Format::Responses => first::<OfResponses>(value).map(Into::into),
        Format::Messages => first::<anthropic::Used>(value).map(Into::into),
        Format::Gemini => first::<gemini::Used>(value).map(Into::into),
    }
}

/// The value that a text begins with.
fn first<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Option<T> {
    serde_json::Deserializer::from_slice(text).into_iter::<T>().next()?.ok()
}

/// As OpenAI's responses say it, and its images and transcripts.
#[derive(Deserialize)]
struct OfResponses {
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
    #[serde(default)]
    input_tokens_details: Option<openai::chat::usage::Input>,
    #[serde(default)]
    output_tokens_details: Option<openai::chat::usage::Output>,
}

impl From<OfResponses> for Usage {
    fn from(used: OfResponses) -> Self {
        let OfResponses { input_tokens, output_tokens, input_tokens_details, output_tokens_details } = used;
        let used = openai::chat::usage::Used {
            prompt_tokens: input_tokens,
            completion_tokens: output_tokens,
            // Reasoning is within the output here, by whomever.
            total_tokens: 0,
            prompt_tokens_details: input_tokens_details,
            completion_tokens_details: output_tokens_details,
        };
        used.into()
    }
}

const USAGE_NAME: &str = "\"usage\"";
const METADATA_NAME: &str = "\"usageMetadata\"";
static USAGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(USAGE_NAME));
static METADATA: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(METADATA_NAME));
/// What every event with data has.
static DATA: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("data:"));
/// After what was used, OpenAI repeats up to 16 names and values that the client gave. **Unit**: bytes.
const TAIL_BYTES: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn usage([input, cached, cache_written, output, reasoning]: [u64; 5]) -> Usage {
        Usage { input, cached, cache_written, output, reasoning, ..Usage::default() }
    }

    /// What an answer says, whole and as its tail in pieces.
    fn check(format: Format, answer: &str, expected: Option<[u64; 5]>) {
        assert_eq!(of_whole(format, answer.as_bytes()), expected.map(usage), "{answer}");
        let mut tail = Tail::new(format);
        answer.as_bytes().chunks(7).for_each(|piece| tail.push(piece));
        assert_eq!(tail.usage(), expected.map(usage), "{answer}");
    }

    #[test]
    fn every_format_has_its_own_words_and_one_way_of_counting() {
        check(
            Format::Chat,
            r#"{"choices":[{"message":{"content":"\"usage\": {}"}}],"usage" : {"prompt_tokens":9,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}},"x":{}}"#,
            Some([9, 4, 0, 5, 2]),
        );
        check(
            Format::Responses,
            r#"{"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":4},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":14},"metadata":{}}"#,
            Some([9, 4, 0, 5, 2]),
        );
        check(
            Format::Messages,
            r#"{"content":[{"type":"tool_use","input":{"usage":{"input_tokens":1}}}],"usage":{"input_tokens":3,"cache_read_input_tokens":4,"cache_creation_input_tokens":2,"output_tokens":5}}"#,
            Some([9, 4, 2, 5, 0]),
        );
        check(
            Format::Gemini,
            r#"{"candidates":[],"usageMetadata":{"promptTokenCount":9,"cachedContentTokenCount":4,"candidatesTokenCount":3,"thoughtsTokenCount":2}}"#,
            Some([9, 4, 0, 5, 2]),
        );
        for nothing in [r#"{"usage":null}"#, "{}", r#"{"usage":{"prompt_tokens":"#, "\"usage\"", ""] {
            check(Format::Chat, nothing, None);
        }
    }

    #[test]
    fn only_the_end_of_a_long_answer_is_kept() {
        let mut tail = Tail::new(Format::Chat);
        let long = "x".repeat(100_000);
        for _ in 0..50 {
            tail.push(&long.as_bytes()[..10_000]);
            assert!(tail.bytes.len() <= 2 * TAIL_BYTES);
        }
        tail.push(long.as_bytes());
        tail.push(br#","usage":{"prompt_tokens":1,"#);
        tail.push(br#""completion_tokens":2}}"#);
        assert_eq!(tail.usage(), Some(usage([1, 0, 0, 2, 0])));
    }

    fn check_stream(format: Format, events: &[&str], expected: Used) {
        let mut meter = Meter::new(format);
        for event in events {
            meter.note(&Bytes::from(format!("data: {event}\n\n")));
        }
        assert_eq!(meter.used(), expected);
    }

    #[test]
    fn the_last_that_a_stream_says_counts() {
        check_stream(
            Format::Chat,
            &[
                r#"{"choices":[{}],"usage":null}"#,
                r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#,
                "[DONE]",
            ],
            Used { usage: Some(usage([3, 0, 0, 1, 0])), pieces: 3 },
        );
        check_stream(
            Format::Messages,
            &[
                r#"{"type":"message_start","message":{"usage":{"input_tokens":3,"cache_read_input_tokens":4,"output_tokens":1}}}"#,
                r#"{"type":"message_delta","usage":{"output_tokens":9}}"#,
            ],
            Used { usage: Some(usage([7, 4, 0, 9, 0])), pieces: 2 },
        );
        check_stream(
            Format::Gemini,
            &[
                r#"{"usageMetadata":{"promptTokenCount":3}}"#,
                r#"{"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2}}"#,
            ],
            Used { usage: Some(usage([3, 0, 0, 2, 0])), pieces: 2 },
        );
        check_stream(Format::Chat, &["{}"], Used { usage: None, pieces: 1 });
    }

    #[test]
    fn an_event_that_nobody_asked_for_is_taken_out_and_all_else_stays() {
        let one = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":null}\n\n";
        let last = "data: {\"choices\":[{}],\"usage\":{\"prompt_tokens\":1}}\r\n\r\n";
        let only = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n";
        let done = "data: [DONE]\n\n";
        for (run, expected) in [
            ([one, last, done].concat(), [one, last, done].concat()),
            ([one, only, done].concat(), [one, done].concat()),
            (only.to_owned(), String::new()),
        ] {
            assert_eq!(without(Bytes::from(run)), expected);
        }
        let same = Bytes::from([one, done].concat());
        assert_eq!(without(same.clone()).as_ptr(), same.as_ptr());
    }
}
