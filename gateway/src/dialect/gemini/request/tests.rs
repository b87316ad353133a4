//! What is read, by what a provider of the same protocol is sent for it, and what is named as needed.

use bytes::BytesMut;
use pointsman_schema::protocol::ProviderProtocol;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::conversation::message::{Part, Thought, ToolResult};
use crate::provider::{Upstream, gemini};

/// A request, what is written for it, and which features it needs, by their places.
fn check(request: &Value, expected: &Value, needs: &[(Feature, &str)]) {
    let body = request.to_string();
    let conversation = read(&body).unwrap();
    assert_eq!(written(&conversation), *expected, "{body}");
    check_needs(&body, needs);
}

fn check_needs(body: &str, needs: &[(Feature, &str)]) {
    let found = read(body).unwrap().needs;
    let named: Vec<(Feature, String)> = Feature::ALL
        .iter()
        .flat_map(|feature| found.places(feature.mask()).map(|place| (*feature, place.to_owned())))
        .collect();
    let named: Vec<(Feature, &str)> = named.iter().map(|(feature, place)| (*feature, &**place)).collect();
    assert_eq!(named, needs, "{body}");
}

fn written(conversation: &Conversation<'_>) -> Value {
    let upstream =
        Upstream { model: "gemini-2.5-pro", output_limit: None, protocol: ProviderProtocol::Gemini };
    let mut out = BytesMut::new();
    gemini::request::write(conversation, upstream, &mut out);
    serde_json::from_slice(&out).unwrap()
}

/// A request in the form that it is written in, with everything that has a form in the neutral one.
fn full() -> Value {
    json!({
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Hi"}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
                {"inlineData": {"mimeType": "application/pdf", "data": "AAAA"}},
                {"inlineData": {"mimeType": "audio/mp3", "data": "AAAA"}}]},
            {"role": "model", "parts": [{"text": "hm", "thought": true, "thoughtSignature": "c2ln"},
                {"text": "Yes", "thoughtSignature": "c2ln"},
                {"functionCall": {"id": "1", "name": "f", "args": {"a": 1.0}}, "thoughtSignature": "c2ln"},
                {"functionCall": {"id": "2", "name": "g", "args": {}}}]},
            {"role": "user", "parts": [
                {"functionResponse": {"id": "2", "name": "g", "response": {"error": "no"}}},
                {"functionResponse": {"id": "1", "name": "f", "response": {"result": 1}}},
                {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]}
        ],
        "tools": [{"functionDeclarations": [
            {"name": "f", "description": "d", "parametersJsonSchema": {"type": "object"}}, {"name": "g"}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
        "generationConfig": {"temperature": 1.5, "topP": 0.9, "topK": 40, "frequencyPenalty": 0.2,
            "presencePenalty": 0.1, "seed": 7, "candidateCount": 2, "maxOutputTokens": 5, "stopSequences": ["a"],
            "responseMimeType": "application/json", "responseJsonSchema": {"type": "string"},
            "thinkingConfig": {"thinkingBudget": 512, "includeThoughts": true}}
    })
}

#[test]
fn what_is_read_is_written_the_same() {
    let needs = [
        (Feature::Tools, "contents[1].parts[2].functionCall"),
        (Feature::ToolChoice, "toolConfig.functionCallingConfig.mode"),
        (Feature::ImageData, "contents[0].parts[1].inlineData"),
        (Feature::DocumentData, "contents[0].parts[2].inlineData"),
        (Feature::AudioInput, "contents[0].parts[3].inlineData"),
        (Feature::JsonSchema, "generationConfig.responseJsonSchema"),
        (Feature::Stop, "generationConfig.stopSequences"),
        (Feature::Temperature, "generationConfig.temperature"),
        (Feature::HighTemperature, "generationConfig.temperature"),
        (Feature::TopP, "generationConfig.topP"),
        (Feature::TopK, "generationConfig.topK"),
        (Feature::FrequencyPenalty, "generationConfig.frequencyPenalty"),
        (Feature::PresencePenalty, "generationConfig.presencePenalty"),
        (Feature::SeveralAnswers, "generationConfig.candidateCount"),
        (Feature::Seed, "generationConfig.seed"),
        (Feature::Reasoning, "generationConfig.thinkingConfig"),
        (Feature::ReasoningContent, "contents[1].parts[0].thoughtSignature"),
        (Feature::ForcedTool, "toolConfig.functionCallingConfig.mode"),
    ];
    check(&full(), &full(), &needs);
}

#[test]
fn the_other_spellings_are_read_the_same() {
    let request = json!({
        "system_instruction": {"parts": {"text": "s"}},
        "contents": {"parts": {"inline_data": {"mime_type": "image/png", "data": "-_A"}}},
        "tools": {"function_declarations": {"name": "f", "parameters": {"type": "OBJECT", "properties":
            {"first_name": {"type": "STRING", "nullable": true}}, "min_properties": "1"}}},
        "tool_config": {"function_calling_config": {"mode": "any", "allowed_function_names": "f"}},
        "generation_config": {"top_k": 40.0, "max_output_tokens": "5", "stop_sequences": "x",
            "thinking_config": {"thinking_level": "HIGH"}}
    });
    let expected = json!({
        "systemInstruction": {"parts": [{"text": "s"}]},
        "contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": "+/A="}}]}],
        "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object", "properties":
            {"first_name": {"type": ["string", "null"]}}, "minProperties": 1}}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
        "generationConfig": {"topK": 40, "maxOutputTokens": 5, "stopSequences": ["x"],
            "thinkingConfig": {"thinkingBudget": 24_576, "includeThoughts": true}}
    });
    let body = request.to_string();
    assert_eq!(written(&read(&body).unwrap()), expected);
}

