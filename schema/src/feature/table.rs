//! The table, one row a provider protocol: the features that a translated request carries to it.
//!
//! A feature stands in a row if what it means reaches the provider: the gateway's `provider/<name>/request` and the files
//! beside it write it, or the provider does it by itself, so that it may be left out; the row says which. What a model by its
//! name does not take, though its protocol has a form for it, is decided there, too, request by request.

use super::Feature::{
    self, AudioInput, CacheMarkers, DocumentData, DocumentUrl, ForcedTool, FrequencyPenalty, HighTemperature,
    ImageData, ImageDetail, ImageUrl, JsonObject, JsonSchema, LateInstructions, LogitBias, Logprobs,
    Metadata, OneToolAtMost, ParticipantName, Prediction, Prefill, PresencePenalty, Reasoning,
    ReasoningContent, Seed, ServiceTier, SeveralAnswers, Stop, Store, Streaming, StrictTools, Temperature,
    ToolChoice, Tools, TopK, TopP, User, Verbosity,
};
use super::union;
use crate::protocol::ProviderProtocol;

/// Whether a translated request can carry a feature to a provider, with its meaning kept.
pub(super) const fn is_mapped(feature: Feature, provider: ProviderProtocol) -> bool {
    let row = match provider {
        ProviderProtocol::OpenAi | ProviderProtocol::OpenAiCompatible => OPENAI,
        ProviderProtocol::AzureOpenAi => AZURE,
        ProviderProtocol::Anthropic => ANTHROPIC,
        ProviderProtocol::Gemini | ProviderProtocol::Vertex => GEMINI,
        ProviderProtocol::Bedrock => BEDROCK,
        ProviderProtocol::Mistral => MISTRAL,
        ProviderProtocol::Cohere => COHERE,
    };
    row & feature.mask() != 0
}

/// `POST /chat/completions`.
///
/// It caches prompts by itself, so a mark of where is carried by being left out. So is reasoning of earlier turns, but for what
/// came as `reasoning_content` from a model of the same family.
const OPENAI: u64 = union(&[
    Tools,
    OneToolAtMost,
    ToolChoice,
    ForcedTool,
    StrictTools,
    ImageUrl,
    ImageData,
    ImageDetail,
    DocumentData,
    AudioInput,
    JsonObject,
    JsonSchema,
    Stop,
    Temperature,
    HighTemperature,
    TopP,
    FrequencyPenalty,
    PresencePenalty,
    LogitBias,
    Logprobs,
    SeveralAnswers,
    Seed,
    User,
    Metadata,
    Reasoning,
    ReasoningContent,
    CacheMarkers,
    ServiceTier,
    Store,
    Prediction,
    Verbosity,
    ParticipantName,
    LateInstructions,
    Streaming,
]);

/// `POST /chat/completions` by Azure, which takes no documents there.
const AZURE: u64 = OPENAI & !DocumentData.mask();

/// `POST /messages`.
const ANTHROPIC: u64 = union(&[
    Tools,
    OneToolAtMost,
    ToolChoice,
    ForcedTool,
    StrictTools,
    ImageUrl,
    ImageData,
    DocumentData,
    DocumentUrl,
    JsonSchema,
    Stop,
    Temperature,
    TopP,
    TopK,
    User,
    Reasoning,
    ReasoningContent,
    CacheMarkers,
    Prefill,
    LateInstructions,
    Streaming,
]);

/// `:generateContent`.
///
/// It caches prompts by itself, too. Images by address are fetched by nobody but the client. Instructions stand only
/// before the conversation.
const GEMINI: u64 = union(&[
    Tools,
    ToolChoice,
    ForcedTool,
    StrictTools,
    ImageData,
    DocumentData,
    AudioInput,
    JsonObject,
    JsonSchema,
    Stop,
    Temperature,
    HighTemperature,
    TopP,
    TopK,
    FrequencyPenalty,
    PresencePenalty,
    SeveralAnswers,
    Seed,
    Reasoning,
    ReasoningContent,
    CacheMarkers,
    Streaming,
]);

/// `Converse` and `ConverseStream`.
const BEDROCK: u64 = union(&[
    Tools,
    ToolChoice,
    ForcedTool,
    StrictTools,
    ImageData,
    DocumentData,
    AudioInput,
    JsonSchema,
    Stop,
    Temperature,
    TopP,
    Metadata,
    Reasoning,
    ReasoningContent,
    CacheMarkers,
    ServiceTier,
    Prefill,
    LateInstructions,
    Streaming,
]);

/// `POST /chat/completions` of Mistral, which is nearly OpenAI's.
///
/// Instructions stand only before the conversation: after an answer it takes none.
const MISTRAL: u64 = union(&[
    Tools,
    OneToolAtMost,
    ToolChoice,
    ForcedTool,
    StrictTools,
    ImageUrl,
    ImageData,
    ImageDetail,
    DocumentData,
    DocumentUrl,
    AudioInput,
    JsonObject,
    JsonSchema,
    Stop,
    Temperature,
    TopP,
    TopK,
    FrequencyPenalty,
    PresencePenalty,
    SeveralAnswers,
    Seed,
    Metadata,
    Reasoning,
    ReasoningContent,
    Prediction,
    CacheMarkers,
    Prefill,
    Streaming,
]);

/// `POST /v2/chat`.
///
/// A function by its name is asked for by offering no other.
const COHERE: u64 = union(&[
    Tools,
    ToolChoice,
    ForcedTool,
    StrictTools,
    ImageUrl,
    ImageData,
    ImageDetail,
    JsonObject,
    JsonSchema,
    Stop,
    Temperature,
    TopP,
    TopK,
    FrequencyPenalty,
    PresencePenalty,
    Seed,
    Reasoning,
    ReasoningContent,
    CacheMarkers,
    Streaming,
]);
