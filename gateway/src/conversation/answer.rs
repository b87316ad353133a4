//! The way back: an answer as a whole, and as the pieces that a stream brings.
//!
//! A provider's stream reader makes [`Delta`]s from its events and a client dialect's stream writer makes events from
//! them; both are state machines over this one vocabulary. An unstreamed answer goes the same way as an [`Answer`].

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::message::{Thought, ToolCall};

/// A whole answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer<'a> {
    /// The provider's name for it, if it has one.
    pub id: Option<Cow<'a, str>>,
    /// The model that answered, in the provider's words.
    pub model: Option<Cow<'a, str>>,
    /// One, or as many as were asked for.
    pub choices: Vec<Choice<'a>>,
    /// What it used.
    pub usage: Option<Usage>,
}

/// One of the answers to a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice<'a> {
    /// What is said, in order.
    pub parts: Vec<Said<'a>>,
    /// Why it ended.
    pub finish: Finish,
    /// Which of the stop texts ended it.
    pub stop: Option<Cow<'a, str>>,
    /// Probabilities of its tokens, in OpenAI's form.
    pub logprobs: Option<Opaque<'a>>,
}

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Said<'a> {
    /// Words.
    Text(Cow<'a, str>),
    /// What the model thought.
    Thought(Thought<'a>),
    /// Why it does not answer.
    Refusal(Cow<'a, str>),
    /// A call of a function.
    ToolCall(ToolCall<'a>),
}

/// JSON that is passed on as it is.
#[derive(Debug, Clone, Copy)]
pub struct Opaque<'a>(pub &'a RawValue);

impl PartialEq for Opaque<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Finish {
    /// The model was done.
    #[default]
    Stop,
    /// At one of the stop texts.
    StopText,
    /// At the most tokens that were allowed.
    Length,
    /// To have functions called.
    ToolCalls,
    /// The provider's filter, or the model itself, refuses.
    ContentFilter,
    /// The context window is full.
    ContextLength,
    /// The provider paused: the same request again goes on.
    Pause,
}

/// What an answer used, in one way of counting: parts are within their wholes.
///
/// OpenAI and Gemini count cached input within the input, Anthropic and Bedrock beside it; Gemini counts reasoning beside
/// the output, the others within. Readers and writers convert, so that nothing is counted twice or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// All input, cached or not. **Unit**: tokens.
    pub input: u64,
    /// Of it, read from a cache.
    pub cached: u64,
    /// Of it, written to a cache.
    pub cache_written: u64,
    /// Of what was written, for an hour.
    pub cache_written_hour: u64,
    /// All output, reasoning included. **Unit**: tokens.
    pub output: u64,
    /// Of it, reasoning.
    pub reasoning: u64,
}

impl Usage {
    /// Input that was neither read from a cache nor written to one. **Unit**: tokens.
    pub const fn fresh(&self) -> u64 {
        self.input.saturating_sub(self.cached).saturating_sub(self.cache_written)
    }
}

/// One step of an answer that comes in pieces. `choice` counts the answers from 0.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta<'a> {
    /// It begins. Comes once, first.
    Begin {
        /// The provider's name for it, if it has one.
        id: Option<Cow<'a, str>>,
        /// The model that answers.
        model: Option<Cow<'a, str>>,
    },
    /// More words.
    Text {
        /// Of which answer.
        choice: u32,
        /// The words.
        text: Cow<'a, str>,
    },
    /// More thoughts. A new thought begins where another kind of delta came between, or after a signature.
    Thought {
        /// Of which answer.
        choice: u32,
        /// Words, a signature at the end, or what only the provider can read.
        thought: Thought<'a>,
    },
    /// More of why it does not answer.
    Refusal {
        /// Of which answer.
        choice: u32,
        /// The words.
        text: Cow<'a, str>,
    },
    /// A call begins. Its arguments follow, if not here.
    ToolCall {
        /// Of which answer.
        choice: u32,
        /// The calls of one answer count from 0.
        index: u32,
        /// The call, with the arguments so far.
        call: ToolCall<'a>,
    },
    /// More of a call's arguments.
    Arguments {
        /// Of which answer.
        choice: u32,
        /// Of which call.
        index: u32,
        /// A piece of JSON, cut anywhere.
        json: Cow<'a, str>,
    },
    /// Probabilities of the tokens of the text before, in OpenAI's form.
    Logprobs {
        /// Of which answer.
        choice: u32,
        /// As OpenAI writes them.
        logprobs: Opaque<'a>,
    },
    /// One answer ends.
    Finish {
        /// Which.
        choice: u32,
        /// Why.
        finish: Finish,
        /// At which of the stop texts.
        stop: Option<Cow<'a, str>>,
    },
    /// What was used, all of it so far: a later one takes the place of an earlier one.
    Usage(Usage),
    /// All is said. Comes once, last, and never after a stream that was cut.
    End,
}

impl Delta<'_> {
    /// Whether a client sees something of the answer itself, so that nothing can take its place any more.
    pub const fn is_content(&self) -> bool {
        match self {
            Self::Text { .. }
            | Self::Thought { .. }
            | Self::Refusal { .. }
            | Self::ToolCall { .. }
            | Self::Arguments { .. }
            | Self::Logprobs { .. }
            | Self::Finish { .. }
            | Self::End => true,
            Self::Begin { .. } | Self::Usage(_) => false,
        }
    }
}
