//! Writing what was said as `contents`: turns of `user` and `model` in alternation, instructions apart.

use std::collections::HashMap;

use super::request::Generation;
use crate::conversation::arguments;
use crate::conversation::message::{Image, Message, Part, Role, Source, Thought, ToolCall, ToolResult};
use crate::json;
use crate::json::write::{List, Object};

/// Instructions that stand before everything else.
pub(super) fn instructions(mut out: Object<'_>, messages: &[Message<'_>]) {
    let mut turn = Turn { list: out.list("parts"), is_empty: true };
    for part in messages.iter().flat_map(|message| &message.parts) {
        turn.part(part);
    }
    turn.end();
}

/// The rest. Messages of one role that follow each other are one turn.
///
/// Instructions among them have no form here, so a request with some is not translated; if it were, they would be said
/// where they stood.
pub(super) fn write(mut list: List<'_>, messages: &[Message<'_>], generation: Generation) {
    let mut names: HashMap<&str, &str> = HashMap::new();
    for turn in messages.chunk_by(|one, next| role(one) == role(next)) {
        let mut content = list.object();
        content.text("role", turn.first().map_or("user", role));
        let parts = turn.iter().flat_map(|message| &message.parts).collect::<Vec<_>>();
        let mut turn = Turn { list: content.list("parts"), is_empty: true };
        // What functions gave back besides words, where it follows their results.
        let mut things = Vec::new();
        // One signature stands for all calls of a turn: only the first must have it.
        let mut is_signed = generation == Generation::Budgets;
        let mut rest = parts.iter().peekable();
        while let Some(part) = rest.next() {
            match part {
                Part::Text(text) => {
                    let proof = rest.next_if(|next| is_proof(next));
                    turn.words(text, proof.and_then(|proof| signature(proof)));
                }
                Part::ToolCall(call) => {
                    names.insert(&call.id, &call.name);
                    let signature = call.signature.as_deref();
                    let unsigned = (!is_signed).then_some(UNSIGNED);
                    turn.call(call, signature.or(unsigned));
                    is_signed = true;
                }
                Part::ToolResult(result) => {
                    let name = names.get(&*result.id).copied().unwrap_or_default();
                    let is_whole = generation == Generation::Levels;
                    turn.result(result, name, if is_whole { None } else { Some(&mut things) });
                }
                other => turn.part(other),
            }
            if !matches!(rest.peek(), Some(Part::ToolResult(_))) {
                things.drain(..).for_each(|thing| turn.file(thing));
            }
        }
        turn.end();
    }
}

const fn role(message: &Message<'_>) -> &'static str {
    match message.role {
        Role::Assistant => "model",
        Role::User | Role::System => "user",
    }
}

/// In place of a signature of a call that another model made, or whose client does not keep signatures.
///
/// **Source**: "Thought signatures" of the Gemini API's documentation, on traces that come from elsewhere.
pub(crate) const UNSIGNED: &str = "skip_thought_signature_validator";

/// A thought of no words with a signature: it proves what stands before it.
fn is_proof(part: &Part<'_>) -> bool {
    matches!(part, Part::Thought(thought)
        if thought.text.is_empty() && thought.signature.is_some() && thought.redacted.is_none())
}

fn signature<'p>(part: &'p Part<'_>) -> Option<&'p str> {
    match part {
        Part::Thought(thought) => thought.signature.as_deref(),
        _ => None,
    }
}

/// The parts of one turn. Never none: the provider refuses an empty list.
struct Turn<'o> {
    list: List<'o>,
    is_empty: bool,
}

impl Turn<'_> {
    fn next(&mut self) -> Object<'_> {
        self.is_empty = false;
        self.list.object()
    }

    fn end(mut self) {
        if self.is_empty {
            self.next().text("text", "");
        }
    }

    fn words(&mut self, text: &str, signature: Option<&str>) {
        // Empty words say nothing, and a turn of nothing else gets them at its end.
        if !text.is_empty() || signature.is_some() {
            self.next().text("text", text).text_if("thoughtSignature", signature);
        }
    }

    fn part(&mut self, part: &Part<'_>) {
        match part {
            Part::Text(text) | Part::Refusal(text) => self.words(text, None),
            Part::Image(Image { source, detail: _ }) => self.file(source),
            Part::Document(document) => self.file(&document.source),
            Part::Audio { data, format } => {
                let mut out = self.next();
                let mut blob = out.object("inlineData");
                blob.text("mimeType", &format!("audio/{format}")).text("data", data);
            }
            Part::Thought(thought) => self.thought(thought),
            // The provider caches by itself. Calls and results are not said in instructions.
            Part::CacheMark(_) | Part::ToolCall(_) | Part::ToolResult(_) => {}
        }
    }

    fn thought(&mut self, thought: &Thought<'_>) {
        // What only another provider can read is of no use to this one.
        if thought.text.is_empty() && thought.signature.is_none() {
            return;
        }
        let mut out = self.next();
        out.text("text", &thought.text);
        if !thought.text.is_empty() {
            out.flag("thought", true);
        }
        out.text_if("thoughtSignature", thought.signature.as_deref());
    }

    fn file(&mut self, source: &Source<'_>) {
        file(self.next(), source);
    }

    fn call(&mut self, call: &ToolCall<'_>, signature: Option<&str>) {
        let mut out = self.next();
        let mut function = out.object("functionCall");
        function.text("id", &call.id).text("name", &call.name);
        function.json("args", &arguments::object(&call.arguments));
        drop(function);
        out.text_if("thoughtSignature", signature);
    }

    /// The name of the function is said again. Where there are `things`, what is no words is put there instead.
    fn result<'p>(
        &mut self,
        result: &'p ToolResult<'_>,
        name: &str,
        things: Option<&mut Vec<&'p Source<'p>>>,
    ) {
        let mut out = self.next();
        let mut response = out.object("functionResponse");
        response.text("id", &result.id).text("name", name);
        outcome(&mut response, result);
        let mut files = result.parts.iter().filter_map(source).peekable();
        match things {
            Some(things) => things.extend(files),
            None if files.peek().is_some() => {
                let mut list = response.list("parts");
                for one in files {
                    file(list.object(), one);
                }
            }
            None => {}
        }
    }
}

/// What a function gave back must be an object: its own if it is one, else one with `output` or `error`.
///
/// **Source**: `FunctionResponse.response`.
fn outcome(response: &mut Object<'_>, result: &ToolResult<'_>) {
    let texts: Vec<&str> = result
        .parts
        .iter()
        .filter_map(|part| if let Part::Text(text) = part { Some(&**text) } else { None })
        .collect();
    let text = texts.join("\n");
    match json::object(&text) {
        Some(object) if !result.is_error => {
            response.raw("response", object);
        }
        _ => {
            let member = if result.is_error { "error" } else { "output" };
            response.object("response").text(member, &text);
        }
    }
}

fn source<'p>(part: &'p Part<'_>) -> Option<&'p Source<'p>> {
    match part {
        Part::Image(image) => Some(&image.source),
        Part::Document(document) => Some(&document.source),
        _ => None,
    }
}

fn file(mut out: Object<'_>, source: &Source<'_>) {
    match source {
        Source::Data { media_type, base64 } => {
            out.object("inlineData").text("mimeType", media_type).text("data", base64);
        }
        // A request with an address is not translated; the provider would say what it thinks of this one.
        Source::Url(url) => {
            out.object("fileData").text("fileUri", url);
        }
    }
}
