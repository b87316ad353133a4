//! What the events of a forwarded stream mean, by the format that they have.
//!
//! Before the first content every event is read; after it, runs of events are only searched for the words that an end
//! marker or an error would have, and read where one is found. Translated streams are read event by event, elsewhere.

mod chat;
mod gemini;
mod messages;
mod responses;

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::operation::Operation;
use crate::provider::refusal::Said;
use crate::sse;

/// The format of a stream's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Chat completions and completions.
    Chat,
    /// OpenAI's responses, and what else of OpenAI's names its events: images, sound.
    Responses,
    /// Anthropic's messages.
    Messages,
    /// Gemini's contents.
    Gemini,
}

/// What an event is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A comment, a role, a usage: nothing that commits anyone.
    Preamble,
    /// Text, reasoning, a tool call or a refusal.
    Content,
    /// The last of the answer, in a format that has no end marker: more may come, and need not.
    Last,
    /// The end marker.
    Done,
    /// An error in place of more.
    Error(Box<Said>),
}

/// What a run of events holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// Only what can be passed on.
    Plain,
    /// The same, and it may have been the last.
    Last,
    /// The end marker.
    Done,
    /// An error, beginning at this byte of the run.
    Error {
        /// **Unit**: bytes.
        at: usize,
        /// What it says.
        said: Box<Said>,
    },
}

impl Format {
    /// The format of an operation's streams.
    pub const fn of(operation: Operation) -> Self {
        match operation {
            Operation::Chat | Operation::Completions | Operation::Embeddings | Operation::Moderations => {
                Self::Chat
            }
            // Nobody forwards these: no client speaks them.
            Operation::Converse | Operation::ConverseStream | Operation::CohereChat => Self::Chat,
            Operation::Responses
            | Operation::Images
            | Operation::ImageEdits
            | Operation::ImageVariations
            | Operation::Speech
            | Operation::Transcriptions
            | Operation::Translations => Self::Responses,
            Operation::Messages | Operation::MessagesStream | Operation::CountTokens => Self::Messages,
            Operation::Generate | Operation::GenerateStream | Operation::GeminiCountTokens => Self::Gemini,
        }
    }

    /// Reads one event.
    pub fn event(self, event: &[u8]) -> Event {
        let Some(data) = sse::data(event) else { return Event::Preamble };
        match self {
            Self::Chat => chat::event(&data),
            Self::Responses => responses::event(&data),
            Self::Messages => messages::event(&data),
            Self::Gemini => gemini::event(&data),
        }
    }

    /// Searches a run of whole events.
    pub fn run(self, run: &[u8]) -> Run {
        if !self.suspects(run) {
            return Run::Plain;
        }
        let (mut at, mut found) = (0, Run::Plain);
        for one in sse::events(run) {
            match self.event(one) {
                Event::Done => return Run::Done,
                Event::Error(said) => return Run::Error { at, said },
                Event::Last => found = Run::Last,
                Event::Preamble | Event::Content => {}
            }
            at += one.len();
        }
        found
    }

    /// Whether a run has one of the words that an end or an error would have.
    fn suspects(self, run: &[u8]) -> bool {
        let finds = |finder: &Finder<'_>| finder.find(run).is_some();
        let ends = match self {
            Self::Chat => finds(&CHAT_END),
            Self::Responses => RESPONSES_ENDS.iter().any(finds),
            Self::Messages => finds(&MESSAGES_END),
            Self::Gemini => GEMINI_ENDS.iter().any(finds),
        };
        ends || finds(&ERROR)
    }
}

static ERROR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"error\""));
static CHAT_END: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("[DONE]"));
static MESSAGES_END: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"message_stop\""));
static RESPONSES_ENDS: LazyLock<[Finder<'static>; 3]> =
    LazyLock::new(|| [".completed\"", ".incomplete\"", ".done\""].map(Finder::new));
static GEMINI_ENDS: LazyLock<[Finder<'static>; 2]> =
    LazyLock::new(|| ["finishReason", "blockReason"].map(Finder::new));

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(super) fn check(format: Format, data: &str, expected: &str) {
        let seen = match format.event(format!("data: {data}\n\n").as_bytes()) {
            Event::Preamble => "preamble",
            Event::Content => "content",
            Event::Last => "last",
            Event::Done => "done",
            Event::Error(_) => "error",
        };
        assert_eq!(seen, expected, "{data}");
    }

    #[test]
    fn words_in_content_are_not_ends() {
        let talk = r#"data: {"choices":[{"delta":{"content":"say [DONE] or \"error\""}}]}"#;
        assert_eq!(Format::Chat.run(format!("{talk}\n\n").as_bytes()), Run::Plain);
        assert_eq!(Format::Chat.run(format!("{talk}\n\ndata: [DONE]\n\n").as_bytes()), Run::Done);
        let text = format!("{talk}\n\ndata: {{\"error\":{{\"code\":502}}}}\n\n");
        let Run::Error { at, said } = Format::Chat.run(text.as_bytes()) else { panic!("no error") };
        assert_eq!(&text[at..at + 15], "data: {\"error\":");
        assert_eq!(
            said.outcome_in_stream(crate::upstream::target::KeyOwner::Platform).word(),
            "server-error"
        );
    }

    #[test]
    fn a_format_without_end_marker_may_end_after_its_last() {
        let last = "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\n\n";
        assert_eq!(Format::Gemini.run(last.as_bytes()), Run::Last);
        assert_eq!(Format::Gemini.run(b"data: {\"candidates\":[]}\n\n"), Run::Plain);
    }
}
