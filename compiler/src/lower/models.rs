//! Models and their prices: every model that is declared, and those of the catalogue that a backend names.
//!
//! Prices stand in another section. Read next: [`crate::model`] for what holds of a model.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use pointsman_schema::archive::money::{Price, UNPRICED};
use pointsman_schema::archive::providers as archive;
use pointsman_schema::catalogue::{Rates, Step, Tariff};

use super::names::Texts;
use super::{LowerError, body, row};
use crate::catalogue;
use crate::model::Facts;
use crate::policy::Policy;

/// The models that have rows, in the order of their names.
pub(super) fn rows<'p>(policy: &'p Policy<'p>) -> BTreeSet<&'p str> {
    let mut names: BTreeSet<&str> = policy.models.keys().map(String::as_str).collect();
    for (_, backend) in Policy::bodies(&policy.backends) {
        let name = backend.model.value.as_str();
        if !names.contains(name)
            && let Some(known) = catalogue::name_of(name)
        {
            names.insert(known);
        }
    }
    names
}

/// Both tables.
pub(super) fn lower<'p>(
    policy: &'p Policy<'p>,
    texts: &mut Texts<'p>,
) -> Result<(Vec<archive::Model>, Vec<Price>), LowerError> {
    let (mut models, mut rows_of_prices) = (Vec::new(), Vec::new());
    for (name, at) in rows(policy).into_iter().zip(0..) {
        if let Some(declared) = policy.models.get(name) {
            body(declared)?;
        }
        let unresolved = || LowerError::Unresolved { kind: "model", name: name.to_owned() };
        let Facts { context_window, output_limit, capabilities, token_millibytes, deprecated: _, tariffs } =
            policy.model_facts(name).ok_or_else(unresolved)?;
        models.push(archive::Model {
            name: texts.number(name),
            context_window_tokens: context_window.unwrap_or(0),
            output_limit_tokens: output_limit.unwrap_or(0),
            capabilities,
            token_millibytes: token_millibytes.unwrap_or(TOKEN_MILLIBYTES),
        });
        rows_of_prices.extend(tariffs.iter().flat_map(|tariff| prices(row(at), tariff)));
    }
    Ok((models, rows_of_prices))
}

/// Of a model that does not say. **Unit**: thousandths of a byte a token.
const TOKEN_MILLIBYTES: u32 = 4_000;

fn prices(model: u32, tariff: &Tariff) -> impl Iterator<Item = Price> {
    let valid_from_s = tariff.valid_from.map_or(i64::MIN, begin_s);
    tariff.steps.iter().map(move |Step { over, rates }| {
        let Rates { input, output, cached_read, cache_write } = rates;
        Price {
            model,
            valid_from_s,
            over_tokens: *over,
            input_nanos: input.unwrap_or(UNPRICED),
            output_nanos: output.unwrap_or(UNPRICED),
            cached_read_nanos: cached_read.unwrap_or(UNPRICED),
            cache_write_nanos: cache_write.unwrap_or(UNPRICED),
        }
    })
}

/// The first second of a day in UTC. Days that a policy can hold all have one.
fn begin_s(day: Date) -> i64 {
    day.to_zoned(TimeZone::UTC).map_or(i64::MIN, |begin| begin.timestamp().as_second())
}
