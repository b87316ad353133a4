//! Writing a conversation as a chat request.

use bytes::BytesMut;
use pointsman_schema::protocol::ProviderProtocol;

use super::{effort, message, own};
use crate::conversation::Conversation;
use crate::conversation::message::{Tool, ToolChoice};
use crate::conversation::settings::{Extras, Format, Sampling};
use crate::json::write::Object;
use crate::provider::Upstream;

/// Writes a request. What was used is always asked for, since somebody has to count it.
pub fn write(conversation: &Conversation<'_>, upstream: Upstream<'_>, out: &mut BytesMut) {
    let mut whole = Object::begin(out);
    whole.text("model", upstream.model);
    message::write_all(whole.list("messages"), conversation, upstream.model);
    if conversation.stream {
        whole.flag("stream", true);
        whole.object("stream_options").flag("include_usage", true);
    }
    let words = Words { output_tokens: upstream.output_member(), ..WORDS };
    let effort = conversation.reasoning.as_ref().and_then(|wish| match upstream.protocol {
        ProviderProtocol::OpenAi | ProviderProtocol::AzureOpenAi => own::word(wish, upstream.model),
        _ => effort::word(wish, effort::MOST),
    });
    let mut drawn = conversation.sampling;
    let mut more = conversation.extras.clone();
    if own::thinks(conversation, upstream.model) {
        // What is more than is done in any case was refused, or may be lost.
        drawn = Sampling { seed: drawn.seed, ..Sampling::default() };
        more.logit_bias = None;
    }
    settings(&mut whole, (conversation, &drawn, effort), &words);
    whole.text_if("user", conversation.user.as_deref());
    extras(&mut whole, &more);
}

/// Words in which the relatives of this protocol differ.
#[derive(Debug, Clone, Copy)]
pub(in crate::provider) struct Words {
    /// The most tokens of output.
    pub(in crate::provider) output_tokens: &'static str,
    /// That some function must be called.
    pub(in crate::provider) required: &'static str,
    /// The seed.
    pub(in crate::provider) seed: &'static str,
    /// The schema of a function without parameters, where it must have one.
    pub(in crate::provider) no_parameters: Option<&'static str>,
}

const WORDS: Words =
    Words { output_tokens: "max_tokens", required: "required", seed: "seed", no_parameters: None };

/// Writes what all relatives of this protocol have.
pub(in crate::provider) fn settings(
    whole: &mut Object<'_>,
    (conversation, drawn, effort): (&Conversation<'_>, &Sampling<'_>, Option<&str>),
    words: &Words,
) {
    let Conversation { output_tokens, format: wanted, stop, answers, .. } = conversation;
    if let Some(tokens) = output_tokens {
        whole.count(words.output_tokens, *tokens);
    }
    tools(whole, conversation, words);
    if let Some(wanted) = wanted {
        format(whole.object("response_format"), wanted);
    }
    whole.texts_if("stop", stop);
    sampling(whole, drawn, words);
    whole.text_if("reasoning_effort", effort);
    if let Some(answers) = answers {
        whole.count("n", *answers);
    }
}

fn tools(whole: &mut Object<'_>, conversation: &Conversation<'_>, words: &Words) {
    if conversation.tools.is_empty() {
        return;
    }
    let mut list = whole.list("tools");
    for one in &conversation.tools {
        tool(list.object(), one, words);
    }
    drop(list);
    match &conversation.tool_choice {
        None => {}
        Some(ToolChoice::Named(name)) => {
            let mut choice = whole.object("tool_choice");
            choice.text("type", "function").object("function").text("name", name);
        }
        Some(word) => {
            whole.text("tool_choice", choice(word, words));
        }
    }
    if let Some(parallel) = conversation.parallel_tool_calls {
        whole.flag("parallel_tool_calls", parallel);
    }
}

fn choice(choice: &ToolChoice<'_>, words: &Words) -> &'static str {
    match choice {
        ToolChoice::None => "none",
        ToolChoice::Required => words.required,
        ToolChoice::Auto | ToolChoice::Named(_) => "auto",
    }
}

fn tool(mut out: Object<'_>, tool: &Tool<'_>, words: &Words) {
    let Tool { name, description, parameters, strict, cache: _ } = tool;
    out.text("type", "function");
    let mut function = out.object("function");
    function.text("name", name).text_if("description", description.as_deref());
    if let Some(parameters) = parameters {
        function.raw("parameters", parameters);
    } else if let Some(none) = words.no_parameters {
        function.json("parameters", none);
    }
    if let Some(strict) = strict {
        function.flag("strict", *strict);
    }
}

fn format(mut out: Object<'_>, format: &Format<'_>) {
    let (name, description, schema, strict) = match format {
        Format::Json => {
            out.text("type", "json_object");
            return;
        }
        Format::Schema { name, description, schema, strict } => (name, description, schema, strict),
    };
    out.text("type", "json_schema");
    let mut inner = out.object("json_schema");
    // It must have a name, and other protocols know none.
    inner.text("name", name.as_deref().unwrap_or("answer"));
    inner.text_if("description", description.as_deref()).raw("schema", schema);
    if let Some(strict) = strict {
        inner.flag("strict", *strict);
    }
}

fn sampling(whole: &mut Object<'_>, sampling: &Sampling<'_>, words: &Words) {
    let Sampling { temperature, top_p, top_k: _, frequency_penalty, presence_penalty, seed } = sampling;
    whole.numbers_if(&[
        ("temperature", *temperature),
        ("top_p", *top_p),
        ("frequency_penalty", *frequency_penalty),
        ("presence_penalty", *presence_penalty),
        (words.seed, *seed),
    ]);
}

fn extras(whole: &mut Object<'_>, extras: &Extras<'_>) {
    let Extras { metadata, logit_bias, top_logprobs, prediction, verbosity, service_tier, store } = extras;
    for (name, raw) in [("metadata", metadata), ("logit_bias", logit_bias), ("prediction", prediction)] {
        if let Some(raw) = raw {
            whole.raw(name, raw);
        }
    }
    if let Some(top) = top_logprobs {
        whole.flag("logprobs", true).count("top_logprobs", *top);
    }
    whole.text_if("verbosity", verbosity.as_deref()).text_if("service_tier", service_tier.as_deref());
    if let Some(store) = store {
        whole.flag("store", *store);
    }
}