#[test]
fn a_signature_that_says_there_is_none_is_none() {
    for signature in ["", "skip_thought_signature_validator", "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="]
    {
        let call = json!({"functionCall": {"name": "f"}, "thoughtSignature": signature});
        let request =
            json!({"contents": [{"role": "model", "parts": [call]}, {"role": "user", "parts": []}]});
        check_needs(&request.to_string(), &[(Feature::Tools, "contents[0].parts[0].functionCall")]);
    }
}

#[test]
fn what_a_function_gives_back_is_said_in_its_description() {
    let check = |declared: Value, description: &str| {
        let request = json!({"contents": [], "tools": [{"functionDeclarations": [declared]}]});
        let written = json!({"name": "f", "description": description});
        let tools = json!([{"functionDeclarations": [written]}]);
        let expected = json!({"contents": [], "tools": tools, "generationConfig": {}});
        check(&request, &expected, &[(Feature::Tools, "tools")]);
    };
    check(
        json!({"name": "f", "description": "d", "response": {"type": "STRING"}}),
        "d\n\nThe result obeys this JSON Schema: {\"type\":\"string\"}",
    );
    check(
        json!({"name": "f", "responseJsonSchema": {"type": "string"}}),
        "The result obeys this JSON Schema: {\"type\":\"string\"}",
    );
}

#[test]
fn calls_without_ids_are_paired_by_order_and_name() {
    let call = |name: &str| json!({"functionCall": {"name": name}});
    let result =
        |name: &str, text: &str| json!({"functionResponse": {"name": name, "response": {"output": text}}});
    let turn = |role: &str, parts: &[Value]| json!({"role": role, "parts": parts});
    let request = json!({"contents": [
        turn("user", &[json!({"text": "go"})]),
        turn("model", &[call("f"), call("g"), call("f")]),
        turn("user", &[result("g", "1"), result("f", "2"), result("f", "3")]),
        turn("model", &[call("f")]),
        turn("function", &[result("f", "4")]),
    ]});
    let body = request.to_string();
    let conversation = read(&body).unwrap();
    let mut seen = Vec::new();
    for part in conversation.messages.iter().flat_map(|message| &message.parts) {
        match part {
            Part::ToolCall(call) => seen.push(format!("{}={}", call.id, call.name)),
            Part::ToolResult(ToolResult { id, parts, .. }) => seen.push(format!("{id}:{parts:?}")),
            _ => {}
        }
    }
    let text = |text: &str| format!("[Text({text:?})]");
    let expected = [
        "call_0=f".to_owned(),
        "call_1=g".to_owned(),
        "call_2=f".to_owned(),
        format!("call_1:{}", text("1")),
        format!("call_0:{}", text("2")),
        format!("call_2:{}", text("3")),
        "call_3=f".to_owned(),
        format!("call_3:{}", text("4")),
    ];
    assert_eq!(seen, expected);
    let split = json!({"contents": [
        turn("model", &[call("f")]), turn("model", &[call("g")]), turn("user", &[result("f", "1"), result("g", "2")]),
    ]});
    assert!(read(&split.to_string()).is_ok(), "a turn of the model's in two contents");
    let lost = json!({"contents": [turn("user", &[result("f", "1")])]}).to_string();
    let error = read(&lost).unwrap_err();
    assert_eq!(error.at, "contents[0].parts[0].functionResponse");
}

