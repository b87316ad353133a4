//! Writing what was said as instructions and messages.
//!
//! Roles take turns here: what one side says in several messages is one message, results of functions first, and
//! instructions that come later follow the client's side of their turn. What is blank is left out, since the provider
//! refuses it and it says nothing.
//!
//! The provider takes calls and results only beside functions that may be called, and has no word for "call none". So
//! where no function is offered, those of earlier turns become words: then the model knows what they were and calls none.

use std::borrow::Cow;
use std::collections::HashMap;

use pointsman_schema::digest::Digest;

use super::{content, tools};
use crate::conversation::message::{CacheFor, Document, Image, Message, Part, Thought, ToolCall, ToolResult};
use crate::conversation::turns::{self, Block, turns};
use crate::conversation::{Conversation, arguments};
use crate::json::write::{List, Object};

/// All of it.
pub(super) fn write_all(whole: &mut Object<'_>, conversation: &Conversation<'_>) {
    let (instructions, said) = conversation.split_instructions();
    let instructions = blocks(instructions.iter().flat_map(|message| &message.parts));
    let has_tools = tools::are_offered(conversation);
    let called = if has_tools { HashMap::new() } else { conversation.called() };
    let mut writing = Writing { called, has_tools, documents: 0 };
    let is_something = said.iter().any(|message| !blocks(&message.parts).is_empty());
    if !is_something {
        // Something has to be said, and these are the only words.
        writing.turn(&mut whole.list("messages"), "user", &instructions);
        return;
    }
    if !instructions.is_empty() {
        writing.content(&mut whole.list("system"), &instructions);
    }
    let mut list = whole.list("messages");
    let said: Vec<&Message<'_>> = said.iter().filter(|message| !blocks(&message.parts).is_empty()).collect();
    for (role, said) in turns(&said, |parts| blocks(parts.iter().copied())) {
        writing.turn(&mut list, role, &said);
    }
}

fn blocks<'c>(parts: impl IntoIterator<Item = &'c Part<'c>>) -> Vec<Block<'c>> {
    let mut blocks = turns::blocks(parts, is_written);
    for block in &mut blocks {
        block.cache = block.cache.or_else(|| marked_within(block.part));
    }
    blocks
}

/// A result has no place for a mark within.
fn marked_within(part: &Part<'_>) -> Option<CacheFor> {
    let Part::ToolResult(result) = part else { return None };
    result.parts.iter().find_map(|part| if let Part::CacheMark(time) = part { Some(*time) } else { None })
}

fn is_written(part: &Part<'_>) -> bool {
    match part {
        Part::Text(words) | Part::Refusal(words) => !words.trim().is_empty(),
        // The provider takes back only what it signed.
        Part::Thought(thought) => thought.signature.is_some() || thought.redacted.is_some(),
        Part::Image(image) => content::bytes(&image.source).is_some(),
        Part::Document(document) => content::bytes(&document.source).is_some(),
        Part::CacheMark(_) => false,
        Part::Audio { .. } | Part::ToolCall(_) | Part::ToolResult(_) => true,
    }
}

struct Writing<'c> {
    /// The names of the functions that were called, by the ids of the calls, where results become words.
    called: HashMap<&'c str, &'c str>,
    /// Whether calls and results can be written as such.
    has_tools: bool,
    /// How many were written.
    documents: usize,
}

