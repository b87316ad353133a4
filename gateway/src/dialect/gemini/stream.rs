//! Writing an answer in pieces: events that are each a `GenerateContentResponse`, without an end marker.
//!
//! The last event has the reasons to finish and what was used, so an answer that is cut has neither. A call of a function
//! is one piece in this protocol: it is kept until its arguments are all there.

use std::borrow::Cow;

use bytes::{BufMut as _, BytesMut};

use super::{answer, logprobs};
use crate::conversation::answer::{Delta, Finish, Opaque, Usage};
use crate::conversation::message::{Thought, ToolCall};
use crate::dialect::Frame;
use crate::json::write::{List, Object};
use crate::limits::{CALLS_KEPT_BYTES_MAX, CHOICES_MAX};

/// Writes the events of one answer.
#[derive(Debug)]
pub struct Writer {
    frame: Frame,
    choices: Vec<Choice>,
    usage: Option<Usage>,
    kept_bytes: usize,
}

/// What is known of one of the answers.
#[derive(Debug, Default)]
struct Choice {
    number: u32,
    /// Those whose arguments may not be whole, by their numbers.
    calls: Vec<(u32, ToolCall<'static>)>,
    finish: Option<Finish>,
    is_refused: bool,
    /// Whether words came last: a signature without any is theirs then.
    ends_in_words: bool,
}

impl Writer {
    /// A writer for one answer.
    pub const fn new(frame: Frame) -> Self {
        Self { frame, choices: Vec::new(), usage: None, kept_bytes: 0 }
    }

    /// Whether calls have become larger than may be kept. Nothing is written any more, so the answer is cut.
    pub const fn is_full(&self) -> bool {
        self.kept_bytes > CALLS_KEPT_BYTES_MAX
    }

    /// Writes what one step means, which may be nothing.
    pub fn write(&mut self, delta: &Delta<'_>, out: &mut BytesMut) {
        if self.is_full() {
            return;
        }
        match delta {
            Delta::Begin { id, model } => {
                if let Some(id) = id {
                    id.as_ref().clone_into(&mut self.frame.id);
                }
                if let Some(model) = model {
                    model.as_ref().clone_into(&mut self.frame.model);
                }
            }
            Delta::Text { choice, text } => self.words(*choice, text, out),
            Delta::Refusal { choice, text } => {
                self.words(*choice, text, out);
                self.choice(*choice).is_refused = true;
            }
            Delta::Thought { choice, thought } => self.thought(*choice, thought, out),
            Delta::ToolCall { choice, index, call } => self.call(*choice, *index, call),
            Delta::Arguments { choice, index, json } => self.arguments(*choice, *index, json),
            Delta::Logprobs { choice, logprobs } => self.logprobs(*choice, *logprobs, out),
            Delta::Finish { choice, finish, stop: _ } => {
                self.calls(*choice, out);
                self.choice(*choice).finish = Some(*finish);
            }
            Delta::Usage(used) => self.usage = Some(*used),
            Delta::End => self.end(out),
        }
    }

    /// What is known of an answer; of one too many, what is known of the last.
    fn choice(&mut self, number: u32) -> &mut Choice {
        let known = self.choices.iter().position(|choice| choice.number == number);
        let at = known.unwrap_or_else(|| {
            if self.choices.len() < CHOICES_MAX {
                self.choices.push(Choice { number, ..Choice::default() });
            }
            self.choices.len().saturating_sub(1)
        });
        #[expect(clippy::indexing_slicing, reason = "there is at least one, and the place is of one")]
        &mut self.choices[at]
    }

    fn words(&mut self, choice: u32, text: &str, out: &mut BytesMut) {
        self.calls(choice, out);
        self.choice(choice).ends_in_words = true;
        self.parts(choice, out, |parts| answer::words(parts, text));
    }

    fn thought(&mut self, choice: u32, thought: &Thought<'_>, out: &mut BytesMut) {
        self.calls(choice, out);
        let is_proof = thought.text.is_empty() && thought.redacted.is_none();
        if is_proof && self.choice(choice).ends_in_words {
            let signature = thought.signature.as_deref();
            self.parts(choice, out, |parts| {
                parts.object().text("text", "").text_if("thoughtSignature", signature);
            });
            return;
        }
        self.choice(choice).ends_in_words = false;
        self.parts(choice, out, |parts| answer::thought(parts, thought));
    }

    fn call(&mut self, choice: u32, index: u32, call: &ToolCall<'_>) {
        self.keep(size(call));
        if self.is_full() {
            return;
        }
        let ToolCall { id, name, arguments, signature } = call;
        let owned = |text: &Cow<'_, str>| Cow::Owned(text.clone().into_owned());
        let call = ToolCall {
            id: owned(id),
            name: owned(name),
            arguments: owned(arguments),
            signature: signature.as_ref().map(owned),
        };
        self.choice(choice).calls.push((index, call));
    }

