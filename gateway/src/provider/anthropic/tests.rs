//! Both sides of Anthropic's protocol against each other: what is read as a client's and written as a provider's means
//! the same, and so on the way back. The files are in `testdata/translation/anthropic/`.

use std::path::PathBuf;

use bytes::BytesMut;
use pointsman_schema::dialect::Dialect;
use pointsman_schema::feature::{self, Feature};
use pointsman_schema::protocol::ProviderProtocol;
use serde_json::Value;

use super::{answer, request, stream};
use crate::conversation::Conversation;
use crate::dialect::{Frame, anthropic as dialect};
use crate::provider::Upstream;
use crate::sse;
use crate::translate::{self, Wire};

/// The files of a folder that go in: their names without `.json`, and what has to come out.
fn files(folder: &str, other: &str) -> Vec<(String, String, Value)> {
    let root =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testdata/translation/anthropic").join(folder);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&root).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(name) = name.strip_suffix(".json").filter(|name| !name.contains('.')) else { continue };
        let text = std::fs::read_to_string(root.join(format!("{name}.json"))).unwrap();
        let expected = std::fs::read_to_string(root.join(format!("{name}.{other}.json")));
        let expected = serde_json::from_str(&expected.unwrap_or_else(|_| text.clone())).unwrap();
        found.push((name.to_owned(), text, expected));
    }
    assert!(!found.is_empty(), "{folder}");
    found
}

pub(super) fn frame() -> Frame {
    Frame { id: "req-1".to_owned(), model: "served".to_owned(), input_tokens: 9, created_s: 0, echo: None }
}

pub(super) fn sent(conversation: &Conversation<'_>) -> Value {
    sent_to(MODEL, conversation)
}

/// Its name says nothing.
const MODEL: &str = "sent";

fn upstream(model: &str) -> Upstream<'_> {
    Upstream { model, output_limit: None, protocol: ProviderProtocol::Anthropic }
}

fn sent_to(model: &str, conversation: &Conversation<'_>) -> Value {
    let mut out = BytesMut::new();
    request::write(conversation, upstream(model), &mut out);
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn requests_keep_their_meaning() {
    for (name, text, mut expected) in files("requests", "sent") {
        let conversation = dialect::request::read(&text).unwrap();
        assert!(!conversation.needs.has(Feature::Other), "{name}: {:?}", conversation.needs);
        let model = if text.contains("budget_tokens") { "claude-haiku-4-5" } else { MODEL };
        expected["model"] = model.into();
        assert_eq!(sent_to(model, &conversation), expected, "{name}");
    }
}

#[test]
fn answers_keep_their_meaning() {
    for (name, text, expected) in files("answers", "told") {
        let answer = answer::read(&text).unwrap();
        let told: Value = serde_json::from_slice(&dialect::answer::write(&answer, &frame())).unwrap();
        assert_eq!(told, expected, "{name}");
    }
}

/// An answer's events after both translations, in events that end at every `piece` bytes.
fn relay(text: &[u8], piece: usize) -> Vec<u8> {
    let mut splitter = sse::Splitter::new(1 << 16);
    let (mut reader, mut writer) = (stream::Reader::default(), dialect::stream::Writer::new(frame()));
    let mut out = BytesMut::new();
    for chunk in text.chunks(piece) {
        let run = splitter.feed(bytes::Bytes::copy_from_slice(chunk)).unwrap();
        for event in sse::events(&run) {
            reader.event(event, &mut |delta| writer.write(&delta, &mut out)).unwrap();
        }
    }
    out.to_vec()
}

/// The name and the data of each event.
fn events(text: &[u8]) -> Vec<(String, Value)> {
    let events = sse::events(text).map(|event| {
        let name = std::str::from_utf8(event).unwrap().lines().next().unwrap();
        (name.to_owned(), serde_json::from_slice(&sse::data(event).unwrap()).unwrap())
    });
    events.collect()
}

#[test]
fn streams_come_out_as_they_went_in() {
    for name in ["all.sse", "stop.sse"] {
        let root =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testdata/translation/anthropic/streams");
        let text = std::fs::read(root.join(name)).unwrap();
        for piece in 1..400 {
            assert_eq!(events(&relay(&text, piece)), events(&text), "{name} cut at every {piece} bytes");
        }
        // Cut at any byte, it has no end.
        for end in 0..text.len() {
            let out = relay(&text[..end], end.max(1));
            assert!(!String::from_utf8(out).unwrap().contains("message_stop"), "{name} {end}");
        }
    }
}

#[test]
fn nothing_that_is_cut_off_or_changed_makes_it_panic() {
    for (name, text, _) in files("requests", "sent").into_iter().chain(files("answers", "told")) {
        let wrong = ["null", "0", "[]", "{}", "\"\"", "-1.5e300"];
        let cut = (0..text.len()).filter_map(|end| text.get(..end).map(str::to_owned));
        let values = text.match_indices([':', ',', '[']).flat_map(|(at, _)| {
            let (before, after) = text.split_at(at + 1);
            let rest = after.trim_start().find([',', '}', ']']).map_or("", |end| &after.trim_start()[end..]);
            wrong.map(|value| format!("{before}{value}{rest}"))
        });
        for changed in cut.chain(values) {
            if let Ok(conversation) = dialect::request::read(&changed) {
                assert!(sent(&conversation).is_object(), "{name}: {changed}");
            }
            if let Ok(answer) = answer::read(&changed) {
                let told = dialect::answer::write(&answer, &frame());
                assert!(serde_json::from_slice::<Value>(&told).is_ok(), "{name}: {changed}");
            }
        }
    }
}

/// A chat request as Anthropic gets it, and what it loses on the way: the given members of both.
fn check_chat(chat: &str, excluded: &[Feature], expected: &str) {
    let conversation = crate::dialect::chat::request::read(chat).unwrap();
    let sent = sent(&conversation);
    let expected: Value = serde_json::from_str(expected).unwrap();
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(sent[name], *value, "{name} of {sent}");
    }
    let mask = excluded.iter().fold(0, |set, feature| set | feature.mask());
    assert_eq!(lost(&conversation, Dialect::Chat, MODEL), mask, "{chat}");
}

