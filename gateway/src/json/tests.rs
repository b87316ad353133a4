//! What is read from a body, and what is refused.

use proptest::prelude::*;

use super::*;

const VISION: u32 = Capability::Vision.bit();
const AUDIO: u32 = Capability::Audio.bit();
const PARALLEL: u32 = Capability::ParallelTools.bit();
const TOOLS: u32 = Capability::Tools.bit();
const STRUCTURED: u32 = Capability::StructuredOutput.bit();
const REASONING: u32 = Capability::Reasoning.bit();
const STREAMING: u32 = Capability::Streaming.bit();

fn chat(body: &[u8]) -> Result<Request<'_>, BadRequest> {
    read(body, Operation::Chat, None)
}

/// What a request of another dialect asks for: whether as a stream, its capabilities, and the tokens of its answer.
fn check_asked(operation: Operation, body: &str, expected: (bool, u32, u32)) {
    let model = operation.names_model_in_path().then_some("m");
    let asked = read(body.as_bytes(), operation, model).unwrap();
    assert_eq!((asked.stream, asked.capabilities, asked.output_tokens), expected, "{body}");
    assert_eq!(asked.model, "m");
}

#[test]
fn each_dialect_asks_in_its_own_members() {
    use Operation::{Embeddings, Generate, GenerateStream, Messages, Responses};
    let all = TOOLS | REASONING | STRUCTURED | VISION;
    check_asked(
        Messages,
        r#"{"model":"m","max_tokens":9,"stream":true,"tools":[{}],"thinking":{"type":"enabled"},"output_config":{"format":{}},
            "messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"image"}]}]}]}"#,
        (true, all | STREAMING, 9),
    );
    check_asked(Messages, r#"{"model":"m","thinking":{"type":"disabled"},"messages":[]}"#, (false, 0, 0));
    check_asked(
        Responses,
        r#"{"model":"m","max_output_tokens":9,"tools":[{}],"parallel_tool_calls":true,"reasoning":{"effort":"low"},
            "text":{"format":{"type":"json_schema"}},"input":[{"role":"user","content":[{"type":"input_image"}]}]}"#,
        (false, all | PARALLEL, 9),
    );
    check_asked(Responses, r#"{"model":"m","input":"hi","text":{"format":{"type":"text"}}}"#, (false, 0, 0));
    check_asked(
        GenerateStream,
        r#"{"generationConfig":{"maxOutputTokens":9,"thinkingConfig":{},"responseMimeType":"application/json"},
            "tools":[{}],"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":""}}]}]}"#,
        (true, all | STREAMING, 9),
    );
    let sound = r#"{"contents":[{"parts":[{"file_data":{"mime_type":"audio/wav"}}]}]}"#;
    check_asked(Generate, sound, (false, AUDIO, 0));
    check_asked(Embeddings, r#"{"model":"m","input":"x"}"#, (false, Capability::Embeddings.bit(), 0));
}

fn check(body: &str, expected: Result<(&str, u32, u32), BadRequest>) {
    let read = chat(body.as_bytes());
    let seen =
        read.as_ref().map(|chat| (&*chat.model, chat.capabilities, chat.output_tokens)).map_err(|bad| *bad);
    assert_eq!(seen, expected, "{body:.200}");
    if let Ok(chat) = read {
        let ModelAt::Body(at) = chat.model_at else { panic!("{body:.200}: the body names it") };
        let written: String = serde_json::from_str(&body[at]).unwrap();
        assert_eq!(written, chat.model);
    }
}

