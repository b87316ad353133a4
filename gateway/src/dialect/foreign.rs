//! What a client gives back that it got from a provider of another protocol, in a request that is forwarded: thoughts and
//! their proofs, which no other provider takes.
//!
//! Only what bears a mark of [`crate::conversation::proof`] is looked for and taken out; a request without one is not touched.
//! What the providers' documentation advises: thoughts of other models are left out; a call whose proof is another's goes to
//! Gemini with the proof that stands for such. A model of Anthropic's that thinks within a budget must have thought before the
//! calls of the turn that goes on: where that thought is taken out, it goes on without.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use bytes::Bytes;
use memchr::memmem::Finder;
use pointsman_schema::dialect::Dialect;
use serde_json::value::RawValue;

use crate::conversation::proof::is_marked;
use crate::json::rebuild::{Part, list, object};
use crate::json::{self, nested};
use crate::provider::gemini::UNSIGNED;
use crate::upstream::payload::Edit;

/// What is taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Where the first of it stands, as a place in the request, and what else is lost with it.
    pub places: String,
    at: Range<usize>,
    instead: String,
    /// Where is said how to think, if that is no longer possible.
    thinking: Option<Range<usize>>,
}

impl Foreign {
    /// The list of what was said, without it, and where it stands in the body.
    pub fn edit(&self) -> Edit {
        (self.at.clone(), Bytes::copy_from_slice(self.instead.as_bytes()))
    }