/// What of a request a model is not told, for itself or for the rest of the request.
fn lost(conversation: &Conversation<'_>, client: Dialect, model: &str) -> u64 {
    lost_at(ProviderProtocol::Anthropic, conversation, client, model)
}

fn lost_at(provider: ProviderProtocol, conversation: &Conversation<'_>, client: Dialect, model: &str) -> u64 {
    let features = conversation.features();
    let output_tokens = conversation.output_tokens.map_or(0, |tokens| tokens.try_into().unwrap());
    let beside = feature::beside((provider, model), (client, features), output_tokens);
    features & (beside | feature::refused(provider, model, None)[usize::from(client.code())])
}

/// With these members, to one function.
fn chat(members: &str) -> String {
    let tool = r#"{"type":"function","function":{"name":"f"}}"#;
    format!(r#"{{"messages":[{{"role":"user","content":"x"}}],"tools":[{tool}],{members}}}"#)
}

#[test]
fn thoughts_and_what_they_exclude_are_not_both_sent() {
    use Feature::{Temperature, TopK, TopP};
    let drawn = r#""temperature":0.5,"top_p":0.5,"top_k":3"#;
    let all =
        r#"{"temperature":0.5,"top_p":0.5,"top_k":3,"thinking":null,"output_config":null,"max_tokens":4096}"#;
    check_chat(&chat(drawn), &[], all);
    let thinks = format!(r#"{drawn},"reasoning_effort":"minimal""#);
    let none = r#"{"temperature":null,"top_p":null,"top_k":null,"thinking":{"type":"adaptive"},"output_config":{"effort":"low"}}"#;
    check_chat(&chat(&thinks), &[Temperature, TopP, TopK], none);
    let fits = r#""temperature":1.0,"top_p":0.96,"reasoning_effort":"high""#;
    check_chat(&chat(fits), &[], r#"{"temperature":1.0,"top_p":0.96,"thinking":{"type":"adaptive"}}"#);
    let off = format!(r#"{drawn},"reasoning_effort":"none""#);
    check_chat(
        &chat(&off),
        &[],
        r#"{"temperature":0.5,"thinking":{"type":"disabled"},"output_config":null}"#,
    );
    // It is refused, or may be lost: then it is the nearest that there is.
    check_chat(&chat(r#""temperature":1.5"#), &[Feature::HighTemperature], r#"{"temperature":null}"#);
}

#[test]
fn a_function_that_must_be_called_is_called_without_thoughts() {
    let forced =
        r#""tool_choice":"required","parallel_tool_calls":false,"temperature":0.5,"reasoning_effort":"high""#;
    let expected = r#"{"tool_choice":{"type":"any","disable_parallel_tool_use":true},"thinking":{"type":"adaptive"},"output_config":{"effort":"high"},"temperature":null}"#;
    check_chat(&chat(forced), &[Feature::Temperature], expected);
    let forced = chat(r#""tool_choice":"required","reasoning_effort":"low","max_tokens":2000"#);
    let conversation = crate::dialect::chat::request::read(&forced).unwrap();
    let lost = |model| lost(&conversation, Dialect::Chat, model);
    assert_eq!(lost("claude-haiku-4-5"), Feature::Reasoning.mask());
    assert_eq!(sent_to("claude-haiku-4-5", &conversation)["thinking"]["type"], "disabled");
    assert_eq!((lost(MODEL), lost("claude-opus-5")), (0, 0));
    assert_eq!(lost("claude-fable-5-1"), Feature::ForcedTool.mask());
}

#[test]
fn a_turn_that_began_without_thoughts_goes_on_without() {
    let call = r#"{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}"#;
    let turn = |thoughts: &str, end: &str| {
        format!(
            r#"{{"messages":[{{"role":"user","content":"x"}},{{"role":"assistant",{thoughts}"tool_calls":[{call}]}},{{"role":"tool","tool_call_id":"a","content":"B"}}{end}],"reasoning_effort":"high"}}"#
        )
    };
    let thoughts = |maker: char| {
        format!(
            r#""thinking_blocks":[{{"type":"thinking","thinking":"t","signature":"pmsig1t{maker}c2ln"}}],"#
        )
    };
    let next = r#",{"role":"assistant","content":"B"},{"role":"user","content":"y"}"#;
    let again = format!(
        r#",{{"role":"assistant","tool_calls":[{}]}},{{"role":"tool","tool_call_id":"b","content":"C"}}"#,
        call.replace(r#""a""#, r#""b""#)
    );
    for (model, thoughts, end, kind) in [
        ("claude-sonnet-4-5", String::new(), "", "disabled"),
        ("claude-sonnet-4-5", thoughts('g'), "", "disabled"),
        ("claude-sonnet-4-5", thoughts('a'), "", "enabled"),
        ("claude-sonnet-4-5", thoughts('a'), &*again, "enabled"),
        ("claude-sonnet-4-5", String::new(), &*again, "disabled"),
        ("claude-sonnet-4-5", String::new(), next, "enabled"),
        ("claude-sonnet-4-6", String::new(), "", "adaptive"),
    ] {
        let text = turn(&thoughts, end);
        let mut conversation = crate::dialect::chat::request::read(&text).unwrap();
        assert_eq!(lost(&conversation, Dialect::Chat, model), 0, "{text}");
        let mut out = BytesMut::new();
        let left_out = translate::write(Wire::Messages, &mut conversation, upstream(model), &mut out);
        let sent: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(sent["thinking"]["type"], kind, "{sent}");
        assert_eq!(left_out & Feature::Reasoning.mask() != 0, kind == "disabled", "{text}");
    }
}

/// Wishes that can exclude each other; a further one is that the answer has begun.
const WISHES: [(Feature, &str); 5] = [
    (Feature::Temperature, r#""temperature":0.5"#),
    (Feature::TopP, r#""top_p":0.5"#),
    (Feature::TopK, r#""top_k":3"#),
    (Feature::Reasoning, r#""reasoning_effort":"high""#),
    (Feature::ForcedTool, r#""tool_choice":"required""#),
];

/// Every set of them: what a model is not told is what is not sent, at these places, and nothing else.
fn check_wishes(provider: ProviderProtocol, model: &str, places: [&str; 5]) {
    for held in 0..64_u32 {
        let wished = WISHES.iter().enumerate().filter(|(at, _)| held & 1 << at != 0);
        let members: Vec<&str> =
            [r#""n":1"#].into_iter().chain(wished.map(|(_, (_, member))| *member)).collect();
        let mut text = chat(&members.join(","));
        if held & 32 != 0 {
            text = text.replace(r#""content":"x"}"#, r#""content":"x"},{"role":"assistant","content":"y"}"#);
        }
        let mut conversation = crate::dialect::chat::request::read(&text).unwrap();
        let lost = lost_at(provider, &conversation, Dialect::Chat, model);
        let mut out = BytesMut::new();
        let upstream = Upstream { model, output_limit: None, protocol: provider };
        translate::write(Wire::of(provider).unwrap(), &mut conversation, upstream, &mut out);
        let sent: Value = serde_json::from_slice(&out).unwrap();
        for ((feature, _), at) in WISHES.into_iter().zip(places) {
            let found = sent.pointer(at);
            let is_there = match feature {
                // It cannot be lost, so it is written in any case.
                Feature::ForcedTool if found.is_some() => continue,
                Feature::Reasoning => {
                    found.is_some_and(|found| found["type"] == "enabled" || found["type"] == "adaptive")
                }
                _ => found.is_some(),
            };
            let is_wanted = conversation.needs.has(feature) && lost & feature.mask() == 0;
            assert_eq!(is_there, is_wanted, "{feature} to {model}: {text} {sent}");
        }
    }
}

#[test]
fn what_is_excluded_is_what_is_left_out() {
    let models = ["sent", "claude-opus-4-0", "claude-haiku-4-5", "claude-opus-4-5", "claude-sonnet-4-6"];
    let newer =
        ["claude-opus-4-8", "claude-haiku-5-5", "claude-sonnet-5-5", "claude-fable-5", "claude-opus-5-5"];
    let bedrock = [
        "/inferenceConfig/temperature",
        "/inferenceConfig/topP",
        "/additionalModelRequestFields/top_k",
        "/additionalModelRequestFields/thinking",
        "/toolConfig/toolChoice",
    ];
    for model in models.into_iter().chain(newer) {
        let places = ["/temperature", "/top_p", "/top_k", "/thinking", "/tool_choice"];
        check_wishes(ProviderProtocol::Anthropic, model, places);
        check_wishes(ProviderProtocol::Bedrock, &format!("eu.anthropic.{model}-v1:0"), bedrock);
    }
}

#[test]
fn what_others_leave_out_is_there() {
    let tools = r#"{"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}]}"#;
    check_chat(&chat(r#""n":1"#), &[], tools);
    check_chat(
        &chat(r#""parallel_tool_calls":false"#),
        &[],
        r#"{"tool_choice":{"type":"auto","disable_parallel_tool_use":true}}"#,
    );
    check_chat(
        &chat(r#""tool_choice":"none","parallel_tool_calls":false"#),
        &[],
        r#"{"tool_choice":{"type":"none"}}"#,
    );
    let only = r#"{"messages":[{"role":"system","content":"a"},{"role":"developer","content":"b"}]}"#;
    let said = r#"{"system":null,"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}"#;
    check_chat(only, &[], said);
    let late = r#"{"messages":[{"role":"user","content":""},{"role":"system","content":"a"},{"role":"user","content":"b"}]}"#;
    check_chat(late, &[], r#"{"system":"a","messages":[{"role":"user","content":"b"}]}"#);
}

#[test]
fn pictures_have_registered_types() {
    let body = r#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/jpg;base64,AA=="}}]}]}"#;
    let source = r#"{"type":"base64","media_type":"image/jpeg","data":"AA=="}"#;
    let said = r#"{"messages":[{"role":"user","content":[{"type":"image","source":SOURCE}]}]}"#;
    check_chat(body, &[], &said.replace("SOURCE", source));
}

#[test]
fn arguments_are_objects_and_turns_alternate() {
    let body = r#"{"messages":[
        {"role":"user","content":"x"},
        {"role":"assistant","content":"","reasoning_content":"unsigned"},
        {"role":"user","content":"y"},
        {"role":"assistant","content":null,"tool_calls":[
            {"id":"a","type":"function","function":{"name":"f","arguments":""}},
            {"id":"b","type":"function","function":{"name":"f","arguments":"{\"a\": 1.0}"}},
            {"id":"c","type":"function","function":{"name":"f","arguments":"{\"a"}}
        ]},
        {"role":"tool","tool_call_id":"b","content":"B"},
        {"role":"tool","tool_call_id":"a","content":""}
    ]}"#;
    let expected = r#"{"messages":[
        {"role":"user","content":[{"type":"text","text":"x"},{"type":"text","text":"y"}]},
        {"role":"assistant","content":[
            {"type":"tool_use","id":"a","name":"f","input":{}},
            {"type":"tool_use","id":"b","name":"f","input":{"a":1.0}},
            {"type":"tool_use","id":"c","name":"f","input":{"arguments":"{\"a"}}
        ]},
        {"role":"user","content":[
            {"type":"tool_result","tool_use_id":"b","content":"B"},
            {"type":"tool_result","tool_use_id":"a"}
        ]}
    ]}"#;
    check_chat(body, &[], expected);
}

#[test]
fn text_of_nothing_but_space_is_not_sent() {
    let text = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":[{"type":"text","text":" \n\n"},{"type":"tool_use","id":"a","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"x"}]}]}"#;
    let sent = sent(&dialect::request::read(text).unwrap());
    let said = sent["messages"][1]["content"].as_array().unwrap();
    assert_eq!(said.len(), 1, "{sent}");
    assert_eq!(said[0]["type"], "tool_use");
}
