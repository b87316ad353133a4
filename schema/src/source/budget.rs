//! `budget` and `limit`: how much may be spent, and how fast.
//!
//! A budget counts money or tokens over a calendar window and has an end; a limit holds a rate. Deliberately no counters:
//! those are the gateway's state. Every budget and limit that a request falls under has to let it pass.

use serde_json::{Value as Json, json};

use super::upstream::BaseUrl;
use crate::json_schema::Definitions;
use crate::read::amount::{Count, Dollars};
use crate::read::record::record;
use crate::read::scalar::{Reference, TargetReference, Whole};
use crate::read::{ProblemKind, Read, Reader};
use crate::tree::Node;
use crate::words::words;

record! {
    /// Money or tokens that may be spent in a window. Keys and consumers name the budgets that their requests fall under.
    object "budget"
    pub struct Budget {
        /// Money that may be spent in one window, in US dollars. Exactly one of `amount` and `tokens` is given.
        optional amount: Dollars = "amount",
        /// Input and output tokens that may be used in one window.
        optional tokens: Count = "tokens",
        /// The calendar window after which it begins anew.
        required window: BudgetWindow = "window",
        /// IANA time zone of the window's borders; by default UTC.
        optional zone: String = "zone",
        /// Whether it holds under any circumstances (`hard`, the default), or may be overshot by what is in flight
        /// (`soft`).
        optional mode: BudgetMode = "mode",
        /// Whether all who name it share one count (the default), or each consumer or each key has its own.
        optional per: Counted = "per",
        /// What a request gets when it is spent: `reject` (the default), or `chain/NAME`, the chain that takes over.
        optional on_exceed: OnExceed = "on-exceed",
        /// The budget that this one is a part of: what is spent here is spent there, too.
        optional parent: Reference = "parent",
        /// When and where to tell that it runs out.
        optional alert: Alert = "alert",
        /// Whether other teams' files may name it.
        optional export: bool = "export",
    }
}

record! {
    /// When and where to tell that a budget runs out.
    object "alert"
    pub struct Alert {
        /// At which shares of the budget, in percent.
        list at: Whole<1, 100> = "at",
        /// Where a JSON message is posted to.
        required webhook: BaseUrl = "webhook",
    }
}

words! {
    /// The calendar window of a budget.
    pub enum BudgetWindow {
        /// From hour to hour.
        Hour = 0 "hour",
        /// From midnight to midnight.
        Day = 1 "day",
        /// From Monday to Monday.
        Week = 2 "week",
        /// From the first of a month to the next.
        Month = 3 "month",
        /// From 1 January to the next.
        Year = 4 "year",
        /// Never anew.
        Total = 5 "total",
    }
}

words! {
    /// How firmly a budget holds.
    pub enum BudgetMode {
        /// What is settled and reserved never exceeds it.
        Hard = 0 "hard",
        /// It may be overshot by what is in flight.
        Soft = 1 "soft",
    }
}

words! {
    /// What a budget or limit keeps one count for.
    pub enum Counted {
        /// All who name it together.
        Shared = 0 "shared",
        /// Each consumer.
        Consumer = 1 "consumer",
        /// Each key.
        Key = 2 "key",
    }
}

/// What a request gets when its budget is spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnExceed {
    /// A refusal.
    Reject,
    /// Another chain, `chain/NAME`.
    Chain(TargetReference),
}

impl Read for OnExceed {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let text = reader.text(node, "reject or chain/NAME")?;
        if text == "reject" {
            return Some(Self::Reject);
        }
        if !text.starts_with("chain/") {
            let known = &["reject", "chain/NAME"];
            reader.report(node.span, ProblemKind::UnknownWord { word: text.to_owned(), known });
            return None;
        }
        TargetReference::read(node, reader).map(Self::Chain)
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "type": "string", "pattern": "^(reject|chain/.+)$" })
    }
}

record! {
    /// A rate. At least one of `requests`, `tokens` and `concurrent` is given; keys and consumers name the limits that
    /// their requests fall under.
    object "limit"
    pub struct Limit {
        /// Requests that may begin in one window.
        optional requests: Count = "requests",
        /// Input and output tokens that may be used in one window.
        optional tokens: Count = "tokens",
        /// Requests that may be open at once; it needs no window.
        optional concurrent: Whole<1, 1_000_000> = "concurrent",
        /// The window of `requests` and `tokens`.
        optional window: LimitWindow = "window",
        /// How many requests may begin at once after a pause; by default as many as fit the window.
        optional burst: Count = "burst",
        /// Whether all who name it share one count (the default), or each consumer or each key has its own.
        optional per: Counted = "per",
        /// Whether other teams' files may name it.
        optional export: bool = "export",
    }
}

words! {
    /// The window of a limit.
    pub enum LimitWindow {
        /// One second.
        Second = 0 "second",
        /// One minute.
        Minute = 1 "minute",
        /// One hour.
        Hour = 2 "hour",
        /// One day of 24 hours.
        Day = 3 "day",
    }
}

impl LimitWindow {
    /// How long it is. **Unit**: seconds.
    pub const fn seconds(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    /// The window of so many seconds.
    pub fn of_seconds(seconds: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|window| window.seconds() == seconds)
    }
}
