//! Writing what was said as instructions and messages.
//!
//! Roles take turns here: what one side says in several messages is one message, results of functions first, and
//! instructions that come later follow the client's side of their turn, the only place where they may stand. What is empty
//! is left out, since the provider refuses it and it says nothing.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::conversation::message::{
    CacheFor, Document, Image, Message, Part, Role, Source, Thought, ToolCall, ToolResult,
};
use crate::conversation::turns::{self, Block, turns};
use crate::conversation::{Conversation, arguments};
use crate::json::write::{List, Object};

/// All of it.
pub(super) fn write_all(whole: &mut Object<'_>, conversation: &Conversation<'_>) {
    // Not the first message as it came, but the first that says something, begins the conversation.
    let said: Vec<&Message<'_>> =
        conversation.messages.iter().filter(|message| !blocks(&message.parts).is_empty()).collect();
    let first = said.iter().position(|message| message.role != Role::System).unwrap_or(said.len());
    let (instructions, said) = said.split_at(first);
    let instructions = blocks(instructions.iter().flat_map(|message| &message.parts));
    if said.is_empty() {
        // Something has to be said, and these are the only words.
        turn(&mut whole.list("messages"), "user", &instructions);
        return;
    }
    if !instructions.is_empty() {
        content(whole, "system", &instructions);
    }
    let mut list = whole.list("messages");
    for (role, said) in turns(said, |parts| blocks(parts.iter().copied())) {
        turn(&mut list, role, &said);
    }
}

fn turn(list: &mut List<'_>, role: &str, blocks: &[Block<'_>]) {
    if !blocks.is_empty() {
        let mut message = list.object();
        message.text("role", role);
        content(&mut message, "content", blocks);
    }
}

fn blocks<'c>(parts: impl IntoIterator<Item = &'c Part<'c>>) -> Vec<Block<'c>> {
    turns::blocks(parts, is_written)
}

fn is_written(part: &Part<'_>) -> bool {
    match part {
        // Blocks of nothing but space are refused.
        Part::Text(words) | Part::Refusal(words) => !words.trim().is_empty(),
        // The provider takes back only what it signed, and lets what it did not sign count for nothing.
        Part::Thought(thought) => thought.signature.is_some() || thought.redacted.is_some(),
        // It has no ears: such a request is refused before.
        Part::Audio { .. } | Part::CacheMark(_) => false,
        Part::Image(_) | Part::Document(_) | Part::ToolCall(_) | Part::ToolResult(_) => true,
    }
}

/// One text, or blocks.
fn content(out: &mut Object<'_>, name: &str, blocks: &[Block<'_>]) {
    if let [Block { part: Part::Text(words), cache: None }] = blocks {
        out.text(name, words);
        return;
    }
    let mut list = out.list(name);
    for Block { part, cache } in blocks {
        block(&mut list, part, *cache);
    }
}

fn block(list: &mut List<'_>, part: &Part<'_>, cache: Option<CacheFor>) {
    match part {
        Part::Text(words) | Part::Refusal(words) => {
            let mut out = list.object();
            out.text("type", "text").text("text", words);
            mark(&mut out, cache);
        }
        Part::Image(Image { source, detail: _ }) => {
            let mut out = list.object();
            out.text("type", "image");
            address(out.object("source"), source);
            mark(&mut out, cache);
        }
        Part::Document(one) => document(list.object(), one, cache),
        Part::Thought(one) => thought(list, one),
        Part::ToolCall(one) => call(list.object(), one, cache),
        Part::ToolResult(one) => result(list.object(), one, cache),
        Part::Audio { .. } | Part::CacheMark(_) => {}
    }
}

fn address(mut out: Object<'_>, source: &Source<'_>) {
    match source {
        Source::Url(url) => out.text("type", "url").text("url", url),
        Source::Data { media_type, base64 } => {
            // A name that many write and that was never registered.
            let media_type = if media_type == "image/jpg" { "image/jpeg" } else { media_type };
            out.text("type", "base64").text("media_type", media_type).text("data", base64)
        }
    };
}

/// Of documents within the request, only PDFs come in Base64, and texts as they are.
fn document(mut out: Object<'_>, document: &Document<'_>, cache: Option<CacheFor>) {
    let Document { source, name } = document;
    out.text("type", "document");
    match source.words() {
        Some(words) => {
            let mut source = out.object("source");
            source.text("type", "text").text("media_type", "text/plain").text("data", &words);
        }
        None => address(out.object("source"), source),
    }
    out.text_if("title", name.as_deref());
    mark(&mut out, cache);
}

fn thought(list: &mut List<'_>, thought: &Thought<'_>) {
    let Thought { text, signature, redacted } = thought;
    if let Some(signature) = signature {
        list.object().text("type", "thinking").text("thinking", text).text("signature", signature);
    }
    if let Some(data) = redacted {
        list.object().text("type", "redacted_thinking").text("data", data);
    }
}

fn call(mut out: Object<'_>, call: &ToolCall<'_>, cache: Option<CacheFor>) {
    let ToolCall { id, name, arguments, signature: _ } = call;
    out.text("type", "tool_use").text("id", &plain(id)).text("name", name);
    out.json("input", &arguments::object(arguments));
    mark(&mut out, cache);
}

fn result(mut out: Object<'_>, result: &ToolResult<'_>, cache: Option<CacheFor>) {
    let ToolResult { id, parts, is_error } = result;
    out.text("type", "tool_result").text("tool_use_id", &plain(id));
    let blocks: Vec<Block<'_>> =
        blocks(parts).into_iter().filter(|block| is_given_back(block.part)).collect();
    if !blocks.is_empty() {
        content(&mut out, "content", &blocks);
    }
    if *is_error {
        out.flag("is_error", true);
    }
    mark(&mut out, cache);
}

/// Whether a function can give it back: no calls and results within results.
const fn is_given_back(part: &Part<'_>) -> bool {
    matches!(part, Part::Text(_) | Part::Refusal(_) | Part::Image(_) | Part::Document(_))
}

/// The id of a call in the letters that the provider takes. Others become their numbers, so that two ids stay two, and
/// a call's stays its result's.
fn plain(id: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if id.bytes().all(is_plain) {
        return Cow::Borrowed(id);
    }
    let mut out = String::with_capacity(id.len() + 8);
    for byte in id.bytes() {
        if is_plain(byte) {
            out.push(byte.into());
        } else {
            // Writing to a text that grows cannot fail.
            write!(out, "_{byte:02x}").unwrap_or_default();
        }
    }
    Cow::Owned(out)
}

/// Writes a mark of where the prompt may be cached.
pub(super) fn mark(out: &mut Object<'_>, cache: Option<CacheFor>) {
    let Some(time) = cache else { return };
    let mut mark = out.object("cache_control");
    mark.text("type", "ephemeral");
    if time == CacheFor::Hour {
        mark.text("ttl", "1h");
    }
}
