//! Writing what was said as the messages of a chat request.
//!
//! Results of functions are messages of their own here, and all of them follow the calls at once. Pictures that a function gave
//! back have no place in its message: they follow in one of the client's. A message of nothing is left out.

use std::borrow::Cow;

use super::thoughts::Thoughts;
use crate::conversation::message::{Document, Image, Message, Part, Role, Source, ToolCall, ToolResult};
use crate::conversation::{Conversation, turns};
use crate::json::write::{List, Object};

/// All of them, for a model.
pub(super) fn write_all(mut list: List<'_>, conversation: &Conversation<'_>, model: &str) {
    let thoughts = Thoughts::new(conversation, model);
    for side in turns::sides(&conversation.messages) {
        for result in turns::results(side) {
            tool(list.object(), result);
        }
        for message in side {
            match message.role {
                Role::System => spoken(&mut list, "system", message),
                Role::User => spoken(&mut list, "user", message),
                Role::Assistant => assistant(&mut list, message, &thoughts),
            }
        }
    }
}

/// A message of words and things, if there are any.
fn spoken(list: &mut List<'_>, role: &str, message: &Message<'_>) {
    let parts = turns::besides_results(message, |part| !matches!(part, Part::Text(_)));
    if parts.iter().all(|part| matches!(part, Part::CacheMark(_))) {
        return;
    }
    let mut out = list.object();
    out.text("role", role).text_if("name", message.name.as_deref());
    if let [Part::Text(words)] = *parts {
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

/// Only of PDFs is it known that they are taken. A text is one of the words, under its name.
fn document(mut out: Object<'_>, document: &Document<'_>) {
    let Document { source, name } = document;
    if let Some(words) = source.words() {
        let said = name.as_deref().map_or_else(|| words.clone(), |name| format!("{name}\n\n{words}"));
        out.text("type", "text").text("text", &said);
        return;
    }
    out.text("type", "file");
    let mut inner = out.object("file");
    inner.text("filename", name.as_deref().unwrap_or("document.pdf"));
    inner.text("file_data", &address(source));
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

/// What the model said, if it said anything.
fn assistant(list: &mut List<'_>, message: &Message<'_>, thoughts: &Thoughts) {
    let Message { role: _, name, parts } = message;
    let words = joined(parts, |part| if let Part::Text(words) = part { Some(words) } else { None });
    let refusal = joined(parts, |part| if let Part::Refusal(words) = part { Some(words) } else { None });
    let calls: Vec<&ToolCall<'_>> = parts
        .iter()
        .filter_map(|part| if let Part::ToolCall(call) = part { Some(call) } else { None })
        .collect();
    if words.is_none() && refusal.is_none() && calls.is_empty() {
        return;
    }
    let mut out = list.object();
    out.text("role", "assistant").text_if("name", name.as_deref());
    match &words {
        Some(words) => out.text("content", words),
        None => out.null("content"),
    };
    out.text_if("refusal", refusal.as_deref());
    out.text_if("reasoning_content", thoughts.said(message).as_deref());
    if calls.is_empty() {
        return;
    }
    let mut list = out.list("tool_calls");
    for one in calls {
        call(list.object(), &one.id, one);
    }
}

/// The texts of those parts that are of one kind, as one.
fn joined<'p>(
    parts: &'p [Part<'p>],
    kind: impl Fn(&'p Part<'p>) -> Option<&'p Cow<'p, str>>,
) -> Option<String> {
    let texts: Vec<&str> = parts.iter().filter_map(kind).map(|text| &**text).collect();
    (!texts.is_empty()).then(|| texts.concat())
}

/// A call of a function, by the id that it has there.
pub(in crate::provider) fn call(mut out: Object<'_>, id: &str, call: &ToolCall<'_>) {
    let arguments = if call.arguments.is_empty() { "{}" } else { &call.arguments };
    out.text("id", id).text("type", "function");
    out.object("function").text("name", &call.name).text("arguments", arguments);
}
