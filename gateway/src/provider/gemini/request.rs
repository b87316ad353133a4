//! Writing a conversation as a `generateContent` request.

use std::borrow::Cow;

use bytes::BytesMut;
use pointsman_schema::gemini::is_since_3;

use super::contents;
use crate::conversation::Conversation;
use crate::conversation::message::{Tool, ToolChoice};
use crate::conversation::settings::{Reasoning, Sampling, budget_of, effort_of};
use crate::json::write::Object;
use crate::provider::Upstream;

/// Writes a request.
pub fn write(conversation: &Conversation<'_>, upstream: Upstream<'_>, out: &mut BytesMut) {
    let mut whole = Object::begin(out);
    let generation = Generation::of(upstream.model);
    let (instructions, said) = conversation.split_instructions();
    // Something has to be said: instructions alone are what the client says.
    let said = if said.is_empty() { instructions } else { said };
    if !instructions.is_empty() && said.len() < conversation.messages.len() {
        contents::instructions(whole.object("systemInstruction"), instructions);
    }
    contents::write(whole.list("contents"), said, generation);
    if !conversation.tools.is_empty() {
        tools(&mut whole, conversation);
    }
    settings(whole.object("generationConfig"), conversation, generation);
}

/// What a model's name says of the form of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generation {
    /// Gemini 1 and 2, and what is not Gemini: they think by a budget of tokens, if at all, and take only words as the result of
    /// a function.
    Budgets,
    /// Gemini 3 and later: they think by levels, and take a call of a function only with a signature.
    Levels,
}

impl Generation {
    fn of(model: &str) -> Self {
        if is_since_3(model) { Self::Levels } else { Self::Budgets }
    }
}

fn tools(whole: &mut Object<'_>, conversation: &Conversation<'_>) {
    let mut list = whole.list("tools");
    let mut one = list.object();
    let mut functions = one.list("functionDeclarations");
    for tool in &conversation.tools {
        function(functions.object(), tool);
    }
    drop(functions);
    drop(one);
    drop(list);
    // Calls are checked against their schemas where a mode demands it, for all functions or none.
    let is_strict = conversation.tools.iter().any(|tool| tool.strict == Some(true));
    let (mode, name) = match &conversation.tool_choice {
        None | Some(ToolChoice::Auto) if is_strict => ("VALIDATED", None),
        None => return,
        Some(ToolChoice::Auto) => ("AUTO", None),
        Some(ToolChoice::None) => ("NONE", None),
        Some(ToolChoice::Required) => ("ANY", None),
        Some(ToolChoice::Named(name)) => ("ANY", Some(name)),
    };
    let mut config = whole.object("toolConfig");
    let mut calling = config.object("functionCallingConfig");
    calling.text("mode", mode);
    if let Some(name) = name {
        calling.list("allowedFunctionNames").text(name);
    }
}

fn function(mut out: Object<'_>, tool: &Tool<'_>) {
    // Whether it is strict is said for all at once, and the provider caches by itself.
    let Tool { name, description, parameters, strict: _, cache: _ } = tool;
    out.text("name", name).text_if("description", description.as_deref());
    if let Some(schema) = parameters {
        out.raw("parametersJsonSchema", schema);
    }
}

fn settings(mut out: Object<'_>, conversation: &Conversation<'_>, generation: Generation) {
    let Conversation { sampling, answers, output_tokens, stop, format, reasoning, .. } = conversation;
    let Sampling { temperature, top_p, top_k, frequency_penalty, presence_penalty, seed } = *sampling;
    out.numbers_if(&[
        ("temperature", temperature),
        ("topP", top_p),
        ("topK", top_k),
        ("frequencyPenalty", frequency_penalty),
        ("presencePenalty", presence_penalty),
        ("seed", seed),
    ]);
    for (name, count) in [("candidateCount", answers), ("maxOutputTokens", output_tokens)] {
        if let Some(count) = count {
            out.count(name, *count);
        }
    }
    out.texts_if("stopSequences", stop);
    if let Some(format) = format {
        out.text("responseMimeType", "application/json");
        if let Some(schema) = format.described() {
            out.json("responseJsonSchema", &schema);
        }
    }
    if let Some(reasoning) = reasoning {
        thinking(out.object("thinkingConfig"), reasoning, generation);
    }
}

