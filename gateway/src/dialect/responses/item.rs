//! An item of an answer's `output`: reasoning, a message or a call, finished or while it grows.

use std::borrow::Cow;

use crate::conversation::answer::Finish;
use crate::conversation::message::{Thought, ToolCall};
use crate::conversation::proof::NOBODYS;
use crate::dialect::Frame;
use crate::json::write::{List, Object};

/// An item with its name.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub(super) id: String,
    pub(super) kind: Kind<'a>,
}

/// What an item is.
#[derive(Debug)]
pub(super) enum Kind<'a> {
    /// What the model thought.
    Thought(Thought<'a>),
    /// What proves the thoughts that led to the next call.
    Proof(Cow<'a, str>),
    /// What it says.
    Message(Vec<Words<'a>>),
    /// What it calls.
    Call(ToolCall<'a>),
}

/// A part of a message.
#[derive(Debug)]
pub(super) enum Words<'a> {
    /// Words, and the elements of their `logprobs`.
    Text(Cow<'a, str>, String),
    /// Why it does not answer.
    Refusal(Cow<'a, str>),
}

/// How far an item has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// It has begun.
    InProgress,
    /// It is finished.
    Completed,
    /// It was cut.
    Incomplete,
}

impl Status {
    /// OpenAI's word.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete => "incomplete",
        }
    }
}

/// Why an answer is not complete, in OpenAI's words; none where it is.
pub(super) const fn incomplete(finish: Finish) -> Option<&'static str> {
    match finish {
        // The client goes on by sending the conversation again, which is all that a pause asks for.
        Finish::Stop | Finish::StopText | Finish::ToolCalls | Finish::Pause => None,
        Finish::Length | Finish::ContextLength => Some("max_output_tokens"),
        Finish::ContentFilter => Some("content_filter"),
    }
}

/// The names of an answer and its items, all made of one.
#[derive(Debug)]
pub(super) struct Ids {
    base: String,
}

impl Ids {
    /// By the provider's name for the answer, if it is of usual length, or the request's.
    pub(super) fn new(answer: Option<&str>, frame: &Frame) -> Self {
        let usual = answer.filter(|id| !id.is_empty() && id.len() <= ID_BYTES_MAX).unwrap_or(&frame.id);
        let prefix = ["resp_", "msg_", "chatcmpl-"].into_iter().find_map(|prefix| usual.strip_prefix(prefix));
        Self { base: prefix.unwrap_or(usual).to_owned() }
    }

    /// The answer's.
    pub(super) fn response(&self) -> String {
        format!("resp_{}", self.base)
    }

    /// An item that is the answer's next, after so many.
    pub(super) fn item<'a>(&self, at: usize, kind: Kind<'a>) -> Item<'a> {
        let word = match kind {
            Kind::Thought(_) | Kind::Proof(_) => "rs",
            Kind::Message(_) => "msg",
            Kind::Call(_) => "fc",
        };
        Item { id: format!("{word}_{}_{at}", self.base), kind }
    }
}

/// Longest name of an answer that names of items are made of, which OpenAI's API takes back up to 64. **Unit**: bytes.
const ID_BYTES_MAX: usize = 48;

impl Item<'_> {
    /// Writes all of it, as far as it has come.
    pub(super) fn write(&self, mut out: Object<'_>, status: Status) {
        out.text("id", &self.id);
        match &self.kind {
            Kind::Thought(thought) => {
                out.text("type", "reasoning");
                let mut summary = out.list("summary");
                if !thought.text.is_empty() {
                    summary.object().text("type", "summary_text").text("text", &thought.text);
                }
                drop(summary);
                let proof = thought.redacted.as_deref().or(thought.signature.as_deref());
                // So that it is known where it came from when it comes back.
                out.text("encrypted_content", proof.unwrap_or(NOBODYS));
            }
            Kind::Proof(of_call) => {
                drop(out.text("type", "reasoning").list("summary"));
                out.text("encrypted_content", of_call);
            }
            Kind::Message(words) => {
                out.text("type", "message").text("status", status.word()).text("role", "assistant");
                let mut content = out.list("content");
                for one in words {
                    one.write(content.object());
                }
            }
            Kind::Call(call) => {
                out.text("type", "function_call").text("status", status.word());
                out.text("call_id", &call.id).text("name", &call.name);
                out.text("arguments", arguments(call, status));
            }
        }
    }
}

/// A finished call without arguments has an empty object of them.
fn arguments<'c>(call: &'c ToolCall<'_>, status: Status) -> &'c str {
    if call.arguments.is_empty() && status != Status::InProgress { "{}" } else { &call.arguments }
}

impl Words<'_> {
    /// Writes the part.
    pub(super) fn write(&self, mut out: Object<'_>) {
        match self {
            Self::Text(text, logprobs) => {
                out.text("type", "output_text").text("text", text);
                drop(out.list("annotations"));
                out.list("logprobs").elements(logprobs);
            }
            Self::Refusal(refusal) => drop(out.text("type", "refusal").text("refusal", refusal)),
        }
    }
}

/// Writes all items. The last one is incomplete where the answer is.
pub(super) fn write_all(mut list: List<'_>, items: &[Item<'_>], answer: Status) {
    for (at, item) in items.iter().enumerate() {
        let is_last = at + 1 == items.len();
        item.write(list.object(), if is_last { answer } else { Status::Completed });
    }
}
