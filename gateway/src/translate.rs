//! Carrying a request to a provider that speaks another protocol than the client, and its answer back.
//!
//! Which client dialect and which wire format meet is decided here and nowhere else: two enums, one arm a format. What
//! the arms do is in [`crate::dialect`] and [`crate::provider`].

use bytes::{Bytes, BytesMut};
use pointsman_schema::dialect::Dialect;
use pointsman_schema::feature::Feature;
use pointsman_schema::protocol::ProviderProtocol;

use crate::conversation::Conversation;
use crate::conversation::answer::{Answer, Delta, Usage};
use crate::conversation::proof::Maker;
use crate::dialect::{self, Frame, chat, responses};
use crate::json::fields::{Malformed, Place};
use crate::operation::Operation;
use crate::provider::framing::Framing;
use crate::provider::openai::chat::thoughts::seal;
use crate::provider::usage::Used;
use crate::provider::{Broken, Upstream, anthropic, bedrock, cohere, gemini, mistral, openai};

/// The format of what a provider is sent and what it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// OpenAI's chat completions, by whomever.
    Chat,
    /// Anthropic's messages.
    Messages,
    /// Gemini's contents.
    Gemini,
    /// Mistral's chat completions.
    Mistral,
    /// Amazon Bedrock's Converse.
    Bedrock,
    /// Cohere's chat.
    Cohere,
}

impl Wire {
    /// The format that conversations with a provider have.
    pub const fn of(protocol: ProviderProtocol) -> Option<Self> {
        match protocol {
            ProviderProtocol::OpenAi | ProviderProtocol::OpenAiCompatible | ProviderProtocol::AzureOpenAi => {
                Some(Self::Chat)
            }
            ProviderProtocol::Anthropic => Some(Self::Messages),
            ProviderProtocol::Gemini => Some(Self::Gemini),
            ProviderProtocol::Bedrock => Some(Self::Bedrock),
            ProviderProtocol::Mistral => Some(Self::Mistral),
            ProviderProtocol::Cohere => Some(Self::Cohere),
            ProviderProtocol::Vertex => None,
        }
    }

    /// What is asked for in this format.
    pub const fn operation(self, stream: bool) -> Operation {
        match (self, stream) {
            (Self::Chat | Self::Mistral, _) => Operation::Chat,
            (Self::Messages, _) => Operation::Messages,
            (Self::Gemini, false) => Operation::Generate,
            (Self::Gemini, true) => Operation::GenerateStream,
            (Self::Bedrock, false) => Operation::Converse,
            (Self::Bedrock, true) => Operation::ConverseStream,
            (Self::Cohere, _) => Operation::CohereChat,
        }
    }

    /// Whose proofs of thoughts its answers hold.
    const fn maker(self) -> Option<Maker> {
        match self {
            Self::Cohere => None,
            Self::Chat => Some(Maker::Chat),
            Self::Messages => Some(Maker::Anthropic),
            Self::Gemini => Some(Maker::Gemini),
            Self::Mistral => Some(Maker::Mistral),
            Self::Bedrock => Some(Maker::Bedrock),
        }
    }

    /// How its streams are cut into events.
    pub const fn framing(self) -> Framing {
        match self {
            Self::Bedrock => Framing::Frames,
            Self::Chat | Self::Messages | Self::Gemini | Self::Mistral | Self::Cohere => Framing::Events,
        }
    }

    /// Whether it is.
    pub fn serves(self, operation: Operation) -> bool {
        [false, true].iter().any(|stream| self.operation(*stream) == operation)
    }
}

/// Reads a client's request, which its own protocol must take.
pub fn read(client: Dialect, body: &str) -> Result<Conversation<'_>, Malformed> {
    let conversation = match client {
        Dialect::Chat => chat::request::read(body),
        Dialect::Messages => dialect::anthropic::request::read(body),
        Dialect::GenerateContent => dialect::gemini::request::read(body),
        Dialect::Responses => responses::request::read(body),
        _ => Err(no_conversation()),
    }?;
    dialect::sound::check(client, &conversation)?;
    Ok(conversation)
}