    fn arguments(&mut self, choice: u32, index: u32, json: &str) {
        // The last calls go on, so they are looked at first.
        let mut calls = self.choice(choice).calls.iter_mut().rev();
        let Some((_, call)) = calls.find(|(one, _)| *one == index) else { return };
        call.arguments.to_mut().push_str(json);
        self.keep(json.len());
    }

    fn keep(&mut self, bytes: usize) {
        self.kept_bytes = self.kept_bytes.saturating_add(bytes);
        if self.is_full() {
            self.choices.clear();
        }
    }

    /// Writes the calls of an answer: something else comes after them, so they are whole.
    fn calls(&mut self, choice: u32, out: &mut BytesMut) {
        let calls = std::mem::take(&mut self.choice(choice).calls);
        if calls.is_empty() {
            return;
        }
        let written: usize = calls.iter().map(|(_, call)| size(call)).sum();
        self.kept_bytes = self.kept_bytes.saturating_sub(written);
        self.choice(choice).ends_in_words = false;
        self.parts(choice, out, |parts| {
            for (_, call) in &calls {
                answer::call(parts, call);
            }
        });
    }

    fn logprobs(&mut self, choice: u32, all: Opaque<'_>, out: &mut BytesMut) {
        self.event(out, |whole| {
            let mut candidates = whole.list("candidates");
            let mut one = candidates.object();
            one.count("index", choice.into());
            logprobs::write(&mut one, all);
        });
    }

    fn parts(&self, choice: u32, out: &mut BytesMut, write: impl FnOnce(&mut List<'_>)) {
        self.event(out, |whole| {
            let mut candidates = whole.list("candidates");
            let mut one = candidates.object();
            content(&mut one, write);
            one.count("index", choice.into());
        });
    }

    fn end(&self, out: &mut BytesMut) {
        self.event(out, |whole| {
            let mut candidates = whole.list("candidates");
            for choice in &self.choices {
                let Some(finish) = choice.finish else { continue };
                let mut one = candidates.object();
                // Many clients read the first part without asking whether there is one.
                content(&mut one, |parts| answer::words(parts, ""));
                one.text("finishReason", answer::finish(finish, choice.is_refused));
                one.count("index", choice.number.into());
            }
            drop(candidates);
            if let Some(used) = &self.usage {
                answer::usage(whole.object("usageMetadata"), used);
            }
        });
    }

    /// One event with these members before those that all have.
    fn event(&self, out: &mut BytesMut, members: impl FnOnce(&mut Object<'_>)) {
        out.put_slice(b"data: ");
        let mut whole = Object::begin(out);
        members(&mut whole);
        whole.text("modelVersion", &self.frame.model).text("responseId", &self.frame.id);
        drop(whole);
        out.put_slice(b"\n\n");
    }
}

fn content(candidate: &mut Object<'_>, write: impl FnOnce(&mut List<'_>)) {
    let mut content = candidate.object("content");
    write(&mut content.list("parts"));
    content.text("role", "model");
}

/// What a call takes while it is kept. **Unit**: bytes.
fn size(call: &ToolCall<'_>) -> usize {
    let signature = call.signature.as_deref().map_or(0, str::len);
    CALL_BYTES + call.id.len() + call.name.len() + call.arguments.len() + signature
}

/// **Unit**: bytes that a call is counted for besides its texts.
const CALL_BYTES: usize = 128;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::provider::gemini::stream::Reader;
    use crate::sse;

    fn writer() -> Writer {
        Writer::new(Frame {
            id: "id".to_owned(),
            model: "m".to_owned(),
            input_tokens: 9,
            created_s: 0,
            echo: None,
        })
    }

    /// The responses that steps are written as, without what all have.
    fn written(deltas: &[Delta<'_>]) -> Vec<Value> {
        let (mut writer, mut out) = (writer(), BytesMut::new());
        for delta in deltas {
            writer.write(delta, &mut out);
        }
        let data = sse::events(&out).filter_map(sse::data);
        data.map(|data| {
            let mut response: Value = serde_json::from_slice(&data).unwrap();
            let members = response.as_object_mut().unwrap();
            assert_eq!(members.remove("modelVersion"), Some(json!("m")));
            assert_eq!(members.remove("responseId"), Some(json!("id")));
            response
        })
        .collect()
    }

    fn check(deltas: &[Delta<'_>], expected: &[Value]) {
        assert_eq!(written(deltas), expected);
    }

    fn said(choice: u32, parts: &Value) -> Value {
        json!({"candidates": [{"content": {"parts": parts, "role": "model"}, "index": choice}]})
    }

    fn text(text: &str) -> Delta<'_> {
        Delta::Text { choice: 0, text: text.into() }
    }

    fn thought<'a>(text: &'a str, signature: Option<&'a str>) -> Delta<'a> {
        let thought = Thought { text: text.into(), signature: signature.map(Into::into), redacted: None };
        Delta::Thought { choice: 0, thought }
    }

    fn call(index: u32, name: &str) -> Delta<'_> {
        let call = ToolCall { id: name.into(), name: name.into(), arguments: "".into(), signature: None };
        Delta::ToolCall { choice: 0, index, call }
    }

