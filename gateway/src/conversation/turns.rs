//! What was said, for protocols in which the two sides take turns.
//!
//! What one side says in several messages is one turn, results of functions first; instructions that come later follow
//! the client's side of their turn. What a protocol does not write is not there, and a mark of where a prompt may be cached
//! is at what it follows.

use super::message::{CacheFor, Message, Part, Role, ToolResult};

/// What was said, cut where the model begins to speak and where it ends.
pub fn sides<'c>(messages: &'c [Message<'c>]) -> impl Iterator<Item = &'c [Message<'c>]> {
    let is_answer = |message: &Message<'_>| message.role == Role::Assistant;
    messages.chunk_by(move |one, next| is_answer(one) == is_answer(next))
}

/// The results of functions in what the client says at one time.
pub fn results<'c>(side: &'c [Message<'c>]) -> impl Iterator<Item = &'c ToolResult<'c>> {
    let parts = side.iter().flat_map(|message| &message.parts);
    parts.filter_map(|part| if let Part::ToolResult(result) = part { Some(result) } else { None })
}

/// The parts of a message that are no results, and what results hold that `is_beside` says has no place in them.
pub fn besides_results<'c>(
    message: &'c Message<'c>,
    is_beside: impl Fn(&Part<'_>) -> bool,
) -> Vec<&'c Part<'c>> {
    let mut parts = Vec::with_capacity(message.parts.len());
    for part in &message.parts {
        match part {
            Part::ToolResult(result) => parts.extend(result.parts.iter().filter(|part| is_beside(part))),
            part => parts.push(part),
        }
    }
    parts
}

/// Something that is written, and whether the prompt may be cached up to it.
pub struct Block<'c> {
    /// What.
    pub part: &'c Part<'c>,
    /// For how long.
    pub cache: Option<CacheFor>,
}

/// Who speaks, as these protocols call it, and what is said.
pub type Turn<'c> = (&'static str, Vec<Block<'c>>);

/// Those parts that are written.
pub fn blocks<'c>(
    parts: impl IntoIterator<Item = &'c Part<'c>>,
    is_written: impl Fn(&Part<'_>) -> bool,
) -> Vec<Block<'c>> {
    let mut blocks: Vec<Block<'c>> = Vec::new();
    for part in parts {
        match part {
            Part::CacheMark(time) => {
                // Thoughts cannot be marked.
                let last = blocks.last_mut().filter(|last| !matches!(last.part, Part::Thought(_)));
                if let Some(last) = last {
                    last.cache = Some(*time);
                }
            }
            part if is_written(part) => blocks.push(Block { part, cache: None }),
            _ => {}
        }
    }
    blocks
}

/// The turns of a conversation after its first instructions. `blocks` gives what of some parts is written.
pub fn turns<'c>(
    said: &[&'c Message<'c>],
    blocks: impl Fn(&[&'c Part<'c>]) -> Vec<Block<'c>>,
) -> Vec<Turn<'c>> {
    let is_answer = |message: &Message<'_>| message.role == Role::Assistant;
    let mut turns = Vec::new();
    for messages in said.chunk_by(|one, next| is_answer(one) == is_answer(next)) {
        for (role, name) in [(Role::Assistant, "assistant"), (Role::User, "user"), (Role::System, "system")] {
            let by = messages.iter().filter(|message| message.role == role);
            let mut said = blocks(&by.flat_map(|message| &message.parts).collect::<Vec<_>>());
            if role == Role::User {
                said.sort_by_key(|block| !matches!(block.part, Part::ToolResult(_)));
            }
            if !said.is_empty() {
                turns.push((name, said));
            }
        }
    }
    turns
}
