//! What proves a thought, in the one member that the client gives back unread: `encrypted_content`.
//!
//! A word before it says what it is. What OpenAI itself encrypted has none of these words, and is of no use to anybody
//! else. A proof that belongs to a call stands in an item before the call, since calls have no member for it.

use std::borrow::Cow;

use crate::conversation::message::Thought;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Proof<'a> {
    /// Of the words beside it.
    Signature(Cow<'a, str>),
    /// The thought itself, which only its provider can read.
    Redacted(Cow<'a, str>),
    /// Of the thoughts that led to the next call.
    Call(Cow<'a, str>),
}

impl<'a> Proof<'a> {
    /// What an `encrypted_content` is; none where OpenAI made it.
    pub(super) fn read(content: Cow<'a, str>) -> Option<Self> {
        let (word, rest) = content.split_once(':')?;
        let make = match word {
            "signature" => Self::Signature,
            "redacted" => Self::Redacted,
            "call" => Self::Call,
            _ => return None,
        };
        let start = content.len() - rest.len();
        Some(make(match content {
            Cow::Borrowed(content) => Cow::Borrowed(content.get(start..).unwrap_or_default()),
            Cow::Owned(content) => Cow::Owned(content.get(start..).unwrap_or_default().to_owned()),
        }))
    }

    /// What proves a thought.
    pub(super) fn of(thought: &'a Thought<'_>) -> Option<Self> {
        let redacted = thought.redacted.as_deref().map(|data| Self::Redacted(Cow::Borrowed(data)));
        let signature = thought.signature.as_deref();
        redacted.or_else(|| signature.map(|signature| Self::Signature(Cow::Borrowed(signature))))
    }

    /// As an `encrypted_content`.
    pub(super) fn write(&self) -> String {
        match self {
            Self::Signature(proof) => format!("signature:{proof}"),
            Self::Redacted(proof) => format!("redacted:{proof}"),
            Self::Call(proof) => format!("call:{proof}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, expected: Option<Proof<'_>>) {
        assert_eq!(Proof::read(Cow::Borrowed(content)), expected);
        assert_eq!(Proof::read(Cow::Owned(content.to_owned())), expected);
        if let Some(proof) = expected {
            assert_eq!(proof.write(), content);
        }
    }

    #[test]
    fn a_word_says_what_it_is() {
        check("signature:Er+/=", Some(Proof::Signature("Er+/=".into())));
        check("redacted:a:b", Some(Proof::Redacted("a:b".into())));
        check("call:", Some(Proof::Call("".into())));
        for foreign in ["", "gAAAAABo", ":", "other:x", "signature"] {
            check(foreign, None);
        }
    }
}
