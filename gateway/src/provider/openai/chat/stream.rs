//! Reading a chat completion in pieces.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::{self, Message};
use super::calls::{self, Calls};
use super::content::{Content, Piece};
use super::usage::Used;
use crate::conversation::answer::{Delta, Opaque, Said};
use crate::conversation::message::{Thought, ToolCall};
use crate::json::Text;
use crate::limits::CHOICES_MAX;
use crate::provider::{Broken, call_id, refusal};
use crate::sse;

/// Reads the events of one answer.
#[derive(Debug, Default)]
pub struct Reader {
    is_begun: bool,
    choices: Vec<Choice>,
    /// Calls of all answers together that the server gave no id.
    unnamed: u32,
    /// What a thought bears that goes back in its words, where such thoughts do.
    seal: Option<String>,
}

/// What is known of one of the answers.
#[derive(Debug, Default)]
struct Choice {
    calls: Calls,
    /// Whether a thought goes on that is to bear the seal at its end.
    is_thinking: bool,
}

impl Reader {
    /// A reader for an answer whose thoughts in words are to bear this seal, so that they go back: see [`super::thoughts`].
    pub fn sealing(seal: String) -> Self {
        Self { seal: Some(seal), ..Self::default() }
    }

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
        let id = chunk.id.as_ref().map(|id| &*id.0);
        // Azure first says what its filters think of the prompt, in a chunk that is otherwise empty.
        let is_of_answer = !chunk.choices.is_empty() || id.is_some_and(|id| !id.is_empty());
        if is_of_answer && !std::mem::replace(&mut self.is_begun, true) {
            let id = id.map(Cow::Borrowed);
            take(Delta::Begin { id, model: chunk.model.map(|model| model.0) });
        }
        for one in chunk.choices {
            self.choice(one, id, take)?;
        }
        if let Some(used) = chunk.usage {
            take(Delta::Usage(used.into()));
        }
        Ok(())
    }

    fn choice(
        &mut self,
        one: One<'_>,
        answer: Option<&str>,
        take: &mut impl FnMut(Delta<'_>),
    ) -> Result<(), Broken> {
        let One { index: choice, delta, finish_reason, logprobs } = one;
        let Self { choices, unnamed, seal, .. } = self;
        let state = known(choices, choice).ok_or(Broken::Malformed)?;
        let mut message = delta.unwrap_or_default();
        let is_full = |text: &Text<'_>| !text.0.is_empty();
        if let Some((text, goes_back)) = message.thought() {
            state.is_thinking = goes_back && seal.is_some();
            take(Delta::Thought { choice, thought: Thought { text, ..Thought::default() } });
        }
        let finish_reason = finish_reason.filter(is_full);
        if state.is_thinking && (message.says_more() || finish_reason.is_some()) {
            state.is_thinking = false;
            let signature = seal.as_deref().map(Cow::Borrowed);
            take(Delta::Thought { choice, thought: Thought { signature, ..Thought::default() } });
        }
        match message.content {
            Some(Content::Text(text)) if !text.is_empty() => take(Delta::Text { choice, text }),
            Some(Content::Pieces(pieces)) => {
                pieces.into_iter().filter_map(Piece::said).for_each(|said| take_piece(choice, said, take));
            }
            _ => {}
        }
        if let Some(Text(text)) = message.refusal.filter(is_full) {
            take(Delta::Refusal { choice, text });
        }
        for call in message.tool_calls.into_iter().flatten() {
            let piece = state.calls.piece(&call);
            let mut call = answer::tool_call(call);
            if call.id.is_empty() && matches!(piece, calls::Piece::Beginning(_)) {
                call.id = Cow::Owned(call_id::made(answer, *unnamed));
                *unnamed = unnamed.saturating_add(1);
            }
            take_call((choice, piece), call, take);
        }
        if let Some(logprobs) = logprobs.filter(|raw| raw.get() != "null") {
            take(Delta::Logprobs { choice, logprobs: Opaque(logprobs) });
        }
        if let Some(reason) = finish_reason {
            let finish = answer::finish(&reason.0, !state.calls.is_empty());
            take(Delta::Finish { choice, finish: finish.ok_or_else(|| broken_off(&reason.0))?, stop: None });
        }
        Ok(())
    }
}

/// What is known of an answer; nothing where it is one too many.
fn known(choices: &mut Vec<Choice>, number: u32) -> Option<&mut Choice> {
    let at = usize::try_from(number).ok().filter(|at| *at < CHOICES_MAX)?;
    if choices.len() <= at {
        choices.resize_with(at + 1, Choice::default);
    }
    choices.get_mut(at)
}

fn take_call((choice, piece): (u32, calls::Piece), call: ToolCall<'_>, take: &mut impl FnMut(Delta<'_>)) {
    match piece {
        calls::Piece::Beginning(index) => take(Delta::ToolCall { choice, index, call }),
        calls::Piece::More(index) if !call.arguments.is_empty() => {
            take(Delta::Arguments { choice, index, json: call.arguments });
        }
        calls::Piece::More(_) | calls::Piece::Stray => {}
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
