//! Writing a whole message.

use bytes::{Bytes, BytesMut};

use super::usage;
use crate::conversation::answer::{Answer, Choice, Finish, Said};
use crate::conversation::arguments;
use crate::conversation::message::{Thought, ToolCall};
use crate::conversation::proof::NOBODYS;
use crate::dialect::Frame;
use crate::json::write::{List, Object};

/// Writes an answer. Nobody can ask for several of them in this protocol.
pub fn write(answer: &Answer<'_>, frame: &Frame) -> Bytes {
    let mut out = BytesMut::with_capacity(1024);
    let mut whole = Object::begin(&mut out);
    head(&mut whole, (answer.id.as_deref(), answer.model.as_deref()), frame);
    let mut content = whole.list("content");
    let choice = answer.choices.first();
    for part in choice.iter().flat_map(|choice| &choice.parts) {
        block(&mut content, part);
    }
    drop(content);
    match choice.map(reason) {
        Some(reason) => whole.text("stop_reason", reason),
        None => whole.null("stop_reason"),
    };
    match choice.and_then(|choice| choice.stop.as_deref()) {
        Some(stop) => whole.text("stop_sequence", stop),
        None => whole.null("stop_sequence"),
    };
    usage::write(whole.object("usage"), &answer.usage.unwrap_or_default());
    drop(whole);
    out.freeze()
}

/// What a message begins with, whole or in pieces.
pub(super) fn head(out: &mut Object<'_>, (id, model): (Option<&str>, Option<&str>), frame: &Frame) {
    out.text("id", id.unwrap_or(&frame.id)).text("type", "message").text("role", "assistant");
    out.text("model", model.unwrap_or(&frame.model));
}

fn block(content: &mut List<'_>, part: &Said<'_>) {
    match part {
        Said::Text(words) | Said::Refusal(words) => {
            // An empty block would be refused when the client gives it back.
            if !words.is_empty() {
                content.object().text("type", "text").text("text", words);
            }
        }
        Said::Thought(one) => thought(content, one),
        Said::ToolCall(ToolCall { id, name, arguments, signature: _ }) => {
            let mut out = content.object();
            out.text("type", "tool_use").text("id", id).text("name", name);
            out.json("input", &arguments::object(arguments));
        }
    }
}

fn thought(content: &mut List<'_>, thought: &Thought<'_>) {
    let Thought { text, signature, redacted } = thought;
    if !text.is_empty() || signature.is_some() {
        let mut out = content.object();
        out.text("type", "thinking").text("thinking", text);
        // It has to be there, whether or not there is one.
        out.text("signature", signature.as_deref().unwrap_or(NOBODYS));
    }
    if let Some(data) = redacted {
        content.object().text("type", "redacted_thinking").text("data", data);
    }
}

fn reason(choice: &Choice<'_>) -> &'static str {
    let has = |which: fn(&Said<'_>) -> bool| choice.parts.iter().any(which);
    stop_reason(
        choice.finish,
        has(|part| matches!(part, Said::ToolCall(_))),
        has(|part| matches!(part, Said::Refusal(_))),
    )
}

/// Anthropic's word for why an answer ended. A model of another provider that refuses only stops.
pub(super) const fn stop_reason(finish: Finish, calls: bool, refuses: bool) -> &'static str {
    match finish {
        Finish::Stop if calls => "tool_use",
        Finish::Stop if refuses => "refusal",
        Finish::Stop => "end_turn",
        Finish::StopText => "stop_sequence",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
        Finish::ContentFilter => "refusal",
        Finish::ContextLength => "model_context_window_exceeded",
        Finish::Pause => "pause_turn",
    }
}
