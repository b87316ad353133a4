//! What the protocol of a client asks of a whole conversation, and no reader of one member sees: that something is said,
//! that calls and results belong together, that what is to be called is there.
//!
//! Deliberately only what the client's own provider would refuse: any other would, too, but in words of a protocol that the
//! client does not know. Where something was not read, nothing is judged by what is missing.
//!
//! **Source**: what OpenAI's, Anthropic's and Google's APIs answer to such requests.

use std::collections::HashMap;

use pointsman_schema::dialect::Dialect;
use pointsman_schema::feature::Feature;

use crate::conversation::Conversation;
use crate::conversation::message::{Message, Part, Role, ToolChoice};
use crate::json::fields::{Malformed, Place};

/// Whether a conversation is one that its own protocol takes.
pub(crate) fn check(client: Dialect, conversation: &Conversation<'_>) -> Result<(), Malformed> {
    let said = Said { messages: &conversation.messages, client };
    said.begun()?;
    if conversation.needs.set() & UNREAD != 0 {
        return Ok(());
    }
    tools(client, conversation)?;
    said.paired()
}

/// With these, there may be functions, calls and results that are not in the conversation.
const UNREAD: u64 = Feature::Other.mask()
    | Feature::HostedTools.mask()
    | Feature::CustomTools.mask()
    | Feature::StoredConversation.mask();

/// Functions have names, and one that must be called is there.
fn tools(client: Dialect, conversation: &Conversation<'_>) -> Result<(), Malformed> {
    let place = Place::WHOLE.member("tools");
    // Google's may hold more, and providers differ in what.
    let is_name = |name: &str| {
        let is_letter = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'-');
        client == Dialect::GenerateContent || name.bytes().all(is_letter)
    };
    let wrong = conversation
        .tools
        .iter()
        .find(|tool| !is_name(&tool.name) || tool.name.is_empty() || tool.name.len() > TOOL_NAME_BYTES_MAX);
    if let Some(tool) = wrong {
        let name = short(&tool.name);
        return Err(place.expected_so(format!(
            "functions whose names are 1 to {TOOL_NAME_BYTES_MAX} letters, digits, `_` or `-`, which `{name}` is not"
        )));
    }
    let place = Place::WHOLE.member(match client {
        Dialect::GenerateContent => "toolConfig",
        _ => "tool_choice",
    });
    match &conversation.tool_choice {
        Some(ToolChoice::Named(name)) if conversation.tools.iter().all(|tool| tool.name != *name) => {
            Err(place.expected_so(format!("the choice of one of `tools`, which `{}` is not", short(name))))
        }
        Some(ToolChoice::Required) if conversation.tools.is_empty() => {
            Err(place.expected("left out where there are no `tools`"))
        }
        _ => Ok(()),
    }
}

/// **Unit**: bytes. The most that any of the protocols takes.
const TOOL_NAME_BYTES_MAX: usize = 128;

/// What is said, and where.
struct Said<'c> {
    messages: &'c [Message<'c>],
    client: Dialect,
}

impl Said<'_> {
    /// The member that it stands in.
    const fn member(&self) -> &'static str {
        match self.client {
            Dialect::Responses => "input",
            Dialect::GenerateContent => "contents",
            _ => "messages",
        }
    }

    /// Somebody has said something. Chat completions take instructions alone.
    fn begun(&self) -> Result<(), Malformed> {
        let is_instruction = |message: &Message<'_>| message.role == Role::System;
        let is_nothing = match self.client {
            Dialect::Chat => self.messages.is_empty(),
            // Its reader knows what of it are instructions, and what was said elsewhere.
            Dialect::Responses => false,
            _ => self.messages.iter().all(is_instruction),
        };
        if is_nothing {
            return Err(Place::WHOLE.member(self.member()).expected("a list with something in it"));
        }
        Ok(())
    }

    /// Each result is one of a call in the turn before, and each call has one before the model speaks again.
    fn paired(&self) -> Result<(), Malformed> {
        let mut open = Open::default();
        let mut is_answered = false;
        for (at, message) in self.messages.iter().enumerate() {
            match message.role {
                Role::System => continue,
                Role::User => is_answered = true,
                Role::Assistant if std::mem::take(&mut is_answered) => self.closed(&open)?,
                Role::Assistant => {}
            }
            for part in &message.parts {
                match part {
                    Part::ToolCall(call) => open.entry(&call.id).or_default().push(at),
                    Part::ToolResult(result) if !is_closed_by(&mut open, &result.id) => {
                        return Err(self.wrong(
                            at,
                            format!(
                                "without a result of `{}`, a call that is not in the turn before",
                                short(&result.id)
                            ),
                        ));
                    }
                    _ => {}
                }
            }
        }
        self.closed(&open)
    }

    fn closed(&self, open: &Open<'_>) -> Result<(), Malformed> {
        let first = open.iter().filter_map(|(id, at)| Some((at.first()?, id))).min();
        first.map_or(Ok(()), |(at, id)| {
            Err(self.wrong(*at, format!("followed by a result of each call, which `{}` has not", short(id))))
        })
    }

    /// The error about a message, by its number where each is one element after instructions that stand elsewhere.
    fn wrong(&self, at: usize, expected: String) -> Malformed {
        let place = Place::WHOLE.member(self.member());
        let instructions = self.messages.first().is_some_and(|first| first.role == Role::System);
        match self.client {
            // Several items are one message.
            Dialect::Responses => place.expected_so(expected),
            Dialect::Chat => place.element(at).expected_so(expected),
            _ => place.element(at.saturating_sub(usize::from(instructions))).expected_so(expected),
        }
    }
}

/// Calls without a result: the messages that they are in, by their ids.
type Open<'c> = HashMap<&'c str, Vec<usize>>;

/// Whether a result is one of an open call, which it closes.
fn is_closed_by(open: &mut Open<'_>, id: &str) -> bool {
    let Some(calls) = open.get_mut(id) else { return false };
    let is_one = calls.pop().is_some();
    if calls.is_empty() {
        open.remove(id);
    }
    is_one
}

/// As much of an id or a name as an error repeats.
fn short(text: &str) -> &str {
    text.get(..text.floor_char_boundary(SHOWN_BYTES_MAX)).unwrap_or_default()
}

/// **Unit**: bytes.
const SHOWN_BYTES_MAX: usize = 64;

#[cfg(test)]
mod tests;
