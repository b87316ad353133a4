//! `price-in-another-unit`: prices of a well-known model that are a thousand or a million times those of the catalogue.
//!
//! Deliberately compares only with prices that the catalogue knows, and only where every price that both know is off by one and
//! the same power: a discount is none. What costs nothing is not compared. Invariant: nothing is said of prices within a
//! factor of 500.
//!
//! Read next: [`crate::catalogue`], [`crate::model`].

use pointsman_schema::catalogue::Rates;
use pointsman_schema::read::amount::dollars;
use pointsman_schema::source::{Model, PriceList};
use pointsman_schema::tree::Spanned;

use crate::catalogue;
use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "price-in-another-unit",
    severity: Severity::Warning,
    summary: "a model's price is a thousand or a million times off the catalogue's",
    page: include_str!("../../../docs/rules/price-in-another-unit.md"),
};

/// Reports price lists whose prices look like those of one token, or of a thousand.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Model>, body: &Model, sink: &mut Diagnostics) {
    if body.prices.is_empty() || index.is_spoiled(declared.file, declared.named.span) {
        return;
    }
    let named = body.catalogue.as_ref().map_or(declared.name.as_str(), |named| named.value.as_str());
    let Some(known) = catalogue::entry(named) else { return };
    let Some(known) = known.tariffs.last().and_then(|tariff| tariff.steps.first()) else { return };
    sink.extend(body.prices.iter().filter_map(|list| diagnostic(declared, list, known.rates)));
}

fn diagnostic(declared: &Declared<'_, Model>, list: &Spanned<PriceList>, known: Rates) -> Option<Diagnostic> {
    let PriceList { valid_from: _, input, output, cached_read, cache_write, tiers: _ } = &list.value;
    let written = [
        ("input", input, known.input),
        ("output", output, known.output),
        ("cached-read", cached_read, known.cached_read),
        ("cache-write", cache_write, known.cache_write),
    ];
    let both = written.into_iter().filter_map(|(word, price, known)| {
        let price = price.as_ref()?;
        let known = known.filter(|known| *known > 0)?;
        (price.value.0 > 0).then_some((word, price, known))
    });
    let both: Vec<_> = both.collect();
    let &(word, price, usual) = both.first()?;
    let off = power(price.value.0, usual)?;
    if both.iter().any(|(_, price, known)| power(price.value.0, *known) != Some(off)) {
        return None;
    }
    let (model, found, usual) =
        (visible(&declared.name), dollars(u128::from(price.value.0)), dollars(u128::from(usual)));
    let unit = match off {
        Off::Below(times) => format!("{times} times less than"),
        Off::Above(times) => format!("{times} times as much as"),
    };
    let label = format!("expected about {usual} dollars for a million tokens of {word}, found {found}");
    Some(
        Diagnostic::new(
            &RULE,
            format!("the prices of model `{model}` are about {unit} in the catalogue"),
            Label::new(declared.file, price.span, label),
        )
        .context(Label::new(declared.file, declared.named.name.span, "this model"))
        .consequence("so budgets in money would count what nobody pays")
        .help("write prices in dollars for a million tokens, or allow this when they are meant"),
    )
}

/// By how many times a price is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Off {
    Below(u64),
    Above(u64),
}

/// The unit in which a price would be about that of the catalogue; nothing when it is ours, or none.
fn power(written: u64, known: u64) -> Option<Off> {
    let is_about = |small: u64, large: u64, times: u64| {
        let small = u128::from(small).saturating_mul(u128::from(times));
        let large = u128::from(large);
        small <= large.saturating_mul(2) && large <= small.saturating_mul(2)
    };
    let units = [1_000, 1_000_000];
    let below = units.into_iter().find(|times| is_about(written, known, *times)).map(Off::Below);
    below.or_else(|| units.into_iter().find(|times| is_about(known, written, *times)).map(Off::Above))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_units_are_off() {
        let check = |written, known, expected| assert_eq!(power(written, known), expected);
        check(2_500, 2_500_000, Some(Off::Below(1_000)));
        check(4_000, 2_500_000, Some(Off::Below(1_000)));
        check(3, 2_500_000, Some(Off::Below(1_000_000)));
        check(2_500_000_000, 2_500_000, Some(Off::Above(1_000)));
        check(2_500_000, 2_500_000, None);
        check(100, 2_500_000, None);
        check(25_000, 2_500_000, None);
    }
}
