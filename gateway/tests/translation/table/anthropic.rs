//! Anthropic's messages.

use pointsman_schema::feature::Feature;
use serde_json::{Value, json};

use super::{Uses, uses};

#[expect(clippy::too_many_lines, reason = "a table: one arm a feature")]
pub(super) fn using(feature: Feature) -> Option<Uses> {
    let plain = |member: &'static str, value: Value| uses(member, json!({}), json!({ member: value }));
    let within = |at: &'static str, whole: Value| uses(at, json!({}), whole);
    let says = |at: &'static str, block: Value| uses(at, json!({}), said(block));
    match feature {
        Feature::Tools => plain("tools", json!([tool()])),
        Feature::OneToolAtMost => {
            let auto = json!({ "tool_choice": { "type": "auto" } });
            let one = json!({ "tool_choice": { "disable_parallel_tool_use": true } });
            let mut beside = tools();
            super::merge(&mut beside, auto);
            uses("tool_choice.disable_parallel_tool_use", beside, one)
        }
        Feature::ToolChoice => uses("tool_choice", tools(), json!({ "tool_choice": { "type": "none" } })),
        Feature::ForcedTool => uses("tool_choice", tools(), json!({ "tool_choice": { "type": "any" } })),
        Feature::StrictTools => {
            let mut strict = tool();
            strict["strict"] = true.into();
            uses("tools[0].strict", tools(), json!({ "tools": [strict] }))
        }
        Feature::HostedTools => {
            let search = json!({ "type": "web_search_20250305", "name": "web_search" });
            within("tools[0]", json!({ "tools": [search] }))
        }
        Feature::ImageUrl => {
            let source = json!({ "type": "url", "url": "https://a.example/b.png" });
            says("messages[0].content[0].source", json!({ "type": "image", "source": source }))
        }
        Feature::ImageData => {
            let source = json!({ "type": "base64", "media_type": "image/png", "data": "AA==" });
            says("messages[0].content[0].source", json!({ "type": "image", "source": source }))
        }
        Feature::DocumentData => says("messages[0].content[0].source", document()),
        Feature::DocumentUrl => {
            let source = json!({ "type": "url", "url": "https://a.example/b.pdf" });
            says("messages[0].content[0].source", json!({ "type": "document", "source": source }))
        }
        Feature::FileReference => {
            let source = json!({ "type": "file", "file_id": "f" });
            says("messages[0].content[0].source", json!({ "type": "document", "source": source }))
        }
        Feature::JsonSchema => {
            let format = json!({ "type": "json_schema", "schema": { "type": "object" } });
            within("output_config.format", json!({ "output_config": { "format": format } }))
        }
        Feature::Stop => plain("stop_sequences", json!(["END"])),
        Feature::Temperature => plain("temperature", json!(0.5)),
        Feature::TopP => plain("top_p", json!(0.5)),
        Feature::TopK => plain("top_k", json!(3)),
        Feature::User => within("metadata.user_id", json!({ "metadata": { "user_id": "u" } })),
        Feature::Reasoning => {
            within("output_config.effort", json!({ "output_config": { "effort": "high" } }))
        }
        Feature::ReasoningContent => {
            let words = json!({ "type": "text", "text": "Yes?" });
            let thought = json!({ "type": "thinking", "thinking": "t", "signature": "pmsig1tMAKERc2ln" });
            let at = "messages[1].content[0]";
            uses(at, answered(json!([words])), answered(json!([thought, words])))
        }
        Feature::CacheMarkers => {
            let plain = json!({ "type": "text", "text": "Hi" });
            let mut marked = plain.clone();
            marked["cache_control"] = json!({ "type": "ephemeral" });
            uses("messages[0].content[0].cache_control", said(plain), said(marked))
        }
        Feature::Citations => {
            let mut cited = document();
            cited["citations"] = json!({ "enabled": true });
            uses("messages[0].content[0].citations", said(document()), said(cited))
        }
        Feature::Prefill => {
            let begun = json!([{ "role": "user", "content": "Hi" }, { "role": "assistant", "content": "A" }]);
            uses("messages[1]", json!({}), json!({ "messages": begun }))
        }
        Feature::Streaming => plain("stream", json!(true)),
        Feature::Other => plain("new", json!(1)),
        Feature::LateInstructions => {
            let mut late = answered(json!("Yes?"));
            late["messages"][2]["role"] = "system".into();
            let before = json!({ "messages": [late["messages"][0], late["messages"][1]] });
            uses("messages[2]", before, late)
        }
        Feature::CustomTools
        | Feature::ImageDetail
        | Feature::AudioInput
        | Feature::AudioOutput
        | Feature::JsonObject
        | Feature::HighTemperature
        | Feature::FrequencyPenalty
        | Feature::PresencePenalty
        | Feature::LogitBias
        | Feature::Logprobs
        | Feature::SeveralAnswers
        | Feature::Seed
        | Feature::Metadata
        | Feature::ServiceTier
        | Feature::Store
        | Feature::StoredConversation
        | Feature::Prediction
        | Feature::Verbosity
        | Feature::ParticipantName
        | Feature::SafetySettings
        | Feature::Embeddings
        | Feature::Unreadable => None,
    }
}

fn tool() -> Value {
    json!({ "name": "f", "input_schema": { "type": "object" } })
}

fn tools() -> Value {
    json!({ "tools": [tool()] })
}

fn document() -> Value {
    let source = json!({ "type": "base64", "media_type": "application/pdf", "data": "AA==" });
    json!({ "type": "document", "source": source })
}

fn said(block: Value) -> Value {
    let content = vec![block];
    json!({ "messages": [{ "role": "user", "content": content }] })
}

fn answered(content: Value) -> Value {
    let mut said = json!({ "messages": [
        { "role": "user", "content": "Hi" },
        { "role": "assistant" },
        { "role": "user", "content": "Go" },
    ] });
    said["messages"][1]["content"] = content;
    said
}