/// What the answer to a client's request repeats of it, for its [`Frame`].
pub fn echo(client: Dialect, body: &[u8]) -> Option<String> {
    match client {
        Dialect::Responses => responses::echo::read(simdutf8::basic::from_utf8(body).ok()?).ok(),
        _ => None,
    }
}

/// Writes a provider's request. Gives features that were left out of it and that nobody may have been told of: proofs of
/// thoughts that others made, thoughts where some are missing, and what the model does not take.
pub fn write(
    wire: Wire,
    conversation: &mut Conversation<'_>,
    upstream: Upstream<'_>,
    out: &mut BytesMut,
) -> u64 {
    let is_any_foreign = conversation.give_back(wire.maker());
    match wire {
        Wire::Chat => openai::chat::request::write(conversation, upstream, out),
        Wire::Messages => anthropic::request::write(conversation, upstream, out),
        Wire::Gemini => gemini::request::write(conversation, upstream, out),
        Wire::Mistral => mistral::request::write(conversation, upstream, out),
        Wire::Bedrock => bedrock::request::write(conversation, upstream, out),
        Wire::Cohere => cohere::request::write(conversation, upstream, out),
    }
    let left_out = match wire {
        Wire::Messages | Wire::Bedrock => anthropic::request::left_out(conversation, upstream),
        Wire::Chat | Wire::Gemini | Wire::Mistral | Wire::Cohere => 0,
    };
    left_out | if is_any_foreign { Feature::ReasoningContent.mask() } else { 0 }
}

/// A provider's whole answer as one to the client, and what it used.
pub fn answer(
    wire: Wire,
    client: Dialect,
    body: &str,
    frame: &Frame,
) -> Result<(Bytes, Option<Usage>), Malformed> {
    let mut answer: Answer<'_> = match wire {
        Wire::Chat => openai::chat::answer::read(body, Some(&seal(&frame.model)))?,
        Wire::Mistral => openai::chat::answer::read(body, None)?,
        Wire::Messages => anthropic::answer::read(body)?,
        Wire::Gemini => gemini::answer::read(body)?,
        Wire::Bedrock => bedrock::answer::read(body)?,
        Wire::Cohere => cohere::answer::read(body)?,
    };
    if let Some(maker) = wire.maker() {
        answer.mark(maker);
    }
    let written = match client {
        Dialect::Chat => chat::answer::write(&answer, frame),
        Dialect::Messages => dialect::anthropic::answer::write(&answer, frame),
        Dialect::GenerateContent => dialect::gemini::answer::write(&answer, frame),
        Dialect::Responses => responses::answer::write(&answer, frame),
        _ => return Err(no_conversation()),
    };
    Ok((written, answer.usage))
}

fn no_conversation() -> Malformed {
    Place::WHOLE.expected("a conversation")
}

#[derive(Debug)]
enum Reader {
    Chat(openai::chat::stream::Reader),
    Messages(anthropic::stream::Reader),
    Gemini(gemini::stream::Reader),
    Bedrock(bedrock::stream::Reader),
    Cohere(cohere::stream::Reader),
}

#[derive(Debug)]
enum Writer {
    Chat(chat::stream::Writer),
    Messages(dialect::anthropic::stream::Writer),
    Gemini(dialect::gemini::stream::Writer),
    Responses(responses::stream::Writer),
}

impl Writer {
    fn write(&mut self, delta: &Delta<'_>, out: &mut BytesMut) {
        match self {
            Self::Chat(writer) => writer.write(delta, out),
            Self::Messages(writer) => writer.write(delta, out),
            Self::Gemini(writer) => writer.write(delta, out),
            Self::Responses(writer) => writer.write(delta, out),
        }
    }

    /// Whether it could not take all of the answer.
    const fn is_full(&self) -> bool {
        match self {
            Self::Responses(writer) => writer.is_full(),
            Self::Gemini(writer) => writer.is_full(),
            Self::Chat(_) | Self::Messages(_) => false,
        }
    }
}

/// An answer that is translated piece by piece.
#[derive(Debug)]
pub struct Stream {
    wire: Wire,
    reader: Reader,
    used: Used,
    writer: Writer,
}

