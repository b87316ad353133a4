//! OpenAI's chat completions.

use pointsman_schema::feature::Feature;
use serde_json::{Value, json};

use super::{Uses, uses};

#[expect(clippy::too_many_lines, reason = "a table: one arm a feature")]
pub(super) fn using(feature: Feature) -> Option<Uses> {
    let plain = |member: &'static str, value: Value| uses(member, json!({}), json!({ member: value }));
    let says = |at: &'static str, part: Value| uses(at, json!({}), said(vec![part]));
    match feature {
        Feature::Tools => plain("tools", json!([tool()])),
        Feature::OneToolAtMost => {
            uses("parallel_tool_calls", tools(), json!({ "parallel_tool_calls": false }))
        }
        Feature::ToolChoice => uses("tool_choice", tools(), json!({ "tool_choice": "none" })),
        Feature::ForcedTool => uses("tool_choice", tools(), json!({ "tool_choice": "required" })),
        Feature::StrictTools => {
            let mut strict = tool();
            strict["function"]["strict"] = true.into();
            uses("tools[0].function.strict", tools(), json!({ "tools": [strict] }))
        }
        Feature::HostedTools => plain("web_search_options", json!({})),
        Feature::CustomTools => {
            uses("tools[0]", json!({}), json!({ "tools": [{ "type": "custom", "custom": { "name": "f" } }] }))
        }
        Feature::ImageUrl => says("messages[0].content[0].image_url", image("https://a.example/b.png")),
        Feature::ImageData => says("messages[0].content[0].image_url", image(PNG)),
        Feature::ImageDetail => {
            let mut close = image(PNG);
            close["image_url"]["detail"] = "high".into();
            uses("messages[0].content[0].image_url.detail", said(vec![image(PNG)]), said(vec![close]))
        }
        Feature::DocumentData => {
            let file = json!({ "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA==" });
            says("messages[0].content[0].file", json!({ "type": "file", "file": file }))
        }
        Feature::FileReference => {
            says("messages[0].content[0].file", json!({ "type": "file", "file": { "file_id": "f" } }))
        }
        Feature::AudioInput => {
            let audio = json!({ "data": "AA==", "format": "wav" });
            says("messages[0].content[0].input_audio", json!({ "type": "input_audio", "input_audio": audio }))
        }
        Feature::AudioOutput => plain("modalities", json!(["text", "audio"])),
        Feature::JsonObject => plain("response_format", json!({ "type": "json_object" })),
        Feature::JsonSchema => {
            let schema = json!({ "name": "n", "schema": { "type": "object" } });
            plain("response_format", json!({ "type": "json_schema", "json_schema": schema }))
        }
        Feature::Stop => plain("stop", json!("END")),
        Feature::Temperature => plain("temperature", json!(0.5)),
        Feature::HighTemperature => plain("temperature", json!(1.5)),
        Feature::TopP => plain("top_p", json!(0.5)),
        Feature::TopK => plain("top_k", json!(3)),
        Feature::FrequencyPenalty => plain("frequency_penalty", json!(0.5)),
        Feature::PresencePenalty => plain("presence_penalty", json!(0.5)),
        Feature::LogitBias => plain("logit_bias", json!({ "1": 2 })),
        Feature::Logprobs => plain("logprobs", json!(true)),
        Feature::SeveralAnswers => plain("n", json!(2)),
        Feature::Seed => plain("seed", json!(7)),
        Feature::User => plain("user", json!("u")),
        Feature::Metadata => plain("metadata", json!({ "a": "b" })),
        Feature::Reasoning => plain("reasoning_effort", json!("high")),
        Feature::ReasoningContent => {
            let mut thinks = answered();
            thinks["messages"][1]["thinking_blocks"] =
                json!([{ "type": "thinking", "thinking": "t", "signature": "pmsig1tMAKERc2ln" }]);
            uses("messages[1].thinking_blocks[0]", answered(), thinks)
        }
        Feature::CacheMarkers => {
            let marked = json!({ "type": "text", "text": "Hi", "cache_control": { "type": "ephemeral" } });
            let at = "messages[0].content[0].cache_control";
            uses(at, said(vec![json!({ "type": "text", "text": "Hi" })]), said(vec![marked]))
        }
        Feature::ServiceTier => plain("service_tier", json!("flex")),
        Feature::Store => plain("store", json!(true)),
        Feature::Prediction => plain("prediction", json!({ "type": "content", "content": "x" })),
        Feature::Verbosity => plain("verbosity", json!("low")),
        Feature::Prefill => {
            let begun = json!([{ "role": "user", "content": "Hi" }, { "role": "assistant", "content": "A" }]);
            uses("messages[1]", json!({}), json!({ "messages": begun }))
        }
        Feature::ParticipantName => {
            let named = json!({ "messages": [{ "role": "user", "content": "Hi", "name": "Ada" }] });
            uses("messages[0].name", json!({}), named)
        }
        Feature::Streaming => plain("stream", json!(true)),
        Feature::Other => plain("new", json!(1)),
        Feature::LateInstructions => {
            let mut late = answered();
            late["messages"][2]["role"] = "system".into();
            let before = json!({ "messages": [late["messages"][0], late["messages"][1]] });
            uses("messages[2]", before, late)
        }
        Feature::DocumentUrl
        | Feature::Citations
        | Feature::StoredConversation
        | Feature::SafetySettings
        | Feature::Embeddings
        | Feature::Unreadable => None,
    }
}

const PNG: &str = "data:image/png;base64,AA==";

fn tool() -> Value {
    json!({ "type": "function", "function": { "name": "f", "parameters": { "type": "object" } } })
}

fn tools() -> Value {
    json!({ "tools": [tool()] })
}

fn image(url: &str) -> Value {
    json!({ "type": "image_url", "image_url": { "url": url } })
}

fn said(parts: Vec<Value>) -> Value {
    json!({ "messages": [{ "role": "user", "content": Value::from(parts) }] })
}

fn answered() -> Value {
    json!({ "messages": [
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": "Yes?" },
        { "role": "user", "content": "Go" },
    ] })
}
