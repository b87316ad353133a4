//! Reading `input`: one text, or items, each of which is something that was said or done.
//!
//! What the model said and did without a word in between is one turn of it, and the results of its calls are one turn of
//! the client's, since most protocols want them so.

use std::borrow::Cow;

use pointsman_schema::feature::Feature;
use serde_json::value::RawValue;

use super::part;
use crate::conversation::Needs;
use crate::conversation::message::{Leading, Message, Part, Role, Thought, ToolCall, ToolResult};
use crate::conversation::proof::{self, Kind};
use crate::json::fields::{Fields, Malformed, Place, list, text};

/// Appends all of it to what was said before.
pub(super) fn read<'a>(
    all: &mut Fields<'a>,
    messages: &mut Vec<Message<'a>>,
    needs: &mut Needs,
) -> Result<(), Malformed> {
    let place = Place::WHOLE.member("input");
    let Some(raw) = all.raw("input") else {
        // It may all be kept at the provider.
        return if needs.has(Feature::StoredConversation) { Ok(()) } else { Err(place.missing()) };
    };
    if raw.get().starts_with('"') {
        let words = Part::Text(text(raw, &place)?);
        messages.push(Message { role: Role::User, name: None, parts: vec![words] });
        return Ok(());
    }
    if !raw.get().starts_with('[') {
        return Err(place.expected("a string or a list of items"));
    }
    let items = list(raw, &place)?;
    if items.is_empty() && !needs.has(Feature::StoredConversation) {
        return Err(place.expected("a list with something in it"));
    }
    let mut reader = Reader { messages, needs, leading: Leading::default(), proof: None };
    for (at, raw) in items.into_iter().enumerate() {
        reader.item(raw, &place.element(at))?;
    }
    let ends_with_answer = messages.last().is_some_and(|last| last.role == Role::Assistant);
    needs.add_if(ends_with_answer, Feature::Prefill, &place);
    Ok(())
}

struct Reader<'r, 'a> {
    messages: &'r mut Vec<Message<'a>>,
    needs: &'r mut Needs,
    leading: Leading,
    /// What proves the thoughts that led to the next call.
    proof: Option<Cow<'a, str>>,
}