    /// Not to think, where that stands instead.
    pub fn unthinking(&self) -> Option<Edit> {
        Some((self.thinking.clone()?, Bytes::from_static(br#"{"type":"disabled"}"#)))
    }
}

/// Looks for it in a request of a dialect.
pub fn find(dialect: Dialect, body: &[u8]) -> Option<Foreign> {
    let (name, turn): (&'static str, fn(&str) -> Part) = match dialect {
        Dialect::Chat => ("messages", chat),
        Dialect::Responses => ("input", item),
        Dialect::Messages | Dialect::CountTokens => ("messages", message),
        Dialect::GenerateContent | Dialect::GeminiCountTokens => ("contents", content),
        Dialect::Completions
        | Dialect::Embeddings
        | Dialect::Moderations
        | Dialect::Images
        | Dialect::Audio => {
            return None;
        }
    };
    // Hardly any body has one: it is looked for first, and the text that the body was read as is not made again before.
    MARKED.find(body)?;
    let body = simdutf8::basic::from_utf8(body).ok()?;
    let said = nested::last_member(body, name)?;
    let mut first = None;
    let without = list(said.get(), |at, one| {
        let part = turn(one);
        first = first.or((part != Part::Kept).then_some(at));
        part
    });
    let instead = match without {
        Part::Kept => return None,
        Part::Gone => "[]".to_owned(),
        Part::Instead(said) => said,
    };
    let is_anthropic = matches!(dialect, Dialect::Messages | Dialect::CountTokens);
    let thinking = if is_anthropic { thinking_without(body, &instead) } else { None };
    let more = if thinking.is_some() { ", thinking" } else { "" };
    let places = format!("{name}[{}]{more}", first?);
    let thinking = thinking.map(|said| json::place(body, said.get()));
    Some(Foreign { places, at: json::place(body, said.get()), instead, thinking })
}

/// The member that says to think within a budget, where the turn that goes on has called a function without a thought.
fn thinking_without<'b>(body: &'b str, messages: &str) -> Option<&'b RawValue> {
    let thinking = nested::last_member(body, "thinking")?;
    is_text(nested::last_member(thinking.get(), "type"), "enabled").then_some(())?;
    // Whether the thought before the first call of the turn is there.
    let mut has_thought = None;
    nested::elements(messages, |message| {
        let content = nested::last_member(message.get(), "content").map_or("", RawValue::get);
        let kinds = kinds(content);
        let has = |kind: &str| kinds.iter().position(|one| one == kind);
        if !is_text(nested::last_member(message.get(), "role"), "assistant") {
            has_thought = has_thought.filter(|_| has("tool_result").is_some());
        } else if let Some(call) = has("tool_use") {
            let thought = has("thinking").into_iter().chain(has("redacted_thinking")).min();
            has_thought = has_thought.or(Some(thought.is_some_and(|thought| thought < call)));
        }
    });
    (has_thought == Some(false)).then_some(thinking)
}

/// The types of a message's blocks.
fn kinds(content: &str) -> Vec<String> {
    let mut kinds = Vec::new();
    nested::elements(content, |block| {
        let kind = nested::last_member(block.get(), "type").and_then(json::string);
        kinds.push(kind.map_or_else(String::new, Cow::into_owned));
    });
    kinds
}

fn is_text(value: Option<&RawValue>, text: &str) -> bool {
    value.and_then(json::string).is_some_and(|value| value == text)
}

/// Whether a value is a marked proof.
fn is_foreign(value: &str) -> bool {
    value.strip_prefix('"').is_some_and(is_marked)
}

/// The part itself, without those members of a list in it that go; it goes with the last of them.
fn within(value: &str, name: &str, mut look: impl FnMut(&str) -> Part) -> Part {
    let mut is_empty = false;
    let part = object(value, |member, value| {
        if member != name {
            return Part::Kept;
        }
        let part = list(value, |_, one| look(one));
        is_empty = part == Part::Gone;
        part
    });
    if is_empty { Part::Gone } else { part }
}

/// Whether a thought of Anthropic's form has a marked proof.
fn is_marked_thought(block: &str) -> bool {
    let mut proofs = ["signature", "data"].into_iter().filter_map(|name| nested::last_member(block, name));
    proofs.any(|proof| is_foreign(proof.get()))
}

/// Of Anthropic's messages. A turn of nothing would be refused, so it goes, too.
fn message(message: &str) -> Part {
    within(message, "content", |block| if is_marked_thought(block) { Part::Gone } else { Part::Kept })
}

/// Of Gemini's contents. What is only there for its proof goes.
fn content(content: &str) -> Part {
    within(content, "parts", |part| {
        let mut is_call = false;
        let mut is_worded = false;
        object(part, |name, value| {
            is_call |= matches!(name, "functionCall" | "function_call");
            is_worded |= name == "text" && value != "\"\"";
            Part::Kept
        });
        let rest = object(part, |name, value| match name {
            "thoughtSignature" | "thought_signature" if is_foreign(value) && is_call => {
                Part::Instead(format!("\"{UNSIGNED}\""))
            }
            "thoughtSignature" | "thought_signature" if is_foreign(value) => Part::Gone,
            _ => Part::Kept,
        });
        let is_only_proof = rest != Part::Kept && !is_call && !is_worded;
        if is_only_proof { Part::Gone } else { rest }
    })
}

/// Of chat completions: what this gateway adds to the protocol.
fn chat(message: &str) -> Part {
    let has_blocks = nested::last_member(message, "thinking_blocks").is_some_and(|blocks| {
        let mut is_any = false;
        nested::elements(blocks.get(), |block| {
            is_any |= is_marked_thought(block.get());
        });
        is_any
    });
    object(message, |name, value| match name {
        "thinking_blocks" | "reasoning_content" if has_blocks => Part::Gone,
        "tool_calls" => {
            list(value, |_, call| {
                object(call, |name, value| {
                    if name == "extra_content" && is_signed(value) { Part::Gone } else { Part::Kept }
                })
            })
        }
        _ => Part::Kept,
    })
}

/// Whether what stands beside a call holds a marked proof.
fn is_signed(extra: &str) -> bool {
    let google = nested::last_member(extra, "google");
    let proof = google.and_then(|google| nested::last_member(google.get(), "thought_signature"));
    proof.is_some_and(|proof| is_foreign(proof.get()))
}

/// Of responses.
fn item(item: &str) -> Part {
    let proof = nested::last_member(item, "encrypted_content");
    if proof.is_some_and(|proof| is_foreign(proof.get())) { Part::Gone } else { Part::Kept }
}

static MARKED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"pmsig"));

#[cfg(test)]
mod tests {
    use super::*;

    /// What is forwarded of these turns.
    fn check(dialect: Dialect, name: &str, turns: &str, expected: &str) {
        let body = format!("{{\"model\":\"m\", \"{name}\" : {turns},\"stream\":true}}");
        let found = find(dialect, body.as_bytes()).map(|foreign| {
            let (at, said) = foreign.edit();
            assert!(foreign.places.starts_with(name), "{}", foreign.places);
            format!("{}{}{}", &body[..at.start], std::str::from_utf8(&said).unwrap(), &body[at.end..])
        });
        let expected = format!("{{\"model\":\"m\", \"{name}\" : {expected},\"stream\":true}}");
        assert_eq!(found.unwrap_or(body), expected);
    }

