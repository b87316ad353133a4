//! Events of OpenAI's responses, and of what else names its events: `image_generation.completed`, `speech.audio.done`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Event;
use crate::json::Text;
use crate::provider::refusal::{Said, said};

/// Reads the data of one event.
pub(super) fn event(data: &[u8]) -> Event {
    let Ok(event) = serde_json::from_slice::<One<'_>>(data) else { return Event::Preamble };
    let error = event.error.or_else(|| event.response.and_then(|response| response.error));
    match &*event.kind.0 {
        // Its fields are its own members.
        "error" => Event::Error(Box::new(error.map_or_else(|| fields(data), said))),
        "response.failed" => Event::Error(Box::new(error.map(said).unwrap_or_default())),
        "response.completed"
        | "response.incomplete"
        | "image_generation.completed"
        | "image_edit.completed"
        | "speech.audio.done"
        | "transcript.text.done" => Event::Done,
        kind => match kind.rsplit_once('.') {
            Some((_, "delta" | "partial_image")) => Event::Content,
            _ => Event::Preamble,
        },
    }
}

fn fields(data: &[u8]) -> Said {
    serde_json::from_slice::<&RawValue>(data).map(said).unwrap_or_default()
}

#[derive(Deserialize)]
struct One<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    response: Option<Response<'a>>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use crate::provider::events::Format::Responses;

    #[test]
    fn events_have_their_kind() {
        check(Responses, r#"{"type":"response.created","response":{"error":null}}"#, "preamble");
        check(Responses, r#"{"type":"response.output_text.delta","delta":"x"}"#, "content");
        check(Responses, r#"{"type":"response.output_text.done","text":"x"}"#, "preamble");
        check(Responses, r#"{"type":"response.completed","response":{}}"#, "done");
        check(
            Responses,
            r#"{"type":"response.failed","response":{"error":{"code":"server_error"}}}"#,
            "error",
        );
        check(Responses, r#"{"type":"error","code":"rate_limit_exceeded","message":"m"}"#, "error");
    }
}
