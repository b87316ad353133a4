//! What of a client's request a provider's protocol can carry: the one table that the compiler proves by, a snapshot
//! holds as bits, and a gateway obeys.
//!
//! A [`Feature`] is something that a request can hold and that some protocol has no form for. The table says for each
//! provider protocol how a feature reaches it when the request is translated; where both speak one protocol, bytes are
//! forwarded and everything is native. It is complete by construction: a new protocol or feature breaks the build here.
//! It says what the protocols can express; whether a model can do it is the model's to say ([`crate::capability`]). But of
//! Anthropic's models, some refuse what their protocol has a form for: [`crate::claude`] knows them by name.
//!
//! Read next: `table` for what each protocol carries.
//!
//! **Source**: the API references and client SDKs of the providers, November 2026.

mod table;

use self::table::is_mapped;
use crate::capability::Capability;
use crate::claude::{Claude, is_claude};
use crate::dialect::{DIALECTS, Dialect};
use crate::preset::Preset;
use crate::protocol::{Protocol, ProviderProtocol};
use crate::words::words;
use crate::{gemini, gpt};

words! {
    /// How a feature of the client's request reaches the provider.
    pub enum Support {
        /// In the same form: bytes are forwarded.
        Native = 0 "native",
        /// In another form, with the same meaning.
        Mapped = 1 "mapped",
        /// Not at all: the provider's protocol has no form for it.
        Refused = 2 "refused",
    }
}

words! {
    /// Something that a request can hold and that not every protocol can express.
    pub enum Feature {
        /// Functions that the model may call, their calls and their results.
        Tools = 0 "tools",
        /// That one answer calls one function at most. That it may call several is what all protocols do by themselves.
        OneToolAtMost = 1 "one-tool-at-most",
        /// Which function must, may or must not be called.
        ToolChoice = 2 "tool-choice",
        /// A call whose arguments must obey the function's schema strictly.
        StrictTools = 3 "strict-tools",
        /// A tool that the provider itself runs, such as a web search.
        HostedTools = 4 "hosted-tools",
        /// A function whose argument is free text.
        CustomTools = 5 "custom-tools",
        /// An image by its address.
        ImageUrl = 6 "image-url",
        /// An image within the request, in Base64.
        ImageData = 7 "image-data",
        /// How closely an image is to be looked at.
        ImageDetail = 8 "image-detail",
        /// A PDF or text document within the request, in Base64.
        DocumentData = 9 "document-data",
        /// A document by its address.
        DocumentUrl = 10 "document-url",
        /// Something that was uploaded to a provider before.
        FileReference = 11 "file-reference",
        /// Recorded sound within the request.
        AudioInput = 12 "audio-input",
        /// Sound in the answer.
        AudioOutput = 13 "audio-output",
        /// An answer that is any JSON object.
        JsonObject = 14 "json-object",
        /// An answer that obeys a JSON Schema.
        JsonSchema = 15 "json-schema",
        /// Texts that end the answer.
        Stop = 16 "stop",
        /// How much chance there is in the answer, up to 1.
        Temperature = 17 "temperature",
        /// The same, above 1.
        HighTemperature = 18 "high-temperature",
        /// The part of the probability mass that tokens are drawn from.
        TopP = 19 "top-p",
        /// The number of tokens that are drawn from.
        TopK = 20 "top-k",
        /// A penalty for tokens by how often they occurred.
        FrequencyPenalty = 21 "frequency-penalty",
        /// A penalty for tokens that occurred.
        PresencePenalty = 22 "presence-penalty",
        /// A bias for given tokens.
        LogitBias = 23 "logit-bias",
        /// Probabilities of the answer's tokens.
        Logprobs = 24 "logprobs",
        /// More than one answer to one request.
        SeveralAnswers = 25 "several-answers",
        /// A seed, so that the same request has the same answer.
        Seed = 26 "seed",
        /// Who the end user is.
        User = 27 "user",
        /// Names and values that the provider keeps with the request.
        Metadata = 28 "metadata",
        /// How much to reason before the answer.
        Reasoning = 29 "reasoning",
        /// Reasoning of earlier turns, with its signature. It reaches providers of the protocol that it was made in; of use to
        /// nobody else, it is left out for others.
        ReasoningContent = 30 "reasoning-content",
        /// Marks of where a prompt may be cached.
        CacheMarkers = 31 "cache-markers",
        /// Where in its sources an answer was found.
        Citations = 32 "citations",
        /// Which class of service to use.
        ServiceTier = 33 "service-tier",
        /// That the provider keeps the answer, to be asked for later.
        Store = 34 "store",
        /// What the provider kept before, as a part of the request.
        StoredConversation = 35 "stored-conversation",
        /// Text that the answer will mostly repeat.
        Prediction = 36 "prediction",
        /// How wordy the answer should be.
        Verbosity = 37 "verbosity",
        /// The beginning of the answer.
        Prefill = 38 "prefill",
        /// The name of who speaks in a message.
        ParticipantName = 39 "participant-name",
        /// What the provider's filters let pass.
        SafetySettings = 40 "safety-settings",
        /// Embeddings instead of an answer.
        Embeddings = 41 "embeddings",
        /// An answer in pieces.
        Streaming = 42 "streaming",
        /// Something that the gateway does not know.
        Other = 43 "other",
        /// Instructions after the conversation has begun.
        LateInstructions = 44 "late-instructions",
        /// Something that is not as the client's protocol has it, so that nobody can say it in other words.
        Unreadable = 45 "unreadable",
        /// A function that must be called.
        ForcedTool = 46 "forced-tool",
    }
}

