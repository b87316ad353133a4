//! Carrying a request to a provider that speaks another protocol than the client, and its answer back.
//!
//! Which client dialect and which wire format meet is decided here and nowhere else: two enums, one arm a format. What
//! the arms do is in [`crate::dialect`] and [`crate::provider`].

use bytes::{Bytes, BytesMut};
use pointsman_schema::dialect::Dialect;
use pointsman_schema::protocol::ProviderProtocol;

use crate::conversation::Conversation;
use crate::conversation::answer::{Answer, Delta};
use crate::dialect::{Frame, chat};
use crate::json::fields::{Malformed, Place};
use crate::operation::Operation;
use crate::provider::{Broken, Upstream, openai};

/// The format of what a provider is sent and what it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// OpenAI's chat completions, by whomever.
    Chat,
}

impl Wire {
    /// The format that conversations with a provider's model have.
    pub const fn of(protocol: ProviderProtocol, _model: &str) -> Option<Self> {
        match protocol {
            ProviderProtocol::OpenAi | ProviderProtocol::OpenAiCompatible | ProviderProtocol::AzureOpenAi => {
                Some(Self::Chat)
            }
            ProviderProtocol::Anthropic
            | ProviderProtocol::Gemini
            | ProviderProtocol::Vertex
            | ProviderProtocol::Bedrock
            | ProviderProtocol::Mistral
            | ProviderProtocol::Cohere => None,
        }
    }

    /// What is asked for in this format.
    pub const fn operation(self, stream: bool) -> Operation {
        let _ = stream;
        match self {
            Self::Chat => Operation::Chat,
        }
    }

    /// Whether it is.
    pub fn serves(self, operation: Operation) -> bool {
        [false, true].iter().any(|stream| self.operation(*stream) == operation)
    }
}

/// Reads a client's request.
pub fn read(client: Dialect, body: &str) -> Result<Conversation<'_>, Malformed> {
    match client {
        Dialect::Chat => chat::request::read(body),
        _ => Err(Place::WHOLE.expected("a conversation")),
    }
}

/// Writes a provider's request.
pub fn write(wire: Wire, conversation: &Conversation<'_>, upstream: Upstream<'_>, out: &mut BytesMut) {
    match wire {
        Wire::Chat => openai::chat::request::write(conversation, upstream, out),
    }
}

/// A provider's whole answer as one to the client.
pub fn answer(wire: Wire, client: Dialect, body: &str, frame: &Frame) -> Result<Bytes, Malformed> {
    let answer: Answer<'_> = match wire {
        Wire::Chat => openai::chat::answer::read(body)?,
    };
    match client {
        Dialect::Chat => Ok(chat::answer::write(&answer, frame)),
        _ => Err(Place::WHOLE.expected("a conversation")),
    }
}

enum Reader {
    Chat(openai::chat::stream::Reader),
}

enum Writer {
    Chat(chat::stream::Writer),
}

/// An answer that is translated piece by piece.
pub struct Stream {
    reader: Reader,
    writer: Writer,
}

/// What a part of a stream held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Something of the answer itself.
    pub content: bool,
    /// Its end.
    pub end: bool,
}

impl Stream {
    /// A translation that is about to begin.
    pub fn new(wire: Wire, client: Dialect, frame: Frame, wants_usage: bool) -> Option<Self> {
        let reader = match wire {
            Wire::Chat => Reader::Chat(openai::chat::stream::Reader::default()),
        };
        let writer = match client {
            Dialect::Chat => Writer::Chat(chat::stream::Writer::new(frame, wants_usage)),
            _ => return None,
        };
        Some(Self { reader, writer })
    }

    /// One event of the provider's, as events for the client.
    pub fn event(&mut self, event: &[u8], out: &mut BytesMut) -> Result<Seen, Broken> {
        let mut seen = Seen::default();
        let writer = &mut self.writer;
        let mut take = |delta: Delta<'_>| {
            seen.content |= delta.is_content();
            seen.end |= matches!(delta, Delta::End);
            match writer {
                Writer::Chat(writer) => writer.write(&delta, out),
            }
        };
        match &mut self.reader {
            Reader::Chat(reader) => reader.event(event, &mut take),
        }?;
        Ok(seen)
    }
}
