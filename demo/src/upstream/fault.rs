//! What can be made to go wrong, and the order in which a person or a test asks for it.
//!
//! A fault is a value; nothing here sleeps, writes or counts time. An order names a fault, its figures and how often it
//! applies. The same words serve the control endpoint, the `x-demo-fault` header, a `/fault/<word>` path prefix and a
//! model called `demo-fault-<word>`.
//!
//! Read next: [`super::ledger`], which holds the order of each provider, and [`super::script`], which acts it out.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::limits;

/// One way for an upstream to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Answer with this error status, in the provider's error shape.
    Status {
        /// An HTTP status from 400 to 599, or 529.
        status: u16,
        /// What `retry-after` says. **Unit**: seconds.
        retry_after_s: Option<u64>,
    },
    /// Refuse the request as longer than the model's context window (a 400 with its own code).
    ContextLength,
    /// Serve, but late.
    Slow {
        /// Wait before the first event of a stream, or before a whole answer.
        first_token: Duration,
        /// Wait before each later event.
        between: Duration,
    },
    /// Close the connection in the middle of the answer.
    Cut {
        /// Events of a stream that arrive whole before the end.
        after_events: usize,
    },
    /// Reset the connection instead of answering.
    Reset,
    /// Take the request and never answer.
    Hang,
    /// Send an error event inside a stream that began well; a request without a stream gets a 500.
    ErrorEvent {
        /// Events of a stream that arrive before the error.
        after_events: usize,
    },
}

/// A fault and how many requests it still applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// What goes wrong; nothing when `None`.
    pub fault: Option<Fault>,
    /// How many requests it applies to; without a figure, every request until the next order.
    pub times: Option<u32>,
}

/// Why an order was not understood; always the fault of whoever wrote it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OrderError {
    /// The text is not a JSON object with the fields of an order.
    #[error(
        "an order is a JSON object such as {{\"fault\": \"429\", \"retry_after\": 2, \"times\": 1}}: {0}"
    )]
    NotAnOrder(String),
    /// The word is neither a status nor the name of a fault.
    #[error(
        "unknown fault `{0}`: use none, slow, cut, reset, hang, error-event, context-length or a status from 400 to 599"
    )]
    UnknownFault(String),
}

/// An order as it is written in JSON.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    fault: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_token_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    between_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after_events: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
}

impl Order {
    /// The order under which everything works.
    pub const NONE: Self = Self { fault: None, times: None };

    /// An order for every request until the next one.
    pub fn always(fault: Fault) -> Self {
        Self { fault: Some(fault), times: None }
    }

    /// An order for the next `times` requests.
    pub fn for_next(times: u32, fault: Fault) -> Self {
        Self { fault: Some(fault), times: Some(times) }
    }

    /// Reads an order from JSON, or from the bare word that would be its `fault`.
    pub fn parse(text: &str) -> Result<Self, OrderError> {
        let text = text.trim();
        let written: Written = if text.starts_with('{') {
            serde_json::from_str(text).map_err(|error| OrderError::NotAnOrder(error.to_string()))?
        } else {
            Written { fault: text.to_owned(), ..Written::default() }
        };
        Ok(Self { fault: written.fault()?, times: written.times })
    }

    /// The fault for one request; uses the order up by one.
    pub(crate) fn take(&mut self) -> Option<Fault> {
        let fault = self.fault?;
        if let Some(left) = self.times {
            let Some(rest) = left.checked_sub(1) else {
                *self = Self::NONE;
                return None;
            };
            self.times = Some(rest);
            if rest == 0 {
                *self = Self::NONE;
            }
        }
        Some(fault)
    }

