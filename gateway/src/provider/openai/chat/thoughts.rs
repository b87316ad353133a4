//! Thoughts that a server of this protocol takes back in their words, and some must have back.
//!
//! DeepSeek and Moonshot give them as `reasoning_content` and refuse a conversation with calls of functions that has lost them;
//! Groq and Cerebras, who call them `reasoning`, refuse one that has them. So only what came under the first name goes back, and
//! only to a model of the same family: in place of a proof, such a thought bears the family's name.
//!
//! **Source**: DeepSeek's guide "Thinking mode"; Moonshot's on its thinking models; errors of Groq's and Cerebras's APIs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::conversation::Conversation;
use crate::conversation::message::{Message, Part};

/// What stands in place of a proof: the first word of a model's name, whoever serves it.
pub fn seal(model: &str) -> String {
    let name = model.rsplit('/').next().unwrap_or(model);
    let word = name.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
    STANDARD.encode(word.chars().take(FAMILY_CHARS_MAX).collect::<String>().to_lowercase())
}

/// Gives back what a model of this family thought.
#[derive(Debug)]
pub(super) struct Thoughts {
    seal: String,
    are_any: bool,
}

impl Thoughts {
    /// Of a conversation, to a model.
    pub(super) fn new(conversation: &Conversation<'_>, model: &str) -> Self {
        let mut thoughts = Self { seal: seal(model), are_any: false };
        thoughts.are_any = conversation.messages.iter().any(|message| thoughts.of(message).next().is_some());
        thoughts
    }

    fn of<'m>(&self, message: &'m Message<'_>) -> impl Iterator<Item = &'m str> {
        message.parts.iter().filter_map(|part| match part {
            Part::Thought(thought) if thought.signature.as_deref() == Some(&*self.seal) => {
                Some(&*thought.text)
            }
            _ => None,
        })
    }

    /// What is said of them in a message of the model's: where they are wanted, it is said of a call without any, too.
    pub(super) fn said(&self, message: &Message<'_>) -> Option<String> {
        let words: String = self.of(message).collect();
        let is_wanted = self.are_any && message.parts.iter().any(|part| matches!(part, Part::ToolCall(_)));
        (is_wanted || !words.is_empty()).then_some(words)
    }
}

/// **Unit**: characters of a family's name.
const FAMILY_CHARS_MAX: usize = 32;
