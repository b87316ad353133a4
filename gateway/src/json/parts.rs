//! Images, recordings and files inside messages.
//!
//! A quick search decides for most requests that there are none. Where there may be some, messages are read part by
//! part: what counts is the `type` of a part, not where a word stands. Messages of another shape than OpenAI's hold
//! nothing that we know; the provider will say what it thinks of them.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use pointsman_schema::capability::Capability;
use serde_json::value::RawValue;

use super::nested::{elements, last_member};
use super::string;
use crate::limits::MEDIA_PART_BYTES;

/// What messages hold besides text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Seen {
    /// Bits of [`Capability`].
    pub(super) capabilities: u32,
    /// How much of the messages does not count as input. **Unit**: bytes.
    pub(super) media_bytes: usize,
}

pub(super) fn look(messages: &str) -> Seen {
    if !may_hold_media(messages.as_bytes()) {
        return Seen::default();
    }
    let mut seen = Seen::default();
    elements(messages, |message| {
        let content = last_member(message.get(), "content").map_or("", RawValue::get);
        elements(content, |part| seen = seen.with(part));
    });
    seen
}

impl Seen {
    fn with(self, raw: &RawValue) -> Self {
        let kind = last_member(raw.get(), "type").and_then(string);
        let capability = match kind.as_ref().map(Cow::as_ref) {
            Some("image_url" | "image" | "input_image") => Capability::Vision.bit(),
            Some("input_audio" | "audio") => Capability::Audio.bit(),
            // Not every model with eyes reads files; there is no capability for it yet in the language.
            Some("file") => 0,
            _ => return self,
        };
        Self {
            capabilities: self.capabilities | capability,
            media_bytes: self.media_bytes.saturating_add(raw.get().len().saturating_sub(MEDIA_PART_BYTES)),
        }
    }
}

/// Whether one of the types that count stands anywhere, plainly or with an escaped letter in it. Most requests have no
/// `type` at all, and are passed over twice, not once for each word.
fn may_hold_media(text: &[u8]) -> bool {
    let finds = |finder: &Finder<'_>| finder.find(text).is_some();
    (finds(&TYPE) && WORDS.iter().any(finds)) || ESCAPE.find_iter(text).any(|at| is_escaped_letter(text, at))
}

/// Whether `\u00` at this place goes on to name a printable ASCII character.
fn is_escaped_letter(text: &[u8], at: usize) -> bool {
    matches!(text.get(at + 4), Some(b'2'..=b'7'))
}

static WORDS: LazyLock<[Finder<'static>; 3]> =
    LazyLock::new(|| ["image", "audio\"", "\"file\""].map(|word| Finder::new(word.as_bytes())));
static TYPE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"type\""));
static ESCAPE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\\u00"));
