//! Writing a chat completion in pieces: `chat.completion.chunk`s, then `[DONE]`.

use std::borrow::Cow;

use bytes::{BufMut as _, BytesMut};

use super::{answer, usage};
use crate::conversation::answer::{Delta, Usage};
use crate::conversation::message::Thought;
use crate::dialect::Frame;
use crate::json::write::{Object, string};
use crate::limits::THOUGHT_KEPT_BYTES_MAX;

/// Writes the events of one answer.
#[derive(Debug)]
pub struct Writer {
    frame: Frame,
    /// What every chunk begins with, once it is known.
    head: BytesMut,
    wants_usage: bool,
    usage: Option<Usage>,
    /// The words of the thoughts that go on, by their answers: a signature comes with all of them. None where they are too
    /// many.
    thoughts: Vec<(u32, Option<String>)>,
    /// The answers that have begun, as bits.
    begun: u64,
}

impl Writer {
    /// A writer for one answer; `wants_usage` is whether the client asked for what was used.
    pub fn new(frame: Frame, wants_usage: bool) -> Self {
        let (head, thoughts) = (BytesMut::new(), Vec::new());
        Self { frame, head, wants_usage, usage: None, thoughts, begun: 0 }
    }

    /// Writes what one step means, which may be nothing.
    pub fn write(&mut self, delta: &Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Begin { id, model } => self.begin(id.as_deref(), model.as_deref()),
            Delta::Text { choice, text } => {
                self.chunk(*choice, out, |delta| {
                    delta.text("content", text);
                });
            }
            Delta::Refusal { choice, text } => {
                self.chunk(*choice, out, |delta| {
                    delta.text("refusal", text);
                });
            }
            Delta::Thought { choice, thought } => self.thought(*choice, thought, out),
            Delta::ToolCall { choice, index, call } => self.chunk(*choice, out, |delta| {
                let mut calls = delta.list("tool_calls");
                let mut one = calls.object();
                one.count("index", (*index).into());
                answer::call(one, call);
            }),
            Delta::Arguments { choice, index, json } => self.chunk(*choice, out, |delta| {
                let mut calls = delta.list("tool_calls");
                let mut one = calls.object();
                one.count("index", (*index).into());
                one.object("function").text("arguments", json);
            }),
            Delta::Logprobs { choice, logprobs } => {
                self.event(out, |whole| {
                    let mut choices = whole.list("choices");
                    let mut one = choices.object();
                    one.count("index", (*choice).into());
                    drop(one.object("delta"));
                    one.raw("logprobs", logprobs.0).null("finish_reason");
                });
            }
            Delta::Finish { choice, finish, stop: _ } => self.event(out, |whole| {
                let mut choices = whole.list("choices");
                let mut one = choices.object();
                one.count("index", (*choice).into());
                drop(one.object("delta"));
                one.null("logprobs").text("finish_reason", answer::finish(*finish));
            }),
            Delta::Usage(used) => self.usage = Some(*used),
            Delta::End => self.end(out),
        }
    }

    fn begin(&mut self, id: Option<&str>, model: Option<&str>) {
        let head = &mut self.head;
        head.clear();
        head.extend_from_slice(b"data: {\"id\":");
        string(head, id.unwrap_or(&self.frame.id));
        head.extend_from_slice(b",\"object\":\"chat.completion.chunk\",\"created\":");
        head.extend_from_slice(self.frame.created_s.to_string().as_bytes());
        head.extend_from_slice(b",\"model\":");
        string(head, model.unwrap_or(&self.frame.model));
        head.put_u8(b',');
    }

    /// One event with these members after those that all have.
    fn event(&mut self, out: &mut BytesMut, members: impl FnOnce(&mut Object<'_>)) {
        if self.head.is_empty() {
            self.begin(None, None);
        }
        out.extend_from_slice(&self.head);
        members(&mut Object::resume(out));
        out.extend_from_slice(b"\n\n");
    }

    /// One event with a `delta`. The first of each answer names the role.
    fn chunk(&mut self, choice: u32, out: &mut BytesMut, members: impl FnOnce(&mut Object<'_>)) {
        let bit = 1_u64.checked_shl(choice).unwrap_or(0);
        let is_first = self.begun & bit == 0;
        self.begun |= bit;
        self.event(out, |whole| {
            let mut choices = whole.list("choices");
            let mut one = choices.object();
            one.count("index", choice.into());
            let mut delta = one.object("delta");
            if is_first {
                delta.text("role", "assistant");
            }
            members(&mut delta);
            drop(delta);
            one.null("logprobs").null("finish_reason");
        });
    }

    fn thought(&mut self, choice: u32, thought: &Thought<'_>, out: &mut BytesMut) {
        if !thought.text.is_empty() {
            self.keep(choice, &thought.text);
            self.chunk(choice, out, |delta| {
                delta.text("reasoning_content", &thought.text);
            });
        }
        if answer::is_proved(thought) {
            // Half a thought with the signature of the whole would be refused in the next turn.
            if let Some(text) = self.kept(choice) {
                let whole = Thought { text: Cow::Owned(text), ..thought.clone() };
                self.chunk(choice, out, |delta| answer::block(&mut delta.list("thinking_blocks"), &whole));
            }
        }
    }

    fn keep(&mut self, choice: u32, words: &str) {
        let at = self.thoughts.iter().position(|(one, _)| *one == choice).unwrap_or_else(|| {
            self.thoughts.push((choice, Some(String::new())));
            self.thoughts.len() - 1
        });
        let Some((_, Some(kept))) = self.thoughts.get_mut(at) else { return };
        kept.push_str(words);
        let all: usize = self.thoughts.iter().filter_map(|(_, kept)| kept.as_ref()).map(String::len).sum();
        if all > THOUGHT_KEPT_BYTES_MAX {
            self.thoughts.iter_mut().for_each(|(_, kept)| *kept = None);
        }
    }

    /// Takes the words of an answer's thought; nothing where they were too many.
    fn kept(&mut self, choice: u32) -> Option<String> {
        match self.thoughts.iter().position(|(one, _)| *one == choice) {
            Some(at) => self.thoughts.swap_remove(at).1,
            None => Some(String::new()),
        }
    }

    fn end(&mut self, out: &mut BytesMut) {
        if let Some(used) = self.usage.filter(|_| self.wants_usage) {
            self.event(out, |whole| {
                drop(whole.list("choices"));
                usage::write(whole.object("usage"), &used);
            });
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sse;

    #[test]
    fn thoughts_of_several_answers_stay_apart() {
        let frame =
            Frame { id: "i".to_owned(), model: "m".to_owned(), input_tokens: 0, created_s: 0, echo: None };
        let (mut writer, mut out) = (Writer::new(frame, false), BytesMut::new());
        let thought = |choice, text: &'static str, signature: Option<&'static str>| Delta::Thought {
            choice,
            thought: Thought { text: text.into(), signature: signature.map(Into::into), redacted: None },
        };
        for delta in [
            thought(0, "a", None),
            thought(1, "b", None),
            thought(0, "c", None),
            thought(1, "", Some("s1")),
            thought(0, "", Some("s0")),
        ] {
            writer.write(&delta, &mut out);
        }
        let data = sse::events(&out).filter_map(sse::data);
        let chunks = data.map(|data| serde_json::from_slice::<serde_json::Value>(&data).unwrap());
        let blocks: Vec<String> = chunks
            .filter_map(|chunk| {
                let choice = &chunk["choices"][0];
                let block = choice["delta"]["thinking_blocks"].get(0)?;
                Some(format!("{} {} {}", choice["index"], block["thinking"], block["signature"]))
            })
            .collect();
        assert_eq!(blocks, [r#"1 "b" "s1""#, r#"0 "ac" "s0""#]);
    }
}