    /// The order as JSON, in the words that [`Order::parse`] reads.
    pub(crate) fn to_json(self) -> serde_json::Value {
        let mut written = Written { times: self.times, ..Written::default() };
        written.fault = match self.fault {
            None => "none".to_owned(),
            Some(Fault::Status { status, retry_after_s }) => {
                written.retry_after = retry_after_s;
                status.to_string()
            }
            Some(Fault::ContextLength) => "context-length".to_owned(),
            Some(Fault::Slow { first_token, between }) => {
                written.first_token_ms = u64::try_from(first_token.as_millis()).ok();
                written.between_ms = u64::try_from(between.as_millis()).ok();
                "slow".to_owned()
            }
            Some(Fault::Cut { after_events }) => {
                written.after_events = Some(after_events);
                "cut".to_owned()
            }
            Some(Fault::Reset) => "reset".to_owned(),
            Some(Fault::Hang) => "hang".to_owned(),
            Some(Fault::ErrorEvent { after_events }) => {
                written.after_events = Some(after_events);
                "error-event".to_owned()
            }
        };
        serde_json::to_value(written).unwrap_or_default()
    }
}

impl Written {
    fn fault(&self) -> Result<Option<Fault>, OrderError> {
        let delay = |ms: Option<u64>| Duration::from_millis(ms.unwrap_or(0)).min(limits::DELAY_MAX);
        let after_events = self.after_events.unwrap_or(3);
        Ok(Some(match self.fault.as_str() {
            "none" => return Ok(None),
            "slow" => Fault::Slow {
                first_token: delay(self.first_token_ms.or(Some(2_000))),
                between: delay(self.between_ms),
            },
            "cut" => Fault::Cut { after_events },
            "reset" => Fault::Reset,
            "hang" => Fault::Hang,
            "error-event" => Fault::ErrorEvent { after_events },
            "context-length" => Fault::ContextLength,
            word => match word.parse() {
                Ok(status @ 400..=599) => Fault::Status { status, retry_after_s: self.retry_after },
                _ => return Err(OrderError::UnknownFault(word.chars().take(40).collect())),
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<Order, &str>) {
        match (Order::parse(text), expected) {
            (Ok(order), Ok(wanted)) => {
                assert_eq!(order, wanted, "{text}");
                assert_eq!(
                    Order::parse(&order.to_json().to_string()),
                    Ok(wanted),
                    "what is shown can be sent again"
                );
            }
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{text}: {error}"),
            (got, wanted) => panic!("{text}: {got:?}, expected {wanted:?}"),
        }
    }

    #[test]
    fn orders_are_read_from_words_and_json() {
        let status = |status, retry_after_s| Fault::Status { status, retry_after_s };
        check("none", Ok(Order::NONE));
        check("529", Ok(Order::always(status(529, None))));
        check(r#"{"fault":"429","retry_after":2}"#, Ok(Order::always(status(429, Some(2)))));
        check(r#"{"fault":"500","times":2}"#, Ok(Order::for_next(2, status(500, None))));
        check(r#"{"fault":"cut","after_events":1}"#, Ok(Order::always(Fault::Cut { after_events: 1 })));
        check("reset", Ok(Order::always(Fault::Reset)));
        check("hang", Ok(Order::always(Fault::Hang)));
        check("context-length", Ok(Order::always(Fault::ContextLength)));
        check("error-event", Ok(Order::always(Fault::ErrorEvent { after_events: 3 })));
        let slow = Fault::Slow { first_token: Duration::from_millis(5), between: Duration::from_millis(1) };
        check(r#"{"fault":"slow","first_token_ms":5,"between_ms":1}"#, Ok(Order::always(slow)));
        let capped = Fault::Slow { first_token: limits::DELAY_MAX, between: Duration::ZERO };
        check(r#"{"fault":"slow","first_token_ms":99999999999}"#, Ok(Order::always(capped)));
    }

    #[test]
    fn what_is_not_an_order_is_refused() {
        check("", Err("unknown fault"));
        check("200", Err("unknown fault `200`"));
        check("99999999999", Err("unknown fault"));
        check(r#"{"fault":"500","time":2}"#, Err("unknown field"));
        check("{", Err("JSON object"));
    }

    #[test]
    fn a_counted_order_is_used_up() {
        let mut order = Order::for_next(2, Fault::Reset);
        assert_eq!(
            [order.take(), order.take(), order.take()],
            [Some(Fault::Reset), Some(Fault::Reset), None]
        );
        assert_eq!(order, Order::NONE);
        assert_eq!(Order::for_next(0, Fault::Hang).take(), None);
    }
}
