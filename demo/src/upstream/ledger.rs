//! What the upstream remembers: for each provider its standing order, counts, and the last request.
//!
//! One lock around small maps, held for a few instructions and never across a wait. Everything is bounded: providers and
//! models past their limits are counted under `other`. Values of credentials are never kept.
//!
//! Read next: [`super::service`], which writes here, and [`super::control`], which shows it.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

use super::{
    fault::{Fault, Order},
    limits,
};

/// The last request that a provider got, for a test to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Its path, query included.
    pub path: String,
    /// Its headers in order of their names, the values of credentials replaced by `(hidden)`.
    pub headers: Vec<(String, String)>,
    /// The size of its body. **Unit**: bytes.
    pub body_bytes: usize,
    /// The beginning of its body, at most [`limits::KEPT_BODY_BYTES_MAX`] bytes.
    pub body: Bytes,
}

/// Everything that is remembered.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Requests since the start.
    number: u64,
    providers: BTreeMap<String, Provider>,
}

#[derive(Debug)]
struct Provider {
    order: Order,
    requests: u64,
    by_model: BTreeMap<String, u64>,
    last: Seen,
}

impl Default for Provider {
    fn default() -> Self {
        Self { order: Order::NONE, requests: 0, by_model: BTreeMap::new(), last: Seen::default() }
    }
}

impl Seen {
    /// What is worth remembering of a request.
    pub(crate) fn of(head: &http::request::Parts, body: &Bytes) -> Self {
        let kept = body.len().min(limits::KEPT_BODY_BYTES_MAX);
        Self {
            path: head.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            headers: visible(&head.headers),
            body_bytes: body.len(),
            body: Bytes::copy_from_slice(body.get(..kept).unwrap_or_default()),
        }
    }

    /// The value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(seen, _)| seen == name).map(|(_, value)| value.as_str())
    }
}

impl Ledger {
    /// Counts one request for an answer and says its number, and the fault that the provider's order sets for it.
    pub(crate) fn enter(&self, provider: &str, model: &str, seen: Seen) -> (u64, Option<Fault>) {
        let mut inner = self.lock();
        inner.number = inner.number.saturating_add(1);
        let number = inner.number;
        let entry = inner.provider(provider);
        entry.requests = entry.requests.saturating_add(1);
        let known =
            entry.by_model.contains_key(model) || entry.by_model.len() < limits::MODELS_PER_PROVIDER_MAX;
        let count = entry.by_model.entry(if known { model } else { OTHER }.to_owned()).or_default();
        *count = count.saturating_add(1);
        entry.last = seen;
        (number, entry.order.take())
    }

    /// Replaces a provider's order.
    pub(crate) fn set(&self, provider: &str, order: Order) {
        self.lock().provider(provider).order = order;
    }

    /// Requests for an answer that a provider got.
    pub(crate) fn requests(&self, provider: &str) -> u64 {
        self.lock().providers.get(provider).map_or(0, |entry| entry.requests)
    }

    /// The last request that a provider got.
    pub(crate) fn last(&self, provider: &str) -> Option<Seen> {
        self.lock().providers.get(provider).filter(|entry| entry.requests > 0).map(|entry| entry.last.clone())
    }

    /// What the control endpoint says of a provider: names of headers, never a value.
    pub(crate) fn show(&self, provider: &str) -> Value {
        let inner = self.lock();
        let nothing = Provider::default();
        let entry = inner.providers.get(provider).unwrap_or(&nothing);
        let names: Vec<&str> = entry.last.headers.iter().map(|(name, _)| name.as_str()).collect();
        json!({
            "provider": provider,
            "order": entry.order.to_json(),
            "requests": entry.requests,
            "by_model": entry.by_model,
            "last": {"path": entry.last.path, "headers": names, "body_bytes": entry.last.body_bytes},
        })
    }

    /// The names of all providers that were asked or ordered about.
    pub(crate) fn providers(&self) -> Vec<String> {
        self.lock().providers.keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn provider(&mut self, name: &str) -> &mut Provider {
        let known = self.providers.contains_key(name) || self.providers.len() < limits::PROVIDERS_MAX;
        self.providers.entry(if known { name } else { OTHER }.to_owned()).or_default()
    }
}

fn visible(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut visible: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| {
            let hidden = CREDENTIALS.contains(&name.as_str());
            let value = if hidden { "(hidden)".into() } else { String::from_utf8_lossy(value.as_bytes()) };
            (name.as_str().to_owned(), value.into_owned())
        })
        .collect();
    visible.sort();
    visible
}

/// Where the counts of providers and models past their limits go.
const OTHER: &str = "other";

/// Headers whose values are never kept.
const CREDENTIALS: [&str; 6] =
    ["authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-goog-api-key"];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ledger: &Ledger, provider: &str, expected: &Value) {
        let shown = ledger.show(provider);
        let fields = expected.as_object().unwrap().iter();
        let differing: Vec<_> = fields.filter(|(name, value)| shown[name.as_str()] != **value).collect();
        assert!(differing.is_empty(), "{shown}: expected {differing:?}");
    }

    #[test]
    fn requests_are_counted_by_provider_and_model() {
        let ledger = Ledger::default();
        ledger.set("azure", Order::for_next(1, Fault::Reset));
        assert_eq!(ledger.enter("azure", "m", Seen::default()), (1, Some(Fault::Reset)));
        assert_eq!(ledger.enter("azure", "m", Seen::default()), (2, None));
        assert_eq!(ledger.enter("openai", "n", Seen::default()), (3, None));
        check(&ledger, "azure", &json!({"requests": 2, "by_model": {"m": 2}, "order": {"fault": "none"}}));
        check(&ledger, "nobody", &json!({"requests": 0, "by_model": {}}));
        assert_eq!((ledger.requests("openai"), ledger.last("nobody")), (1, None));
    }

    #[test]
    fn names_past_the_limits_are_counted_together() {
        let ledger = Ledger::default();
        for number in 0..limits::PROVIDERS_MAX + 5 {
            ledger.enter(&format!("p{number}"), "m", Seen::default());
        }
        for number in 0..limits::MODELS_PER_PROVIDER_MAX + 5 {
            ledger.enter("p0", &format!("x{number}"), Seen::default());
        }
        check(&ledger, OTHER, &json!({"requests": 5}));
        assert_eq!(ledger.show("p0")["by_model"][OTHER], 6, "the model `m` was one of the named ones");
        assert_eq!(ledger.providers().len(), limits::PROVIDERS_MAX + 1);
    }

    #[test]
    fn credentials_are_never_kept() {
        let request =
            http::Request::post("/v1/x?a=b").header("Authorization", "Bearer sk-1").header("x-tier", "gold");
        let (head, ()) = request.body(()).unwrap().into_parts();
        let seen = Seen::of(&head, &Bytes::from(vec![b'x'; limits::KEPT_BODY_BYTES_MAX + 1]));
        assert_eq!((seen.header("authorization"), seen.header("x-tier")), (Some("(hidden)"), Some("gold")));
        assert_eq!(
            (seen.body.len(), seen.body_bytes),
            (limits::KEPT_BODY_BYTES_MAX, limits::KEPT_BODY_BYTES_MAX + 1)
        );
        assert_eq!(seen.path, "/v1/x?a=b");
    }
}
