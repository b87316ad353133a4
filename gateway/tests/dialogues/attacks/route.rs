//! Every route with a request that it takes, and a provider's answer that it understands.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use pointsman_gateway::operation::Operation;
use pointsman_gateway::pipeline::{Route, routes};
use pointsman_schema::dialect::Dialect;
use serde_json::{Value, json};

use crate::policy;
use crate::upstream::{Reply, completes};

/// The routes that ask a provider, each once with every name that it has.
pub(super) fn asking() -> Vec<(Operation, String)> {
    let asking: Vec<_> = all().into_iter().filter_map(|route| Some((route.operation?, route.path))).collect();
    assert!(asking.len() >= 16, "{asking:?}");
    asking
}

/// All routes, for a model.
pub(super) fn all() -> Vec<Route> {
    routes("gpt")
}

/// What a client says there, with its content type.
pub(super) fn body(operation: Operation) -> (&'static str, String) {
    if operation.takes_form() {
        let body = "--B\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ngpt\r\n--B--\r\n";
        return ("multipart/form-data; boundary=B", body.to_owned());
    }
    ("application/json", json(operation).to_string())
}

/// The same, where it is JSON.
pub(super) fn json(operation: Operation) -> Value {
    let said = json!([{"role": "user", "content": "PROMPT"}]);
    match operation.dialect() {
        Dialect::Chat | Dialect::CountTokens => json!({"model": "gpt", "messages": said}),
        Dialect::Responses => json!({"model": "gpt", "input": "PROMPT"}),
        Dialect::Messages => json!({"model": "gpt", "max_tokens": 9, "messages": said}),
        Dialect::GenerateContent | Dialect::GeminiCountTokens => {
            json!({"contents": [{"role": "user", "parts": [{"text": "PROMPT"}]}]})
        }
        Dialect::Completions | Dialect::Images => json!({"model": "gpt", "prompt": "PROMPT"}),
        Dialect::Embeddings | Dialect::Moderations | Dialect::Audio => {
            json!({"model": "gpt", "input": "PROMPT"})
        }
    }
}

/// The request, with these headers besides.
pub(super) fn request(path: &str, operation: Operation, headers: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let (content_type, body) = body(operation);
    with_body(path, content_type, headers, body)
}

/// The same with another body.
pub(super) fn with_body(
    path: &str,
    content_type: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Request<Full<Bytes>> {
    let builder = Request::post(path)
        .header("authorization", format!("Bearer {}", policy::key("zoo")))
        .header("content-type", content_type);
    let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    builder.body(Full::new(body.into())).unwrap()
}

/// What a provider of the client's own protocol answers, near enough.
pub(super) fn answer() -> Reply {
    completes(r#"{"id":"1","choices":[{"message":{"content":"hello"},"finish_reason":"stop"}]}"#)
}

/// The hosts of the policy that the key `zoo` can reach.
pub(super) const HOSTS: [&str; 3] = ["one", "four", "five"];