/// How a feature of a request in a dialect reaches a provider.
pub const fn carried(client: Dialect, feature: Feature, provider: ProviderProtocol) -> Support {
    if is_forwarded(client, provider) {
        return Support::Native;
    }
    // An answer that another endpoint keeps cannot be asked for at the one of responses.
    if !client.is_conversation() || matches!((client, feature), (Dialect::Responses, Feature::Store)) {
        return Support::Refused;
    }
    if is_mapped(feature, provider) { Support::Mapped } else { Support::Refused }
}

/// Every feature.
pub const ALL: u64 = union(Feature::ALL);
/// Every feature that `lossy: allow` may leave out: the answer is of the same kind without, only less as it was asked for.
pub const DROPPABLE: u64 = union(&[
    Feature::OneToolAtMost,
    Feature::StrictTools,
    Feature::ImageDetail,
    Feature::Temperature,
    Feature::HighTemperature,
    Feature::TopP,
    Feature::TopK,
    Feature::FrequencyPenalty,
    Feature::PresencePenalty,
    Feature::LogitBias,
    Feature::Seed,
    Feature::User,
    Feature::Metadata,
    Feature::Reasoning,
    Feature::ReasoningContent,
    Feature::CacheMarkers,
    Feature::Citations,
    Feature::ServiceTier,
    Feature::Store,
    Feature::Prediction,
    Feature::Verbosity,
    Feature::ParticipantName,
    Feature::SafetySettings,
    Feature::Other,
]);

/// The set of some features.
pub(crate) const fn union(features: &[Feature]) -> u64 {
    match features {
        [first, rest @ ..] => first.mask() | union(rest),
        [] => 0,
    }
}

/// The features of a set, in the order of their codes.
pub fn of_set(set: u64) -> impl Iterator<Item = Feature> {
    Feature::ALL.iter().copied().filter(move |feature| set & feature.mask() != 0)
}

/// Whose protocol a provider speaks for a model of its own: Vertex AI serves Anthropic's models by Anthropic's and all
/// others by Gemini's.
pub fn spoken(provider: ProviderProtocol, upstream_model: &str) -> ProviderProtocol {
    match provider {
        ProviderProtocol::Vertex if upstream_model.starts_with("claude") => ProviderProtocol::Anthropic,
        ProviderProtocol::Vertex => ProviderProtocol::Gemini,
        other => other,
    }
}

/// The dialects that a provider can be asked in for a model, as [`Dialect::place`]s: conversations, because they can be
/// translated, and what is forwarded.
pub fn dialects(provider: ProviderProtocol, upstream_model: &str, preset: Option<Preset>) -> u16 {
    let provider = spoken(provider, upstream_model);
    let can = |dialect: &&Dialect| dialect.is_conversation() || is_forwarded(**dialect, provider);
    let all = Dialect::ALL.iter().filter(can).fold(0, |bits, dialect| bits | dialect.place());
    all & !preset.map_or(0, Preset::missing)
}

/// The features of each dialect that a provider refuses for a model, as [`Feature::mask`]s: what a snapshot holds.
pub fn refused(provider: ProviderProtocol, upstream_model: &str, preset: Option<Preset>) -> [u64; DIALECTS] {
    let spoken = spoken(provider, upstream_model);
    let lacking = lacking(provider, spoken) | preset.map_or(0, Preset::refused);
    let by_model = if is_claude(spoken, upstream_model) { Claude::of(upstream_model).refused() } else { 0 };
    let mut sets = [0; DIALECTS];
    for (set, dialect) in sets.iter_mut().zip(Dialect::ALL) {
        let is_refused = |feature: &&Feature| carried(*dialect, **feature, spoken) == Support::Refused;
        *set = Feature::ALL.iter().filter(is_refused).fold(0, |set, feature| set | feature.mask());
        if dialect.is_conversation() {
            *set |= lacking;
        }
        // What is forwarded is between the client and its provider.
        if !is_forwarded(*dialect, spoken) {
            *set |= by_model;
        }
    }
    sets
}

