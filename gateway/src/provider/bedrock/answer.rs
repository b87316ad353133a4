//! Reading a whole answer.
//!
//! Blocks that only a tool of the provider's makes are passed over: no request that is translated can ask for one.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::usage::Used;
use crate::conversation::answer::{Answer, Choice, Finish, Said};
use crate::conversation::message::{Thought, ToolCall};
use crate::json::Text;
use crate::json::fields::{Malformed, Place};

/// Reads an answer.
pub fn read(body: &str) -> Result<Answer<'_>, Malformed> {
    let whole: Whole<'_> =
        serde_json::from_str(body).map_err(|_| Place::WHOLE.expected("an answer of Converse"))?;
    let mut parts = Vec::new();
    for block in whole.output.message.unwrap_or_default().content {
        block.said(&mut parts);
    }
    let is_called = parts.iter().any(|part| matches!(part, Said::ToolCall(_)));
    if parts.iter().all(|part| matches!(part, Said::Thought(_))) {
        // An answer of no words is one of empty words.
        parts.push(Said::Text(Cow::Borrowed("")));
    }
    let finish = finish(&whole.stop_reason.0, is_called)
        .ok_or_else(|| Place::WHOLE.member("stopReason").expected("that of a whole answer"))?;
    let choice =
        Choice { parts, finish, stop: whole.additional_model_response_fields.and_then(stop), logprobs: None };
    Ok(Answer { id: None, model: None, choices: vec![choice], usage: whole.usage.map(Into::into) })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole<'a> {
    #[serde(borrow)]
    output: Output<'a>,
    #[serde(borrow)]
    stop_reason: Text<'a>,
    #[serde(borrow, default)]
    usage: Option<Used<'a>>,
    #[serde(borrow, default)]
    additional_model_response_fields: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Output<'a> {
    #[serde(borrow, default)]
    message: Option<Message<'a>>,
}

#[derive(Default, Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Vec<Block<'a>>,
}

/// A block is an object of one member.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Block<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(borrow, default)]
    tool_use: Option<Call<'a>>,
    #[serde(borrow, default)]
    reasoning_content: Option<Reasoning<'a>>,
    #[serde(borrow, default)]
    citations_content: Option<Cited<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call<'a> {
    #[serde(borrow)]
    tool_use_id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    input: &'a RawValue,
    /// Only where the provider itself runs it.
    #[serde(borrow, default)]
    r#type: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reasoning<'a> {
    #[serde(borrow, default)]
    reasoning_text: Option<Thinking<'a>>,
    #[serde(borrow, default)]
    redacted_content: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Thinking<'a> {
    #[serde(borrow)]
    text: Text<'a>,
    #[serde(borrow, default)]
    signature: Option<Text<'a>>,
}

/// Words with their sources.
#[derive(Deserialize)]
struct Cited<'a> {
    #[serde(borrow, default)]
    content: Option<Vec<Words<'a>>>,
}

#[derive(Deserialize)]
struct Words<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
}

impl<'a> Block<'a> {
    fn said(self, parts: &mut Vec<Said<'a>>) {
        let Self { text, tool_use, reasoning_content, citations_content } = self;
        let cited = citations_content.and_then(|cited| cited.content).unwrap_or_default();
        let words = text.into_iter().chain(cited.into_iter().filter_map(|words| words.text));
        parts.extend(words.map(|Text(words)| Said::Text(words)));
        if let Some(Reasoning { reasoning_text, redacted_content }) = reasoning_content {
            let redacted = redacted_content.map(|Text(redacted)| redacted);
            let thought = reasoning_text.map_or_else(Thought::default, |thinking| Thought {
                text: thinking.text.0,
                signature: thinking.signature.map(|Text(signature)| signature),
                redacted: None,
            });
            parts.push(Said::Thought(Thought { redacted, ..thought }));
        }
        if let Some(Call { tool_use_id, name, input, r#type: None }) = tool_use {
            let arguments = Cow::Borrowed(input.get());
            parts.push(Said::ToolCall(ToolCall {
                id: tool_use_id.0,
                name: name.0,
                arguments,
                signature: None,
            }));
        }
    }
}

/// What Bedrock's word means; `is_called` is whether a function is. None where the model made something that is no
/// answer, and another attempt may succeed.
pub(super) fn finish(reason: &str, is_called: bool) -> Option<Finish> {
    Some(match reason {
        "malformed_model_output" | "malformed_tool_use" => return None,
        "max_tokens" => Finish::Length,
        "stop_sequence" => Finish::StopText,
        "guardrail_intervened" | "content_filtered" => Finish::ContentFilter,
        "model_context_window_exceeded" => Finish::ContextLength,
        "tool_use" => Finish::ToolCalls,
        // Some models say `end_turn` although functions are called.
        _ if is_called => Finish::ToolCalls,
        _ => Finish::Stop,
    })
}

/// Which of the stop texts ended the answer: an unstreamed one says it itself, a streamed one in its last piece.
pub(super) fn stop(fields: &RawValue) -> Option<Cow<'_, str>> {
    let Fields { stop_sequence, delta } = serde_json::from_str(fields.get()).ok()?;
    stop_sequence.or_else(|| delta?.stop_sequence).map(|Text(stop)| stop)
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default)]
    stop_sequence: Option<Text<'a>>,
    #[serde(borrow, default)]
    delta: Option<Last<'a>>,
}