impl Writing<'_> {
    fn turn(&mut self, list: &mut List<'_>, role: &str, blocks: &[Block<'_>]) {
        if !blocks.is_empty() {
            let mut message = list.object();
            message.text("role", role);
            let mut content = message.list("content");
            if let Some(name) = wordless(blocks) {
                content.object().text("text", name);
            }
            self.content(&mut content, blocks);
        }
    }

    fn content(&mut self, list: &mut List<'_>, blocks: &[Block<'_>]) {
        for Block { part, cache } in blocks {
            self.part(list, part);
            if let Some(time) = cache {
                mark(list.object(), *time);
            }
        }
    }

    fn part(&mut self, list: &mut List<'_>, part: &Part<'_>) {
        match part {
            Part::Text(words) | Part::Refusal(words) => {
                list.object().text("text", words);
            }
            Part::Image(image) => picture(list, image),
            Part::Document(document) => self.document(list, document),
            Part::Audio { data, format } => {
                let mut whole = list.object();
                let mut out = whole.object("audio");
                out.text("format", format).object("source").text("bytes", data);
            }
            Part::Thought(one) => thought(list, one),
            Part::ToolCall(one) if self.has_tools => call(list, one),
            Part::ToolCall(one) => call_in_words(list, one),
            Part::ToolResult(one) if self.has_tools => self.result(list, one),
            Part::ToolResult(one) => self.result_in_words(list, one),
            Part::CacheMark(_) => {}
        }
    }

    fn document(&mut self, list: &mut List<'_>, document: &Document<'_>) {
        let Document { source, name } = document;
        let Some((media_type, base64)) = content::bytes(source) else { return };
        self.documents += 1;
        let mut whole = list.object();
        let mut out = whole.object("document");
        out.text("format", content::document(media_type));
        out.text("name", &content::name(name.as_deref(), self.documents));
        out.object("source").text("bytes", base64);
    }

    fn result(&mut self, list: &mut List<'_>, result: &ToolResult<'_>) {
        let ToolResult { id, parts, is_error } = result;
        let mut whole = list.object();
        let mut out = whole.object("toolResult");
        out.text("toolUseId", &plain(id));
        let mut content = out.list("content");
        for part in parts.iter().filter(|part| is_given_back(part)) {
            self.part(&mut content, part);
        }
        drop(content);
        // Success is what is taken for granted, and not every model knows the word.
        if *is_error {
            out.text("status", "error");
        }
    }

    fn result_in_words(&mut self, list: &mut List<'_>, result: &ToolResult<'_>) {
        let ToolResult { id, parts, is_error } = result;
        let what = if *is_error { "failed" } else { "returned" };
        let name = self.called.get(&**id).copied().unwrap_or(id);
        list.object().text("text", &format!("[function {name} {what}:]"));
        for part in parts.iter().filter(|part| is_given_back(part)) {
            self.part(list, part);
        }
    }
}

/// The name of a document that nothing is said beside: the provider wants words in the same message.
fn wordless<'b>(blocks: &'b [Block<'_>]) -> Option<&'b str> {
    if blocks.iter().any(|block| matches!(block.part, Part::Text(_) | Part::Refusal(_))) {
        return None;
    }
    blocks.iter().find_map(|block| match block.part {
        Part::Document(document) => Some(document.name.as_deref().unwrap_or("document")),
        _ => None,
    })
}

/// Whether it is something that a function can give back.
fn is_given_back(part: &Part<'_>) -> bool {
    let is_kind = matches!(part, Part::Text(_) | Part::Refusal(_) | Part::Image(_) | Part::Document(_));
    is_kind && is_written(part)
}

fn picture(list: &mut List<'_>, image: &Image<'_>) {
    let Some((media_type, base64)) = content::bytes(&image.source) else { return };
    let mut whole = list.object();
    let mut out = whole.object("image");
    out.text("format", content::picture(media_type)).object("source").text("bytes", base64);
}

fn thought(list: &mut List<'_>, thought: &Thought<'_>) {
    let Thought { text, signature, redacted } = thought;
    if let Some(signature) = signature {
        let mut whole = list.object();
        let mut out = whole.object("reasoningContent");
        out.object("reasoningText").text("text", text).text("signature", signature);
    }
    if let Some(data) = redacted {
        list.object().object("reasoningContent").text("redactedContent", data);
    }
}

fn call(list: &mut List<'_>, call: &ToolCall<'_>) {
    let ToolCall { id, name, arguments, signature: _ } = call;
    let mut whole = list.object();
    let mut out = whole.object("toolUse");
    out.text("toolUseId", &plain(id)).text("name", name).json("input", &arguments::object(arguments));
}

fn call_in_words(list: &mut List<'_>, call: &ToolCall<'_>) {
    let ToolCall { id: _, name, arguments, signature: _ } = call;
    let words = format!("[function {name} was called with {}]", arguments::object(arguments));
    list.object().text("text", &words);
}

/// Writes a mark of where the prompt may be cached.
pub(super) fn mark(mut out: Object<'_>, time: CacheFor) {
    let mut mark = out.object("cachePoint");
    mark.text("type", "default");
    if time == CacheFor::Hour {
        mark.text("ttl", "1h");
    }
}

/// The id of a call in the letters that the provider takes, and not longer. Any other becomes its digest, so that two ids
/// stay two, and a call's stays its result's.
fn plain(id: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-');
    if (1..=ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(is_plain) {
        return Cow::Borrowed(id);
    }
    Cow::Owned(Digest::of(id.as_bytes()).to_string())
}

/// **Unit**: bytes of a call's id; as many as a digest has digits.
const ID_BYTES_MAX: usize = 64;
