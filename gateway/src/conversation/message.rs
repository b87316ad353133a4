//! What is said in a conversation, by whom, and which functions may be called in it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Whoever wrote the application: instructions.
    System,
    /// The client. Results of functions are said by it, too.
    User,
    /// The model.
    Assistant,
}

/// One turn of one speaker.
#[derive(Debug, Clone, PartialEq)]
pub struct Message<'a> {
    /// Who speaks.
    pub role: Role,
    /// The speaker's own name.
    pub name: Option<Cow<'a, str>>,
    /// What is said, in order.
    pub parts: Vec<Part<'a>>,
}

/// How many of the messages so far are instructions before everything else. Grows with the messages, so that a body of
/// millions of them is looked through once.
#[derive(Debug, Default)]
pub struct Leading(usize);

impl Leading {
    /// Whether a message of this role, said after these, gives instructions after the conversation has begun.
    pub fn is_passed(&mut self, before: &[Message<'_>], role: Role) -> bool {
        while before.get(self.0).is_some_and(|message| message.role == Role::System) {
            self.0 += 1;
        }
        role == Role::System && self.0 < before.len()
    }
}

/// One piece of what is said.
#[derive(Debug, Clone, PartialEq)]
pub enum Part<'a> {
    /// Words.
    Text(Cow<'a, str>),
    /// A picture.
    Image(Image<'a>),
    /// A PDF or a text.
    Document(Document<'a>),
    /// A recording.
    Audio {
        /// Base64.
        data: Cow<'a, str>,
        /// `wav`, `mp3`.
        format: Cow<'a, str>,
    },
    /// What the model thought.
    Thought(Thought<'a>),
    /// Why the model does not answer.
    Refusal(Cow<'a, str>),
    /// The model calls a function.
    ToolCall(ToolCall<'a>),
    /// What a function gave back.
    ToolResult(ToolResult<'a>),
    /// Up to here the prompt may be cached.
    CacheMark(CacheFor),
}

/// For how long a prompt is cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CacheFor {
    /// As long as the provider does by itself: five minutes for Anthropic.
    #[default]
    Default,
    /// An hour.
    Hour,
}

/// Where the bytes of a picture or a document are.
#[derive(Debug, Clone, PartialEq)]
pub enum Source<'a> {
    /// At an address, which the provider fetches.
    Url(Cow<'a, str>),
    /// Here.
    Data {
        /// `image/png`, `application/pdf`.
        media_type: Cow<'a, str>,
        /// Base64.
        base64: Cow<'a, str>,
    },
}

impl Source<'_> {
    /// The words that it is, where it is a text.
    pub fn words(&self) -> Option<String> {
        let Self::Data { media_type, base64 } = self else { return None };
        let bytes = media_type.starts_with("text/").then(|| STANDARD.decode(&**base64).ok())??;
        String::from_utf8(bytes).ok()
    }
}

/// A picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Image<'a> {
    /// Where it is.
    pub source: Source<'a>,
    /// `low`, `high`, `auto`.
    pub detail: Option<Cow<'a, str>>,
}

/// A document.
#[derive(Debug, Clone, PartialEq)]
pub struct Document<'a> {
    /// Where it is.
    pub source: Source<'a>,
    /// Its file's name or its title.
    pub name: Option<Cow<'a, str>>,
}

/// What the model thought, as it has to be given back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Thought<'a> {
    /// In words; empty where the provider keeps them.
    pub text: Cow<'a, str>,
    /// The provider's proof that it thought so. [`super::proof`] says whose.
    pub signature: Option<Cow<'a, str>>,
    /// Thoughts that only the provider can read.
    pub redacted: Option<Cow<'a, str>>,
}

/// A call of a function.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall<'a> {
    /// Its result bears the same.
    pub id: Cow<'a, str>,
    /// The function.
    pub name: Cow<'a, str>,
    /// JSON of its arguments, as the model wrote it. Empty text for none.
    pub arguments: Cow<'a, str>,
    /// The provider's proof of the thoughts that led to it (Gemini).
    pub signature: Option<Cow<'a, str>>,
}

/// What a function gave back.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolResult<'a> {
    /// The id of the call.
    pub id: Cow<'a, str>,
    /// Words, pictures and documents.
    pub parts: Vec<Part<'a>>,
    /// Whether it failed.
    pub is_error: bool,
}

/// A function that the model may call.
#[derive(Debug, Clone)]
pub struct Tool<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// What it is for.
    pub description: Option<Cow<'a, str>>,
    /// JSON Schema of its arguments, as written where the client writes JSON Schema; none for a function without any.
    pub parameters: Option<Cow<'a, RawValue>>,
    /// Whether arguments must obey the schema.
    pub strict: Option<bool>,
    /// Whether the prompt may be cached up to here.
    pub cache: Option<CacheFor>,
}

impl PartialEq for Tool<'_> {
    fn eq(&self, other: &Self) -> bool {
        let Self { name, description, parameters, strict, cache } = self;
        let same_parameters =
            parameters.as_deref().map(RawValue::get) == other.parameters.as_deref().map(RawValue::get);
        (name, description, strict, cache) == (&other.name, &other.description, &other.strict, &other.cache)
            && same_parameters
    }
}

/// Whether a function must be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolChoice<'a> {
    /// As the model likes.
    Auto,
    /// None.
    None,
    /// At least one.
    Required,
    /// This one.
    Named(Cow<'a, str>),
}
