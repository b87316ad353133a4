//! The platform's files of a generated policy: what every team shares.
//!
//! Written by hand, because nothing in them depends on the size. Read next: [`super::team`], which names what is
//! declared here.

/// Backends that every team's chains name. Neighbours, the last and the first too, are with different providers.
pub(super) const BACKENDS: [&str; 6] =
    ["openai-gpt-4o", "azure-gpt-4o", "openai-gpt-4o-mini", "groq-llama", "vllm-llama", "mistral-codestral"];

/// Path and text of each file.
pub(super) fn files() -> Vec<(String, String)> {
    let files = [
        ("pointsman.yaml", WORKSPACE),
        ("platform/providers.yaml", PROVIDERS),
        ("platform/credentials.kdl", CREDENTIALS),
        ("platform/models.yaml", MODELS),
        ("platform/backends.kdl", BACKEND_FILE),
    ];
    files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}

const WORKSPACE: &str = "\
pointsman: 1
attributes:
  task: { metadata: task, values: [code-completion, chat, summary] }
  tier: { header: x-tier, values: [gold, silver, free] }
";

const PROVIDERS: &str = "\
providers:
  openai: { protocol: openai, base-url: https://api.openai.com/v1 }
  azure: { protocol: openai-compatible, base-url: https://pool.openai.azure.com/openai/v1 }
  groq: { protocol: openai-compatible, base-url: https://api.groq.com/openai/v1, timeouts: { first-token: 20s } }
  mistral: { protocol: openai-compatible, base-url: https://api.mistral.ai/v1 }
  vllm: { protocol: openai-compatible, base-url: http://vllm.internal:8000/v1, timeouts: { connect: 500ms } }
";

const CREDENTIALS: &str = "\
credential \"openai\" provider=\"openai\" secret=\"env:OPENAI_API_KEY\"
credential \"azure\" provider=\"azure\" secret=\"file:azure/key\"
credential \"groq\" provider=\"groq\" secret=\"env:GROQ_API_KEY\"
credential \"mistral\" provider=\"mistral\" secret=\"env:MISTRAL_API_KEY\"
";

const MODELS: &str = "\
models:
  gpt-4o: { context-window: 128000, output-limit: 16384, capabilities: [tools, vision, structured-output, streaming] }
  gpt-4o-mini: { context-window: 128000, output-limit: 16384, capabilities: [tools, vision, structured-output, streaming] }
  llama-4-scout: { context-window: 128000, capabilities: [tools, vision, structured-output, streaming] }
  codestral: { context-window: 128000, capabilities: [tools, vision, structured-output, streaming], token-millibytes: 3200 }
";

const BACKEND_FILE: &str = "\
backend \"openai-gpt-4o\" model=\"gpt-4o\" provider=\"openai\" credential=\"openai\"
backend \"openai-gpt-4o-mini\" model=\"gpt-4o-mini\" provider=\"openai\" credential=\"openai\"
backend \"azure-gpt-4o\" model=\"gpt-4o\" provider=\"azure\" credential=\"azure\"
backend \"groq-llama\" model=\"llama-4-scout\" provider=\"groq\" credential=\"groq\"
backend \"vllm-llama\" model=\"llama-4-scout\" provider=\"vllm\"
backend \"mistral-codestral\" model=\"codestral\" provider=\"mistral\" credential=\"mistral\"
";
