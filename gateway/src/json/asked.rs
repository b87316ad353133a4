//! What the members of a request ask for, by the dialect that they are written in.
//!
//! Shallow: what stands in the way of no decision is not looked at.

use pointsman_schema::capability::Capability;
use pointsman_schema::dialect::Dialect;
use serde_json::value::RawValue;

use super::members::{Members, texts};
use super::nested::{elements, last_member};
use super::{bit, string};
use crate::limits::JSON_MEMBERS_MAX;

/// The members of a dialect's requests that are looked at.
pub(super) const fn names(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Chat => &[
            "model",
            "stream",
            "messages",
            "metadata",
            "tools",
            "functions",
            "parallel_tool_calls",
            "response_format",
            "modalities",
            "audio",
            "reasoning_effort",
            "max_tokens",
            "max_completion_tokens",
            "stream_options",
        ],
        Dialect::Responses => &[
            "model",
            "stream",
            "input",
            "instructions",
            "metadata",
            "tools",
            "parallel_tool_calls",
            "text",
            "reasoning",
            "max_output_tokens",
        ],
        Dialect::Messages | Dialect::CountTokens => &[
            "model",
            "stream",
            "messages",
            "system",
            "metadata",
            "tools",
            "thinking",
            "output_config",
            "max_tokens",
        ],
        Dialect::GenerateContent | Dialect::GeminiCountTokens => &[
            "contents",
            "systemInstruction",
            "system_instruction",
            "tools",
            "generationConfig",
            "generation_config",
        ],
        Dialect::Completions => &["model", "stream", "prompt", "metadata", "max_tokens", "stream_options"],
        Dialect::Images => &["model", "stream", "prompt", "metadata", "max_tokens"],
        Dialect::Embeddings | Dialect::Moderations | Dialect::Audio => &["model", "input", "metadata"],
    }
}

/// The members that hold what is said, and so count as input.
pub(super) const fn said(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Chat => &["messages"],
        Dialect::Responses => &["input", "instructions"],
        Dialect::Messages | Dialect::CountTokens => &["messages", "system"],
        Dialect::GenerateContent | Dialect::GeminiCountTokens => {
            &["contents", "systemInstruction", "system_instruction"]
        }
        Dialect::Completions | Dialect::Images => &["prompt"],
        Dialect::Embeddings | Dialect::Moderations | Dialect::Audio => &["input"],
    }
}

/// What the members themselves ask for, as bits of [`Capability`]; what messages hold is [`super::parts`]'s.
pub(super) fn capabilities(members: &Members<'_>, dialect: Dialect) -> u32 {
    match dialect {
        Dialect::Chat => chat(members),
        Dialect::Responses => responses(members),
        Dialect::Messages => messages(members),
        Dialect::GenerateContent => generate(members),
        Dialect::Embeddings
        | Dialect::CountTokens
        | Dialect::GeminiCountTokens
        | Dialect::Completions
        | Dialect::Moderations
        | Dialect::Images
        | Dialect::Audio => dialect.capabilities(),
    }
}

/// Output asked for; 0 when the request does not say. **Unit**: tokens.
pub(super) fn output_tokens(members: &Members<'_>, dialect: Dialect) -> u32 {
    let asked = match dialect {
        // The newer member counts where both are given.
        Dialect::Chat => members.count("max_completion_tokens").or_else(|| members.count("max_tokens")),
        Dialect::Responses => members.count("max_output_tokens"),
        Dialect::Messages | Dialect::Completions => members.count("max_tokens"),
        Dialect::GenerateContent => generation(members, &["maxOutputTokens", "max_output_tokens"])
            .and_then(|tokens| serde_json::from_str(tokens.get()).ok()),
        Dialect::CountTokens
        | Dialect::GeminiCountTokens
        | Dialect::Embeddings
        | Dialect::Moderations
        | Dialect::Images
        | Dialect::Audio => None,
    };
    asked.map_or(0, |tokens| u32::try_from(tokens).unwrap_or(u32::MAX))
}

fn chat(members: &Members<'_>) -> u32 {
    let tools = members.is_full_list("tools") || members.is_full_list("functions");
    let audio = members.is_set("audio") || members.get("modalities").is_some_and(|list| holds(list, "audio"));
    // What is not said is left to the model, as the protocol does.
    let parallel = tools && members.get("parallel_tool_calls") == Some("true");
    let structured = members.get("response_format").is_some_and(is_structured);
    bit(tools, Capability::Tools)
        | bit(parallel, Capability::ParallelTools)
        | bit(audio, Capability::Audio)
        | bit(structured, Capability::StructuredOutput)
        | bit(members.is_set("reasoning_effort"), Capability::Reasoning)
}

fn responses(members: &Members<'_>) -> u32 {
    let tools = members.is_full_list("tools");
    let parallel = tools && members.get("parallel_tool_calls") == Some("true");
    let within = |name, member| members.get(name).and_then(|object| last_member(object, member));
    let structured = within("text", "format").map(RawValue::get).is_some_and(is_structured);
    let effort = within("reasoning", "effort").is_some_and(|effort| effort.get() != "null");
    bit(tools, Capability::Tools)
        | bit(parallel, Capability::ParallelTools)
        | bit(structured, Capability::StructuredOutput)
        | bit(effort, Capability::Reasoning)
}

fn messages(members: &Members<'_>) -> u32 {
    let within = |name, member| members.get(name).and_then(|object| last_member(object, member));
    let is_there = |value: Option<&RawValue>| value.is_some_and(|value| value.get() != "null");
    let thinks = within("thinking", "type").and_then(string).is_some_and(|kind| kind != "disabled");
    bit(members.is_full_list("tools"), Capability::Tools)
        | bit(thinks || is_there(within("output_config", "effort")), Capability::Reasoning)
        | bit(is_there(within("output_config", "format")), Capability::StructuredOutput)
}

fn generate(members: &Members<'_>) -> u32 {
    let is_there = |names: &[&str]| generation(members, names).is_some();
    let json = generation(members, &["responseMimeType", "response_mime_type"]).and_then(string);
    let schema =
        ["responseSchema", "response_schema", "responseJsonSchema", "response_json_schema"].as_slice();
    bit(members.is_full_list("tools"), Capability::Tools)
        | bit(is_there(&["thinkingConfig", "thinking_config"]), Capability::Reasoning)
        | bit(
            is_there(schema) || json.is_some_and(|kind| kind.ends_with("json")),
            Capability::StructuredOutput,
        )
}

/// The first of these members of Gemini's settings that is there and not null.
fn generation<'a>(members: &Members<'a>, names: &[&str]) -> Option<&'a RawValue> {
    let settings = members.get("generationConfig").or_else(|| members.get("generation_config"))?;
    let mut found = names.iter().filter_map(|name| last_member(settings, name));
    found.find(|value| value.get() != "null")
}

/// Whether a format is more than text.
fn is_structured(format: &str) -> bool {
    if format == "null" {
        return false;
    }
    let kind = texts(format, JSON_MEMBERS_MAX).ok().flatten();
    let kind = kind.iter().flatten().find(|(name, _)| name == "type").map(|(_, kind)| &**kind);
    kind != Some("text")
}

/// Whether a list has this text in it.
fn holds(list: &str, text: &str) -> bool {
    let mut found = false;
    elements(list, |element| found |= string(element).is_some_and(|element| element == text));
    found
}
