//! Writing a conversation as a request.

use bytes::BytesMut;
use pointsman_schema::claude::{Claude, is_claude};
use pointsman_schema::feature::Feature;
use pointsman_schema::protocol::ProviderProtocol;

use super::message;
use super::thinking::{self, Thinking};
use crate::conversation::message::{Tool, ToolChoice};
use crate::conversation::settings::{Format, Sampling};
use crate::conversation::{Conversation, arguments};
use crate::json::write::Object;
use crate::provider::{Upstream, vertex};

/// Writes a request.
pub fn write(conversation: &Conversation<'_>, upstream: Upstream<'_>, out: &mut BytesMut) {
    let thinking = thinking::plan(conversation, (upstream.model, upstream.output_limit));
    let mut whole = Object::begin(out);
    let (name, value) = match upstream.protocol {
        ProviderProtocol::Vertex => vertex::ANTHROPIC_VERSION,
        _ => ("model", upstream.model),
    };
    whole.text(name, value).count("max_tokens", thinking.output_tokens);
    message::write_all(&mut whole, conversation);
    tools(&mut whole, conversation);
    whole.texts_if("stop_sequences", &conversation.stop);
    sampling(&mut whole, &conversation.sampling, &thinking);
    thinking::write(&mut whole, &thinking);
    output_config(&mut whole, conversation.format.as_ref(), thinking.effort);
    if let Some(user) = &conversation.user {
        whole.object("metadata").text("user_id", user);
    }
    if conversation.stream {
        whole.flag("stream", true);
    }
}

/// The features of a request that [`write`] leaves out though nothing else in it excludes them: thoughts where some are
/// missing, and what this model does not take.
pub fn left_out(conversation: &Conversation<'_>, upstream: Upstream<'_>) -> u64 {
    let Upstream { model, output_limit, protocol } = upstream;
    let plan = thinking::plan(conversation, (model, output_limit));
    let thoughts = if plan.is_given_up { Feature::Reasoning.mask() } else { 0 };
    let drawn = Feature::Temperature.mask() | Feature::TopP.mask() | Feature::TopK.mask();
    let by_model = if is_claude(protocol, model) { Claude::of(model).refused() & drawn } else { 0 };
    thoughts | by_model
}

fn sampling(whole: &mut Object<'_>, sampling: &Sampling<'_>, plan: &Thinking<'_>) {
    let [temperature, top_p, top_k] = plan.drawn(sampling);
    whole.numbers_if(&[("temperature", temperature), ("top_p", top_p), ("top_k", top_k)]);
}

fn output_config(whole: &mut Object<'_>, format: Option<&Format<'_>>, effort: Option<&str>) {
    // It has no name here, and is always obeyed.
    let schema = format.and_then(Format::described);
    if schema.is_none() && effort.is_none() {
        return;
    }
    let mut config = whole.object("output_config");
    config.text_if("effort", effort);
    if let Some(schema) = schema {
        config.object("format").text("type", "json_schema").json("schema", &schema);
    }
}

fn tools(whole: &mut Object<'_>, conversation: &Conversation<'_>) {
    if conversation.tools.is_empty() {
        return;
    }
    let mut list = whole.list("tools");
    for one in &conversation.tools {
        tool(list.object(), one);
    }
    drop(list);
    let one_at_most = conversation.parallel_tool_calls == Some(false);
    let (kind, name) = match &conversation.tool_choice {
        None if one_at_most => ("auto", None),
        None => return,
        Some(ToolChoice::Auto) => ("auto", None),
        Some(ToolChoice::None) => ("none", None),
        Some(ToolChoice::Required) => ("any", None),
        Some(ToolChoice::Named(name)) => ("tool", Some(&**name)),
    };
    let mut choice = whole.object("tool_choice");
    choice.text("type", kind).text_if("name", name);
    if one_at_most && kind != "none" {
        choice.flag("disable_parallel_tool_use", true);
    }
}

fn tool(mut out: Object<'_>, tool: &Tool<'_>) {
    let Tool { name, description, parameters, strict, cache } = tool;
    out.text("name", name).text_if("description", description.as_deref());
    let schema = parameters.as_ref().map_or("{}", |parameters| parameters.get());
    out.json("input_schema", &arguments::schema(schema));
    if let Some(strict) = strict {
        out.flag("strict", *strict);
    }
    message::mark(&mut out, *cache);
}