/// Budgets are an error for models that think by levels, so each is said in the other's form.
///
/// **Source**: the table of levels and budgets on the page "OpenAI compatibility" of the Gemini API's documentation.
fn thinking(mut out: Object<'_>, reasoning: &Reasoning<'_>, generation: Generation) {
    match (generation, reasoning) {
        (Generation::Budgets, Reasoning::Off) => {
            out.count("thinkingBudget", 0);
            return;
        }
        // As little as there is.
        (Generation::Levels, Reasoning::Off) => {
            out.text("thinkingLevel", "MINIMAL");
            return;
        }
        (Generation::Budgets, Reasoning::Adaptive) => out.json("thinkingBudget", "-1"),
        // It is what they do when nothing is said.
        (Generation::Levels, Reasoning::Adaptive) => &mut out,
        (Generation::Budgets, Reasoning::Budget(tokens)) => out.count("thinkingBudget", *tokens),
        (Generation::Levels, Reasoning::Budget(tokens)) => {
            out.text("thinkingLevel", &level(effort_of(*tokens)))
        }
        (Generation::Budgets, Reasoning::Effort(effort)) => out.count("thinkingBudget", budget_of(effort)),
        (Generation::Levels, Reasoning::Effort(effort)) => out.text("thinkingLevel", &level(effort)),
    };
    out.flag("includeThoughts", true);
}

fn level(effort: &str) -> Cow<'static, str> {
    match effort {
        "minimal" => Cow::Borrowed("MINIMAL"),
        "low" => Cow::Borrowed("LOW"),
        "medium" => Cow::Borrowed("MEDIUM"),
        "high" => Cow::Borrowed("HIGH"),
        // The most there is.
        "xhigh" | "max" => Cow::Borrowed("XHIGH"),
        // The provider says what it thinks of it.
        other => Cow::Owned(other.to_ascii_uppercase()),
    }
}

#[cfg(test)]
mod tests {
    use pointsman_schema::gemini::beside;
    use pointsman_schema::protocol::ProviderProtocol;
    use serde_json::{Value, json};

    use super::*;
    use crate::dialect::chat;

