//! Gemini's contents.

use pointsman_schema::feature::Feature;
use serde_json::{Value, json};

use super::{Uses, uses};

#[expect(clippy::too_many_lines, reason = "a table: one arm a feature")]
pub(super) fn using(feature: Feature) -> Option<Uses> {
    let plain = |member: &'static str, value: Value| uses(member, json!({}), json!({ member: value }));
    let says = |at: &'static str, part: Value| uses(at, json!({}), said(part));
    match feature {
        Feature::Tools => plain("tools", json!([functions()])),
        Feature::ToolChoice => uses("toolConfig.functionCallingConfig.mode", tools(), calling("NONE")),
        Feature::ForcedTool => uses("toolConfig.functionCallingConfig.mode", tools(), calling("ANY")),
        Feature::StrictTools => uses("toolConfig.functionCallingConfig.mode", tools(), calling("VALIDATED")),
        Feature::HostedTools => {
            uses("tools[0].googleSearch", json!({}), json!({ "tools": [{ "googleSearch": {} }] }))
        }
        Feature::ImageUrl => says("contents[0].parts[0].fileData", by_address("image/png", "b.png")),
        Feature::ImageData => says("contents[0].parts[0].inlineData", inline("image/png")),
        Feature::DocumentData => says("contents[0].parts[0].inlineData", inline("application/pdf")),
        Feature::DocumentUrl => says("contents[0].parts[0].fileData", by_address("application/pdf", "b.pdf")),
        Feature::FileReference => {
            let address = "https://generativelanguage.googleapis.com/v1beta/files/f";
            let file = json!({ "fileData": { "mimeType": "image/png", "fileUri": address } });
            says("contents[0].parts[0].fileData", file)
        }
        Feature::AudioInput => says("contents[0].parts[0].inlineData", inline("audio/wav")),
        Feature::CacheMarkers
        | Feature::CustomTools
        | Feature::OneToolAtMost
        | Feature::ImageDetail
        | Feature::LogitBias
        | Feature::User
        | Feature::Citations
        | Feature::Prediction
        | Feature::Verbosity
        | Feature::ParticipantName
        | Feature::Embeddings
        | Feature::Streaming
        | Feature::LateInstructions
        | Feature::Unreadable => None,
        Feature::Metadata => plain("labels", json!({ "a": "b" })),
        Feature::ReasoningContent => {
            let proof = "pmsig1tMAKERc2ln";
            let thought = json!({ "text": "t", "thought": true, "thoughtSignature": proof });
            let words = json!({ "text": "Yes?" });
            let at = "contents[1].parts[0].thoughtSignature";
            uses(at, answered(vec![words.clone()]), answered(vec![thought, words]))
        }
        Feature::ServiceTier => plain("serviceTier", json!("flex")),
        Feature::Store => plain("store", json!(true)),
        Feature::StoredConversation => plain("cachedContent", json!("cachedContents/c")),
        Feature::Prefill => {
            let said = |role: &str, text: &str| json!({ "role": role, "parts": [{ "text": text }] });
            uses("contents[1]", json!({}), json!({ "contents": [said("user", "Hi"), said("model", "A")] }))
        }
        Feature::SafetySettings => {
            let off = json!({ "category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "BLOCK_NONE" });
            plain("safetySettings", json!([off]))
        }
        Feature::Other => plain("new", json!(1)),
        Feature::AudioOutput
        | Feature::JsonObject
        | Feature::JsonSchema
        | Feature::Stop
        | Feature::Temperature
        | Feature::HighTemperature
        | Feature::TopP
        | Feature::TopK
        | Feature::FrequencyPenalty
        | Feature::PresencePenalty
        | Feature::Logprobs
        | Feature::SeveralAnswers
        | Feature::Seed
        | Feature::Reasoning => configured(feature),
    }
}

/// What stands in `generationConfig`.
fn configured(feature: Feature) -> Option<Uses> {
    let (at, config) = match feature {
        Feature::AudioOutput => ("responseModalities[0]", json!({ "responseModalities": ["AUDIO"] })),
        Feature::JsonObject => ("responseMimeType", json!({ "responseMimeType": "application/json" })),
        Feature::JsonSchema => ("responseJsonSchema", json!({ "responseJsonSchema": { "type": "object" } })),
        Feature::Stop => ("stopSequences", json!({ "stopSequences": ["END"] })),
        Feature::Temperature => ("temperature", json!({ "temperature": 0.5 })),
        Feature::HighTemperature => ("temperature", json!({ "temperature": 1.5 })),
        Feature::TopP => ("topP", json!({ "topP": 0.5 })),
        Feature::TopK => ("topK", json!({ "topK": 3 })),
        Feature::FrequencyPenalty => ("frequencyPenalty", json!({ "frequencyPenalty": 0.5 })),
        Feature::PresencePenalty => ("presencePenalty", json!({ "presencePenalty": 0.5 })),
        Feature::Logprobs => ("responseLogprobs", json!({ "responseLogprobs": true })),
        Feature::SeveralAnswers => ("candidateCount", json!({ "candidateCount": 2 })),
        Feature::Seed => ("seed", json!({ "seed": 7 })),
        Feature::Reasoning => ("thinkingConfig", json!({ "thinkingConfig": { "thinkingBudget": 2000 } })),
        _ => return None,
    };
    uses(format!("generationConfig.{at}"), json!({}), json!({ "generationConfig": config }))
}

fn functions() -> Value {
    json!({ "functionDeclarations": [{ "name": "f", "parametersJsonSchema": { "type": "object" } }] })
}

fn tools() -> Value {
    json!({ "tools": [functions()] })
}

fn calling(mode: &str) -> Value {
    json!({ "toolConfig": { "functionCallingConfig": { "mode": mode } } })
}

fn inline(media_type: &str) -> Value {
    json!({ "inlineData": { "mimeType": media_type, "data": "AAAA" } })
}

fn by_address(media_type: &str, file: &str) -> Value {
    json!({ "fileData": { "mimeType": media_type, "fileUri": format!("https://a.example/{file}") } })
}

fn said(part: Value) -> Value {
    let parts = vec![part];
    json!({ "contents": [{ "role": "user", "parts": parts }] })
}

fn answered(parts: Vec<Value>) -> Value {
    json!({ "contents": [
        { "role": "user", "parts": [{ "text": "Hi" }] },
        { "role": "model", "parts": Value::from(parts) },
        { "role": "user", "parts": [{ "text": "Go" }] },
    ] })
}
