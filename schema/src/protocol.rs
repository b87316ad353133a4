//! Wire protocols: those that clients may speak to the gateway and those that it speaks to providers.

use crate::words::words;

words! {
    /// What a client speaks.
    pub enum Protocol {
        /// OpenAI's API.
        OpenAi = 0 "openai",
    }
}

words! {
    /// What a provider speaks.
    pub enum ProviderProtocol {
        /// OpenAI's API, by OpenAI.
        OpenAi = 0 "openai",
        /// OpenAI's chat completions as others serve them: vLLM, Ollama, Groq, Together, DeepSeek, xAI, OpenRouter.
        OpenAiCompatible = 1 "openai-compatible",
    }
}
