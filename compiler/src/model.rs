//! What holds of a model: what the workspace declares, what the catalogue says, or the one where the other says nothing.
//!
//! Deliberately the only place that puts the two together. The invariant: a model that the workspace declares is what it
//! says there and no more, unless it names a model of the catalogue; then each field by itself comes from there when it is
//! not written. A list that is empty is not written.
//!
//! Read next: [`crate::catalogue`], [`Policy::model_facts`].

use jiff::civil::Date;
use pointsman_schema::capability::Capability;
use pointsman_schema::catalogue::{Entry, Rates, Step, Tariff};
use pointsman_schema::read::scalar::Whole;
use pointsman_schema::source::{Model, Price, PriceList, Tier};
use pointsman_schema::tree::Spanned;

use crate::catalogue;
use crate::policy::Policy;

/// What holds of one model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// **Unit**: tokens of input and output together; nothing when unknown.
    pub context_window: Option<u32>,
    /// **Unit**: tokens; nothing when unknown.
    pub output_limit: Option<u32>,
    /// What it can do, as bits of `Capability`.
    pub capabilities: u32,
    /// **Unit**: thousandths of a byte a token; nothing when unknown.
    pub token_millibytes: Option<u32>,
    /// The day from which its provider no longer offers it.
    pub deprecated: Option<Date>,
    /// Its price lists in the order of their days; every step has all prices that hold in it.
    pub tariffs: Vec<Tariff>,
}

impl Policy<'_> {
    /// What holds of a model, declared or of the catalogue; nothing when there is none, or it could not be read.
    pub fn model_facts(&self, name: &str) -> Option<Facts> {
        match self.models.get(name) {
            Some(declared) => declared.body().map(Facts::of),
            None => catalogue::entry(name).map(Facts::from),
        }
    }
}

impl Facts {
    /// What a declaration says, together with the model of the catalogue that it names.
    pub fn of(declared: &Model) -> Self {
        let Model {
            catalogue,
            context_window,
            output_limit,
            capabilities,
            token_millibytes,
            prices,
            deprecated,
        } = declared;
        let named = catalogue.as_ref().and_then(|named| catalogue::entry(named.value.as_str()));
        let base = named.map(Self::from).unwrap_or_default();
        Self {
            context_window: tokens(context_window.as_ref()).or(base.context_window),
            output_limit: tokens(output_limit.as_ref()).or(base.output_limit),
            capabilities: if capabilities.is_empty() {
                base.capabilities
            } else {
                capabilities.iter().fold(0, |bits, capability| bits | capability.value.bit())
            },
            token_millibytes: tokens(token_millibytes.as_ref()).or(base.token_millibytes),
            deprecated: deprecated.as_ref().map(|day| day.value).or(base.deprecated),
            tariffs: if prices.is_empty() { base.tariffs } else { tariffs(prices) },
        }
    }

    /// Whether it answers with tokens that can cost something: what makes embeddings alone does not.
    pub fn has_output(&self) -> bool {
        self.capabilities != Capability::Embeddings.bit()
    }
}

impl From<Entry> for Facts {
    fn from(entry: Entry) -> Self {
        let Entry { name: _, provider: _, context_window, output_limit, capabilities, deprecated, tariffs } =
            entry;
        Self { context_window, output_limit, capabilities, token_millibytes: None, deprecated, tariffs }
    }
}

fn tokens<const MIN: u32, const MAX: u32>(written: Option<&Spanned<Whole<MIN, MAX>>>) -> Option<u32> {
    written.map(|tokens| tokens.value.0)
}

fn tariffs(lists: &[Spanned<PriceList>]) -> Vec<Tariff> {
    let mut tariffs: Vec<Tariff> = lists.iter().map(|list| tariff(&list.value)).collect();
    tariffs.sort_by_key(|tariff| tariff.valid_from);
    tariffs
}

/// A price list with its tiers filled in: what a tier does not say is as below it.
pub(crate) fn tariff(list: &PriceList) -> Tariff {
    let PriceList { valid_from, input, output, cached_read, cache_write, tiers } = list;
    let base = rates([input, output, cached_read, cache_write]);
    let mut steps = vec![Step { over: 0, rates: base }];
    let mut tiers: Vec<&Tier> = tiers.iter().map(|tier| &tier.value).collect();
    tiers.sort_by_key(|tier| tier.over.value.0);
    for Tier { over, input, output, cached_read, cache_write } in tiers {
        let below = steps.last().map(|step| step.rates).unwrap_or_default();
        let rates = rates([input, output, cached_read, cache_write]).or(below);
        steps.push(Step { over: over.value.0, rates });
    }
    Tariff { valid_from: valid_from.as_ref().map(|day| day.value), steps }
}

fn rates(prices: [&Option<Spanned<Price>>; 4]) -> Rates {
    let [input, output, cached_read, cache_write] =
        prices.map(|price| price.as_ref().map(|price| price.value.0));
    Rates { input, output, cached_read, cache_write }
}
