//! Writing what was said as Cohere's messages.
//!
//! Results of functions are messages of their own here, of words alone: pictures that a function gave back follow in a
//! message of the client's. What the model said before it called functions is its plan.

use crate::conversation::message::{Message, Part, Role, ToolResult};
use crate::conversation::{Conversation, turns};
use crate::json::write::{List, Object};
use crate::provider::openai::chat::message::{call, image, texts};

/// All of them.
pub(super) fn write_all(mut list: List<'_>, conversation: &Conversation<'_>) {
    for side in turns::sides(&conversation.messages) {
        for one in turns::results(side) {
            result(list.object(), one);
        }
        for message in side {
            let parts = || turns::besides_results(message, |part| matches!(part, Part::Image(_)));
            match message.role {
                Role::System => spoken(&mut list, "system", parts()),
                Role::User => spoken(&mut list, "user", parts()),
                Role::Assistant => assistant(&mut list, message),
            }
        }
    }
}

/// A message of words and pictures, if there are any.
fn spoken<'p>(list: &mut List<'_>, role: &str, parts: impl IntoIterator<Item = &'p Part<'p>>) {
    let said: Vec<&Part<'_>> = parts.into_iter().filter(|part| is_said(part)).collect();
    match &*said {
        [] => {}
        [Part::Text(words)] => {
            list.object().text("role", role).text("content", words);
        }
        said => {
            let mut out = list.object();
            out.text("role", role);
            let mut content = out.list("content");
            for part in said {
                block(&mut content, part);
            }
        }
    }
}

/// Whether it is something that a message's content can hold.
fn is_said(part: &Part<'_>) -> bool {
    match part {
        Part::Text(words) | Part::Refusal(words) => !words.is_empty(),
        Part::Thought(thought) => !thought.text.is_empty(),
        Part::Image(_) => true,
        // What has no form was refused, or stands elsewhere.
        Part::Document(_)
        | Part::Audio { .. }
        | Part::ToolCall(_)
        | Part::ToolResult(_)
        | Part::CacheMark(_) => false,
    }
}

fn block(content: &mut List<'_>, part: &Part<'_>) {
    match part {
        Part::Text(words) | Part::Refusal(words) => {
            content.object().text("type", "text").text("text", words);
        }
        Part::Thought(thought) => {
            content.object().text("type", "thinking").text("thinking", &thought.text);
        }
        Part::Image(one) => image(content.object(), one),
        Part::Document(_)
        | Part::Audio { .. }
        | Part::ToolCall(_)
        | Part::ToolResult(_)
        | Part::CacheMark(_) => {}
    }
}

fn assistant(list: &mut List<'_>, message: &Message<'_>) {
    let mut calls = message
        .parts
        .iter()
        .filter_map(|part| if let Part::ToolCall(call) = part { Some(call) } else { None })
        .peekable();
    if calls.peek().is_none() {
        spoken(list, "assistant", &message.parts);
        return;
    }
    let said: Vec<&Part<'_>> = message.parts.iter().filter(|part| is_said(part)).collect();
    let mut out = list.object();
    out.text("role", "assistant");
    let plan: String = said
        .iter()
        .filter_map(
            |part| if let Part::Text(words) | Part::Refusal(words) = part { Some(&**words) } else { None },
        )
        .collect();
    out.text_if("tool_plan", (!plan.is_empty()).then_some(&*plan));
    let thoughts: Vec<&Part<'_>> =
        said.iter().copied().filter(|part| matches!(part, Part::Thought(_))).collect();
    if !thoughts.is_empty() {
        let mut content = out.list("content");
        for thought in thoughts {
            block(&mut content, thought);
        }
    }
    let mut list = out.list("tool_calls");
    for one in calls {
        call(list.object(), &one.id, one);
    }
}

fn result(mut out: Object<'_>, result: &ToolResult<'_>) {
    out.text("role", "tool").text("tool_call_id", &result.id).text("content", &texts(result));
}
