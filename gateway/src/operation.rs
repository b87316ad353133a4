//! What is asked of a provider: one path of one protocol. Clients ask for most of them, too, at paths of the same form.
//!
//! Where a provider serves the operation that a client asked for, bytes are forwarded; a conversation can also be
//! translated into the operation of another protocol. Read next: [`crate::upstream::target`], [`crate::translate`].

use pointsman_schema::dialect::Dialect;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// OpenAI: a chat completion.
    Chat,
    /// OpenAI: a response.
    Responses,
    /// OpenAI: a completion of a mere text.
    Completions,
    /// OpenAI: embeddings.
    Embeddings,
    /// OpenAI: whether a text is harmful.
    Moderations,
    /// OpenAI: an image.
    Images,
    /// OpenAI: a text as sound.
    Speech,
    /// OpenAI: sound as a text. A form.
    Transcriptions,
    /// OpenAI: sound as a text in English. A form.
    Translations,
    /// OpenAI: an image made of others. A form.
    ImageEdits,
    /// OpenAI: another image of the same. A form.
    ImageVariations,
    /// Anthropic: a message.
    Messages,
    /// Anthropic, as Vertex AI has it: a message in pieces. Elsewhere the body alone says that it is to be.
    MessagesStream,
    /// Anthropic: how many tokens a message has.
    CountTokens,
    /// Gemini: content, all at once.
    Generate,
    /// Gemini: content in pieces.
    GenerateStream,
    /// Gemini: how many tokens contents have.
    GeminiCountTokens,
    /// Bedrock: an answer, all at once. No client speaks it.
    Converse,
    /// Bedrock: an answer in pieces.
    ConverseStream,
    /// Cohere: an answer, whole or in pieces. No client speaks it.
    CohereChat,
}

/// How many operations there are.
pub const OPERATIONS: usize = 20;

impl Operation {
    /// Every one.
    pub const ALL: [Self; OPERATIONS] = [
        Self::Chat,
        Self::Responses,
        Self::Completions,
        Self::Embeddings,
        Self::Moderations,
        Self::Images,
        Self::Speech,
        Self::Transcriptions,
        Self::Translations,
        Self::ImageEdits,
        Self::ImageVariations,
        Self::Messages,
        Self::CountTokens,
        Self::Generate,
        Self::GenerateStream,
        Self::GeminiCountTokens,
        Self::Converse,
        Self::ConverseStream,
        Self::CohereChat,
        Self::MessagesStream,
    ];

    /// Whether clients ask for it, too.
    pub const fn is_for_clients(self) -> bool {
        !matches!(self, Self::Converse | Self::ConverseStream | Self::CohereChat | Self::MessagesStream)
    }

    /// The dialect of those who ask for it; of what nobody does, one that comes nearest.
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::Chat | Self::Converse | Self::ConverseStream | Self::CohereChat => Dialect::Chat,
            Self::Responses => Dialect::Responses,
            Self::Completions => Dialect::Completions,
            Self::Embeddings => Dialect::Embeddings,
            Self::Moderations => Dialect::Moderations,
            Self::Images | Self::ImageEdits | Self::ImageVariations => Dialect::Images,
            Self::Speech | Self::Transcriptions | Self::Translations => Dialect::Audio,
            Self::Messages | Self::MessagesStream => Dialect::Messages,
            Self::CountTokens => Dialect::CountTokens,
            Self::Generate | Self::GenerateStream => Dialect::GenerateContent,
            Self::GeminiCountTokens => Dialect::GeminiCountTokens,
        }
    }

    /// The path after a provider's base, or after a client's `/v1`; Gemini's and Bedrock's stand after the model's name.
    pub const fn tail(self) -> &'static str {
        match self {
            Self::Chat => "/chat/completions",
            Self::Responses => "/responses",
            Self::Completions => "/completions",
            Self::Embeddings => "/embeddings",
            Self::Moderations => "/moderations",
            Self::Images => "/images/generations",
            Self::Speech => "/audio/speech",
            Self::Transcriptions => "/audio/transcriptions",
            Self::Translations => "/audio/translations",
            Self::ImageEdits => "/images/edits",
            Self::ImageVariations => "/images/variations",
            Self::Messages => "/messages",
            Self::MessagesStream => ":streamRawPredict",
            Self::CountTokens => "/messages/count_tokens",
            Self::Generate => ":generateContent",
            Self::GenerateStream => ":streamGenerateContent",
            Self::GeminiCountTokens => ":countTokens",
            Self::Converse => "/converse",
            Self::ConverseStream => "/converse-stream",
            Self::CohereChat => "/chat",
        }
    }

    /// Whether its requests may be forms.
    pub const fn takes_form(self) -> bool {
        matches!(self, Self::Transcriptions | Self::Translations | Self::ImageEdits | Self::ImageVariations)
    }

    /// Whether its answers may be anything but JSON: sound, or plain words.
    pub const fn gives_media(self) -> bool {
        matches!(self, Self::Speech | Self::Transcriptions | Self::Translations)
    }

    /// Whether the path names the model, and the body does not.
    pub const fn names_model_in_path(self) -> bool {
        matches!(
            self,
            Self::Generate
                | Self::GenerateStream
                | Self::GeminiCountTokens
                | Self::MessagesStream
                | Self::Converse
                | Self::ConverseStream
        )
    }

    /// Its place in a table of all.
    pub const fn index(self) -> usize {
        match self {
            Self::Chat => 0,
            Self::Responses => 1,
            Self::Completions => 2,
            Self::Embeddings => 3,
            Self::Moderations => 4,
            Self::Images => 5,
            Self::Speech => 6,
            Self::Transcriptions => 7,
            Self::Translations => 8,
            Self::ImageEdits => 9,
            Self::ImageVariations => 10,
            Self::Messages => 11,
            Self::CountTokens => 12,
            Self::Generate => 13,
            Self::GenerateStream => 14,
            Self::GeminiCountTokens => 15,
            Self::Converse => 16,
            Self::ConverseStream => 17,
            Self::CohereChat => 18,
            Self::MessagesStream => 19,
        }
    }

    /// The operation that gives the same in pieces, where some provider has another path for it than for the whole.
    pub const fn in_pieces(self) -> Option<Self> {
        match self {
            Self::Messages => Some(Self::MessagesStream),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_stands_at_its_index() {
        for (at, operation) in Operation::ALL.into_iter().enumerate() {
            assert_eq!(operation.index(), at);
        }
    }
}
