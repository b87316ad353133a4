//! What servers of this protocol do that OpenAI's own does not, and what they are sent of things that it has no place for.

use std::fmt::Write as _;

use bytes::BytesMut;
use pointsman_schema::protocol::ProviderProtocol;
use serde_json::{Value, json};

use super::{answer, request, stream, thoughts};
use crate::conversation::answer::{Delta, Said};
use crate::conversation::proof::{Maker, marked};
use crate::conversation::{Conversation, proof};
use crate::dialect::{anthropic, chat};
use crate::provider::Upstream;

const COMPATIBLE: ProviderProtocol = ProviderProtocol::OpenAiCompatible;

fn sent(conversation: &Conversation<'_>, model: &str, protocol: ProviderProtocol) -> Value {
    let mut out = BytesMut::new();
    request::write(conversation, Upstream { model, output_limit: None, protocol }, &mut out);
    serde_json::from_slice(&out).unwrap()
}

/// The messages that these of a chat request become.
fn check_messages(messages: &Value, expected: &Value) {
    let asked = json!({ "messages": messages }).to_string();
    let sent = sent(&chat::request::read(&asked).unwrap(), "m", COMPATIBLE);
    assert_eq!(sent["messages"], *expected, "{asked}");
}

fn call(id: &str) -> Value {
    json!({ "id": id, "type": "function", "function": { "name": "f", "arguments": "{}" } })
}

#[test]
fn results_follow_their_calls_whatever_they_hold() {
    let asked = r#"{"max_tokens":5,"messages":[{"role":"user","content":"go"},
        {"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{}},{"type":"tool_use","id":"2","name":"f","input":{}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"one"},
            {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]}]},
        {"role":"user","content":[{"type":"text","text":"well?"},{"type":"tool_result","tool_use_id":"2","content":"two"}]}]}"#;
    let sent = sent(&anthropic::request::read(asked).unwrap(), "m", COMPATIBLE);
    let picture = json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,AAAA" } });
    let expected = json!([
        { "role": "user", "content": "go" },
        { "role": "assistant", "content": null, "tool_calls": [call("1"), call("2")] },
        { "role": "tool", "tool_call_id": "1", "content": "one" },
        { "role": "tool", "tool_call_id": "2", "content": "two" },
        { "role": "user", "content": [picture] },
        { "role": "user", "content": "well?" },
    ]);
    assert_eq!(sent["messages"], expected);
}

#[test]
fn nothing_is_lost_of_an_answer_and_one_of_nothing_is_left_out() {
    check_messages(
        &json!([
            { "role": "system", "content": [] }, { "role": "user", "content": "go" }, { "role": "assistant" },
            { "role": "assistant", "content": [{ "type": "refusal", "refusal": "I " }, { "type": "refusal", "refusal": "won't" }] },
        ]),
        &json!([
            { "role": "user", "content": "go" },
            { "role": "assistant", "content": null, "refusal": "I won't" },
        ]),
    );
}

#[test]
fn a_text_is_no_file() {
    let file =
        |name: &str, data: &str| json!({ "type": "file", "file": { "filename": name, "file_data": data } });
    let pdf = file("a.pdf", "data:application/pdf;base64,AAAA");
    check_messages(
        &json!([{ "role": "user", "content": [file("a.txt", "data:text/plain;base64,aGkK"), pdf] }]),
        &json!([{ "role": "user", "content": [{ "type": "text", "text": "a.txt\n\nhi\n" }, pdf] }]),
    );
}

#[test]
fn how_much_to_think_is_said_in_words_that_a_model_takes() {
    let effort = |asked: &str, model: &str, protocol| {
        let asked = json!({ "messages": [], "reasoning_effort": asked }).to_string();
        sent(&chat::request::read(&asked).unwrap(), model, protocol)["reasoning_effort"].clone()
    };
    assert_eq!(effort("none", "gpt-5-mini", ProviderProtocol::OpenAi), "minimal");
    assert_eq!(effort("none", "gpt-5-mini", COMPATIBLE), "none");
    assert_eq!(effort("max", "gpt-5.4", ProviderProtocol::AzureOpenAi), "xhigh");
}

