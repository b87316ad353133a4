//! Requests go in; what was said and what it needs come out.

use pointsman_schema::feature::Feature;

use super::*;
use crate::conversation::message::ToolResult;
use crate::conversation::message::{CacheFor, Document, Image, Source, Thought, Tool, ToolCall, ToolChoice};

/// Reads a body and compares the messages with what they should be.
fn check(body: &str, expected: &[(Role, Vec<Part<'_>>)]) -> Needs {
    let read = read(body).unwrap();
    let said: Vec<_> = read.messages.into_iter().map(|message| (message.role, message.parts)).collect();
    assert_eq!(said, expected);
    read.needs
}

/// Reads members beside an input and compares the places of what they need.
fn check_needs(members: &str, expected: &[(Feature, &str)]) {
    let body = format!(r#"{{"model":"m","input":"x",{members}}}"#);
    let needs = read(&body).unwrap().needs;
    for (feature, place) in expected {
        let places: Vec<_> = needs.places(feature.mask()).collect();
        assert!(places.contains(place), "{feature:?} at {places:?} for {members}");
    }
    let all = expected.iter().fold(0, |set, (feature, _)| set | feature.mask());
    assert_eq!(needs.set(), all, "{members}: {:?}", needs.places(u64::MAX).collect::<Vec<_>>());
}

fn check_refused(body: &str, at: &str) {
    assert_eq!(read(body).unwrap_err().at, at, "{body}");
}

fn words(text: &str) -> Part<'_> {
    Part::Text(text.into())
}

fn thought<'a>(text: &'a str, signature: Option<&'a str>, redacted: Option<&'a str>) -> Part<'a> {
    let (signature, redacted) = (signature.map(Into::into), redacted.map(Into::into));
    Part::Thought(Thought { text: text.into(), signature, redacted })
}

fn call<'a>(id: &'a str, name: &'a str, arguments: &'a str, signature: Option<&'a str>) -> Part<'a> {
    let signature = signature.map(Into::into);
    Part::ToolCall(ToolCall { id: id.into(), name: name.into(), arguments: arguments.into(), signature })
}

fn result<'a>(id: &'a str, parts: Vec<Part<'a>>) -> Part<'a> {
    Part::ToolResult(ToolResult { id: id.into(), parts, is_error: false })
}

#[test]
fn a_text_after_instructions() {
    let needs = check(
        r#"{"model":"m","instructions":"Be kind.","input":"Hi","store":false,"include":["reasoning.encrypted_content"],
            "prompt_cache_key":"k","stream_options":{"include_obfuscation":false},"truncation":"disabled","background":false,
            "max_tool_calls":3,"metadata":{},"service_tier":"auto","previous_response_id":null,
            "text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[]}"#,
        &[(Role::System, vec![words("Be kind.")]), (Role::User, vec![words("Hi")])],
    );
    assert_eq!(needs, Needs::default());
}

