//! OpenAI's responses.

use pointsman_schema::feature::Feature;
use serde_json::{Value, json};

use super::{Uses, uses};

#[expect(clippy::too_many_lines, reason = "a table: one arm a feature")]
pub(super) fn using(feature: Feature) -> Option<Uses> {
    let plain = |member: &'static str, value: Value| uses(member, json!({}), json!({ member: value }));
    let within = |at: &'static str, whole: Value| uses(at, json!({}), whole);
    let says = |at: &'static str, part: Value| uses(at, json!({}), said(part));
    match feature {
        Feature::Tools => plain("tools", json!([tool(None)])),
        Feature::OneToolAtMost => {
            uses("parallel_tool_calls", tools(), json!({ "parallel_tool_calls": false }))
        }
        Feature::ToolChoice => uses("tool_choice", tools(), json!({ "tool_choice": "none" })),
        Feature::ForcedTool => uses("tool_choice", tools(), json!({ "tool_choice": "required" })),
        Feature::StrictTools => uses("tools[0].strict", tools(), json!({ "tools": [tool(Some(true))] })),
        Feature::HostedTools => within("tools[0]", json!({ "tools": [{ "type": "web_search" }] })),
        Feature::CustomTools => within("tools[0]", json!({ "tools": [{ "type": "custom", "name": "f" }] })),
        Feature::ImageUrl => says("input[0].content[0].image_url", image("https://a.example/b.png")),
        Feature::ImageData => says("input[0].content[0].image_url", image(PNG)),
        Feature::ImageDetail => {
            let mut close = image(PNG);
            close["detail"] = "high".into();
            uses("input[0].content[0].detail", said(image(PNG)), said(close))
        }
        Feature::DocumentData => {
            let data = "data:application/pdf;base64,AA==";
            let file = json!({ "type": "input_file", "filename": "a.pdf", "file_data": data });
            says("input[0].content[0].file_data", file)
        }
        Feature::DocumentUrl => {
            let file = json!({ "type": "input_file", "file_url": "https://a.example/b.pdf" });
            says("input[0].content[0].file_url", file)
        }
        Feature::FileReference => {
            says("input[0].content[0].file_id", json!({ "type": "input_file", "file_id": "f" }))
        }
        Feature::AudioInput => {
            let audio = json!({ "data": "AA==", "format": "wav" });
            says("input[0].content[0].input_audio", json!({ "type": "input_audio", "input_audio": audio }))
        }
        Feature::JsonObject => {
            within("text.format", json!({ "text": { "format": { "type": "json_object" } } }))
        }
        Feature::JsonSchema => {
            let format = json!({ "type": "json_schema", "name": "n", "schema": { "type": "object" } });
            within("text.format", json!({ "text": { "format": format } }))
        }
        Feature::Temperature => plain("temperature", json!(0.5)),
        Feature::HighTemperature => plain("temperature", json!(1.5)),
        Feature::TopP => plain("top_p", json!(0.5)),
        Feature::Logprobs => plain("top_logprobs", json!(2)),
        Feature::User => plain("safety_identifier", json!("u")),
        Feature::Metadata => plain("metadata", json!({ "a": "b" })),
        Feature::Reasoning => within("reasoning.effort", json!({ "reasoning": { "effort": "high" } })),
        Feature::ReasoningContent => {
            let summary = json!([{ "type": "summary_text", "text": "t" }]);
            let proof = "pmsig1tMAKERc2ln";
            let thought = json!({ "type": "reasoning", "summary": summary, "encrypted_content": proof });
            let said = answered();
            let (first, rest) = (said[0].clone(), [said[1].clone(), said[2].clone()]);
            let thinks = json!({ "input": [first, thought, rest[0], rest[1]] });
            uses("input[1].encrypted_content", json!({ "input": said }), thinks)
        }
        Feature::CacheMarkers => {
            let plain = json!({ "type": "input_text", "text": "Hi" });
            let mut marked = plain.clone();
            marked["prompt_cache_breakpoint"] = json!({ "mode": "explicit" });
            uses("input[0].content[0].prompt_cache_breakpoint", said(plain), said(marked))
        }
        Feature::ServiceTier => plain("service_tier", json!("flex")),
        Feature::Store => plain("store", json!(true)),
        Feature::StoredConversation => plain("previous_response_id", json!("resp_1")),
        Feature::Verbosity => within("text.verbosity", json!({ "text": { "verbosity": "low" } })),
        Feature::Prefill => {
            let begun = json!([{ "role": "user", "content": "Hi" }, { "role": "assistant", "content": "A" }]);
            plain("input", begun)
        }
        Feature::Streaming => plain("stream", json!(true)),
        Feature::Other => plain("new", json!(1)),
        Feature::LateInstructions => {
            let said = answered();
            let before = json!({ "input": [said[0], said[1]] });
            let late = json!({ "role": "developer", "content": "Go" });
            uses("input[2]", before, json!({ "input": [said[0], said[1], late] }))
        }
        Feature::AudioOutput
        | Feature::Stop
        | Feature::TopK
        | Feature::FrequencyPenalty
        | Feature::PresencePenalty
        | Feature::LogitBias
        | Feature::SeveralAnswers
        | Feature::Seed
        | Feature::Citations
        | Feature::Prediction
        | Feature::ParticipantName
        | Feature::SafetySettings
        | Feature::Embeddings
        | Feature::Unreadable => None,
    }
}

const PNG: &str = "data:image/png;base64,AA==";

fn tool(strict: Option<bool>) -> Value {
    json!({ "type": "function", "name": "f", "parameters": { "type": "object" }, "strict": strict })
}

fn tools() -> Value {
    json!({ "tools": [tool(None)] })
}

fn image(url: &str) -> Value {
    json!({ "type": "input_image", "image_url": url })
}

fn said(part: Value) -> Value {
    let content = vec![part];
    json!({ "input": [{ "role": "user", "content": content }] })
}

fn answered() -> Value {
    json!([
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": "Yes?" },
        { "role": "user", "content": "Go" },
    ])
}