    fn arguments(index: u32, json: &str) -> Delta<'_> {
        Delta::Arguments { choice: 0, index, json: json.into() }
    }

    #[test]
    fn words_thoughts_and_their_end() {
        let usage = Usage { input: 9, cached: 2, output: 5, reasoning: 3, ..Usage::default() };
        check(
            &[
                Delta::Begin { id: None, model: None },
                thought("hm", None),
                thought("", Some("c2ln")),
                text("Hi"),
                thought("", Some("c2ln")),
                Delta::Usage(usage),
                Delta::Finish { choice: 0, finish: Finish::Length, stop: None },
                Delta::End,
            ],
            &[
                said(0, &json!([{"text": "hm", "thought": true}])),
                said(0, &json!([{"text": "", "thought": true, "thoughtSignature": "c2ln"}])),
                said(0, &json!([{"text": "Hi"}])),
                said(0, &json!([{"text": "", "thoughtSignature": "c2ln"}])),
                json!({"candidates": [{"content": {"parts": [{"text": ""}], "role": "model"},
                    "finishReason": "MAX_TOKENS", "index": 0}],
                    "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2,
                    "cachedContentTokenCount": 2, "thoughtsTokenCount": 3, "totalTokenCount": 14}}),
            ],
        );
    }

    #[test]
    fn calls_come_whole() {
        check(
            &[
                call(0, "f"),
                arguments(0, "{\"a\""),
                call(1, "g"),
                arguments(0, ":1}"),
                text("and"),
                call(2, "h"),
                Delta::Finish { choice: 0, finish: Finish::ToolCalls, stop: None },
            ],
            &[
                said(
                    0,
                    &json!([{"functionCall": {"id": "f", "name": "f", "args": {"a": 1}}},
                        {"functionCall": {"id": "g", "name": "g", "args": {}}}]),
                ),
                said(0, &json!([{"text": "and"}])),
                said(0, &json!([{"functionCall": {"id": "h", "name": "h", "args": {}}}])),
            ],
        );
    }

    #[test]
    fn calls_that_are_too_large_cut_the_answer() {
        let piece = "x".repeat(CALLS_KEPT_BYTES_MAX / 2);
        let (mut writer, mut out) = (writer(), BytesMut::new());
        for delta in [call(0, "f"), arguments(0, &piece), arguments(0, &piece)] {
            assert!(!writer.is_full());
            writer.write(&delta, &mut out);
        }
        writer.write(&Delta::Finish { choice: 0, finish: Finish::ToolCalls, stop: None }, &mut out);
        writer.write(&Delta::End, &mut out);
        assert!(writer.is_full() && out.is_empty());
    }

    #[test]
    fn what_a_provider_streams_is_written_as_the_same_steps() {
        let stream: Vec<Value> = vec![
            said(0, &json!([{"text": "hm", "thought": true}])),
            said(1, &json!([{"text": "Hi"}])),
            said(
                0,
                &json!([{"functionCall": {"id": "1", "name": "f", "args": {"a": 1}},
                "thoughtSignature": "c2ln"}, {"functionCall": {"id": "2", "name": "f", "args": {}}}]),
            ),
            json!({"candidates": [
                {"content": {"parts": [{"text": ""}], "role": "model"}, "finishReason": "STOP", "index": 0},
                {"content": {"parts": [{"text": ""}], "role": "model"}, "finishReason": "SAFETY", "index": 1}],
                "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3}}),
        ];
        let (mut reader, mut writer, mut out) = (Reader::default(), writer(), BytesMut::new());
        for response in &stream {
            let event = format!("data: {response}\r\n\r\n");
            reader.event(event.as_bytes(), &mut |delta| writer.write(&delta, &mut out)).unwrap();
        }
        assert!(reader.close(&mut |delta| writer.write(&delta, &mut out)));
        let mut seen: Vec<Value> = sse::events(&out)
            .filter_map(sse::data)
            .map(|data| serde_json::from_slice(&data).unwrap())
            .collect();
        for response in &mut seen {
            response
                .as_object_mut()
                .unwrap()
                .retain(|name, _| name != "modelVersion" && name != "responseId");
        }
        assert_eq!(seen, stream);
    }
}