#[derive(Deserialize)]
struct Last<'a> {
    #[serde(borrow, default)]
    stop_sequence: Option<Text<'a>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::answer::Usage;

    fn check(content: &str, reason: &str, expected: (Vec<Said<'_>>, Finish)) {
        let body = format!(
            r#"{{"output":{{"message":{{"role":"assistant","content":{content}}}}},"stopReason":"{reason}","usage":{{"inputTokens":3,"outputTokens":4,"totalTokens":7}},"metrics":{{"latencyMs":1}},"additionalModelResponseFields":{{"stop_sequence":null}}}}"#
        );
        let answer = read(&body).unwrap();
        let (parts, finish) = expected;
        let choice = Choice { parts, finish, stop: None, logprobs: None };
        let usage = Usage { input: 3, output: 4, ..Usage::default() };
        assert_eq!(answer, Answer { id: None, model: None, choices: vec![choice], usage: Some(usage) });
    }

    fn text(words: &str) -> Said<'_> {
        Said::Text(words.into())
    }

    fn thought<'a>(text: &'a str, signature: Option<&'a str>, redacted: Option<&'a str>) -> Said<'a> {
        let (signature, redacted) = (signature.map(Into::into), redacted.map(Into::into));
        Said::Thought(Thought { text: text.into(), signature, redacted })
    }

    #[test]
    fn blocks_are_parts() {
        check(
            r#"[{"reasoningContent":{"reasoningText":{"text":"so","signature":"c2ln"}}},
                {"reasoningContent":{"redactedContent":"cmVk"}},
                {"text":"a\nb"},
                {"citationsContent":{"content":[{"text":"c"},{"text":"d"}],"citations":[{"title":"x"}]}},
                {"toolUse":{"toolUseId":"s","name":"web","input":{},"type":"server_tool_use"}},
                {"toolResult":{"toolUseId":"s","content":[]}},
                {"toolUse":{"toolUseId":"t","name":"f","input":{"x": 1}}}]"#,
            "tool_use",
            (
                vec![
                    thought("so", Some("c2ln"), None),
                    thought("", None, Some("cmVk")),
                    text("a\nb"),
                    text("c"),
                    text("d"),
                    Said::ToolCall(ToolCall {
                        id: "t".into(),
                        name: "f".into(),
                        arguments: r#"{"x": 1}"#.into(),
                        signature: None,
                    }),
                ],
                Finish::ToolCalls,
            ),
        );
        check("[]", "guardrail_intervened", (vec![text("")], Finish::ContentFilter));
    }

    #[test]
    fn every_reason_of_the_service_model_is_known() {
        for (reason, expected) in [
            ("end_turn", Finish::Stop),
            ("tool_use", Finish::ToolCalls),
            ("max_tokens", Finish::Length),
            ("stop_sequence", Finish::StopText),
            ("guardrail_intervened", Finish::ContentFilter),
            ("content_filtered", Finish::ContentFilter),
            ("model_context_window_exceeded", Finish::ContextLength),
            ("something_new", Finish::Stop),
        ] {
            check(r#"[{"text":"x"}]"#, reason, (vec![text("x")], expected));
        }
        assert_eq!(finish("end_turn", true), Some(Finish::ToolCalls));
        for reason in ["malformed_model_output", "malformed_tool_use"] {
            let body = format!(r#"{{"output":{{}},"stopReason":"{reason}"}}"#);
            assert_eq!(read(&body).unwrap_err().at, "stopReason");
        }
    }

    #[test]
    fn which_text_ended_it_is_told() {
        for fields in [r#"{"stop_sequence":"E"}"#, r#"{"delta":{"stop_sequence":"E"}}"#] {
            let fields = serde_json::from_str(fields).unwrap();
            assert_eq!(stop(fields).as_deref(), Some("E"));
        }
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for body in ["", "{}", r#"{"message":"no"}"#, r#"{"output":{"message":{}},"stopReason":"end_turn"}"#]
        {
            assert!(read(body).is_err(), "{body}");
        }
    }
}
