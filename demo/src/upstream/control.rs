//! The control endpoint: orders in, counts out.
//!
//! It shows names of headers and sizes, never a value of a header or a word of a body.

use serde_json::{Value, json};

use super::{fault::Order, ledger::Ledger};

/// What `GET /control` says.
pub(crate) fn overview(ledger: &Ledger) -> Value {
    json!({"providers": ledger.providers().iter().map(|name| ledger.show(name)).collect::<Vec<_>>()})
}

/// What `PUT /control/<name>` does: takes the order and shows the provider, or says why not.
pub(crate) fn set(ledger: &Ledger, provider: &str, body: &[u8]) -> (u16, Value) {
    match Order::parse(&String::from_utf8_lossy(body)) {
        Ok(order) => {
            ledger.set(provider, order);
            (200, ledger.show(provider))
        }
        Err(error) => (400, json!({"error": error.to_string()})),
    }
}
