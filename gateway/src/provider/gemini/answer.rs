//! Reading a whole answer.

use std::borrow::Cow;

use super::response::{Piece, Response};
use crate::conversation::answer::{Answer, Choice, Finish, Said};
use crate::conversation::message::Thought;
use crate::json::fields::{Malformed, Place};

/// Reads an answer. One whose prompt was refused is one of no words.
pub fn read(body: &str) -> Result<Answer<'_>, Malformed> {
    let mut whole: Response<'_> =
        serde_json::from_str(body).map_err(|_| Place::WHOLE.expected("a GenerateContentResponse"))?;
    let place = Place::WHOLE.member("candidates");
    let candidates = whole.candidates.take().unwrap_or_default();
    let mut choices = Vec::with_capacity(candidates.len().max(1));
    let mut calls = 0;
    for mut candidate in candidates {
        let mut parts = Vec::new();
        for part in candidate.take_parts() {
            let piece = part.read().map_err(|_| place.expected("words, thoughts and calls of functions"))?;
            said(&mut parts, piece, || {
                calls += 1;
                whole.call_id(calls - 1)
            });
        }
        let has_called = parts.iter().any(|part| matches!(part, Said::ToolCall(_)));
        let finish = candidate.finish(has_called).map_err(|_| place.expected("those of a whole answer"))?;
        let finish = finish.unwrap_or_default();
        choices.push(Choice { parts, finish, stop: None, logprobs: None });
    }
    if choices.is_empty() {
        if !whole.is_blocked() {
            return Err(place.expected("a list of candidates"));
        }
        choices.push(Choice { parts: Vec::new(), finish: Finish::ContentFilter, stop: None, logprobs: None });
    }
    Ok(Answer {
        usage: whole.usage(),
        id: whole.id.map(|id| id.0),
        model: whole.model.map(|model| model.0),
        choices,
    })
}

/// Adds what a part says. The proof behind words follows them as a thought without any.
fn said<'a>(parts: &mut Vec<Said<'a>>, piece: Piece<'a>, new_id: impl FnOnce() -> String) {
    match piece {
        Piece::Text(text, signature) => {
            if !text.is_empty() {
                parts.push(Said::Text(text));
            }
            if signature.is_some() {
                parts.push(Said::Thought(Thought { signature, ..Thought::default() }));
            }
        }
        Piece::Thought(thought) if thought.text.is_empty() && thought.signature.is_none() => {}
        Piece::Thought(thought) => parts.push(Said::Thought(thought)),
        Piece::Call(mut call) => {
            if call.id.is_empty() {
                call.id = Cow::Owned(new_id());
            }
            parts.push(Said::ToolCall(call));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// An answer on one line: its parts, its end and its usage.
    fn check(body: &str, expected: &str) {
        let shown = read(body).map_or_else(|error| error.to_string(), |answer| show(&answer));
        assert_eq!(shown, expected, "{body}");
        for cut in (0..body.len()).filter(|cut| body.is_char_boundary(*cut)) {
            assert!(read(&body[..cut]).is_err());
        }
    }

    fn show(answer: &Answer<'_>) -> String {
        let mut out = String::new();
        for choice in &answer.choices {
            for part in &choice.parts {
                match part {
                    Said::Text(text) => write!(out, "[{text}]"),
                    Said::Thought(Thought { text, signature, .. }) => write!(out, "({text}){signature:?}"),
                    Said::Refusal(text) => write!(out, "!{text}"),
                    Said::ToolCall(call) => {
                        write!(out, "{}={}({}){:?}", call.id, call.name, call.arguments, call.signature)
                    }
                }
                .unwrap();
            }
            write!(out, " {:?} ", choice.finish).unwrap();
        }
        let used = answer.usage.unwrap_or_default();
        write!(out, "{}-{} {}-{}", used.input, used.cached, used.output, used.reasoning).unwrap();
        out
    }

    #[test]
    fn answers_in_their_parts() {
        check(
            r#"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"Hi \"you\"","thoughtSignature":"c2ln"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":10,"cachedContentTokenCount":4,"candidatesTokenCount":3,"thoughtsTokenCount":2,"toolUsePromptTokenCount":1,"totalTokenCount":16},"modelVersion":"gemini-3-pro","responseId":"r"}"#,
            r#"(hm)None[Hi "you"]()Some("c2ln") Stop 11-4 5-2"#,
        );
        check(
            r#"{"responseId":"aB-1","candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a": 1}},"thoughtSignature":"c2ln"},{"functionCall":{"id":"x","name":"g"}}]},"finishReason":"STOP"}]}"#,
            r#"call_aB-1_0=f({"a": 1})Some("c2ln")x=g()None ToolCalls 0-0 0-0"#,
        );
        check(
            r#"{"candidates":[{"finishReason":"MAX_TOKENS"},{"index":1,"content":{"parts":[{"text":"x"}]},"finishReason":"SAFETY"}]}"#,
            " Length [x] ContentFilter 0-0 0-0",
        );
    }

    #[test]
    fn a_refused_prompt_is_an_answer_and_nothing_is_none() {
        check(
            r#"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":5}}"#,
            " ContentFilter 5-0 0-0",
        );
        check(r#"{"usageMetadata":{"promptTokenCount":5}}"#, "`candidates` must be a list of candidates");
        check(
            r#"{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":""}}]}}]}"#,
            "`candidates` must be words, thoughts and calls of functions",
        );
        check(
            r#"{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}"#,
            "`candidates` must be those of a whole answer",
        );
    }
}
