//! What is read of the head of any provider's answer: its media type, and what a client gets to see of it.

use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};

/// The headers of a provider's answer that a client gets to see, besides those of [`crate::headers`].
pub fn relayed(from: &HeaderMap) -> HeaderMap {
    let mut to = HeaderMap::with_capacity(8);
    for name in from.keys().filter(|name| RELAYED.contains(name)) {
        if let Some(value) = from.get(name) {
            to.insert(name.clone(), value.clone());
        }
    }
    to
}

/// Whether a head announces a media type, parameters aside.
pub fn is_media(headers: &HeaderMap, media: &str) -> bool {
    let essence =
        headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).and_then(|value| value.get(..media.len()));
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case(media.as_bytes()))
}

/// Nothing that names an account, and nothing that speaks of another hop than the client's own.
static RELAYED: [HeaderName; 2] = [CONTENT_TYPE, HeaderName::from_static("openai-processing-ms")];
