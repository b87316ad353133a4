//! Reading an answer in pieces.
//!
//! The protocol has no end marker. A reason to finish ends a candidate; more may follow it, such as what was used, and an
//! old model gives the reason in every event. So ends are told when the provider closes the stream, which it does at
//! once, and a stream that is closed before is cut. Calls of functions come whole.

use std::borrow::Cow;

use super::response::{Candidate, Failed, Piece, Response};
use crate::conversation::answer::{Delta, Finish, Usage};
use crate::conversation::message::Thought;
use crate::limits::CHOICES_MAX;
use crate::provider::{Broken, refusal};
use crate::sse;

/// Reads the events of one answer.
#[derive(Debug, Default)]
pub struct Reader {
    is_begun: bool,
    is_blocked: bool,
    choices: Vec<Choice>,
    /// Of all answers together.
    calls: u32,
    usage: Option<Usage>,
}

/// What is known of one of the answers.
#[derive(Debug, Clone, Copy, Default)]
struct Choice {
    is_seen: bool,
    calls: u32,
    finish: Option<Finish>,
}

impl Reader {
    /// Takes one event, and gives what it means step by step.
    pub fn event(&mut self, event: &[u8], take: &mut impl FnMut(Delta<'_>)) -> Result<(), Broken> {
        let Some(data) = sse::data(event) else { return Ok(()) };
        let text = simdutf8::basic::from_utf8(&data).map_err(|_| Broken::Malformed)?;
        if !text.trim_ascii_start().starts_with('[') {
            return self.response(serde_json::from_str(text).map_err(|_| Broken::Malformed)?, take);
        }
        // An error comes in the list that the same answers are in without `alt=sse`.
        let list: Vec<Response<'_>> = serde_json::from_str(text).map_err(|_| Broken::Malformed)?;
        list.into_iter().try_for_each(|response| self.response(response, take))
    }

    /// Whether every answer that has begun is at its end, or the prompt was refused.
    pub fn may_end(&self) -> bool {
        let mut seen = self.choices.iter().filter(|choice| choice.is_seen).peekable();
        (seen.peek().is_some() || self.is_blocked) && seen.all(|choice| choice.finish.is_some())
    }

    /// The provider has closed the stream: tells the ends, [`Delta::End`] last. `false`, and nothing told, where it was
    /// cut.
    #[must_use]
    pub fn close(&mut self, take: &mut impl FnMut(Delta<'_>)) -> bool {
        if !self.may_end() {
            return false;
        }
        if self.choices.is_empty() {
            take(Delta::Finish { choice: 0, finish: Finish::ContentFilter, stop: None });
        }
        for (choice, state) in (0..).zip(&self.choices) {
            if let Some(finish) = state.finish {
                take(Delta::Finish { choice, finish, stop: None });
            }
        }
        take(Delta::End);
        true
    }

    fn response(
        &mut self,
        mut response: Response<'_>,
        take: &mut impl FnMut(Delta<'_>),
    ) -> Result<(), Broken> {
        if let Some(error) = response.error.filter(|error| error.get() != "null") {
            return Err(Broken::Said(Box::new(refusal::said(error))));
        }
        if !std::mem::replace(&mut self.is_begun, true) {
            let text = |text: &Option<crate::json::Text<'_>>| text.as_ref().map(|text| text.0.to_string());
            take(Delta::Begin {
                id: text(&response.id).map(Cow::Owned),
                model: text(&response.model).map(Cow::Owned),
            });
        }
        self.is_blocked |= response.is_blocked();
        for candidate in response.candidates.take().unwrap_or_default() {
            self.candidate(candidate, &response, take)?;
        }
        let usage = response.usage();
        if usage.is_some() && usage != self.usage {
            self.usage = usage;
            usage.map(Delta::Usage).into_iter().for_each(take);
        }
        Ok(())
    }

    fn candidate(
        &mut self,
        mut candidate: Candidate<'_>,
        response: &Response<'_>,
        take: &mut impl FnMut(Delta<'_>),
    ) -> Result<(), Broken> {
        let number = candidate.index.unwrap_or(0);
        let at = usize::try_from(number).ok().filter(|at| *at < CHOICES_MAX).ok_or(Broken::Malformed)?;
        if self.choices.len() <= at {
            self.choices.resize(at + 1, Choice::default());
        }
        let state = self.choices.get_mut(at).ok_or(Broken::Malformed)?;
        state.is_seen = true;
        for part in candidate.take_parts() {
            match part.read().map_err(|_| Broken::Malformed)? {
                Piece::Text(text, signature) => words(number, text, signature, take),
                Piece::Thought(thought) if thought.text.is_empty() && thought.signature.is_none() => {}
                Piece::Thought(thought) => take(Delta::Thought { choice: number, thought }),
                Piece::Call(mut call) => {
                    if call.id.is_empty() {
                        call.id = Cow::Owned(response.call_id(self.calls));
                    }
                    take(Delta::ToolCall { choice: number, index: state.calls, call });
                    self.calls = self.calls.saturating_add(1);
                    state.calls = state.calls.saturating_add(1);
                }
            }
        }
        let finish = candidate.finish(state.calls > 0).map_err(|Failed(reason)| {
            Broken::Said(Box::new(refusal::Said::of("api_error", &reason, "the model broke off")))
        })?;
        state.finish = finish.or(state.finish);
        Ok(())
    }
}

fn words(choice: u32, text: Cow<'_, str>, signature: Option<Cow<'_, str>>, take: &mut impl FnMut(Delta<'_>)) {
    if !text.is_empty() {
        take(Delta::Text { choice, text });
    }
    if signature.is_some() {
        take(Delta::Thought { choice, thought: Thought { signature, ..Thought::default() } });
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::upstream::target::KeyOwner;

    /// The steps of a stream of these responses, on one line.
    fn check(responses: &[&str], expected: &str) {
        let mut shown = String::new();
        let mut reader = Reader::default();
        let mut failed = None;
        for response in responses {
            let event = format!("data: {response}\r\n\r\n");
            let taken = reader.event(event.as_bytes(), &mut |delta| show(&mut shown, &delta));
            failed = failed.or(taken.err());
            for cut in 0..event.len() {
                let mut other = Reader::default();
                let _whatever = other.event(&event.as_bytes()[..cut], &mut |_| {});
            }
        }
        match failed {
            Some(Broken::Malformed | Broken::TooLong) => shown.push_str("malformed"),
            Some(Broken::Said(said)) => {
                shown.push_str(said.outcome_in_stream(KeyOwner::Platform).word());
            }
            None if reader.close(&mut |delta| show(&mut shown, &delta)) => {}
            None => shown.push_str("cut"),
        }
        assert_eq!(shown, expected, "{responses:?}");
    }

    fn show(out: &mut String, delta: &Delta<'_>) {
        match delta {
            Delta::Begin { id, model } => {
                write!(out, "{}/{} ", id.as_deref().unwrap_or("-"), model.as_deref().unwrap_or("-"))
            }
            Delta::Text { choice, text } => write!(out, "{choice}[{text}] "),
            Delta::Thought { choice, thought } => {
                write!(out, "{choice}({}){} ", thought.text, thought.signature.as_deref().unwrap_or(""))
            }
            Delta::ToolCall { choice, index, call } => {
                write!(out, "{choice}.{index}:{}={}({}) ", call.id, call.name, call.arguments)
            }
            Delta::Finish { choice, finish, .. } => write!(out, "{choice}!{finish:?} "),
            Delta::Usage(used) => write!(out, "{}+{} ", used.input, used.output),
            Delta::End => write!(out, "end"),
            other => write!(out, "{other:?} "),
        }
        .unwrap();
    }

    #[test]
    fn an_answer_in_pieces() {
        check(
            &[
                r#"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":4},"modelVersion":"g","responseId":"R"}"#,
                r#"{"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"}}],"usageMetadata":{"promptTokenCount":4},"responseId":"R"}"#,
                r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"cw=="},{"functionCall":{"name":"f"}}]}}],"responseId":"R"}"#,
                r#"{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"cw=="}]},"finishReason":"STOP"}]}"#,
                r#"{"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":2,"thoughtsTokenCount":3}}"#,
            ],
            "R/g 0(hm) 4+0 0[Hi] 0.0:call_R_0=f({\"a\":1}) 0.1:call_R_1=f() 0()cw== 4+5 0!ToolCalls end",
        );
    }