impl<'a> Reader<'_, 'a> {
    fn item(&mut self, raw: &'a RawValue, place: &Place<'_>) -> Result<(), Malformed> {
        let mut fields = Fields::read(raw.get(), place)?;
        let kind = fields.text("type", place)?;
        let role = fields.text("role", place)?;
        // Names and states that the API gave its items.
        let id = fields.raw("id");
        let _state = fields.raw("status");
        match (kind.as_deref(), role) {
            (None | Some("message"), Some(role)) => self.message(&mut fields, &role, place)?,
            (None | Some("item_reference"), None) if id.is_some() => {
                self.needs.add(Feature::StoredConversation, place);
            }
            (None | Some("message"), None) => return Err(place.member("role").missing()),
            (Some("reasoning"), _) => self.reasoning(&mut fields, place)?,
            (Some("function_call"), _) => self.call(&mut fields, place)?,
            (Some("function_call_output"), _) => self.result(&mut fields, place)?,
            (Some("custom_tool_call" | "custom_tool_call_output"), _) => {
                self.needs.add(Feature::CustomTools, place);
                return Ok(());
            }
            (Some(kind), _) if is_hosted(kind) => {
                self.needs.add(Feature::HostedTools, place);
                return Ok(());
            }
            _ => {
                self.needs.add(Feature::Other, place);
                return Ok(());
            }
        }
        self.needs.add_rest(fields.rest(), place);
        Ok(())
    }

    fn message(&mut self, fields: &mut Fields<'a>, role: &str, place: &Place<'_>) -> Result<(), Malformed> {
        let role = match role {
            "system" | "developer" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            _ => {
                return Err(place.member("role").expected("`system`, `developer`, `user` or `assistant`"));
            }
        };
        // Whether it was said on the way or at the end, which OpenAI's own models want back.
        let _phase = fields.raw("phase");
        let inner = place.member("content");
        let raw = fields.raw("content").ok_or_else(|| inner.missing())?;
        let parts = part::read_all(raw, &inner, self.needs)?;
        let is_late = self.leading.is_passed(self.messages, role);
        self.needs.add_if(is_late, Feature::LateInstructions, place);
        if role == Role::Assistant && !self.ends_with_words() {
            for part in parts {
                self.say(part);
            }
        } else {
            self.messages.push(Message { role, name: None, parts });
        }
        Ok(())
    }

    fn reasoning(&mut self, fields: &mut Fields<'a>, place: &Place<'_>) -> Result<(), Malformed> {
        let summary = texts(fields, "summary", place)?;
        let content = texts(fields, "content", place)?;
        let text = if summary.is_empty() { content } else { summary };
        let inner = place.member("encrypted_content");
        let mut thought = Thought { text, ..Thought::default() };
        let content = fields.text("encrypted_content", place)?;
        // Nobody takes back thoughts that nobody proves, so nothing is lost with them.
        if let Some(content) = content.filter(|content| !proof::is_nobodys(content)) {
            match Kind::of(&content) {
                Some(Kind::Redacted) => thought.redacted = Some(content),
                Some(Kind::Call) => {
                    self.needs.add(Feature::ReasoningContent, &inner);
                    self.proof = Some(content);
                    return Ok(());
                }
                // Where there is no mark, OpenAI made it.
                Some(Kind::Thought) | None => thought.signature = Some(content),
            }
        }
        let is_proved = thought.signature.is_some() || thought.redacted.is_some();
        self.needs.add_if(is_proved, Feature::ReasoningContent, &inner);
        if is_proved || !thought.text.is_empty() {
            self.say(Part::Thought(thought));
        }
        Ok(())
    }

    fn call(&mut self, fields: &mut Fields<'a>, place: &Place<'_>) -> Result<(), Malformed> {
        self.needs.add(Feature::Tools, place);
        let call = ToolCall {
            id: fields.need_text("call_id", place)?,
            name: fields.need_text("name", place)?,
            arguments: fields.text("arguments", place)?.unwrap_or_default(),
            signature: self.proof.take(),
        };
        let _usual = (fields.raw("async"), fields.raw("caller"));
        self.say(Part::ToolCall(call));
        Ok(())
    }

    fn result(&mut self, fields: &mut Fields<'a>, place: &Place<'_>) -> Result<(), Malformed> {
        self.needs.add(Feature::Tools, place);
        let id = fields.need_text("call_id", place)?;
        let parts = match fields.raw("output") {
            Some(raw) => part::read_all(raw, &place.member("output"), self.needs)?,
            None => Vec::new(),
        };
        // The call has them, too.
        let _of_call = (fields.raw("name"), fields.raw("caller"));
        let result = Part::ToolResult(ToolResult { id, parts, is_error: false });
        match self.messages.last_mut() {
            Some(Message { role: Role::User, parts, .. })
                if parts.iter().all(|part| matches!(part, Part::ToolResult(_))) =>
            {
                parts.push(result);
            }
            _ => self.messages.push(Message { role: Role::User, name: None, parts: vec![result] }),
        }
        Ok(())
    }

    /// Whether the model has spoken last: more words of it are another message.
    fn ends_with_words(&self) -> bool {
        let last = self.messages.last().filter(|last| last.role == Role::Assistant);
        let last = last.and_then(|last| last.parts.last());
        last.is_some_and(|part| matches!(part, Part::Text(_) | Part::Refusal(_)))
    }

    /// The model goes on with its turn, or begins one.
    fn say(&mut self, part: Part<'a>) {
        match self.messages.last_mut() {
            Some(Message { role: Role::Assistant, parts, .. }) => parts.push(part),
            _ => self.messages.push(Message { role: Role::Assistant, name: None, parts: vec![part] }),
        }
    }
}

/// The texts of a list, as one.
fn texts<'a>(fields: &mut Fields<'a>, name: &str, place: &Place<'_>) -> Result<Cow<'a, str>, Malformed> {
    let inner = place.member(name);
    let mut all: Cow<'a, str> = Cow::Borrowed("");
    for (at, raw) in fields.list(name, place)?.into_iter().enumerate() {
        let place = inner.element(at);
        let text = Fields::read(raw.get(), &place)?.need_text("text", &place)?;
        if at == 0 {
            all = text;
        } else {
            all.to_mut().push_str("\n\n");
            all.to_mut().push_str(&text);
        }
    }
    Ok(all)
}

/// Whether an item is about a tool that the provider runs.
fn is_hosted(kind: &str) -> bool {
    let word = kind.strip_suffix("_output").unwrap_or(kind);
    word.ends_with("_call") || word.starts_with("mcp_") || word == "tool_search" || word == "program"
}
