//! The table, one row a provider protocol: the features that a translated request carries to it.
//!
//! A feature stands in a row only if the provider's `request` file in the gateway writes it.

use super::Feature;
use crate::protocol::ProviderProtocol;

/// Whether a translated request can carry a feature to a provider, with its meaning kept.
pub(super) const fn is_mapped(feature: Feature, provider: ProviderProtocol) -> bool {
    match provider {
        ProviderProtocol::OpenAi | ProviderProtocol::OpenAiCompatible | ProviderProtocol::AzureOpenAi => {
            openai(feature)
        }
        ProviderProtocol::Anthropic => anthropic(feature),
        ProviderProtocol::Gemini | ProviderProtocol::Vertex => gemini(feature),
        ProviderProtocol::Bedrock => bedrock(feature),
        ProviderProtocol::Mistral => mistral(feature),
        ProviderProtocol::Cohere => cohere(feature),
    }
}

/// `POST /chat/completions`.
const fn openai(feature: Feature) -> bool {
    use Feature::{
        AudioInput, CacheMarkers, DocumentData, FrequencyPenalty, HighTemperature, ImageData, ImageDetail,
        ImageUrl, JsonObject, JsonSchema, LateInstructions, LogitBias, Logprobs, Metadata, ParallelTools,
        ParticipantName, Prediction, PresencePenalty, Reasoning, Seed, ServiceTier, SeveralAnswers, Stop,
        Store, Streaming, StrictTools, Temperature, ToolChoice, Tools, TopP, User, Verbosity,
    };
    // It caches prompts by itself, so a mark of where is carried by being left out. It takes back no reasoning.
    matches!(
        feature,
        Tools
            | ParallelTools
            | ToolChoice
            | StrictTools
            | ImageUrl
            | ImageData
            | ImageDetail
            | DocumentData
            | AudioInput
            | JsonObject
            | JsonSchema
            | Stop
            | Temperature
            | HighTemperature
            | TopP
            | FrequencyPenalty
            | PresencePenalty
            | LogitBias
            | Logprobs
            | SeveralAnswers
            | Seed
            | User
            | Metadata
            | Reasoning
            | CacheMarkers
            | ServiceTier
            | Store
            | Prediction
            | Verbosity
            | ParticipantName
            | LateInstructions
            | Streaming
    )
}

/// `POST /messages`.
const fn anthropic(feature: Feature) -> bool {
    use Feature::{
        CacheMarkers, DocumentData, DocumentUrl, ImageData, ImageUrl, JsonSchema, LateInstructions,
        ParallelTools, Prefill, Reasoning, ReasoningContent, Stop, Streaming, StrictTools, Temperature,
        ToolChoice, Tools, TopK, TopP, User,
    };
    matches!(
        feature,
        Tools
            | ParallelTools
            | ToolChoice
            | StrictTools
            | ImageUrl
            | ImageData
            | DocumentData
            | DocumentUrl
            | JsonSchema
            | Stop
            | Temperature
            | TopP
            | TopK
            | User
            | Reasoning
            | ReasoningContent
            | CacheMarkers
            | Prefill
            | LateInstructions
            | Streaming
    )
}

/// `:generateContent`.
const fn gemini(feature: Feature) -> bool {
    use Feature::{
        AudioInput, CacheMarkers, DocumentData, FrequencyPenalty, HighTemperature, ImageData, JsonObject,
        JsonSchema, PresencePenalty, Reasoning, ReasoningContent, Seed, SeveralAnswers, Stop, Streaming,
        StrictTools, Temperature, ToolChoice, Tools, TopK, TopP,
    };
    // It caches prompts by itself, too. Images by address are fetched by nobody but the client. Instructions stand only
    // before the conversation.
    matches!(
        feature,
        Tools
            | ToolChoice
            | StrictTools
            | ImageData
            | DocumentData
            | AudioInput
            | JsonObject
            | JsonSchema
            | Stop
            | Temperature
            | HighTemperature
            | TopP
            | TopK
            | FrequencyPenalty
            | PresencePenalty
            | SeveralAnswers
            | Seed
            | Reasoning
            | ReasoningContent
            | CacheMarkers
            | Streaming
    )
}

/// `Converse` and `ConverseStream`.
const fn bedrock(feature: Feature) -> bool {
    use Feature::{
        AudioInput, CacheMarkers, DocumentData, ImageData, JsonSchema, LateInstructions, Metadata, Prefill,
        Reasoning, ReasoningContent, ServiceTier, Stop, Streaming, StrictTools, Temperature, ToolChoice,
        Tools, TopP,
    };
    matches!(
        feature,
        Tools
            | ToolChoice
            | StrictTools
            | ImageData
            | DocumentData
            | AudioInput
            | JsonSchema
            | Stop
            | Temperature
            | TopP
            | Metadata
            | Reasoning
            | ReasoningContent
            | CacheMarkers
            | ServiceTier
            | Prefill
            | LateInstructions
            | Streaming
    )
}

/// `POST /chat/completions` of Mistral, which is nearly OpenAI's.
const fn mistral(feature: Feature) -> bool {
    use Feature::{
        CacheMarkers, FrequencyPenalty, ImageData, ImageUrl, JsonObject, JsonSchema, ParallelTools,
        Prediction, PresencePenalty, Seed, SeveralAnswers, Stop, Streaming, StrictTools, Temperature,
        ToolChoice, Tools, TopP,
    };
    matches!(
        feature,
        Tools
            | ParallelTools
            | ToolChoice
            | StrictTools
            | ImageUrl
            | ImageData
            | JsonObject
            | JsonSchema
            | Stop
            | Temperature
            | TopP
            | FrequencyPenalty
            | PresencePenalty
            | SeveralAnswers
            | Seed
            | Prediction
            | CacheMarkers
            | Streaming
    )
}

/// `POST /v2/chat`.
const fn cohere(feature: Feature) -> bool {
    use Feature::{
        CacheMarkers, FrequencyPenalty, ImageData, ImageUrl, JsonObject, JsonSchema, PresencePenalty, Seed,
        Stop, Streaming, Temperature, ToolChoice, Tools, TopK, TopP,
    };
    matches!(
        feature,
        Tools
            | ToolChoice
            | ImageUrl
            | ImageData
            | JsonObject
            | JsonSchema
            | Stop
            | Temperature
            | TopP
            | TopK
            | FrequencyPenalty
            | PresencePenalty
            | Seed
            | CacheMarkers
            | Streaming
    )
}
