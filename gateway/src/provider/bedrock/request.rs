//! Writing a conversation as a request.

use bytes::BytesMut;

use super::{message, tools};
use crate::conversation::Conversation;
use crate::conversation::settings::{Extras, Format, Sampling};
use crate::json::write::Object;
use crate::provider::Upstream;

/// Writes a request's body. What was used is always told.
pub fn write(conversation: &Conversation<'_>, _upstream: Upstream<'_>, out: &mut BytesMut) {
    let mut whole = Object::begin(out);
    message::write_all(&mut whole, conversation);
    inference(&mut whole, conversation);
    tools::write(&mut whole, conversation);
    if let Some(Format::Schema { name, description, schema, strict: _ }) = &conversation.format {
        let mut config = whole.object("outputConfig");
        let mut format = config.object("textFormat");
        format.text("type", "json_schema");
        let mut structure = format.object("structure");
        let mut inner = structure.object("jsonSchema");
        // The schema is a text here. It is always to be obeyed strictly.
        inner.text("schema", schema.get()).text_if("name", name.as_deref());
        inner.text_if("description", description.as_deref());
    }
    extras(&mut whole, &conversation.extras);
}

fn inference(whole: &mut Object<'_>, conversation: &Conversation<'_>) {
    // What this protocol has no form for was refused, or may be lost.
    let Sampling { temperature, top_p, top_k: _, frequency_penalty: _, presence_penalty: _, seed: _ } =
        &conversation.sampling;
    // Up to 1, which is also what is done when nothing is said: the nearest to more.
    let temperature = temperature.filter(|number| !number.is_above(1));
    let stop: Vec<&str> =
        conversation.stop.iter().map(|text| &**text).filter(|text| !text.is_empty()).collect();
    if conversation.output_tokens.is_none() && temperature.is_none() && top_p.is_none() && stop.is_empty() {
        return;
    }
    let mut config = whole.object("inferenceConfig");
    if let Some(tokens) = conversation.output_tokens {
        config.count("maxTokens", tokens);
    }
    for (name, number) in [("temperature", &temperature), ("topP", top_p)] {
        if let Some(number) = number {
            config.json(name, number.digits());
        }
    }
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