    #[test]
    fn ends_are_told_once_all_are_there() {
        let stop = r#"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}"#;
        check(&[stop, stop], "-/- 0[a] 0[a] 0!Stop end");
        let other = r#"{"candidates":[{"index":1,"content":{"parts":[{"text":"b"}]}}]}"#;
        check(&[stop, other], "-/- 0[a] 1[b] cut");
        let end = r#"{"candidates":[{"index":1,"finishReason":"RECITATION"}]}"#;
        check(&[stop, other, end], "-/- 0[a] 1[b] 0!Stop 1!ContentFilter end");
        check(&[], "cut");
        check(&[r#"{"usageMetadata":{"promptTokenCount":4}}"#], "-/- 4+0 cut");
        check(&[r#"{"promptFeedback":{"blockReason":"OTHER"}}"#], "-/- 0!ContentFilter end");
    }

    #[test]
    fn errors_come_alone_or_in_a_list() {
        let error = r#"{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}"#;
        check(&[error], "overloaded");
        check(&[&format!("[{error}]")], "overloaded");
        check(&["{"], "malformed");
        check(&[r#"{"candidates":[{"finishReason":"UNEXPECTED_TOOL_CALL"}]}"#], "-/- server-error");
        check(&[r#"{"candidates":[{"index":500}]}"#], "-/- malformed");
        check(&[r#"{"candidates":[{"content":{"parts":[{"inlineData":{}}]}}]}"#], "-/- malformed");
    }
}