/// Those of a request's features that a provider would carry for a model, but not beside others of them or within so many
/// tokens of output (0: as many as the model gives), as [`Feature::mask`]s.
pub fn beside(
    (provider, upstream_model): (ProviderProtocol, &str),
    (client, features): (Dialect, u64),
    output_tokens: u32,
) -> u64 {
    let provider = spoken(provider, upstream_model);
    match provider {
        _ if is_forwarded(client, provider) => 0,
        // A form of the answer is none beside functions.
        ProviderProtocol::Cohere if features & Feature::Tools.mask() != 0 => {
            features & union(&[Feature::JsonObject, Feature::JsonSchema])
        }
        // Of other models that Bedrock serves, those that think are told no more of how tokens are drawn.
        ProviderProtocol::Anthropic | ProviderProtocol::Bedrock => {
            Claude::of(upstream_model).beside(features, output_tokens)
        }
        ProviderProtocol::Gemini => gemini::beside(upstream_model, features),
        ProviderProtocol::OpenAi | ProviderProtocol::OpenAiCompatible | ProviderProtocol::AzureOpenAi => {
            gpt::beside(upstream_model, features)
        }
        ProviderProtocol::Cohere | ProviderProtocol::Mistral | ProviderProtocol::Vertex => 0,
    }
}

/// What a provider refuses of a conversation although its protocol has a form for it, whoever asks, as [`Feature::mask`]s.
pub const fn lacking(provider: ProviderProtocol, spoken: ProviderProtocol) -> u64 {
    match (provider, spoken) {
        // For Anthropic's models it fetches nothing: "URL sources are not supported".
        (ProviderProtocol::Vertex, ProviderProtocol::Anthropic) => {
            union(&[Feature::ImageUrl, Feature::DocumentUrl])
        }
        _ => 0,
    }
}

/// Whether requests of a dialect reach a backend that refuses these features of it in other words, so that something can be
/// left out of them. What cannot be read is refused by those alone: all others get the bytes.
pub const fn is_reworded(refused: u64) -> bool {
    refused & Feature::Unreadable.mask() != 0
}

/// Whether a provider takes requests of a dialect as they are.
pub const fn is_forwarded(client: Dialect, provider: ProviderProtocol) -> bool {
    match provider {
        ProviderProtocol::OpenAi => matches!(client.protocol(), Protocol::OpenAi),
        // Azure has a service of its own for what OpenAI calls moderations.
        ProviderProtocol::AzureOpenAi => {
            matches!(client.protocol(), Protocol::OpenAi) && !matches!(client, Dialect::Moderations)
        }
        ProviderProtocol::OpenAiCompatible => matches!(
            client,
            Dialect::Chat
                | Dialect::Completions
                | Dialect::Embeddings
                | Dialect::Moderations
                | Dialect::Images
                | Dialect::Audio
        ),
        ProviderProtocol::Anthropic => matches!(client.protocol(), Protocol::Anthropic),
        ProviderProtocol::Gemini | ProviderProtocol::Vertex => matches!(client.protocol(), Protocol::Gemini),
        ProviderProtocol::Mistral => matches!(client, Dialect::Embeddings | Dialect::Moderations),
        ProviderProtocol::Bedrock | ProviderProtocol::Cohere => false,
    }
}

/// Whether a feature is one of [`DROPPABLE`].
pub const fn may_be_dropped(feature: Feature) -> bool {
    DROPPABLE & feature.mask() != 0
}

/// How a capability that a client asks for in its protocol reaches a provider, by the least of the features that it
/// needs: what can be proved before any request is there.
pub fn support(client: Protocol, capability: Capability, provider: ProviderProtocol) -> Support {
    let least = forms(client, capability).first();
    least.map_or(Support::Refused, |form| carried(dialect(client, capability), *form, provider))
}

/// The dialect in which a client of a protocol asks for a capability.
pub const fn dialect(client: Protocol, capability: Capability) -> Dialect {
    match (client, capability) {
        (Protocol::OpenAi, Capability::Embeddings) => Dialect::Embeddings,
        (Protocol::OpenAi, _) => Dialect::Chat,
        (Protocol::Anthropic, _) => Dialect::Messages,
        (Protocol::Gemini, _) => Dialect::GenerateContent,
    }
}