/// Takes note of what a step says was used, or uses.
fn note(used: &mut Used, delta: &Delta<'_>) {
    match delta {
        Delta::Usage(usage) => used.usage = Some(*usage),
        Delta::Text { .. } | Delta::Thought { .. } | Delta::Refusal { .. } | Delta::Arguments { .. } => {
            used.pieces = used.pieces.saturating_add(1);
        }
        _ => {}
    }
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
    /// A translation that is about to begin. `wants_usage` is whether the client asked for what was used, where its
    /// protocol leaves that to it.
    pub fn new(wire: Wire, client: Dialect, frame: Frame, wants_usage: bool) -> Option<Self> {
        let reader = match wire {
            Wire::Chat => Reader::Chat(openai::chat::stream::Reader::sealing(seal(&frame.model))),
            Wire::Mistral => Reader::Chat(openai::chat::stream::Reader::default()),
            Wire::Messages => Reader::Messages(anthropic::stream::Reader::default()),
            Wire::Gemini => Reader::Gemini(gemini::stream::Reader::default()),
            Wire::Bedrock => Reader::Bedrock(bedrock::stream::Reader::default()),
            Wire::Cohere => Reader::Cohere(cohere::stream::Reader::default()),
        };
        let writer = match client {
            Dialect::Chat => Writer::Chat(chat::stream::Writer::new(frame, wants_usage)),
            Dialect::Messages => Writer::Messages(dialect::anthropic::stream::Writer::new(frame)),
            Dialect::GenerateContent => Writer::Gemini(dialect::gemini::stream::Writer::new(frame)),
            Dialect::Responses => Writer::Responses(responses::stream::Writer::new(frame)),
            _ => return None,
        };
        Some(Self { wire, reader, used: Used::default(), writer })
    }

    /// The form of what the provider sends.
    pub const fn framing(&self) -> Framing {
        self.wire.framing()
    }

    /// One event of the provider's, as events for the client.
    pub fn event(&mut self, event: &[u8], out: &mut BytesMut) -> Result<Seen, Broken> {
        let Self { wire, reader, used, writer } = self;
        let maker = wire.maker();
        let mut seen = Seen::default();
        let mut take = |mut delta: Delta<'_>| {
            note(used, &delta);
            if let Some(maker) = maker {
                delta.mark(maker);
            }
            seen.content |= delta.is_content();
            seen.end |= matches!(delta, Delta::End);
            writer.write(&delta, out);
        };
        match reader {
            Reader::Chat(reader) => reader.event(event, &mut take),
            Reader::Messages(reader) => reader.event(event, &mut take),
            Reader::Gemini(reader) => reader.event(event, &mut take),
            Reader::Bedrock(reader) => reader.event(event, &mut take),
            Reader::Cohere(reader) => reader.event(event, &mut take),
        }?;
        if self.writer.is_full() { Err(Broken::TooLong) } else { Ok(seen) }
    }

    /// What is known so far of what the answer used.
    pub const fn used(&self) -> Used {
        self.used
    }

    /// How many events the client got, where its dialect counts them.
    pub const fn events(&self) -> u64 {
        match &self.writer {
            Writer::Responses(writer) => writer.sequence(),
            Writer::Chat(_) | Writer::Messages(_) | Writer::Gemini(_) => 0,
        }
    }

    /// The provider has closed the stream. Writes what was left to say; `false` where the stream was cut.
    #[must_use]
    pub fn close(&mut self, out: &mut BytesMut) -> bool {
        let Self { wire: _, reader, used: _, writer } = self;
        // What is left to say holds no proof.
        let ended = match reader {
            // Their end marker has not come, or nobody would ask.
            Reader::Chat(_) | Reader::Messages(_) | Reader::Cohere(_) => false,
            Reader::Gemini(reader) => reader.close(&mut |delta| writer.write(&delta, out)),
            Reader::Bedrock(reader) => reader.close(&mut |delta| writer.write(&delta, out)),
        };
        ended && !writer.is_full()
    }
}