#[test]
fn turns_are_made_of_items() {
    let source = Source::Data { media_type: "image/png".into(), base64: "AA==".into() };
    let picture = Part::Image(Image { source, detail: None });
    let needs = check(
        r#"{"input":[
            {"role":"developer","content":"Short."},
            {"type":"message","role":"user","content":[{"type":"input_text","text":"Weather?"}]},
            {"type":"reasoning","id":"rs_1","status":"completed","summary":[{"type":"summary_text","text":"a"},{"type":"summary_text","text":"b"}],"encrypted_content":"pmsig1tas"},
            {"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"pmsig1rad"},
            {"type":"reasoning","id":"rs_3","encrypted_content":"pmsig1tn","summary":[],"content":[{"type":"reasoning_text","text":"c"}]},
            {"type":"message","id":"msg_1","status":"completed","role":"assistant","phase":"commentary","content":[{"type":"output_text","text":"I look.","annotations":[],"logprobs":[]}]},
            {"type":"reasoning","id":"rs_4","summary":[],"encrypted_content":"pmsig1cgp"},
            {"type":"function_call","id":"fc_1","status":"completed","call_id":"1","name":"f","arguments":"{}"},
            {"type":"function_call","call_id":"2","name":"g","arguments":""},
            {"type":"function_call_output","call_id":"1","output":"sun"},
            {"type":"function_call_output","call_id":"2","output":[{"type":"input_text","text":"rain"},{"type":"input_image","image_url":"data:image/png;base64,AA=="}]},
            {"type":"reasoning","summary":[],"encrypted_content":"gAAAA"},
            {"role":"assistant","content":"Done."},
            {"role":"assistant","content":[{"type":"refusal","refusal":"No more."}]},
            {"role":"user","content":"Thanks"}
        ]}"#,
        &[
            (Role::System, vec![words("Short.")]),
            (Role::User, vec![words("Weather?")]),
            (
                Role::Assistant,
                vec![
                    thought("a\n\nb", Some("pmsig1tas"), None),
                    thought("", None, Some("pmsig1rad")),
                    thought("c", None, None),
                    words("I look."),
                    call("1", "f", "{}", Some("pmsig1cgp")),
                    call("2", "g", "", None),
                ],
            ),
            (Role::User, vec![result("1", vec![words("sun")]), result("2", vec![words("rain"), picture])]),
            (Role::Assistant, vec![thought("", Some("gAAAA"), None), words("Done.")]),
            (Role::Assistant, vec![Part::Refusal("No more.".into())]),
            (Role::User, vec![words("Thanks")]),
        ],
    );
    let expected = [Feature::Tools, Feature::ReasoningContent, Feature::ImageData];
    assert_eq!(needs.set(), expected.iter().fold(0, |set, feature| set | feature.mask()));
}

#[test]
fn things_beside_words() {
    let needs = check(
        r#"{"input":[{"role":"user","content":[
            {"type":"input_text","text":"See","prompt_cache_breakpoint":{"mode":"explicit","ttl":"12h"}},
            {"type":"input_image","image_url":"https://a/b.png","detail":"high"},
            {"type":"input_image","file_id":"file-1"},
            {"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,AA"},
            {"type":"input_file","file_url":"https://a/b.pdf"},
            {"type":"input_file","file_id":"file-2"},
            {"type":"input_audio","input_audio":{"data":"AA","format":"wav"}},
            {"type":"input_video"}
        ]}]}"#,
        &[(
            Role::User,
            vec![
                words("See"),
                Part::CacheMark(CacheFor::Hour),
                Part::Image(Image {
                    source: Source::Url("https://a/b.png".into()),
                    detail: Some("high".into()),
                }),
                Part::Document(Document {
                    source: Source::Data { media_type: "application/pdf".into(), base64: "AA".into() },
                    name: Some("a.pdf".into()),
                }),
                Part::Document(Document { source: Source::Url("https://a/b.pdf".into()), name: None }),
                Part::Audio { data: "AA".into(), format: "wav".into() },
            ],
        )],
    );
    for (feature, place) in [
        (Feature::CacheMarkers, "input[0].content[0].prompt_cache_breakpoint"),
        (Feature::ImageUrl, "input[0].content[1].image_url"),
        (Feature::ImageDetail, "input[0].content[1].detail"),
        (Feature::FileReference, "input[0].content[2].file_id"),
        (Feature::DocumentData, "input[0].content[3].file_data"),
        (Feature::DocumentUrl, "input[0].content[4].file_url"),
        (Feature::AudioInput, "input[0].content[6].input_audio"),
        (Feature::Other, "input[0].content[7]"),
    ] {
        assert_eq!(needs.places(feature.mask()).next(), Some(place), "{feature:?}");
    }
}

