//! What the events of a stream mean, and which are none.

use super::*;

/// What events mean, one step a line.
fn read(events: &[&str]) -> (Vec<String>, Result<(), Broken>) {
    let (mut reader, mut seen) = (Reader::default(), Vec::new());
    for event in events {
        let event = format!("event: x\ndata: {event}\n\n");
        let result = reader.event(event.as_bytes(), &mut |delta| seen.push(format!("{delta:?}")));
        if result.is_err() {
            return (seen, result);
        }
    }
    (seen, Ok(()))
}

fn check(events: &[&str], expected: &[&str]) {
    let all = [&[START], events].concat();
    let (seen, result) = read(&all);
    assert_eq!(result, Ok(()));
    assert_eq!(seen[1..], *expected);
}

const START: &str = r#"{"type":"message_start","message":{"id":"m"}}"#;

#[test]
fn what_says_nothing_is_passed_over() {
    check(&[r#"{"type":"ping"}"#, r#"{"type":"news","what":{}}"#, r#"{"type":"message_delta"}"#], &[]);
    let hosted = [
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}}"#,
        r#"{"type":"content_block_stop","index":0}"#,
        r#"{"type":"content_block_start","index":1,"content_block":{"type":"web_search_tool_result","content":[]}}"#,
    ];
    check(&hosted, &[]);
    let cited = [
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"type":"page_location"}}}"#,
    ];
    check(&cited, &[]);
    assert_eq!(Reader::default().event(b": comment\n\n", &mut |_| {}), Ok(()));
    assert_eq!(read(&[r#"{"type":"ping"}"#]), (vec![], Ok(())));
}

#[test]
fn arguments_that_are_there_at_once_are_kept() {
    let call = r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{"a":1}}}"#;
    let expected = r#"ToolCall { choice: 0, index: 0, call: ToolCall { id: "t", name: "f", arguments: "{\"a\":1}", signature: None } }"#;
    check(&[call], &[expected]);
    let to_come = call.replace(r#"{"a":1}"#, "{ }");
    check(&[&to_come], &[&expected.replace(r#"{\"a\":1}"#, "")]);
}

#[test]
fn a_refusal_is_told_with_its_reason() {
    let refusal = r#"{"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"type":"refusal","explanation":"no"}},"usage":{"output_tokens":3}}"#;
    let usage = "Usage(Usage { input: 0, cached: 0, cache_written: 0, cache_written_hour: 0, output: 3, reasoning: 0 })";
    let expected = [
        r#"Refusal { choice: 0, text: "no" }"#,
        "Finish { choice: 0, finish: ContentFilter, stop: None }",
        usage,
        "End",
    ];
    let end = r#"{"type":"message_stop"}"#;
    check(&[refusal, end, end, refusal], &expected);
}

#[test]
fn data_in_several_lines_is_one() {
    let mut seen = Vec::new();
    let event = b"data: {\"type\":\ndata: \"message_start\"\ndata: ,\"message\":{\"id\":\"a\\u0062\"}}\n\n";
    let result = Reader::default().event(event, &mut |delta| seen.push(format!("{delta:?}")));
    assert_eq!((seen, result), (vec![r#"Begin { id: Some("ab"), model: None }"#.to_owned()], Ok(())));
}

fn check_broken(events: &[&str]) {
    assert_eq!(read(events).1, Err(Broken::Malformed), "{events:?}");
}

#[test]
fn what_is_not_of_the_protocol_breaks_it() {
    let text = r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
    let piece = r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"x"}}"#;
    check_broken(&["<html>"]);
    check_broken(&["[1]"]);
    check_broken(&[text]);
    check_broken(&[r#"{"type":"message_stop"}"#]);
    check_broken(&[START, START]);
    check_broken(&[START, piece]);
    check_broken(&[START, text, piece]);
    check_broken(&[START, text, r#"{"type":"content_block_stop","index":0}"#, piece]);
    check_broken(&[START, r#"{"type":"content_block_start","index":0}"#]);
    check_broken(&[START, r#"{"type":"content_block_start","index":-1,"content_block":{"type":"text"}}"#]);
}

#[test]
fn an_error_in_the_stream_is_the_providers_word() {
    let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    for events in [&[error][..], &[START, error]] {
        let Err(Broken::Said(said)) = read(events).1 else { panic!("no error") };
        let outcome = said.outcome_in_stream(crate::upstream::target::KeyOwner::Platform);
        assert_eq!(outcome.word(), "overloaded");
    }
}
