//! Writing a conversation as a request.

use bytes::BytesMut;
use pointsman_schema::claude::is_claude;

use super::{message, tools};
use crate::conversation::Conversation;
use crate::conversation::settings::{Extras, Format, Reasoning, effort_of};
use crate::json::write::Object;
use crate::provider::Upstream;
use crate::provider::anthropic::thinking::{self, Thinking};

/// Writes a request's body. What was used is always told.
pub fn write(conversation: &Conversation<'_>, upstream: Upstream<'_>, out: &mut BytesMut) {
    let thinking = thinking::plan(conversation, (upstream.model, upstream.output_limit));
    let mut whole = Object::begin(out);
    message::write_all(&mut whole, conversation);
    inference(&mut whole, conversation, &thinking);
    tools::write(&mut whole, conversation);
    let reasoning = conversation.reasoning.as_ref();
    if is_claude(upstream.protocol, upstream.model) {
        if thinking.is_said() {
            thinking::write(&mut whole.object("additionalModelRequestFields"), &thinking);
        }
        output(&mut whole, conversation.format.as_ref(), thinking.effort);
    } else {
        output(&mut whole, conversation.format.as_ref(), reasoning.and_then(effort));
    }
    extras(&mut whole, &conversation.extras);
}

/// How much any other model is to think: the protocol has words for it, and none for "not at all".
fn effort<'r>(reasoning: &'r Reasoning<'_>) -> Option<&'r str> {
    match reasoning {
        Reasoning::Off => Some("low"),
        Reasoning::Effort(word) if matches!(&**word, "none" | "minimal") => Some("low"),
        Reasoning::Effort(word) => Some(word),
        Reasoning::Budget(tokens) => Some(effort_of(*tokens)),
        // It is what the model does when nothing is said.
        Reasoning::Adaptive => None,
    }
}

fn output(whole: &mut Object<'_>, format: Option<&Format<'_>>, effort: Option<&str>) {
    // That it be any JSON was refused: there is no form for it.
    let schema = format.filter(|format| matches!(format, Format::Schema { .. }));
    if schema.is_none() && effort.is_none() {
        return;
    }
    let mut config = whole.object("outputConfig");
    config.text_if("effort", effort);
    if let Some(Format::Schema { name, description, schema, strict: _ }) = schema {
        let mut format = config.object("textFormat");
        format.text("type", "json_schema");
        let mut structure = format.object("structure");
        let mut inner = structure.object("jsonSchema");
        // The schema is a text here. It is always to be obeyed strictly.
        inner.text("schema", schema.get()).text_if("name", name.as_deref());
        inner.text_if("description", description.as_deref());
    }
}

fn inference(whole: &mut Object<'_>, conversation: &Conversation<'_>, thinking: &Thinking<'_>) {
    let [temperature, top_p, _] = thinking.drawn(&conversation.sampling);
    let stop: Vec<&str> =
        conversation.stop.iter().map(|text| &**text).filter(|text| !text.is_empty()).collect();
    if conversation.output_tokens.is_none() && temperature.is_none() && top_p.is_none() && stop.is_empty() {
        return;
    }
    let mut config = whole.object("inferenceConfig");
    if let Some(tokens) = conversation.output_tokens {
        config.count("maxTokens", tokens);
    }
    config.numbers_if(&[("temperature", temperature), ("topP", top_p)]);
    if stop.is_empty() {
        return;
    }
    let mut list = config.list("stopSequences");
    for text in stop {
        list.text(text);
    }
    drop(list);
    drop(config);
    // Which of them it was is told only when it is asked for, and stands elsewhere in an answer that comes in pieces.
    whole.list("additionalModelResponseFieldPaths").text("/stop_sequence").text("/delta/stop_sequence");
}

fn extras(whole: &mut Object<'_>, extras: &Extras<'_>) {
    let Extras {
        metadata,
        service_tier,
        logit_bias: _,
        top_logprobs: _,
        prediction: _,
        verbosity: _,
        store: _,
    } = extras;
    if let Some(metadata) = metadata.filter(|metadata| metadata.get().contains(':')) {
        // The provider keeps it, if it is told to keep anything. An empty object is refused.
        whole.raw("requestMetadata", metadata);
    }
    if let Some(tier) = service_tier {
        whole.object("serviceTier").text("type", tier);
    }
}

#[cfg(test)]
mod tests;
