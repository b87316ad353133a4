//! Reading a chat completion in pieces.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::{self, Call, Message};
use super::content::{Content, Piece};
use super::usage::Used;
use crate::conversation::answer::{Delta, Opaque, Said};
use crate::conversation::message::Thought;
use crate::json::Text;
use crate::provider::Broken;
use crate::provider::refusal;
use crate::sse;

/// Reads the events of one answer.
#[derive(Debug, Default)]
pub struct Reader {
    is_begun: bool,
    /// For each answer how many calls have begun, and so the number of the next, where a server gives none.
    calls: Vec<u32>,
}

impl Reader {
    /// Takes one event, and gives what it means step by step.
    pub fn event(&mut self, event: &[u8], take: &mut impl FnMut(Delta<'_>)) -> Result<(), Broken> {
        let Some(data) = sse::data(event) else { return Ok(()) };
        if *data == *b"[DONE]" {
            take(Delta::End);
            return Ok(());
        }
        let chunk: Chunk<'_> = serde_json::from_slice(&data).map_err(|_| Broken::Malformed)?;
        if let Some(error) = chunk.error.filter(|error| error.get() != "null") {
            return Err(Broken::Said(Box::new(refusal::said(error))));
        }
        // Mistral's errors are no member of anything.
        if chunk.object.as_ref().is_some_and(|object| object.0 == "error") {
            return Err(Broken::Said(Box::new(refusal::read(&data))));
        }
        // Azure first says what its filters think of the prompt, in a chunk that is otherwise empty.
        let is_of_answer = !chunk.choices.is_empty() || chunk.id.as_ref().is_some_and(|id| !id.0.is_empty());
        if is_of_answer && !std::mem::replace(&mut self.is_begun, true) {
            take(Delta::Begin { id: chunk.id.map(|id| id.0), model: chunk.model.map(|model| model.0) });
        }
        for one in chunk.choices {
            self.choice(one, take)?;
        }
        if let Some(used) = chunk.usage {
            take(Delta::Usage(used.into()));
        }
        Ok(())
    }

    fn choice(&mut self, one: One<'_>, take: &mut impl FnMut(Delta<'_>)) -> Result<(), Broken> {
        let One { index: choice, delta, finish_reason, logprobs } = one;
        let Message { content, refusal, reasoning_content, reasoning, tool_calls } =
            delta.unwrap_or_default();
        let is_full = |text: &Text<'_>| !text.0.is_empty();
        if let Some(Text(text)) = reasoning_content.or(reasoning).filter(is_full) {
            take(Delta::Thought { choice, thought: Thought { text, ..Thought::default() } });
        }
        match content {
            Some(Content::Text(text)) if !text.is_empty() => take(Delta::Text { choice, text }),
            Some(Content::Pieces(pieces)) => {
                pieces.into_iter().filter_map(Piece::said).for_each(|said| take_piece(choice, said, take));
            }
            _ => {}
        }
        if let Some(Text(text)) = refusal.filter(is_full) {
            take(Delta::Refusal { choice, text });
        }
        for call in tool_calls.into_iter().flatten() {
            self.call(choice, call, take);
        }
        if let Some(logprobs) = logprobs.filter(|raw| raw.get() != "null") {
            take(Delta::Logprobs { choice, logprobs: Opaque(logprobs) });
        }
        if let Some(reason) = finish_reason.filter(is_full) {
            let is_called = self.begun(choice).is_some_and(|begun| *begun > 0);
            let finish = answer::finish(&reason.0, is_called).ok_or_else(|| broken_off(&reason.0))?;
            take(Delta::Finish { choice, finish, stop: None });
        }
        Ok(())
    }

    /// How many calls of an answer have begun.
    fn begun(&mut self, choice: u32) -> Option<&mut u32> {
        let at = usize::try_from(choice).ok().filter(|at| *at < CHOICES_MAX)?;
        if self.calls.len() <= at {
            self.calls.resize(at + 1, 0);
        }
        self.calls.get_mut(at)
    }

    /// A piece with an id begins a call; others go on with one.
    fn call(&mut self, choice: u32, call: Call<'_>, take: &mut impl FnMut(Delta<'_>)) {
        let has_id = call.id.as_ref().is_some_and(|id| !id.0.is_empty());
        let Some(begun) = self.begun(choice) else { return };
        let index = call.index.unwrap_or(if has_id { *begun } else { begun.saturating_sub(1) });
        let call = answer::tool_call(call);
        // Some servers repeat the id in every piece.
        if has_id && index >= *begun {
            *begun = index.saturating_add(1);
            take(Delta::ToolCall { choice, index, call });
        } else if !call.arguments.is_empty() {
            take(Delta::Arguments { choice, index, json: call.arguments });
        }
    }
}

fn take_piece(choice: u32, said: Said<'_>, take: &mut impl FnMut(Delta<'_>)) {
    match said {
        Said::Text(text) => take(Delta::Text { choice, text }),
        Said::Thought(thought) => take(Delta::Thought { choice, thought }),
        // No piece is one.
        Said::Refusal(_) | Said::ToolCall(_) => {}
    }
}

fn broken_off(reason: &str) -> Broken {
    Broken::Said(Box::new(refusal::Said::of("api_error", reason, "the model broke off")))
}

/// Answers to one request whose calls are counted: as many as OpenAI gives.
const CHOICES_MAX: usize = 128;

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    object: Option<Text<'a>>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    model: Option<Text<'a>>,
    #[serde(borrow, default)]
    choices: Vec<One<'a>>,
    #[serde(default)]
    usage: Option<Used>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct One<'a> {
    #[serde(default)]
    index: u32,
    #[serde(borrow, default)]
    delta: Option<Message<'a>>,
    #[serde(borrow, default)]
    finish_reason: Option<Text<'a>>,
    #[serde(borrow, default)]
    logprobs: Option<&'a RawValue>,
}