/// The features by which a client of a protocol can ask for a capability, the one that most providers carry first. A request
/// has one of them.
pub const fn forms(client: Protocol, capability: Capability) -> &'static [Feature] {
    match (capability, client) {
        // Every protocol that has functions lets one answer call several.
        (Capability::Tools | Capability::ParallelTools, _) => &[Feature::Tools],
        (Capability::Vision, _) => &[Feature::ImageData, Feature::ImageUrl],
        (Capability::Audio, Protocol::Anthropic) => &[Feature::AudioInput],
        (Capability::Audio, _) => &[Feature::AudioInput, Feature::AudioOutput],
        (Capability::StructuredOutput, Protocol::Anthropic) => &[Feature::JsonSchema],
        (Capability::StructuredOutput, _) => &[Feature::JsonSchema, Feature::JsonObject],
        (Capability::Reasoning, _) => &[Feature::Reasoning],
        (Capability::Streaming, _) => &[Feature::Streaming],
        (Capability::Embeddings, _) => &[Feature::Embeddings],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forwarded_dialect_refuses_nothing() {
        for provider in ProviderProtocol::ALL {
            for (dialect, set) in Dialect::ALL.iter().zip(refused(*provider, "gemini", None)) {
                assert_eq!(is_reworded(set), !is_forwarded(*dialect, *provider));
                let expected = match (is_forwarded(*dialect, *provider), dialect.is_conversation()) {
                    (true, _) => 0..=0,
                    (false, true) => 1..=ALL - 1,
                    (false, false) => ALL..=ALL,
                };
                assert!(expected.contains(&set), "{dialect} to {provider}");
            }
        }
    }

    #[test]
    fn vertex_speaks_as_its_model_does() {
        let check = |model, provider, lacking: &[Feature]| {
            let sets = refused(ProviderProtocol::Vertex, model, None)
                .into_iter()
                .zip(refused(provider, model, None));
            for ((on_vertex, set), dialect) in sets.zip(Dialect::ALL) {
                let lacking = if dialect.is_conversation() { union(lacking) } else { 0 };
                assert_eq!(on_vertex, set | lacking, "{dialect}");
            }
            assert_eq!(dialects(ProviderProtocol::Vertex, model, None), dialects(provider, model, None));
        };
        let addresses = [Feature::ImageUrl, Feature::DocumentUrl];
        check("claude-sonnet-4-5@20250929", ProviderProtocol::Anthropic, &addresses);
        check("gemini-2.5-flash", ProviderProtocol::Gemini, &[]);
    }

    #[test]
    fn a_preset_refuses_more_than_its_protocol() {
        let preset = Some(Preset::Groq);
        let sets = refused(ProviderProtocol::OpenAiCompatible, "m", preset).into_iter();
        let plain = refused(ProviderProtocol::OpenAiCompatible, "m", None);
        for ((set, plain), dialect) in sets.zip(plain).zip(Dialect::ALL) {
            let lacking = if dialect.is_conversation() { Preset::Groq.refused() } else { 0 };
            assert_eq!(set, plain | lacking, "{dialect}");
            assert_eq!(is_reworded(set), is_reworded(plain), "{dialect}");
        }
        let dialects = |preset| dialects(ProviderProtocol::OpenAiCompatible, "m", preset);
        assert_eq!(dialects(None) & !dialects(preset), Dialect::Completions.place());
    }

    #[test]
    fn only_conversations_are_translated() {
        let check = |provider, expected: &[Dialect]| {
            let set = dialects(provider, "model", None);
            let found = Dialect::ALL.iter().copied().filter(|dialect| set & dialect.place() != 0);
            assert_eq!(found.filter(|dialect| !dialect.is_conversation()).collect::<Vec<_>>(), expected);
        };
        check(ProviderProtocol::Anthropic, &[Dialect::CountTokens]);
        check(ProviderProtocol::Mistral, &[Dialect::Embeddings, Dialect::Moderations]);
        check(ProviderProtocol::Cohere, &[]);
    }

    #[test]
    fn a_set_is_its_features() {
        assert_eq!(of_set(ALL).collect::<Vec<_>>(), Feature::ALL);
        assert!(of_set(DROPPABLE).eq(Feature::ALL.iter().copied().filter(|one| may_be_dropped(*one))));
    }

    #[test]
    fn what_makes_an_answer_another_kind_is_never_dropped() {
        for feature in [Feature::Tools, Feature::ImageData, Feature::JsonSchema, Feature::SeveralAnswers] {
            assert!(!may_be_dropped(feature), "{feature}");
        }
    }
}
