//! Writing a conversation as a chat request.

use std::borrow::Cow;

use bytes::BytesMut;

use super::message;
use crate::conversation::message::{Tool, ToolChoice};
use crate::conversation::settings::{Format, Reasoning, Sampling, budget_of};
use crate::conversation::{Conversation, arguments};
use crate::json::fields::Number;
use crate::json::write::Object;
use crate::provider::Upstream;

/// Writes a request. What was used is always told.
pub fn write(conversation: &Conversation<'_>, upstream: Upstream<'_>, out: &mut BytesMut) {
    let mut whole = Object::begin(out);
    whole.text("model", upstream.model);
    message::write_all(whole.list("messages"), conversation);
    // It is taken for granted, and some of those who serve this protocol want to be told all the same.
    whole.flag("stream", conversation.stream);
    if let Some(tokens) = conversation.output_tokens {
        whole.count("max_tokens", tokens);
    }
    tools(&mut whole, conversation);
    if let Some(wanted) = &conversation.format {
        format(whole.object("response_format"), wanted);
    }
    whole.texts_if("stop_sequences", &conversation.stop);
    sampling(&mut whole, &conversation.sampling);
    if let Some(reasoning) = &conversation.reasoning {
        thinking(&mut whole, reasoning);
    }
}

fn tools(whole: &mut Object<'_>, conversation: &Conversation<'_>) {
    let offered = |tool: &&Tool<'_>| match &conversation.tool_choice {
        // One alone can only be asked for by offering no other.
        Some(ToolChoice::Named(name)) => tool.name == *name,
        _ => true,
    };
    let mut tools = conversation.tools.iter().filter(offered).peekable();
    if tools.peek().is_none() {
        return;
    }
    // It is said of all functions at once; one whose schema is obeyed though nobody asked loses nothing.
    if conversation.tools.iter().filter(offered).any(|tool| tool.strict == Some(true)) {
        whole.flag("strict_tools", true);
    }
    let mut list = whole.list("tools");
    for Tool { name, description, parameters, strict: _, cache: _ } in tools {
        let mut out = list.object();
        out.text("type", "function");
        let mut function = out.object("function");
        function.text("name", name).text_if("description", description.as_deref());
        let schema = parameters.as_ref().map_or("{}", |parameters| parameters.get());
        function.json("parameters", &arguments::schema(schema));
    }
    drop(list);
    match &conversation.tool_choice {
        Some(ToolChoice::Required | ToolChoice::Named(_)) => {
            whole.text("tool_choice", "REQUIRED");
        }
        Some(ToolChoice::None) => {
            whole.text("tool_choice", "NONE");
        }
        // It is what is done when nothing is said.
        Some(ToolChoice::Auto) | None => {}
    }
}

fn format(mut out: Object<'_>, format: &Format<'_>) {
    out.text("type", "json_object");
    // A schema is always obeyed, and has no name.
    if let Some(schema) = format.described() {
        out.json("json_schema", &schema);
    }
}

fn sampling(whole: &mut Object<'_>, sampling: &Sampling<'_>) {
    let Sampling { temperature, top_p, top_k, frequency_penalty, presence_penalty, seed } = sampling;
    whole.numbers_if(&[
        ("temperature", *temperature),
        ("k", *top_k),
        ("frequency_penalty", *frequency_penalty),
        ("presence_penalty", *presence_penalty),
        ("seed", *seed),
    ]);
    if let Some(p) = top_p {
        whole.json("p", &part(*p));
    }
}

/// A part of the probability mass: all of it is more than is taken, and means the same as nearly all.
fn part(p: Number<'_>) -> Cow<'_, str> {
    match p.digits().parse::<f64>() {
        Ok(value) if value > P_MAX => Cow::Owned(P_MAX.to_string()),
        _ => Cow::Borrowed(p.digits()),
    }
}

/// The largest part of the probability mass that is taken.
const P_MAX: f64 = 0.99;

fn thinking(whole: &mut Object<'_>, reasoning: &Reasoning<'_>) {
    let budget = match reasoning {
        Reasoning::Off => None,
        Reasoning::Effort(word) if word == "none" => None,
        Reasoning::Effort(word) => Some(budget_of(word)),
        Reasoning::Budget(tokens) => Some(*tokens),
        // It is what the model does when nothing is said.
        Reasoning::Adaptive => return,
    };
    let mut out = whole.object("thinking");
    match budget {
        None => out.text("type", "disabled"),
        Some(tokens) => out.text("type", "enabled").count("token_budget", tokens),
    };
}
