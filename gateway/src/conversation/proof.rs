//! Proofs of thoughts while they are away from the provider that made them: what they prove, and whose they are.
//!
//! A provider takes its own proofs back unchanged and refuses a conversation that holds another's. So what reaches a client
//! in another protocol than its provider's bears a mark of eight letters in front, and only the maker that is named there
//! gets it back, without the mark; for all others the thought is one that nobody proves. A proof without a mark was made by
//! a provider of the client's own protocol, or by nobody known: no translation leads back there. The letters are Base64, and
//! as many as stand for whole bytes, since clients of Gemini's protocol decode proofs and encode them again.
//!
//! Conversations and answers hold marked proofs, providers' requests and answers bare ones: [`crate::translate`] is between.

use std::borrow::Cow;

use super::Conversation;
use super::answer::{Answer, Delta, Said};
use super::message::{Part, Thought, ToolCall};

/// Whose answers hold proofs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// Anthropic's messages, whoever serves them.
    Anthropic,
    /// Bedrock's Converse.
    Bedrock,
    /// Gemini's contents.
    Gemini,
    /// Mistral's chat completions.
    Mistral,
    /// Chat completions whose thoughts go back in their words: what stands for a proof says to which models.
    Chat,
}

/// What a proof is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The words of a thought.
    Thought,
    /// It is the thought itself, which only its maker can read.
    Redacted,
    /// The thoughts that led to a call.
    Call,
}

/// In place of a proof of words that nobody proves, where a protocol wants one: whoever made them takes none back.
pub const NOBODYS: &str = "pmsig1tn";

impl Maker {
    const fn letter(self) -> char {
        match self {
            Self::Anthropic => 'a',
            Self::Bedrock => 'b',
            Self::Gemini => 'g',
            Self::Mistral => 'm',
            Self::Chat => 'c',
        }
    }
}

impl Kind {
    const fn letter(self) -> char {
        match self {
            Self::Thought => 't',
            Self::Redacted => 'r',
            Self::Call => 'c',
        }
    }

    /// What a marked proof is about.
    pub fn of(proof: &str) -> Option<Self> {
        let letter = proof.strip_prefix(MARK)?.chars().next()?;
        [Self::Thought, Self::Redacted, Self::Call].into_iter().find(|kind| kind.letter() == letter)
    }
}

/// A proof with its mark.
pub fn marked(kind: Kind, maker: Maker, proof: &str) -> String {
    format!("{MARK}{}{}{proof}", kind.letter(), maker.letter())
}

/// Whether a text bears a mark of any version.
pub fn is_marked(text: &str) -> bool {
    let version = text.strip_prefix(MARK_OF_ANY_VERSION).and_then(|rest| rest.chars().next());
    version.is_some_and(|version| version.is_ascii_digit())
}

/// Whether a text stands for a proof that was never there.
pub fn is_nobodys(proof: &str) -> bool {
    proof.is_empty() || proof == NOBODYS
}

/// The proof as its maker made it, where that is `maker`.
fn bare(proof: &str, maker: Option<Maker>) -> Option<&str> {
    let rest = proof.strip_prefix(MARK)?;
    let mut letters = rest.chars();
    let (_kind, letter) = (letters.next()?, letters.next()?);
    maker.filter(|maker| maker.letter() == letter).map(|_| letters.as_str())
}

impl Conversation<'_> {
    /// Leaves to `maker` the proofs that it made, as it made them, and takes away all others with the thoughts that they
    /// prove. Gives whether there were any.
    pub fn give_back(&mut self, maker: Option<Maker>) -> bool {
        let mut is_any_foreign = false;
        for part in self.messages.iter_mut().flat_map(|message| &mut message.parts) {
            match part {
                Part::Thought(thought) => {
                    let is_foreign = give(&mut thought.signature, maker) | give(&mut thought.redacted, maker);
                    if is_foreign {
                        *thought = Thought::default();
                    }
                    is_any_foreign |= is_foreign;
                }
                Part::ToolCall(call) => is_any_foreign |= give(&mut call.signature, maker),
                _ => {}
            }
        }
        is_any_foreign
    }
}

/// Gives a proof to its maker, or takes it away, which is the answer.
fn give(proof: &mut Option<Cow<'_, str>>, maker: Option<Maker>) -> bool {
    let Some(marked) = proof.take() else { return false };
    *proof = bare(&marked, maker).map(|bare| Cow::Owned(bare.to_owned()));
    proof.is_none()
}