    /// What a chat request is written as, for a model.
    fn check(model: &str, chat: &Value, expected: &Value) {
        let body = chat.to_string();
        let conversation = chat::request::read(&body).unwrap();
        let upstream = Upstream { model, output_limit: None, protocol: ProviderProtocol::Gemini };
        let mut out = BytesMut::new();
        write(&conversation, upstream, &mut out);
        assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), *expected, "{body}");
    }

    #[test]
    fn instructions_turns_and_settings() {
        let chat = json!({
            "model": "m", "temperature": 1.50, "top_p": 0.9, "seed": 7, "max_tokens": 5, "n": 2, "stop": ["a"],
            "presence_penalty": 0.1, "frequency_penalty": 0.2, "response_format": {"type": "json_object"},
            "messages": [
                {"role": "system", "content": "Be brief."}, {"role": "developer", "content": "Be kind."},
                {"role": "user", "content": "Hi"},
                {"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image_url",
                    "image_url": {"url": "data:image/png;base64,AAAA"}}]},
                {"role": "assistant", "content": "Yes"}, {"role": "user", "content": ""}
            ]
        });
        let expected = json!({
            "systemInstruction": {"parts": [{"text": "Be brief."}, {"text": "Be kind."}]},
            "contents": [
                {"role": "user", "parts": [{"text": "Hi"}, {"text": "look"},
                    {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]},
                {"role": "model", "parts": [{"text": "Yes"}]}, {"role": "user", "parts": [{"text": ""}]}
            ],
            "generationConfig": {"temperature": 1.5, "topP": 0.9, "frequencyPenalty": 0.2, "presencePenalty": 0.1,
                "seed": 7, "candidateCount": 2, "maxOutputTokens": 5, "stopSequences": ["a"],
                "responseMimeType": "application/json"}
        });
        check("gemini-3-pro", &chat, &expected);
    }

    #[test]
    fn calls_and_their_results() {
        let call = |id: &str, name: &str, arguments: &str| {
            json!({"id": id, "type": "function",
            "function": {"name": name, "arguments": arguments}})
        };
        let chat = json!({
            "model": "m", "tool_choice": {"type": "function", "function": {"name": "f"}},
            "tools": [{"type": "function", "function": {"name": "f", "description": "d",
                "parameters": {"type": "object"}}}, {"type": "function", "function": {"name": "g"}}],
            "messages": [
                {"role": "user", "content": "go"},
                {"role": "assistant", "tool_calls": [call("1", "f", "{\"a\":1.0}"), call("2", "g", "")]},
                {"role": "tool", "tool_call_id": "2", "content": "two"},
                {"role": "tool", "tool_call_id": "1", "content": "{\"b\":2}"},
                {"role": "assistant", "content": "hm", "tool_calls": [call("1", "g", "{not json")]},
                {"role": "tool", "tool_call_id": "1", "content": "[1]"}
            ]
        });
        let signed = |generation: Generation| {
            let sign = |mut part: Value| {
                if generation == Generation::Levels {
                    part["thoughtSignature"] = json!(UNSIGNED);
                }
                part
            };
            json!([
                {"role": "user", "parts": [{"text": "go"}]},
                {"role": "model", "parts": [
                    sign(json!({"functionCall": {"id": "1", "name": "f", "args": {"a": 1.0}}})),
                    {"functionCall": {"id": "2", "name": "g", "args": {}}}]},
                {"role": "user", "parts": [
                    {"functionResponse": {"id": "2", "name": "g", "response": {"output": "two"}}},
                    {"functionResponse": {"id": "1", "name": "f", "response": {"b": 2}}}]},
                {"role": "model", "parts": [{"text": "hm"},
                    sign(json!({"functionCall": {"id": "1", "name": "g", "args": {"arguments": "{not json"}}}))]},
                {"role": "user", "parts": [
                    {"functionResponse": {"id": "1", "name": "g", "response": {"output": "[1]"}}}]}
            ])
        };
        for (model, generation) in [
            ("models/gemini-3-flash", Generation::Levels),
            ("gemini-flash-latest", Generation::Levels),
            ("gemini-2.5-pro", Generation::Budgets),
            ("gemma-4", Generation::Budgets),
        ] {
            let expected = json!({
                "contents": signed(generation),
                "tools": [{"functionDeclarations": [
                    {"name": "f", "description": "d", "parametersJsonSchema": {"type": "object"}}, {"name": "g"}]}],
                "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
                "generationConfig": {}
            });
            check(model, &chat, &expected);
        }
    }

    #[test]
    fn modes_and_schemas() {
        let mode = |choice: &str, strict: Option<bool>, expected: &Value| {
            let mut chat = json!({"model": "m", "messages": [], "tools": [{"type": "function", "function":
                {"name": "f", "strict": strict}}], "tool_choice": choice,
                "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"a": 1}}}});
            if choice.is_empty() {
                chat.as_object_mut().unwrap().remove("tool_choice");
            }
            let mut whole = json!({"contents": [], "tools": [{"functionDeclarations": [{"name": "f"}]}],
                "generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": {"a": 1}}});
            if !expected.is_null() {
                whole["toolConfig"] = json!({"functionCallingConfig": {"mode": expected}});
            }
            check("gemini-3-pro", &chat, &whole);
        };
        mode("", None, &Value::Null);
        mode("auto", None, &json!("AUTO"));
        mode("auto", Some(true), &json!("VALIDATED"));
        mode("", Some(true), &json!("VALIDATED"));
        mode("required", Some(true), &json!("ANY"));
        mode("none", None, &json!("NONE"));
    }

    #[test]
    fn json_stands_beside_functions_from_gemini_3_on() {
        let both = r#"{"messages":[],"response_format":{"type":"json_object"},"tools":[{"type":"function","function":{"name":"f"}}]}"#;
        let neither = r#"{"messages":[],"response_format":{"type":"json_object"}}"#;
        let left_out = |body: &str, model: &str| {
            let conversation = chat::request::read(body).unwrap();
            let beside = beside(model, conversation.features());
            conversation.needs.places(beside).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(left_out(both, "gemini-2.5-flash"), ["response_format"]);
        assert!(left_out(both, "gemini-3-flash").is_empty());
        assert!(left_out(neither, "gemini-2.5-flash").is_empty());
    }

    #[test]
    fn instructions_alone_are_what_is_said() {
        let chat = json!({"messages": [{"role": "system", "content": "Be brief."}]});
        let said = json!([{"role": "user", "parts": [{"text": "Be brief."}]}]);
        check("gemini-3-pro", &chat, &json!({"contents": said, "generationConfig": {}}));
    }

    #[test]
    fn pictures_of_results_follow_them_where_results_are_words() {
        let result = |id: &str, image: &str| {
            format!(
                r#"{{"type":"tool_result","tool_use_id":"{id}","content":[{{"type":"text","text":"{id}"}},
                {{"type":"image","source":{{"type":"base64","media_type":"image/png","data":"{image}"}}}}]}}"#
            )
        };
        let asked = format!(
            r#"{{"max_tokens":9,"messages":[{{"role":"user","content":[{},{},{{"type":"text","text":"so?"}}]}}]}}"#,
            result("1", "AAAA"),
            result("2", "BBBB")
        );
        let conversation = crate::dialect::anthropic::request::read(&asked).unwrap();
        let parts = |model: &str| {
            let mut out = BytesMut::new();
            write(
                &conversation,
                Upstream { model, output_limit: None, protocol: ProviderProtocol::Gemini },
                &mut out,
            );
            serde_json::from_slice::<Value>(&out).unwrap()["contents"][0]["parts"].clone()
        };
        let image = |data: &str| json!({"inlineData": {"mimeType": "image/png", "data": data}});
        let words = |id: &str| json!({"id": id, "name": "", "response": {"output": id}});
        let older = json!([
            {"functionResponse": words("1")}, {"functionResponse": words("2")}, image("AAAA"), image("BBBB"), {"text": "so?"}
        ]);
        assert_eq!(parts("gemini-2.5-flash"), older);
        let newer = parts("gemini-3-flash");
        assert_eq!(newer[0]["functionResponse"]["parts"], json!([image("AAAA")]));
        assert_eq!(newer[2], json!({"text": "so?"}));
    }

    #[test]
    fn thinking_by_levels_and_by_budgets() {
        let effort = |model: &str, effort: &str, expected: &Value| {
            let chat = json!({"model": "m", "messages": [], "reasoning_effort": effort});
            check(model, &chat, &json!({"contents": [], "generationConfig": {"thinkingConfig": expected}}));
        };
        effort("gemini-3-pro", "high", &json!({"thinkingLevel": "HIGH", "includeThoughts": true}));
        effort("gemini-3-pro", "xhigh", &json!({"thinkingLevel": "XHIGH", "includeThoughts": true}));
        effort("gemini-3-pro", "none", &json!({"thinkingLevel": "MINIMAL"}));
        effort("gemini-2.5-pro", "low", &json!({"thinkingBudget": 1024, "includeThoughts": true}));
        effort("gemini-2.5-pro", "none", &json!({"thinkingBudget": 0}));
    }

    const UNSIGNED: &str = "skip_thought_signature_validator";
}
