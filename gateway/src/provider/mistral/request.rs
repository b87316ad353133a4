//! Writing a conversation as a chat request of Mistral's.

use bytes::BytesMut;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::message;
use crate::conversation::Conversation;
use crate::conversation::settings::Extras;
use crate::json::Text;
use crate::json::write::Object;
use crate::provider::Upstream;
use crate::provider::openai::chat::effort;
use crate::provider::openai::chat::request::{self, Words};

/// Writes a request. What was used is told without being asked for.
pub fn write(conversation: &Conversation<'_>, upstream: Upstream<'_>, out: &mut BytesMut) {
    let mut whole = Object::begin(out);
    whole.text("model", upstream.model);
    message::write_all(whole.list("messages"), conversation);
    if conversation.stream {
        whole.flag("stream", true);
    }
    let effort = conversation.reasoning.as_ref().and_then(|wish| effort::word(wish, "max"));
    request::settings(&mut whole, (conversation, &conversation.sampling, effort), &WORDS);
    if let Some(k) = conversation.sampling.top_k {
        whole.json("top_k", k.digits());
    }
    extras(&mut whole, &conversation.extras);
}

/// How Mistral calls what OpenAI has, too.
const WORDS: Words = Words {
    output_tokens: "max_tokens",
    required: "any",
    seed: "random_seed",
    no_parameters: Some(r#"{"type":"object","properties":{}}"#),
};

fn extras(whole: &mut Object<'_>, extras: &Extras<'_>) {
    // What this protocol has no form for was refused, or may be lost.
    let Extras {
        metadata,
        prediction,
        logit_bias: _,
        top_logprobs: _,
        verbosity: _,
        service_tier: _,
        store: _,
    } = extras;
    if let Some(metadata) = metadata {
        whole.raw("metadata", metadata);
    }
    if let Some(text) = prediction.and_then(predicted) {
        whole.object("prediction").text("type", "content").text("content", &text);
    }
}

/// The text that the answer will mostly repeat, which OpenAI takes in pieces, too.
fn predicted(prediction: &RawValue) -> Option<String> {
    let Prediction { content } = serde_json::from_str(prediction.get()).ok()?;
    if let Ok(Text(text)) = serde_json::from_str(content.get()) {
        return Some(text.into_owned());
    }
    let pieces: Vec<Piece<'_>> = serde_json::from_str(content.get()).ok()?;
    Some(pieces.into_iter().map(|piece| piece.text.0).collect())
}

#[derive(Deserialize)]
struct Prediction<'a> {
    #[serde(borrow)]
    content: &'a RawValue,
}

#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(borrow, default)]
    text: Text<'a>,
}
