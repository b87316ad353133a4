//! Writing a whole chat completion.

use bytes::{Bytes, BytesMut};

use super::usage;
use crate::conversation::answer::{Answer, Choice, Finish, Said};
use crate::conversation::message::{Thought, ToolCall};
use crate::dialect::Frame;
use crate::json::write::{List, Object};

/// Writes an answer.
pub fn write(answer: &Answer<'_>, frame: &Frame) -> Bytes {
    let mut out = BytesMut::with_capacity(1024);
    let mut whole = Object::begin(&mut out);
    whole.text("id", answer.id.as_deref().unwrap_or(&frame.id));
    whole.text("object", "chat.completion").count("created", frame.created_s);
    whole.text("model", answer.model.as_deref().unwrap_or(&frame.model));
    let mut choices = whole.list("choices");
    for (index, one) in (0..).zip(&answer.choices) {
        choice(choices.object(), index, one);
    }
    drop(choices);
    if let Some(used) = &answer.usage {
        usage::write(whole.object("usage"), used);
    }
    drop(whole);
    out.freeze()
}

fn choice(mut out: Object<'_>, index: u64, choice: &Choice<'_>) {
    out.count("index", index);
    message(out.object("message"), &choice.parts);
    match choice.logprobs {
        Some(logprobs) => out.raw("logprobs", logprobs.0),
        None => out.null("logprobs"),
    };
    out.text("finish_reason", finish(choice.finish));
}

fn message(mut out: Object<'_>, parts: &[Said<'_>]) {
    out.text("role", "assistant");
    let join = |texts: Vec<&str>| (!texts.is_empty()).then(|| texts.concat());
    let words = join(
        parts
            .iter()
            .filter_map(|part| if let Said::Text(text) = part { Some(&**text) } else { None })
            .collect(),
    );
    match &words {
        Some(words) => out.text("content", words),
        None => out.null("content"),
    };
    let refusal = join(
        parts
            .iter()
            .filter_map(|part| if let Said::Refusal(text) = part { Some(&**text) } else { None })
            .collect(),
    );
    match &refusal {
        Some(refusal) => out.text("refusal", refusal),
        None => out.null("refusal"),
    };
    let thoughts: Vec<&Thought<'_>> = parts
        .iter()
        .filter_map(|part| if let Said::Thought(thought) = part { Some(thought) } else { None })
        .collect();
    thinking(&mut out, &thoughts);
    let calls: Vec<&ToolCall<'_>> = parts
        .iter()
        .filter_map(|part| if let Said::ToolCall(call) = part { Some(call) } else { None })
        .collect();
    if !calls.is_empty() {
        let mut list = out.list("tool_calls");
        for one in calls {
            call(list.object(), one);
        }
    }
}

/// In words for those who read them, and in blocks for those who give them back.
fn thinking(out: &mut Object<'_>, thoughts: &[&Thought<'_>]) {
    let words: String = thoughts.iter().map(|thought| &*thought.text).collect();
    if !words.is_empty() {
        out.text("reasoning_content", &words);
    }
    if thoughts.iter().any(|thought| is_proved(thought)) {
        let mut list = out.list("thinking_blocks");
        thoughts.iter().filter(|thought| is_proved(thought)).for_each(|thought| block(&mut list, thought));
    }
}

/// Whether a thought can be given back.
pub(super) const fn is_proved(thought: &Thought<'_>) -> bool {
    thought.signature.is_some() || thought.redacted.is_some()
}

/// One of the `thinking_blocks`.
pub(super) fn block(list: &mut List<'_>, thought: &Thought<'_>) {
    let mut block = list.object();
    if let Some(data) = &thought.redacted {
        block.text("type", "redacted_thinking").text("data", data);
        return;
    }
    block.text("type", "thinking").text("thinking", &thought.text);
    block.text_if("signature", thought.signature.as_deref());
}

/// The members of one of the `tool_calls`.
pub(super) fn call(mut out: Object<'_>, call: &ToolCall<'_>) {
    out.text("id", &call.id).text("type", "function");
    let mut function = out.object("function");
    function.text("name", &call.name).text("arguments", &call.arguments);
    drop(function);
    if let Some(signature) = &call.signature {
        out.object("extra_content").object("google").text("thought_signature", signature);
    }
}

/// OpenAI's word for why an answer ended.
pub(super) const fn finish(finish: Finish) -> &'static str {
    match finish {
        // The client goes on by sending the conversation again, which is all that a pause asks for.
        Finish::Stop | Finish::StopText | Finish::Pause => "stop",
        Finish::Length | Finish::ContextLength => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::ContentFilter => "content_filter",
    }
}