#[test]
fn functions_are_flat() {
    let body = r#"{"input":"x","tools":[
        {"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":true,"defer_loading":false},
        {"type":"function","name":"g"}],
        "tool_choice":{"type":"function","name":"f"},"parallel_tool_calls":false}"#;
    let read = read(body).unwrap();
    let parameters = serde_json::from_str(r#"{"type":"object"}"#).unwrap();
    let f = Tool {
        name: "f".into(),
        description: Some("d".into()),
        parameters: Some(std::borrow::Cow::Borrowed(parameters)),
        strict: Some(true),
        cache: None,
    };
    let g = Tool { name: "g".into(), description: None, parameters: None, strict: None, cache: None };
    assert_eq!(read.tools, [f, g]);
    assert_eq!(read.tool_choice, Some(ToolChoice::Named("f".into())));
    assert_eq!(read.parallel_tool_calls, Some(false));
    // Of one named function no more than one call is made by anybody.
    let expected = [Feature::Tools, Feature::StrictTools, Feature::ToolChoice, Feature::ForcedTool];
    assert_eq!(read.needs.set(), expected.iter().fold(0, |set, feature| set | feature.mask()));
}

#[test]
fn how_to_answer() {
    let body = r#"{"input":"x","stream":true,"max_output_tokens":9,"temperature":0.70,"top_p":0.9,
        "reasoning":{"effort":"high","summary":"auto","context":"auto"},"safety_identifier":"u","user":"v",
        "text":{"verbosity":"low","format":{"type":"json_schema","name":"n","schema":{},"strict":true}},
        "include":["message.output_text.logprobs"],"service_tier":"flex","store":true,"metadata":{"a":"b"}}"#;
    let read = read(body).unwrap();
    assert!(read.stream && read.wants_usage);
    assert_eq!(read.output_tokens, Some(9));
    assert_eq!(read.sampling.temperature.unwrap().digits(), "0.70");
    assert_eq!(read.reasoning, Some(Reasoning::Effort("high".into())));
    assert_eq!(read.user.as_deref(), Some("u"));
    let Some(Format::Schema { name, strict: Some(true), .. }) = read.format else { panic!() };
    assert_eq!(name.as_deref(), Some("n"));
    let Extras { top_logprobs, verbosity, service_tier, store, metadata, .. } = read.extras;
    assert_eq!((top_logprobs, store), (Some(0), None));
    assert_eq!((verbosity.as_deref(), service_tier.as_deref()), (Some("low"), Some("flex")));
    assert_eq!(metadata.map(RawValue::get), Some(r#"{"a":"b"}"#));
}

#[test]
fn thinking_without_a_measure_is_as_the_model_likes() {
    for (reasoning, expected) in [
        (r#"{"effort":"none"}"#, Some(Reasoning::Off)),
        (r#"{"summary":"auto"}"#, Some(Reasoning::Adaptive)),
        (r#"{"effort":null,"summary":null}"#, None),
    ] {
        let body = format!(r#"{{"input":"x","reasoning":{reasoning}}}"#);
        assert_eq!(read(&body).unwrap().reasoning, expected);
    }
}

#[test]
fn what_not_every_protocol_can_carry_has_a_place() {
    use Feature::{CustomTools, HostedTools, Other, StoredConversation};
    check_needs(r#""previous_response_id":"resp_1""#, &[(StoredConversation, "previous_response_id")]);
    check_needs(r#""conversation":{"id":"c"}"#, &[(StoredConversation, "conversation")]);
    check_needs(r#""prompt":{"id":"p"}"#, &[(StoredConversation, "prompt")]);
    check_needs(r#""store":true"#, &[(Feature::Store, "store")]);
    check_needs(r#""background":true"#, &[(Other, "background")]);
    check_needs(r#""truncation":"auto""#, &[(Other, "truncation")]);
    check_needs(r#""include":["a.b"]"#, &[(Other, "include[0]")]);
    check_needs(r#""top_logprobs":2"#, &[(Feature::Logprobs, "top_logprobs")]);
    check_needs(r#""tools":[{"type":"web_search"}]"#, &[(HostedTools, "tools[0]")]);
    check_needs(r#""tools":[{"type":"custom","name":"c"}]"#, &[(CustomTools, "tools[0]")]);
    check_needs(r#""tool_choice":{"type":"allowed_tools"}"#, &[(Other, "tool_choice")]);
    check_needs(r#""stream_options":{"x":1}"#, &[(Other, "stream_options.x")]);
    check_needs(
        r#""prompt_cache_options":{"mode":"explicit","prewarm":true}"#,
        &[(Other, "prompt_cache_options.prewarm")],
    );
    check_needs(
        r#""reasoning":{"effort":"low","mode":"pro"}"#,
        &[(Feature::Reasoning, "reasoning.effort"), (Other, "reasoning.mode")],
    );
    check_needs(r#""text":{"format":{"type":"json_object"}}"#, &[(Feature::JsonObject, "text.format")]);
    check_needs(
        r#""temperature":1.5"#,
        &[(Feature::Temperature, "temperature"), (Feature::HighTemperature, "temperature")],
    );
    check_needs(
        r#""context_management":[],"moderation":{}"#,
        &[(Other, "context_management"), (Other, "moderation")],
    );
}

#[test]
fn items_that_only_others_know_have_a_place() {
    for (item, feature) in [
        (r#"{"id":"msg_1"}"#, Feature::StoredConversation),
        (r#"{"type":"item_reference","id":"msg_1"}"#, Feature::StoredConversation),
        (r#"{"type":"web_search_call","id":"ws_1"}"#, Feature::HostedTools),
        (r#"{"type":"computer_call_output"}"#, Feature::HostedTools),
        (r#"{"type":"mcp_list_tools"}"#, Feature::HostedTools),
        (r#"{"type":"custom_tool_call"}"#, Feature::CustomTools),
        (r#"{"type":"compaction"}"#, Feature::Other),
    ] {
        let body = format!(r#"{{"input":[{item}]}}"#);
        let read = read(&body).unwrap();
        assert_eq!((read.needs.set(), read.messages.len()), (feature.mask(), 0), "{item}");
    }
    let late = r#"{"input":[{"role":"user","content":"x"},{"role":"system","content":"y"}]}"#;
    assert_eq!(read(late).unwrap().needs.set(), Feature::LateInstructions.mask());
    let begun = r#"{"input":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}]}"#;
    assert_eq!(read(begun).unwrap().needs.set(), Feature::Prefill.mask());
}

#[test]
fn errors_say_where() {
    check_refused("[]", "body");
    check_refused(r#"{"input":1}"#, "input");
    check_refused(r#"{"input":[1]}"#, "input[0]");
    check_refused(r#"{"input":[{}]}"#, "input[0].role");
    check_refused(r#"{"input":[{"role":"tool","content":"x"}]}"#, "input[0].role");
    check_refused(r#"{"input":[{"role":"user"}]}"#, "input[0].content");
    check_refused(
        r#"{"input":[{"role":"user","content":[{"type":"input_image"}]}]}"#,
        "input[0].content[0].image_url",
    );
    check_refused(r#"{"input":[{"type":"function_call","call_id":"1"}]}"#, "input[0].name");
    check_refused(r#"{"input":[{"type":"function_call_output"}]}"#, "input[0].call_id");
    check_refused(r#"{"input":[{"type":"reasoning","summary":[{}]}]}"#, "input[0].summary[0].text");
    check_refused(r#"{"input":"x","tools":[{"type":"function"}]}"#, "tools[0].name");
    check_refused(r#"{"input":"x","tool_choice":"maybe"}"#, "tool_choice");
    check_refused(r#"{"input":"x","text":{"format":{"type":"json_schema"}}}"#, "text.format.schema");
    check_refused(r#"{"input":"x","reasoning":"high"}"#, "reasoning");
}
