//! Reading an answer in pieces. The kind of each event stands in its data.

use serde::Deserialize;

use super::answer::{Block, finish};
use super::usage::Used;
use crate::conversation::answer::{Delta, Said};
use crate::conversation::message::ToolCall;
use crate::json::Text;
use crate::provider::Broken;
use crate::provider::openai::chat::answer::{Call, tool_call};
use crate::provider::refusal;
use crate::sse;

/// Reads the events of one answer.
#[derive(Debug, Default)]
pub struct Reader {
    is_begun: bool,
    /// How many calls have begun.
    begun: u32,
}

impl Reader {
    /// Takes one event, and gives what it means step by step.
    pub fn event(&mut self, event: &[u8], take: &mut impl FnMut(Delta<'_>)) -> Result<(), Broken> {
        let Some(data) = sse::data(event) else { return Ok(()) };
        // Some servers say it after the end.
        if *data == *b"[DONE]" {
            return Ok(());
        }
        let event: Event<'_> = serde_json::from_slice(&data).map_err(|_| Broken::Malformed)?;
        let Some(Text(kind)) = event.r#type else {
            return Err(Broken::Said(Box::new(refusal::read(&data))));
        };
        if !std::mem::replace(&mut self.is_begun, true) {
            take(Delta::Begin { id: event.id.map(|Text(id)| id), model: None });
        }
        let Piece { message, finish_reason, usage, error } = event.delta.unwrap_or_default();
        let Message { content, tool_plan, tool_calls } = message.unwrap_or_default();
        match &*kind {
            "content-start" | "content-delta" => match content.and_then(Block::said) {
                Some(Said::Text(text)) => take(Delta::Text { choice: 0, text }),
                Some(Said::Thought(thought)) => take(Delta::Thought { choice: 0, thought }),
                _ => {}
            },
            "tool-plan-delta" => {
                if let Some(Text(text)) = tool_plan.filter(|plan| !plan.0.is_empty()) {
                    take(Delta::Text { choice: 0, text });
                }
            }
            "tool-call-start" => {
                let call = tool_call(tool_calls.ok_or(Broken::Malformed)?);
                let index = self.begun;
                self.begun = self.begun.saturating_add(1);
                take(Delta::ToolCall { choice: 0, index, call });
            }
            "tool-call-delta" => {
                let ToolCall { arguments: json, .. } = tool_call(tool_calls.ok_or(Broken::Malformed)?);
                // Calls come one after the other.
                let index = self.begun.checked_sub(1).ok_or(Broken::Malformed)?;
                if !json.is_empty() {
                    take(Delta::Arguments { choice: 0, index, json });
                }
            }
            "message-end" => self.end(finish_reason, (usage, error), take)?,
            // The beginning, the ends of parts, sources, and what there may be one day.
            _ => {}
        }
        Ok(())
    }

    fn end(
        &self,
        reason: Option<Text<'_>>,
        (usage, error): (Option<Used>, Option<Text<'_>>),
        take: &mut impl FnMut(Delta<'_>),
    ) -> Result<(), Broken> {
        let reason = reason.unwrap_or_default().0;
        let error = error.filter(|error| !error.0.is_empty());
        let finish = finish(&reason, self.begun > 0).filter(|_| error.is_none());
        let Some(finish) = finish else {
            let message = error.unwrap_or_default().0;
            return Err(Broken::Said(Box::new(refusal::Said::of("api_error", &reason, &message))));
        };
        take(Delta::Finish { choice: 0, finish, stop: None });
        if let Some(used) = usage {
            take(Delta::Usage(used.into()));
        }
        take(Delta::End);
        Ok(())
    }
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, default)]
    r#type: Option<Text<'a>>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    delta: Option<Piece<'a>>,
}

#[derive(Default, Deserialize)]
struct Piece<'a> {
    #[serde(borrow, default)]
    message: Option<Message<'a>>,
    #[serde(borrow, default)]
    finish_reason: Option<Text<'a>>,
    #[serde(default)]
    usage: Option<Used>,
    #[serde(borrow, default)]
    error: Option<Text<'a>>,
}

/// Its members are single things here, and empty lists where a message begins: an empty list is a thing of which nothing is
/// known.
#[derive(Default, Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    content: Option<Block<'a>>,
    #[serde(borrow, default)]
    tool_plan: Option<Text<'a>>,
    #[serde(borrow, default)]
    tool_calls: Option<Call<'a>>,
}
