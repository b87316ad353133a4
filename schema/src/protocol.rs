//! Wire protocols: those that clients may speak to the gateway and those that it speaks to providers.

use crate::words::words;

words! {
    /// What a client speaks.
    pub enum Protocol {
        /// OpenAI's API.
        OpenAi = 0 "openai",
        /// Anthropic's Messages API.
        Anthropic = 1 "anthropic",
        /// Google's Gemini API.
        Gemini = 2 "gemini",
    }
}

words! {
    /// What a provider speaks.
    pub enum ProviderProtocol {
        /// OpenAI's API, by OpenAI.
        OpenAi = 0 "openai",
        /// OpenAI's chat completions as others serve them: vLLM, Ollama, Groq, Together, DeepSeek, xAI, OpenRouter.
        OpenAiCompatible = 1 "openai-compatible",
        /// OpenAI's API, by Azure.
        AzureOpenAi = 2 "azure-openai",
        /// Anthropic's Messages API, by Anthropic.
        Anthropic = 3 "anthropic",
        /// Google's Gemini API.
        Gemini = 4 "gemini",
        /// Gemini and Anthropic models on Google's Vertex AI.
        Vertex = 5 "vertex",
        /// Amazon Bedrock.
        Bedrock = 6 "bedrock",
        /// Mistral's API.
        Mistral = 7 "mistral",
        /// Cohere's API.
        Cohere = 8 "cohere",
    }
}