/// A conversation whose thoughts bear this proof, as a model of this name is sent its answers.
fn answers_given_back(proof: &str, model: &str) -> Vec<Value> {
    let asked = format!(
        r#"{{"max_tokens":5,"messages":[{{"role":"user","content":"go"}},
        {{"role":"assistant","content":[{{"type":"thinking","thinking":"hm","signature":"{proof}"}},{{"type":"tool_use","id":"1","name":"f","input":{{}}}}]}},
        {{"role":"user","content":[{{"type":"tool_result","tool_use_id":"1","content":"one"}}]}},
        {{"role":"assistant","content":[{{"type":"tool_use","id":"2","name":"f","input":{{}}}}]}},
        {{"role":"user","content":[{{"type":"tool_result","tool_use_id":"2","content":"two"}}]}},
        {{"role":"assistant","content":[{{"type":"text","text":"so"}}]}}]}}"#
    );
    let mut conversation = anthropic::request::read(&asked).unwrap();
    conversation.give_back(Some(Maker::Chat));
    let sent = sent(&conversation, model, COMPATIBLE);
    let messages = sent["messages"].as_array().unwrap().iter();
    let answers = messages.filter(|message| message["role"] == "assistant");
    answers.map(|answer| answer.get("reasoning_content").cloned().unwrap_or_default()).collect()
}

#[test]
fn thoughts_in_words_go_back_to_models_of_their_family() {
    let of = |model: &str| marked(proof::Kind::Thought, Maker::Chat, &thoughts::seal(model));
    let own = [json!("hm"), json!(""), Value::Null];
    assert_eq!(answers_given_back(&of("deepseek-v4-pro"), "deepseek-ai/DeepSeek-V4-Flash"), own);
    let none = [Value::Null, Value::Null, Value::Null];
    assert_eq!(answers_given_back(&of("deepseek-v4-pro"), "llama-3.3"), none);
    assert_eq!(answers_given_back(proof::NOBODYS, "deepseek-v4-pro"), none);
}

#[test]
fn only_thoughts_by_one_name_are_to_go_back() {
    let proof = |member: &str| {
        let body = format!(r#"{{"choices":[{{"message":{{"{member}":"hm","content":"so"}}}}]}}"#);
        let read = answer::read(&body, Some("c2VhbA==")).unwrap();
        match &read.choices[0].parts[0] {
            Said::Thought(thought) => thought.signature.as_deref().map(str::to_owned),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(proof("reasoning_content").as_deref(), Some("c2VhbA=="));
    assert_eq!(proof("reasoning"), None);
}

/// The steps of a stream of these deltas, on one line.
fn check_stream(deltas: &[&str], expected: &str) {
    let (mut reader, mut shown) = (stream::Reader::sealing("s".to_owned()), String::new());
    for delta in deltas {
        let event = format!("data: {{\"id\":\"A\",\"choices\":[{{\"delta\":{{{delta}}}}}]}}\n\n");
        let taken = reader.event(event.as_bytes(), &mut |step| {
            match &step {
                Delta::Begin { .. } => Ok(()),
                Delta::Text { text, .. } => write!(shown, "[{text}] "),
                Delta::Thought { thought, .. } => {
                    write!(shown, "({}){} ", thought.text, thought.signature.as_deref().unwrap_or(""))
                }
                Delta::ToolCall { index, call, .. } => {
                    write!(shown, "{index}:{}={}({}) ", call.id, call.name, call.arguments)
                }
                Delta::Arguments { index, json, .. } => write!(shown, "{index}+{json} "),
                other => write!(shown, "{other:?} "),
            }
            .unwrap();
        });
        assert!(taken.is_ok(), "{delta}");
    }
    assert_eq!(shown.trim_end(), expected, "{deltas:?}");
}

#[test]
fn calls_without_ids_or_numbers_of_their_own_stay_apart() {
    let call = |rest: &str| format!(r#""tool_calls":[{{{rest}}}]"#);
    let first = call(r#""index":0,"function":{"name":"f","arguments":"{\"a\":"}"#);
    let more = call(r#""index":0,"function":{"arguments":"1}"}"#);
    let second = call(r#""index":0,"id":"","function":{"name":"f","arguments":"{}"}"#);
    check_stream(&[&first, &more, &second], r#"0:call_A_0=f({"a":) 0+1} 1:call_A_1=f({})"#);
    let whole = r#"{"id":"A","choices":[{"message":{"tool_calls":[{"function":{"name":"f"}},{"id":"","function":{"name":"f"}}]}}]}"#;
    let read = answer::read(whole, None).unwrap();
    let ids = read.choices[0].parts.iter().map(|part| match part {
        Said::ToolCall(call) => &*call.id,
        _ => "",
    });
    assert!(ids.eq(["call_A_0", "call_A_1"]));
}

#[test]
fn a_thought_that_goes_back_is_sealed_once_at_its_end() {
    let words = r#""reasoning_content":"a""#;
    check_stream(&[words, words, r#""content":"so""#], "(a) (a) ()s [so]");
    check_stream(
        &[words, r#""reasoning_content":"b","content":"so""#, r#""content":"!""#],
        "(a) (b) ()s [so] [!]",
    );
    check_stream(&[words, r#""role":"assistant","content":"""#, words], "(a) (a)");
    check_stream(&[r#""reasoning":"a""#, r#""content":"so""#], "(a) [so]");
}
