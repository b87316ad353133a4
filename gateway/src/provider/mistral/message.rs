//! Writing what was said as Mistral's messages.
//!
//! After the results of functions only the model may speak; where the client goes on in the same turn, a word of the model's
//! is put between. The id of a call has nine letters or digits here: any other is one of nine that is made of it, so that a
//! result stays with its call.

use std::borrow::Cow;

use pointsman_schema::digest::Digest;

use crate::conversation::message::{Document, Message, Part, Role, Thought, ToolCall, ToolResult};
use crate::conversation::{Conversation, turns};
use crate::json::write::{List, Object};
use crate::provider::openai::chat::message::{address, call, image, texts};

/// All of them.
pub(super) fn write_all(list: List<'_>, conversation: &Conversation<'_>) {
    let mut writing = Writing { list, follows_result: false };
    let end = conversation.messages.last().filter(|end| end.role == Role::Assistant);
    for side in turns::sides(&conversation.messages) {
        for one in turns::results(side) {
            result(writing.list.object(), one);
            writing.follows_result = true;
        }
        for message in side {
            let parts = || turns::besides_results(message, |_| false);
            match message.role {
                Role::System => writing.spoken("system", parts()),
                Role::User => writing.spoken("user", parts()),
                // Its beginning is the one thing that an answer can follow.
                Role::Assistant => {
                    writing.assistant(message, end.is_some_and(|end| std::ptr::eq(end, message)));
                }
            }
        }
    }
}

struct Writing<'o> {
    list: List<'o>,
    /// Whether the last message is the result of a function.
    follows_result: bool,
}

impl Writing<'_> {
    /// A message of words and things, if there are any.
    fn spoken<'p>(&mut self, role: &str, parts: impl IntoIterator<Item = &'p Part<'p>>) {
        let said: Vec<&Part<'_>> = parts.into_iter().filter(|part| is_said(part)).collect();
        if said.is_empty() {
            return;
        }
        if std::mem::take(&mut self.follows_result) {
            self.list.object().text("role", "assistant").text("content", BETWEEN);
        }
        let mut out = self.list.object();
        out.text("role", role);
        content(&mut out, &said);
    }

    fn assistant(&mut self, message: &Message<'_>, is_last: bool) {
        let calls: Vec<&ToolCall<'_>> = message
            .parts
            .iter()
            .filter_map(|part| if let Part::ToolCall(call) = part { Some(call) } else { None })
            .collect();
        let is_thought = |part: &Part<'_>| matches!(part, Part::Thought(thought) if !thought.text.is_empty());
        let said: Vec<&Part<'_>> =
            message.parts.iter().filter(|part| is_said(part) || is_thought(part)).collect();
        if said.is_empty() && calls.is_empty() {
            return;
        }
        self.follows_result = false;
        let mut out = self.list.object();
        out.text("role", "assistant");
        if !said.is_empty() {
            content(&mut out, &said);
        }
        if is_last && calls.is_empty() {
            out.flag("prefix", true);
        }
        if calls.is_empty() {
            return;
        }
        let mut list = out.list("tool_calls");
        for one in calls {
            call(list.object(), &id(&one.id), one);
        }
    }
}

/// Whether it is something that stands in a message's content, whoever speaks.
fn is_said(part: &Part<'_>) -> bool {
    match part {
        Part::Text(words) | Part::Refusal(words) => !words.is_empty(),
        Part::Image(_) | Part::Document(_) | Part::Audio { .. } => true,
        Part::Thought(_) | Part::ToolCall(_) | Part::ToolResult(_) | Part::CacheMark(_) => false,
    }
}

/// The member `content`: a text, where there is nothing else.
fn content(out: &mut Object<'_>, parts: &[&Part<'_>]) {
    if let [Part::Text(words)] = parts {
        out.text("content", words);
        return;
    }
    let mut list = out.list("content");
    for part in parts {
        piece(&mut list, part);
    }
}

fn piece(list: &mut List<'_>, part: &Part<'_>) {
    match part {
        Part::Text(words) | Part::Refusal(words) => {
            list.object().text("type", "text").text("text", words);
        }
        Part::Image(one) => image(list.object(), one),
        Part::Document(one) => document(list.object(), one),
        Part::Audio { data, format: _ } => {
            list.object().text("type", "input_audio").text("input_audio", data);
        }
        Part::Thought(one) => thought(list.object(), one),
        Part::ToolCall(_) | Part::ToolResult(_) | Part::CacheMark(_) => {}
    }
}

fn document(mut out: Object<'_>, document: &Document<'_>) {
    let Document { source, name } = document;
    out.text("type", "document_url").text("document_url", &address(source));
    out.text_if("document_name", name.as_deref());
}

fn thought(mut out: Object<'_>, thought: &Thought<'_>) {
    let Thought { text, signature, redacted: _ } = thought;
    out.text("type", "thinking");
    out.list("thinking").object().text("type", "text").text("text", text);
    out.text_if("signature", signature.as_deref());
}

fn result(mut out: Object<'_>, result: &ToolResult<'_>) {
    out.text("role", "tool").text("tool_call_id", &id(&result.id));
    let things: Vec<&Part<'_>> =
        result.parts.iter().filter(|part| is_said(part) && !matches!(part, Part::Text(_))).collect();
    let words = texts(result);
    if things.is_empty() {
        out.text("content", &words);
        return;
    }
    let mut list = out.list("content");
    if !words.is_empty() {
        list.object().text("type", "text").text("text", &words);
    }
    for part in things {
        piece(&mut list, part);
    }
}

/// The id of a call as Mistral takes it.
fn id(id: &str) -> Cow<'_, str> {
    if id.len() == ID_BYTES && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Cow::Borrowed(id);
    }
    let letters = Digest::of(id.as_bytes()).0.into_iter().map(|byte| {
        let at = usize::from(byte) % LETTERS.len();
        char::from(LETTERS.get(at).copied().unwrap_or(b'0'))
    });
    Cow::Owned(letters.take(ID_BYTES).collect())
}

/// **Unit**: bytes of a call's id.
const ID_BYTES: usize = 9;
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// What the model says between a result and the client's next words. It may not be empty.
const BETWEEN: &str = "OK.";
