//! Writing what was said as the messages of a chat request.
//!
//! Results of functions are messages of their own here, so one turn of the client can become several. Pictures that a
//! function gave back have no place in its message: they follow in one of the client's.

use std::borrow::Cow;

use crate::conversation::Conversation;
use crate::conversation::message::{Document, Image, Message, Part, Role, Source, ToolCall, ToolResult};
use crate::json::write::{List, Object};

/// All of them.
pub(super) fn write_all(mut list: List<'_>, conversation: &Conversation<'_>) {
    for message in &conversation.messages {
        match message.role {
            Role::System => spoken(&mut list, "system", message, &message.parts),
            Role::Assistant => assistant(list.object(), message),
            Role::User => user(&mut list, message),
        }
    }
}

fn user(list: &mut List<'_>, message: &Message<'_>) {
    let mut rest = Vec::new();
    for part in &message.parts {
        match part {
            Part::ToolResult(result) => {
                tool(list.object(), result);
                rest.extend(result.parts.iter().filter(|part| !matches!(part, Part::Text(_))).cloned());
            }
            other => rest.push(other.clone()),
        }
    }
    if rest.iter().any(|part| !matches!(part, Part::CacheMark(_))) {
        spoken(list, "user", message, &rest);
    }
}

/// A message of words and things.
fn spoken(list: &mut List<'_>, role: &str, message: &Message<'_>, parts: &[Part<'_>]) {
    let mut out = list.object();
    out.text("role", role).text_if("name", message.name.as_deref());
    if let [Part::Text(words)] = parts {
        out.text("content", words);
        return;
    }
    let mut content = out.list("content");
    for part in parts {
        spoken_part(&mut content, part);
    }
}

fn spoken_part(content: &mut List<'_>, part: &Part<'_>) {
    match part {
        Part::Text(words) | Part::Refusal(words) => {
            content.object().text("type", "text").text("text", words);
        }
        Part::Image(one) => image(content.object(), one),
        Part::Document(one) => document(content.object(), one),
        Part::Audio { data, format } => {
            let mut out = content.object();
            out.text("type", "input_audio");
            out.object("input_audio").text("data", data).text("format", format);
        }
        // Nothing to be said here, or said elsewhere. The provider caches by itself.
        Part::Thought(_) | Part::ToolCall(_) | Part::ToolResult(_) | Part::CacheMark(_) => {}
    }
}

/// A picture.
pub(in crate::provider) fn image(mut out: Object<'_>, image: &Image<'_>) {
    out.text("type", "image_url");
    let mut inner = out.object("image_url");
    inner.text("url", &address(&image.source)).text_if("detail", image.detail.as_deref());
}

fn document(mut out: Object<'_>, document: &Document<'_>) {
    out.text("type", "file");
    let mut inner = out.object("file");
    inner.text("filename", document.name.as_deref().unwrap_or("document.pdf"));
    inner.text("file_data", &address(&document.source));
}

/// Where something is, or itself as an address.
pub(in crate::provider) fn address<'s>(source: &'s Source<'_>) -> Cow<'s, str> {
    match source {
        Source::Url(url) => Cow::Borrowed(url),
        Source::Data { media_type, base64 } => Cow::Owned(format!("data:{media_type};base64,{base64}")),
    }
}

fn tool(mut out: Object<'_>, result: &ToolResult<'_>) {
    out.text("role", "tool").text("tool_call_id", &result.id).text("content", &texts(result));
}

/// The words of a result, which say whether it is an error: there is no other member that could.
pub(in crate::provider) fn texts(result: &ToolResult<'_>) -> String {
    let words = result.parts.iter().filter_map(|part| match part {
        Part::Text(words) => Some(&**words),
        _ => None,
    });
    let words = words.collect::<Vec<_>>().join("\n");
    let is_told = words.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("error"));
    if result.is_error && !is_told { format!("Error: {words}") } else { words }
}

fn assistant(mut out: Object<'_>, message: &Message<'_>) {
    out.text("role", "assistant").text_if("name", message.name.as_deref());
    let words: Vec<&str> = message
        .parts
        .iter()
        .filter_map(|part| if let Part::Text(words) = part { Some(&**words) } else { None })
        .collect();
    if words.is_empty() {
        out.null("content");
    } else {
        out.text("content", &words.concat());
    }
    let refusal = message.parts.iter().find_map(|part| match part {
        Part::Refusal(words) => Some(&**words),
        _ => None,
    });
    out.text_if("refusal", refusal);
    let mut calls = message.parts.iter().filter_map(|part| match part {
        Part::ToolCall(call) => Some(call),
        _ => None,
    });
    let Some(first) = calls.next() else { return };
    let mut list = out.list("tool_calls");
    for one in std::iter::once(first).chain(calls) {
        call(list.object(), &one.id, one);
    }
}

/// A call of a function, by the id that it has there.
pub(in crate::provider) fn call(mut out: Object<'_>, id: &str, call: &ToolCall<'_>) {
    let arguments = if call.arguments.is_empty() { "{}" } else { &call.arguments };
    out.text("id", id).text("type", "function");
    out.object("function").text("name", &call.name).text("arguments", arguments);
}