#[test]
fn pieces_of_a_stream_come_back_as_one() {
    let parts = json!([{"text": "a", "thought": true}, {"text": "b", "thought": true},
        {"text": "", "thought": true, "thoughtSignature": "c2ln"}, {"text": "x"}, {"text": "y"},
        {"text": "", "thoughtSignature": "c2ln"},
        {"text": "", "thought": true, "thoughtSignature": "pmsig1raZGF0YQ=="}]);
    let body = json!({"contents": [{"role": "model", "parts": parts}]}).to_string();
    let thought = |text: &'static str, signature: Option<&'static str>, redacted: Option<&'static str>| {
        Part::Thought(Thought {
            text: text.into(),
            signature: signature.map(Into::into),
            redacted: redacted.map(Into::into),
        })
    };
    let expected = vec![
        thought("ab", Some("c2ln"), None),
        Part::Text("xy".into()),
        thought("", Some("c2ln"), None),
        thought("", None, Some("pmsig1raZGF0YQ==")),
    ];
    assert_eq!(read(&body).unwrap().messages[0].parts, expected);
}

#[test]
fn what_has_no_form_is_named() {
    let needs = |request: &Value, expected: &[(Feature, &str)]| check_needs(&request.to_string(), expected);
    needs(&json!({"model": "m", "contents": [{"role": "user", "parts": [{"text": "a"}]}]}), &[]);
    needs(
        &json!({"cachedContent": "c", "safetySettings": [{}], "labels": {}, "store": true, "serviceTier": "FLEX",
            "continuationToken": "x"}),
        &[
            (Feature::Metadata, "labels"),
            (Feature::ServiceTier, "serviceTier"),
            (Feature::Store, "store"),
            (Feature::StoredConversation, "cachedContent"),
            (Feature::SafetySettings, "safetySettings"),
            (Feature::Other, "continuationToken"),
        ],
    );
    needs(
        &json!({"tools": [{"googleSearch": {}}, {"functionDeclarations": [{"name": "f", "behavior": "BLOCKING"},
            {"name": "g"}, {"name": "h"}]}],
            "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f", "g"]},
            "retrievalConfig": {}}}),
        &[
            (Feature::Tools, "tools"),
            (Feature::ToolChoice, "toolConfig.functionCallingConfig.mode"),
            (Feature::HostedTools, "tools[0].googleSearch"),
            (Feature::Other, "tools[1].functionDeclarations[0].behavior"),
            (Feature::Other, "toolConfig.retrievalConfig"),
            (Feature::Other, "toolConfig.functionCallingConfig.allowedFunctionNames"),
            (Feature::ForcedTool, "toolConfig.functionCallingConfig.mode"),
        ],
    );
    needs(
        &json!({"contents": [{"parts": [{"fileData": {"fileUri": "gs://a", "mimeType": "image/png"}},
            {"fileData": {"fileUri": "https://a", "mimeType": "image/png"}},
            {"fileData": {"fileUri": "https://a", "mimeType": "application/pdf"}, "videoMetadata": {}},
            {"executableCode": {}}, {"inlineData": {"mimeType": "video/mp4", "data": ""}}]}]}),
        &[
            (Feature::HostedTools, "contents[0].parts[3].executableCode"),
            (Feature::ImageUrl, "contents[0].parts[1].fileData"),
            (Feature::DocumentUrl, "contents[0].parts[2].fileData"),
            (Feature::FileReference, "contents[0].parts[0].fileData"),
            (Feature::Other, "contents[0].parts[2].videoMetadata"),
            (Feature::Other, "contents[0].parts[4].inlineData"),
        ],
    );
}

#[test]
fn settings_that_have_no_form_are_named() {
    let needs = |request: &Value, expected: &[(Feature, &str)]| check_needs(&request.to_string(), expected);
    needs(
        &json!({"generationConfig": {"responseModalities": ["TEXT", "AUDIO"], "responseLogprobs": true, "logprobs": 3,
            "speechConfig": {}, "responseMimeType": "text/x.enum"}}),
        &[
            (Feature::AudioOutput, "generationConfig.responseModalities[1]"),
            (Feature::Logprobs, "generationConfig.responseLogprobs"),
            (Feature::Other, "generationConfig.responseMimeType"),
            (Feature::Other, "generationConfig.speechConfig"),
        ],
    );
    needs(
        &json!({"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW", "thinkingBudget": 9}}}),
        &[
            (Feature::Reasoning, "generationConfig.thinkingConfig"),
            (Feature::Other, "generationConfig.thinkingConfig.thinkingBudget"),
        ],
    );
    needs(&json!({"contents": [{"role": "model", "parts": []}]}), &[(Feature::Prefill, "contents[0]")]);
}

proptest! {
    /// Whatever is cut from or changed in a real request: no panic.
    #[test]
    fn any_text(at in 0usize..2_000, letter in any::<char>()) {
        let whole = full().to_string();
        let cut = whole.chars().take(at).collect::<String>();
        let changed: String = whole.chars().enumerate().map(|(place, one)| if place == at { letter } else { one }).collect();
        for body in [cut, changed] {
            if let Ok(conversation) = read(&body) {
                written(&conversation);
            }
        }
    }
}
