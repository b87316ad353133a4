//! What a model can do and a request can ask for.

use serde_json::{Value as Json, json};

use crate::json_schema::Definitions;
use crate::read::{Read, Reader};
use crate::tree::Node;
use crate::words::words;

words! {
    /// A capability. A request asks for one by using it; a model without it is passed over for that request.
    pub enum Capability {
        /// Function calling: a non-empty `tools`.
        Tools = 0 "tools",
        /// Images in messages.
        Vision = 1 "vision",
        /// Audio in messages, or asked for in the answer.
        Audio = 2 "audio",
        /// An answer bound to a JSON schema or to JSON: `response_format`.
        StructuredOutput = 3 "structured-output",
        /// Hidden reasoning before the answer. Asked for by `reasoning_effort`; a model that has it is given 180 s to
        /// its first token where its provider does not say otherwise.
        Reasoning = 4 "reasoning",
        /// An answer in pieces: `stream: true`.
        Streaming = 5 "streaming",
        /// Several function calls in one answer: `parallel_tool_calls: true` beside a non-empty `tools`.
        ParallelTools = 6 "parallel-tools",
        /// Embeddings instead of answers. A property of a model alone: the endpoint that a request goes to says it, so
        /// no request asks for it and no rule matches it.
        Embeddings = 7 "embeddings",
    }
}

/// A capability that a request can ask for, so that a rule can match it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked(pub Capability);

impl Asked {
    /// Every word that a rule can match.
    pub const WORDS: &'static [&'static str] =
        &["tools", "vision", "audio", "structured-output", "reasoning", "streaming", "parallel-tools"];

    /// The capability of a word, when a request can ask for it.
    pub fn from_word(word: &str) -> Option<Self> {
        Capability::from_word(word).filter(|known| *known != Capability::Embeddings).map(Self)
    }
}

impl Read for Asked {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        reader.word(node, Self::WORDS, Self::from_word)
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "enum": Self::WORDS })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_can_ask_for_all_but_embeddings() {
        let asked: Vec<&str> =
            Capability::WORDS.iter().copied().filter(|word| Asked::from_word(word).is_some()).collect();
        assert_eq!(asked, Asked::WORDS);
        assert_eq!(asked.len() + 1, Capability::WORDS.len());
    }
}