#[test]
fn bad_bodies_are_named() {
    use BadRequest::*;
    check("", Err(NotJson));
    check("x", Err(NotJson));
    check("[1]", Err(NotAnObject));
    check("\"{\"", Err(NotAnObject));
    check(r#"{"model":"m"} x"#, Err(NotJson));
    check(r#"{"model":"m",}"#, Err(NotJson));
    check(r#"{"model":"m","a":[1,}"#, Err(NotJson));
    check(r#"{"messages":[]}"#, Err(NoModel));
    check(r#"{"model":null}"#, Err(BadModel));
    check(r#"{"model":["a"]}"#, Err(BadModel));
    check(r#"{"model":""}"#, Err(BadModel));
    check(&format!(r#"{{"model":"{}"}}"#, "m".repeat(129)), Err(BadModel));
    check(r#"{"model":"m","stream":1}"#, Err(BadStream));
    check(r#"{"model":"m","messages":{}}"#, Err(BadMessages));
    check(r#"{"model":"m","model":"n"}"#, Err(DuplicateMember));
    check(r#"{"model":"m","mod\u0065l":"n"}"#, Err(DuplicateMember));
    check(r#"{"a":1,"model":"m","a":2}"#, Err(DuplicateMember));
    check(&format!(r#"{{"model":"m","x":{}{}}}"#, "[".repeat(200), "]".repeat(200)), Err(TooDeep));
    let many: Vec<String> = (0..129).map(|at| format!("\"m{at}\":0")).collect();
    check(&format!("{{{}}}", many.join(",")), Err(TooManyMembers));
    let name = |bytes: usize| format!(r#"{{"model":"m","{}":1}}"#, "n".repeat(bytes));
    check(&name(crate::limits::JSON_NAME_BYTES_MAX), Ok(("m", 0, 0)));
    check(&name(crate::limits::JSON_NAME_BYTES_MAX + 1), Err(LongName));
}

#[test]
fn names_are_one_in_any_case() {
    use BadRequest::*;
    check(r#"{"model":"m","Model":"n"}"#, Err(DuplicateMember));
    check(r#"{"MODEL":"n","model":"m"}"#, Err(OtherCase));
    check(r#"{"model":"m","Max_Tokens":9}"#, Err(OtherCase));
    check(r#"{"model":"m","Me\u017fſages":[]}"#, Err(OtherCase));
    check(r#"{"model":"m","max_to\u212Aens":9}"#, Err(OtherCase));
    check(r#"{"model":"m","user":"a","User":"b"}"#, Err(DuplicateMember));
    check(r#"{"model":"m","é":1,"É":2}"#, Ok(("m", 0, 0)));
    check(r#"{"model":"m","response_format":{"type":"text","Type":"json_schema"}}"#, Ok(("m", 0, 0)));
    check(r#"{"model":"m","models":1,"metadata":{"team":"a","Team":"b"}}"#, Ok(("m", 0, 0)));
}

#[test]
fn bytes_that_are_not_text_are_refused() {
    assert_eq!(chat(b"{\"model\":\"\xFF\"}"), Err(BadRequest::NotJson));
}

#[test]
fn capabilities_are_seen() {
    check(r#"{"model":"m","stream":true}"#, Ok(("m", STREAMING, 0)));
    check(" \n{ \"stream\" : false , \"model\" : \"m\" }\n", Ok(("m", 0, 0)));
    check(r#"{"model":"\u006d"}"#, Ok(("m", 0, 0)));
    check(r#"{"model":"m","tools":[{}]}"#, Ok(("m", TOOLS, 0)));
    check(r#"{"model":"m","tools":[ ],"functions":[{}]}"#, Ok(("m", TOOLS, 0)));
    check(r#"{"model":"m","tools":[ ],"functions":null}"#, Ok(("m", 0, 0)));
    check(r#"{"model":"m","tools":[{}],"parallel_tool_calls":true}"#, Ok(("m", TOOLS | PARALLEL, 0)));
    check(r#"{"model":"m","tools":[{}],"parallel_tool_calls":false}"#, Ok(("m", TOOLS, 0)));
    check(r#"{"model":"m","parallel_tool_calls":true}"#, Ok(("m", 0, 0)));
    check(r#"{"model":"m","response_format":{"type":"json_schema"}}"#, Ok(("m", STRUCTURED, 0)));
    check(r#"{"model":"m","response_format":{"type":"text"}}"#, Ok(("m", 0, 0)));
    check(r#"{"model":"m","reasoning_effort":"low","max_tokens":7}"#, Ok(("m", REASONING, 7)));
    check(r#"{"model":"m","max_tokens":7,"max_completion_tokens":99999999999}"#, Ok(("m", 0, u32::MAX)));
    check(r#"{"model":"m","max_tokens":"x"}"#, Ok(("m", 0, 0)));
    check(r#"{"model":"m","modalities":["text","audio"]}"#, Ok(("m", AUDIO, 0)));
    check(r#"{"model":"m","modalities":[1,"\u0061udio"]}"#, Ok(("m", AUDIO, 0)));
    check(r#"{"model":"m","modalities":"audio"}"#, Ok(("m", 0, 0)));
}

fn part(kind: &str) -> String {
    format!(r#"{{"model":"m","messages":[{{"role":"user","content":[{{"type":"{kind}","x":1}}]}}]}}"#)
}

#[test]
fn parts_are_seen_by_their_type_only() {
    check(&part("image_url"), Ok(("m", VISION, 0)));
    check(&part("input_audio"), Ok(("m", AUDIO, 0)));
    check(&part("im\\u0061ge_url"), Ok(("m", VISION, 0)));
    check(&part("text"), Ok(("m", 0, 0)));
    check(r#"{"model":"m","messages":[{"content":"an \"image_url\" in words"}]}"#, Ok(("m", 0, 0)));
    check(r#"{"model":"m","messages":["image_url",{"content":[7]}]}"#, Ok(("m", 0, 0)));
    let last = |first: &str, second: &str| {
        let image = r#"[{"type":"text","type":"image_url"}]"#;
        format!(r#"{{"model":"m","messages":[{{"content":{first},"content":{second}}}]}}"#)
            .replace('I', image)
    };
    check(&last("\"x\"", "I"), Ok(("m", VISION, 0)));
    check(&last("I", "\"image_url\""), Ok(("m", 0, 0)));
    let numbers =
        format!(r#"{{"model":"m","messages":[1,{}{{"content":[{{"type":"image"}}]}}]}}"#, "1,".repeat(9_999));
    check(&numbers, Ok(("m", VISION, 0)));
    check(
        r#"{"model":"m","messages":[{"content":null},{"content":[{"type":"image_url"}]}]}"#,
        Ok(("m", VISION, 0)),
    );
}

#[test]
fn media_do_not_count_as_text() {
    let image = format!(r#"{{"type":"image_url","image_url":{{"url":"data:{}"}}}}"#, "A".repeat(1_000_000));
    let body = format!(r#"{{"model":"m","messages":[{{"content":[{image}]}}]}}"#);
    let counted = chat(body.as_bytes()).unwrap().input_bytes;
    assert!((MEDIA..MEDIA + 100).contains(&counted), "{counted}");
}

const MEDIA: usize = crate::limits::MEDIA_PART_BYTES;

#[test]
fn metadata_is_given_as_texts() {
    let given = |body: &str| {
        let mut found = Vec::new();
        let chat = chat(body.as_bytes()).unwrap();
        chat.each_metadata(|name, value| found.push(format!("{name}={value}"))).map(|()| found.join(" "))
    };
    assert_eq!(given(r#"{"model":"m","metadata":{"a":"1","b":2,"c":"\u0033"}}"#), Ok("a=1 c=3".to_owned()));
    assert_eq!(given(r#"{"model":"m","metadata":null}"#), Ok(String::new()));
    assert_eq!(given(r#"{"model":"m"}"#), Ok(String::new()));
    assert_eq!(given(r#"{"model":"m","metadata":{"a":"1","a":"2"}}"#), Err(BadRequest::DuplicateMember));
}

#[test]
fn metadata_is_the_gateways_alone_only_where_all_of_it_is() {
    let check = |metadata: &str, expected: bool| {
        let body = format!(r#"{{"model":"m"{metadata}}}"#);
        let only = chat(body.as_bytes()).unwrap().has_only_metadata(|name| name == "a");
        assert_eq!(only, expected, "{body}");
    };
    check(r#","metadata":{"a":"1"}"#, true);
    check(r#","metadata":{"a":"1","b":"2"}"#, false);
    check(r#","metadata":{"a":"1","b":2}"#, false);
    check(r#","metadata":{"a":1}"#, false);
    check(r#","metadata":["a"]"#, false);
    check("", false);
}

#[test]
fn an_object_in_a_text_is_one_only_if_it_is_not_too_deep() {
    let deep =
        |levels: usize| format!("{}{}", "{\"a\":".repeat(levels), "1".to_owned() + &"}".repeat(levels));
    for (text, expected) in
        [(" {\"a\":1} ", true), ("[1]", false), ("{\"a\":}", false), ("{} {}", false), ("", false)]
    {
        assert_eq!(object(text).is_some(), expected, "{text}");
    }
    let most = crate::limits::JSON_DEPTH_MAX;
    assert!(object(&deep(most)).is_some() && object(&deep(most + 1)).is_none());
}

proptest! {
    /// Whatever the bytes, and whatever is cut from a real request: no panic, and what is accepted serde accepts, too.
    #[test]
    fn any_text(text in "[{}\\[\\]\",:a-e\\\\ 0-9]{0,64}", cut in 0usize..200) {
        let whole = part("image_url");
        let cut = whole.get(..cut.min(whole.len())).unwrap();
        for body in [&*text, cut] {
            if chat(body.as_bytes()).is_ok() {
                prop_assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
            }
        }
    }
}
