//! `GET /v1/models`: exactly the names that a request with this key would be accepted by.

use bytes::Bytes;
use http::Response;
use http::header::{CONTENT_TYPE, HeaderValue};
use pointsman_routing::{Refusal, accepted_models};
use pointsman_schema::snapshot::View;
use pointsman_schema::snapshot::view::KeyIx;
use serde::Serialize;

use super::ResponseBody;
use crate::error::Kind;

/// All of them.
pub(super) fn list(view: &View<'_>, key: KeyIx) -> Response<ResponseBody> {
    let data = accepted_models(view, key).map(|accepted| Model::named(accepted.name)).collect();
    json(&List { object: "list", data })
}

/// One of them.
pub(super) fn one(view: &View<'_>, key: KeyIx, name: &str) -> Result<Response<ResponseBody>, Kind> {
    let name = unescaped(name).ok_or(Kind::Refused(Refusal::ModelNotFound))?;
    let found = accepted_models(view, key).find(|accepted| accepted.name.as_bytes() == name);
    found.map(|found| json(&Model::named(found.name))).ok_or(Kind::Refused(Refusal::ModelNotFound))
}

/// A path segment with its `%xx` written out: model names may hold slashes and colons.
fn unescaped(segment: &str) -> Option<Vec<u8>> {
    let mut bytes = segment.bytes();
    let mut out = Vec::with_capacity(segment.len());
    let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let value = digit(bytes.next())? * 16 + digit(bytes.next())?;
            out.push(u8::try_from(value).ok()?);
        } else {
            out.push(byte);
        }
    }
    Some(out)
}

fn json(value: &impl Serialize) -> Response<ResponseBody> {
    let body = serde_json::to_vec(value).unwrap_or_default();
    let mut response = Response::new(ResponseBody::whole(Bytes::from(body)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[derive(Serialize)]
struct List<'a> {
    object: &'static str,
    data: Vec<Model<'a>>,
}

/// Clients want all four members; nobody reads the last two.
#[derive(Serialize)]
struct Model<'a> {
    id: &'a str,
    object: &'static str,
    created: u32,
    owned_by: &'static str,
}

impl<'a> Model<'a> {
    const fn named(id: &'a str) -> Self {
        Self { id, object: "model", created: 0, owned_by: "pointsman" }
    }
}
