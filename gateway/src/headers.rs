//! The headers that every answer carries: which request it was, by which policy it was decided, and how.
//!
//! Not here: a provider's own headers, which only [`crate::provider`] lets through.

use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::request_id::RequestId;

/// The request's id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-pointsman-request-id");
/// The snapshot's digest, shortened.
pub const SNAPSHOT: HeaderName = HeaderName::from_static("x-pointsman-snapshot");
/// Chain, rule, the backend that served, and those that were tried before.
pub const DECISION: HeaderName = HeaderName::from_static("x-pointsman-decision");
/// What of the request its provider was not told, as places in the request: what a rule allows to be left out, and thoughts
/// that providers of other protocols made.
pub const DROPPED: HeaderName = HeaderName::from_static("x-pointsman-dropped");
/// The request's id where OpenAI's SDKs look for it.
pub const OPENAI_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The request's id where Anthropic's SDKs look for it.
pub const ANTHROPIC_REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// Names the request and the policy on an answer.
pub fn sign(headers: &mut HeaderMap, id: RequestId, snapshot: Option<&HeaderValue>) {
    if let Ok(id) = HeaderValue::from_bytes(&id.text()) {
        headers.insert(REQUEST_ID, id.clone());
        headers.insert(OPENAI_REQUEST_ID, id.clone());
        headers.insert(ANTHROPIC_REQUEST_ID, id);
    }
    if let Some(snapshot) = snapshot {
        headers.insert(SNAPSHOT, snapshot.clone());
    }
}
