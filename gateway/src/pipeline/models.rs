//! Exactly the names that a request with this key would be accepted by, in the words of each protocol.

use bytes::Bytes;
use http::Response;
use http::header::{CONTENT_TYPE, HeaderValue};
use pointsman_routing::{Refusal, accepted_models};
use pointsman_schema::protocol::Protocol;
use pointsman_schema::snapshot::View;
use pointsman_schema::snapshot::view::KeyIx;
use serde::Serialize;

use super::ResponseBody;
use crate::error::Kind;

/// All of them.
pub(super) fn list(view: &View<'_>, key: KeyIx, protocol: Protocol) -> Response<ResponseBody> {
    let names = accepted_models(view, key).map(|accepted| accepted.name);
    match protocol {
        Protocol::OpenAi => json(&OpenAiList { object: "list", data: names.map(OpenAi::named).collect() }),
        Protocol::Anthropic => {
            let data: Vec<_> = names.map(Anthropic::named).collect();
            let id = |model: Option<&Anthropic<'_>>| model.map(|model| model.id.to_owned());
            let (first_id, last_id) = (id(data.first()), id(data.last()));
            json(&AnthropicList { data, has_more: false, first_id, last_id })
        }
        Protocol::Gemini => json(&GeminiList { models: names.map(Gemini::named).collect() }),
    }
}

/// One of them.
pub(super) fn one(
    view: &View<'_>,
    key: KeyIx,
    (protocol, name): (Protocol, &str),
) -> Result<Response<ResponseBody>, Kind> {
    let found = accepted_models(view, key).find(|accepted| accepted.name == name);
    let name = found.map(|found| found.name).ok_or(Kind::Refused(Refusal::ModelNotFound))?;
    Ok(match protocol {
        Protocol::OpenAi => json(&OpenAi::named(name)),
        Protocol::Anthropic => json(&Anthropic::named(name)),
        Protocol::Gemini => json(&Gemini::named(name)),
    })
}

fn json(value: &impl Serialize) -> Response<ResponseBody> {
    let body = serde_json::to_vec(value).unwrap_or_default();
    let mut response = Response::new(ResponseBody::whole(Bytes::from(body)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[derive(Serialize)]
struct OpenAiList<'a> {
    object: &'static str,
    data: Vec<OpenAi<'a>>,
}

/// Clients want all four members; nobody reads the last two.
#[derive(Serialize)]
struct OpenAi<'a> {
    id: &'a str,
    object: &'static str,
    created: u32,
    owned_by: &'static str,
}

impl<'a> OpenAi<'a> {
    const fn named(id: &'a str) -> Self {
        Self { id, object: "model", created: 0, owned_by: "pointsman" }
    }
}

#[derive(Serialize)]
struct AnthropicList<'a> {
    data: Vec<Anthropic<'a>>,
    has_more: bool,
    first_id: Option<String>,
    last_id: Option<String>,
}

/// When a model was made is not in a policy: the beginning of time, as OpenAI's shape has it.
#[derive(Serialize)]
struct Anthropic<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    display_name: &'a str,
    created_at: &'static str,
    lifecycle: &'static str,
}

impl<'a> Anthropic<'a> {
    const fn named(id: &'a str) -> Self {
        let created_at = "1970-01-01T00:00:00Z";
        Self { kind: "model", id, display_name: id, created_at, lifecycle: "active" }
    }
}

#[derive(Serialize)]
struct GeminiList<'a> {
    models: Vec<Gemini<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Gemini<'a> {
    name: String,
    display_name: &'a str,
    supported_generation_methods: [&'static str; 2],
}

impl<'a> Gemini<'a> {
    fn named(id: &'a str) -> Self {
        Self {
            name: format!("models/{id}"),
            display_name: id,
            supported_generation_methods: ["generateContent", "streamGenerateContent"],
        }
    }
}