    #[test]
    fn thoughts_of_others_do_not_reach_anthropic() {
        let own = r#"[{"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"Eu=="}, {"type":"text","text":"say \"pmsig1\""}]}]"#;
        check(Dialect::Messages, "messages", own, own);
        check(
            Dialect::CountTokens,
            "messages",
            r#"[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"thinking","thinking":"","signature":"pmsig1tgc2ln"},{"type":"redacted_thinking","data":"pmsig1rbcmVk"},{"type":"text", "text":"a"}]}]"#,
            r#"[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"text", "text":"a"}]}]"#,
        );
        check(
            Dialect::Messages,
            "messages",
            r#"[{"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"pmsig1tn"}]},{"role":"user","content":"x"}]"#,
            r#"[{"role":"user","content":"x"}]"#,
        );
    }

    #[test]
    fn a_turn_that_lost_its_thought_goes_on_without_thinking() {
        let thought = r#"{"type":"thinking","thinking":"a","signature":"pmsig1tgc2ln"},"#;
        let call = r#"{"type":"tool_use","id":"i","name":"f","input":{}}"#;
        let result = r#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"i"}]}"#;
        let own = r#"{"type":"thinking","thinking":"a","signature":"Eu=="},"#;
        let check = |thinking: &str, turns: &str, expected: bool| {
            let body =
                format!(r#"{{"thinking":{thinking},"messages":[{{"role":"user","content":"x"}},{turns}]}}"#);
            let foreign = find(Dialect::Messages, body.as_bytes()).unwrap();
            let edit = foreign.unthinking().map(|(at, _)| &body[at]);
            assert_eq!(edit, expected.then_some(thinking), "{body}");
            assert_eq!(foreign.places.ends_with(", thinking"), expected);
        };
        let budget = r#"{"type":"enabled","budget_tokens":2000}"#;
        let turn = format!(r#"{{"role":"assistant","content":[{thought}{call}]}},{result}"#);
        check(budget, &turn, true);
        check(r#"{"type":"adaptive"}"#, &turn, false);
        check(budget, &format!(r#"{turn},{{"role":"assistant","content":[{call}]}},{result}"#), true);
        let over = r#"{"role":"assistant","content":"B"},{"role":"user","content":"y"}"#;
        check(budget, &format!("{turn},{over}"), false);
        let kept = format!(r#"{{"role":"assistant","content":[{own}{call}]}},{result},{turn}"#);
        check(budget, &kept, false);
    }

    #[test]
    fn calls_that_others_proved_reach_gemini_with_the_proof_that_stands_for_such() {
        check(
            Dialect::GenerateContent,
            "contents",
            r#"[{"role":"model","parts":[{"text":"","thought":true,"thoughtSignature":"pmsig1taYQ=="},{"text":"hi","thought_signature":"pmsig1taYQ=="},{"functionCall":{"name":"f"},"thoughtSignature":"pmsig1cbYQ=="},{"functionCall":{"name":"g"},"thoughtSignature":"b3du"}]}]"#,
            r#"[{"role":"model","parts":[{"text":"hi"},{"functionCall":{"name":"f"},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"name":"g"},"thoughtSignature":"b3du"}]}]"#,
        );
    }

    #[test]
    fn nothing_of_it_reaches_openai() {
        check(
            Dialect::Chat,
            "messages",
            r#"[{"role":"assistant","content":"a","reasoning_content":"t","thinking_blocks":[{"type":"thinking","thinking":"t","signature":"pmsig1taYQ=="}],"tool_calls":[{"id":"1","extra_content":{"google":{"thought_signature":"pmsig1cgYQ=="}}}]}]"#,
            r#"[{"role":"assistant","content":"a","tool_calls":[{"id":"1"}]}]"#,
        );
        check(
            Dialect::Responses,
            "input",
            r#"[{"type":"reasoning","summary":[],"encrypted_content":"pmsig1tn"},{"type":"reasoning","encrypted_content":"gAAAA"}]"#,
            r#"[{"type":"reasoning","encrypted_content":"gAAAA"}]"#,
        );
        check(Dialect::Responses, "input", "\"say \\\"pmsig1\"", "\"say \\\"pmsig1\"");
    }
}
