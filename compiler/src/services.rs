//! The services of those who made the protocols, and of presets, by their hosts: what holds of each, whoever uses it.
//!
//! Deliberately few, and only what does not change from one account to another. A host that is not here may be anything: a
//! proxy adds paths and credentials of its own.
//!
//! **Source**: the API references of OpenAI, Anthropic, Google, Amazon, Mistral, Cohere and Microsoft; those of presets as in `pointsman_schema::preset`.

/// A service that asks every request for a credential.
pub(crate) struct Service {
    /// The paths that a base URL may have there, the most usual first; any, where there are none here.
    pub(crate) paths: &'static [&'static str],
}

/// The service at a host.
pub(crate) fn of(host: &str) -> Option<Service> {
    let paths: &[&str] = match host {
        "api.openai.com" | "api.anthropic.com" | "api.mistral.ai" | "api.together.ai"
        | "api.together.xyz" | "api.x.ai" => &["/v1"],
        "generativelanguage.googleapis.com" => &["/v1beta", "/v1", "/v1alpha", "/v1beta/openai"],
        "api.cohere.com" => &["/v2", "/compatibility/v1"],
        "api.groq.com" => &["/openai/v1"],
        "openrouter.ai" => &["/api/v1"],
        // Which has several versions, and Anthropic's protocol, too.
        "api.deepseek.com" => &[],
        _ if host.ends_with(".api.openai.com") => &["/v1"],
        _ if host.starts_with("bedrock-runtime.") && host.ends_with(".amazonaws.com") => &["", "/openai/v1"],
        _ if host.ends_with(".openai.azure.com") || host.ends_with("aiplatform.googleapis.com") => &[],
        _ => return None,
    };
    Some(Service { paths })
}
