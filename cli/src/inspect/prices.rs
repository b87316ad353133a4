//! Prices as `inspect` shows them: dollars per million tokens, in decimal text.

use std::fmt::Write as _;

use pointsman_schema::archive::money::{ArchivedPrice, UNPRICED};
use pointsman_schema::read::amount::dollars;
use pointsman_schema::snapshot::View;
use serde::Serialize;

/// Prices of a model from one day on, for requests of one length.
#[derive(Debug, Serialize)]
pub(crate) struct Price {
    pub(crate) model: String,
    /// Nothing when it always held.
    pub(crate) valid_from: Option<String>,
    /// Tokens of input that a request must exceed.
    pub(crate) over_tokens: u32,
    pub(crate) input: Option<String>,
    pub(crate) output: Option<String>,
    pub(crate) cached_read: Option<String>,
    pub(crate) cache_write: Option<String>,
}

/// Every price of a snapshot, in the order of models, days and lengths.
pub(crate) fn prices(view: &View<'_>) -> Vec<Price> {
    view.money.prices.iter().map(|row| price(view, row)).collect()
}

fn price(view: &View<'_>, row: &ArchivedPrice) -> Price {
    let ArchivedPrice {
        model,
        valid_from_s,
        over_tokens,
        input_nanos,
        output_nanos,
        cached_read_nanos,
        cache_write_nanos,
    } = row;
    let amount = |nanos: u64| (nanos != UNPRICED).then(|| dollars(u128::from(nanos)));
    let begin = valid_from_s.to_native();
    let day = |second: i64| {
        let instant = jiff::Timestamp::from_second(second).ok()?;
        Some(instant.to_zoned(jiff::tz::TimeZone::UTC).date().to_string())
    };
    Price {
        model: view.text(view.model((*model).into()).name).to_owned(),
        valid_from: Some(begin).filter(|begin| *begin != i64::MIN).and_then(day),
        over_tokens: over_tokens.to_native(),
        input: amount(input_nanos.to_native()),
        output: amount(output_nanos.to_native()),
        cached_read: amount(cached_read_nanos.to_native()),
        cache_write: amount(cache_write_nanos.to_native()),
    }
}

/// One line of the report for people.
pub(super) fn write(out: &mut String, price: &Price) -> std::fmt::Result {
    let Price { model, valid_from, over_tokens, input, output, cached_read, cache_write } = price;
    let since = valid_from.as_ref().map_or(String::new(), |day| format!(" from {day}"));
    let over = if *over_tokens == 0 { String::new() } else { format!(" over {over_tokens} tokens") };
    let known =
        |what: &str, amount: &Option<String>| amount.as_ref().map(|amount| format!("{what} {amount}"));
    let amounts = [
        known("input", input),
        known("output", output),
        known("cached-read", cached_read),
        known("cache-write", cache_write),
    ];
    let amounts: Vec<String> = amounts.into_iter().flatten().collect();
    writeln!(out, "  {model}{since}{over}: {}", amounts.join(", "))
}