fn mark(proof: &mut Option<Cow<'_, str>>, kind: Kind, maker: Maker) {
    if let Some(bare) = proof {
        *bare = Cow::Owned(marked(kind, maker, bare));
    }
}

fn mark_thought(thought: &mut Thought<'_>, maker: Maker) {
    let Thought { text: _, signature, redacted } = thought;
    mark(signature, Kind::Thought, maker);
    mark(redacted, Kind::Redacted, maker);
}

fn mark_call(call: &mut ToolCall<'_>, maker: Maker) {
    mark(&mut call.signature, Kind::Call, maker);
}

impl Answer<'_> {
    /// Marks the proofs in it.
    pub fn mark(&mut self, maker: Maker) {
        for said in self.choices.iter_mut().flat_map(|choice| &mut choice.parts) {
            match said {
                Said::Thought(thought) => mark_thought(thought, maker),
                Said::ToolCall(call) => mark_call(call, maker),
                Said::Text(_) | Said::Refusal(_) => {}
            }
        }
    }
}

impl Delta<'_> {
    /// Marks the proof in it.
    pub fn mark(&mut self, maker: Maker) {
        match self {
            Self::Thought { thought, .. } => mark_thought(thought, maker),
            Self::ToolCall { call, .. } => mark_call(call, maker),
            _ => {}
        }
    }
}

/// What every mark of this version begins with; two letters follow.
const MARK: &str = "pmsig1";
/// The same without the version.
const MARK_OF_ANY_VERSION: &str = "pmsig";

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::conversation::message::{Message, Role};

    fn check(marked: &str, maker: Maker, expected: Option<&str>) {
        assert_eq!(bare(marked, Some(maker)), expected, "{marked}");
    }

    #[test]
    fn only_its_maker_gets_a_proof_back() {
        let proof = marked(Kind::Thought, Maker::Anthropic, "ErcB/+=");
        check(&proof, Maker::Anthropic, Some("ErcB/+="));
        check(&proof, Maker::Bedrock, None);
        check(&proof, Maker::Gemini, None);
        check("ErcB/+=", Maker::Anthropic, None);
        check("pmsig2taErcB", Maker::Anthropic, None);
        check(NOBODYS, Maker::Anthropic, None);
        check("pmsig1é", Maker::Anthropic, None);
        check("pmsig1t", Maker::Anthropic, None);
    }

    #[test]
    fn a_mark_says_what_it_marks_and_stays_base64() {
        for kind in [Kind::Thought, Kind::Redacted, Kind::Call] {
            for maker in [Maker::Anthropic, Maker::Bedrock, Maker::Gemini, Maker::Mistral, Maker::Chat] {
                let proof = marked(kind, maker, "c2lnMg==");
                assert!(is_marked(&proof) && !is_nobodys(&proof));
                assert_eq!(Kind::of(&proof), Some(kind));
                assert_eq!(STANDARD.encode(STANDARD.decode(&proof).unwrap()), proof);
            }
        }
        assert!(is_marked(NOBODYS) && is_marked("pmsig9") && !is_marked("pmsig") && !is_marked("c2ln"));
        assert_eq!((Kind::of("gAAAAABo"), Kind::of(NOBODYS)), (None, Some(Kind::Thought)));
    }

    #[test]
    fn what_others_made_is_taken_away_and_said() {
        let thought = |signature: String| Thought {
            text: "t".into(),
            signature: Some(signature.into()),
            redacted: None,
        };
        let said = |proof: String| Conversation {
            messages: vec![Message {
                role: Role::Assistant,
                name: None,
                parts: vec![Part::Thought(thought(proof))],
            }],
            ..Conversation::default()
        };
        for (made, given, expected) in [
            (Maker::Gemini, Some(Maker::Gemini), Some("s")),
            (Maker::Gemini, Some(Maker::Anthropic), None),
            (Maker::Gemini, None, None),
        ] {
            let mut conversation = said(marked(Kind::Thought, made, "s"));
            assert_eq!(conversation.give_back(given), expected.is_none());
            let expected = expected.map_or_else(Thought::default, |proof| thought(proof.to_owned()));
            assert_eq!(conversation.messages[0].parts, [Part::Thought(expected)]);
        }
    }
}
