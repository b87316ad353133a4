//! Images, recordings and files inside messages.
//!
//! A quick search decides for most requests that there are none. Where there may be some, messages are read part by
//! part: what counts is the `type` of a part, not where a word stands. Messages of a shape that we do not
//! know hold nothing; the provider will say what it thinks of them.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use pointsman_schema::capability::Capability;
use pointsman_schema::dialect::Dialect;
use pointsman_schema::protocol::Protocol;
use serde_json::value::RawValue;

use super::nested::{elements, last_member};
use super::scan::Letters;
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

/// Looks at one of the members that hold what is said, in a body whose strings are written so.
pub(super) fn look(said: &str, dialect: Dialect, letters: Letters) -> Seen {
    match dialect.protocol() {
        Protocol::Gemini => contents(said, letters),
        Protocol::OpenAi | Protocol::Anthropic => messages(said, letters),
    }
}

fn messages(messages: &str, letters: Letters) -> Seen {
    if !may_hold_media(messages.as_bytes(), letters) {
        return Seen::default();
    }
    let mut seen = Seen::default();
    elements(messages, |message| content(message.get(), &mut seen));
    seen
}

/// The parts of a message, or of what a function gave back within one.
fn content(message: &str, seen: &mut Seen) {
    let content = last_member(message, "content").map_or("", RawValue::get);
    elements(content, |part| {
        let within = last_member(part.get(), "content").map_or("", RawValue::get);
        elements(within, |part| *seen = seen.with(part));
        *seen = seen.with(part);
    });
}

/// Gemini's, where a part has no type but one member that says what it is.
fn contents(contents: &str, letters: Letters) -> Seen {
    let finds = |finder: &Finder<'_>| finder.find(contents.as_bytes()).is_some();
    let mut seen = Seen::default();
    if letters == Letters::Plain && !GEMINI_WORDS.iter().any(finds) {
        return seen;
    }
    elements(contents, |one| {
        let parts = last_member(one.get(), "parts").map_or("", RawValue::get);
        elements(parts, |part| seen = seen.with_blob(part));
    });
    seen
}

impl Seen {
    /// Both.
    pub(super) const fn and(self, other: Self) -> Self {
        Self {
            capabilities: self.capabilities | other.capabilities,
            media_bytes: self.media_bytes.saturating_add(other.media_bytes),
        }
    }

    fn with_blob(self, part: &RawValue) -> Self {
        let blob = GEMINI_MEMBERS.iter().find_map(|name| last_member(part.get(), name));
        let Some(blob) = blob else { return self };
        let kind = ["mimeType", "mime_type"].iter().find_map(|name| last_member(blob.get(), name));
        let capabilities = match kind.and_then(string) {
            Some(kind) if kind.starts_with("image/") => Capability::Vision.bit(),
            Some(kind) if kind.starts_with("audio/") => Capability::Audio.bit(),
            _ => 0,
        };
        self.and(Self { capabilities, media_bytes: part.get().len().saturating_sub(MEDIA_PART_BYTES) })
    }

    fn with(self, raw: &RawValue) -> Self {
        let kind = last_member(raw.get(), "type").and_then(string);
        let capability = match kind.as_ref().map(Cow::as_ref) {
            Some("image_url" | "image" | "input_image") => Capability::Vision.bit(),
            Some("input_audio" | "audio") => Capability::Audio.bit(),
            // Not every model with eyes reads files; there is no capability for it yet in the language.
            Some("file" | "input_file" | "document") => 0,
            _ => return self,
        };
        let media_bytes = raw.get().len().saturating_sub(MEDIA_PART_BYTES);
        self.and(Self { capabilities: capability, media_bytes })
    }
}

/// Whether one of the types that count stands anywhere, plainly or with an escaped letter in it. Most requests have no
/// `type` at all, and are passed over once, not once for each word.
fn may_hold_media(text: &[u8], letters: Letters) -> bool {
    let finds = |finder: &Finder<'_>| finder.find(text).is_some();
    letters == Letters::Escaped || (finds(&TYPE) && WORDS.iter().any(finds))
}

static WORDS: LazyLock<[Finder<'static>; 4]> =
    LazyLock::new(|| ["image", "audio\"", "file\"", "\"document\""].map(|word| Finder::new(word.as_bytes())));
/// Members that hold bytes or say where they are.
const GEMINI_MEMBERS: [&str; 4] = ["inlineData", "inline_data", "fileData", "file_data"];
/// What all of these have in them.
static GEMINI_WORDS: LazyLock<[Finder<'static>; 2]> =
    LazyLock::new(|| ["Data\"", "_data\""].map(|word| Finder::new(word.as_bytes())));
static TYPE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"type\""));
