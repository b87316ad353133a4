//! Services that speak OpenAI's chat completions, by name: where each is, and what of that protocol it refuses.
//!
//! Only what is certain stands here, with its source. A service that passes over a member refuses nothing, and what one of its
//! models cannot do is the model's to say ([`crate::capability`]). Read next: [`crate::feature`], which adds it to what the
//! protocol lacks.

use crate::dialect::Dialect;
use crate::feature::{Feature, union};
use crate::protocol::ProviderProtocol;
use crate::read::record::Implied;
use crate::source::{BaseUrl, Scheme};
use crate::words::words;

words! {
    /// A service that speaks OpenAI's chat completions.
    pub enum Preset {
        /// vLLM's server, on the gateway's machine.
        Vllm = 0 "vllm",
        /// Ollama, on the gateway's machine.
        Ollama = 1 "ollama",
        /// Groq.
        Groq = 2 "groq",
        /// Together AI.
        Together = 3 "together",
        /// DeepSeek.
        DeepSeek = 4 "deepseek",
        /// xAI.
        Xai = 5 "xai",
        /// OpenRouter.
        OpenRouter = 6 "openrouter",
    }
}

impl Preset {
    /// Where it is, if the policy does not say otherwise.
    ///
    /// **Source**: each service's page about OpenAI's clients, November 2026.
    pub fn base_url(self) -> BaseUrl {
        let (scheme, host, port, path) = match self {
            Self::Vllm => (Scheme::Http, "127.0.0.1", 8000, "/v1"),
            Self::Ollama => (Scheme::Http, "127.0.0.1", 11434, "/v1"),
            Self::Groq => (Scheme::Https, "api.groq.com", 443, "/openai/v1"),
            Self::Together => (Scheme::Https, "api.together.ai", 443, "/v1"),
            Self::DeepSeek => (Scheme::Https, "api.deepseek.com", 443, ""),
            Self::Xai => (Scheme::Https, "api.x.ai", 443, "/v1"),
            Self::OpenRouter => (Scheme::Https, "openrouter.ai", 443, "/api/v1"),
        };
        BaseUrl { scheme, host: host.to_owned(), port, path: path.to_owned() }
    }

    /// What it refuses of a conversation, whoever asks, as [`Feature::mask`]s.
    pub const fn refused(self) -> u64 {
        match self {
            // "will result in a 400 error": <https://console.groq.com/docs/openai>.
            Self::Groq => union(&[
                Feature::Logprobs,
                Feature::LogitBias,
                Feature::ParticipantName,
                Feature::SeveralAnswers,
            ]),
            // "This response_format type is unavailable now": its chat completions have `text` and `json_object` alone.
            Self::DeepSeek => Feature::JsonSchema.mask(),
            Self::Vllm | Self::Ollama | Self::Together | Self::Xai | Self::OpenRouter => 0,
        }
    }

    /// The endpoints of OpenAI's that it does not have, as [`Dialect::place`]s.
    pub const fn missing(self) -> u16 {
        match self {
            // Both say so on their pages about OpenAI's clients.
            Self::Groq => Dialect::Completions.place(),
            Self::Together => Dialect::Moderations.place(),
            Self::Vllm | Self::Ollama | Self::DeepSeek | Self::Xai | Self::OpenRouter => 0,
        }
    }
}

impl Implied for BaseUrl {
    const BY: &'static str = "preset";

    fn implied(text: &str) -> Option<Self> {
        Preset::from_word(text).map(Preset::base_url)
    }
}

impl Implied for ProviderProtocol {
    const BY: &'static str = "preset";

    fn implied(text: &str) -> Option<Self> {
        Preset::from_word(text).map(|_| Self::OpenAiCompatible)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_such_as_a_policy_could_write() {
        for preset in Preset::ALL {
            let url = preset.base_url();
            assert_eq!(BaseUrl::parse(&url.to_string()).as_ref(), Ok(&url), "{preset}");
            assert_eq!(BaseUrl::implied(preset.word()), Some(url));
            assert_eq!(ProviderProtocol::implied(preset.word()), Some(ProviderProtocol::OpenAiCompatible));
        }
        assert_eq!(BaseUrl::implied("grok"), None);
    }
}
