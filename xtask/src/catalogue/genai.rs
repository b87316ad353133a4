//! Prices from the package genai-prices: its providers, the clauses that name a model, and its price lists.
//!
//! Deliberately standard prices alone: batches and service tiers are other contracts. Where a price depends on the hour,
//! the dearest hour counts, so that no budget is overspent by day. Clauses that are regular expressions match nothing.

use jiff::civil::Date;
use pointsman_schema::catalogue::{Rates, Step, Tariff};

use super::decimal::{PER_MILLION, scaled};
use super::python::Value;

/// What the package knows of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Priced {
    /// **Unit**: tokens.
    pub(crate) context_window: Option<u32>,
    /// In the order of their days.
    pub(crate) tariffs: Vec<Tariff>,
}

/// Every provider of the package's `data.py`.
pub(crate) struct Prices(Vec<Value>);

impl Prices {
    /// Reads the text of `data.py`.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let (_, list) = text.split_once(OPENING).ok_or("data.py has no list of providers")?;
        match Value::read(list)? {
            Value::List(providers) => Ok(Self(providers)),
            _ => Err("the providers of data.py are no list".to_owned()),
        }
    }

    /// What a provider asks for a model.
    pub(crate) fn of(&self, provider: &str, model: &str) -> Result<Option<Priced>, String> {
        let is_wanted = |value: &&Value| value.field("id").and_then(Value::text) == Some(provider);
        let models = self.0.iter().find(is_wanted).and_then(|provider| provider.field("models"));
        let models = models.ok_or_else(|| format!("data.py has no provider `{provider}`"))?.items();
        let matches = |known: &&Value| known.field("match").is_some_and(|clause| matches(clause, model));
        models.iter().find(matches).map(priced).transpose()
    }
}

fn matches(clause: &Value, model: &str) -> bool {
    let word = |field: &str| clause.field(field).and_then(Value::text).unwrap_or_default();
    let parts = |field: &str| clause.field(field).map(Value::items).unwrap_or_default();
    match clause.called() {
        Some("ClauseEquals") => word("equals") == model,
        Some("ClauseStartsWith") => model.starts_with(word("starts_with")),
        Some("ClauseEndsWith") => model.ends_with(word("ends_with")),
        Some("ClauseContains") => model.contains(word("contains")),
        Some("ClauseOr") => parts("or_").iter().any(|part| matches(part, model)),
        Some("ClauseAnd") => parts("and_").iter().all(|part| matches(part, model)),
        _ => false,
    }
}

fn priced(model: &Value) -> Result<Priced, String> {
    let id = model.field("id").and_then(Value::text).unwrap_or_default();
    let wrong = || format!("the prices of `{id}` are not of a known form");
    let context_window = match model.field("context_window") {
        Some(Value::Number(tokens)) => tokens.parse().ok(),
        _ => None,
    };
    let (by_hour, by_day): (Vec<&Value>, Vec<&Value>) = match model.field("prices") {
        Some(Value::List(lists)) => lists.iter().partition(|list| is_by_hour(list)),
        Some(prices) => (Vec::new(), vec![prices]),
        None => (Vec::new(), Vec::new()),
    };
    let read = |lists: Vec<&Value>| lists.into_iter().map(conditional).collect::<Option<Vec<_>>>();
    let (mut tariffs, by_hour) = read(by_day).zip(read(by_hour)).ok_or_else(wrong)?;
    tariffs.sort_by_key(|tariff| tariff.valid_from);
    tariffs.dedup_by(|later, earlier| later.steps == earlier.steps);
    let input = |tariff: &Tariff| tariff.steps.first().and_then(|step| step.rates.input);
    let dearest = by_hour.into_iter().max_by_key(input);
    if let (Some(last), Some(dearest)) = (tariffs.last_mut(), dearest)
        && input(last) < input(&dearest)
    {
        last.steps = dearest.steps;
    }
    Ok(Priced { context_window, tariffs })
}

fn is_by_hour(list: &Value) -> bool {
    list.field("constraint").and_then(Value::called) == Some("TimeOfDateConstraint")
}

/// A list with its condition, or one that always holds.
fn conditional(list: &Value) -> Option<Tariff> {
    let Some(prices) = list.field("prices") else { return tariff(None, list) };
    let day = list.field("constraint").and_then(|constraint| constraint.field("start_date"));
    tariff(day.map(date).map_or(Some(None), |day| day.map(Some))?, prices)
}

fn date(value: &Value) -> Option<Date> {
    let numbers: Vec<i16> = value
        .arguments()
        .iter()
        .map(|argument| match argument {
            Value::Number(number) => number.parse().ok(),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let [year, month, day] = *numbers else { return None };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// One price list with the steps of all its prices; each step has every price that holds in it.
fn tariff(valid_from: Option<Date>, prices: &Value) -> Option<Tariff> {
    let columns = ["input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok"]
        .map(|field| prices.field(field).map_or(Some(Vec::new()), steps));
    let [input, output, cached_read, cache_write] = columns;
    let (input, output, cached_read, cache_write) = (input?, output?, cached_read?, cache_write?);
    let all = [&input, &output, &cached_read, &cache_write];
    let mut borders: Vec<u32> = all.into_iter().flatten().map(|(over, _)| *over).chain([0]).collect();
    borders.sort_unstable();
    borders.dedup();
    let at = |steps: &[(u32, u64)], border: u32| {
        steps.iter().rev().find(|(over, _)| *over <= border).map(|(_, amount)| *amount)
    };
    let step = |over: u32| Step {
        over,
        rates: Rates {
            input: at(&input, over),
            output: at(&output, over),
            cached_read: at(&cached_read, over),
            cache_write: at(&cache_write, over),
        },
    };
    Some(Tariff { valid_from, steps: borders.into_iter().map(step).collect() })
}

/// A price as the steps that it has, rising.
fn steps(price: &Value) -> Option<Vec<(u32, u64)>> {
    if price.called() != Some("TieredPrices") {
        return Some(vec![(0, amount(price)?)]);
    }
    let mut found = vec![(0, amount(price.field("base")?)?)];
    for tier in price.field("tiers")?.items() {
        let Value::Number(start) = tier.field("start")? else { return None };
        found.push((start.parse().ok()?, amount(tier.field("price")?)?));
    }
    found.sort_unstable();
    Some(found)
}

fn amount(price: &Value) -> Option<u64> {
    match price.arguments() {
        [text] if price.called() == Some("Decimal") => scaled(text.text()?, PER_MILLION),
        _ => None,
    }
}

/// After this the list begins.
const OPENING: &str = "providers: list[Provider] = ";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(model: &str, expected: &str) {
        let found = Prices::read(DATA).unwrap().of("p", model).unwrap();
        let entry = |priced: Priced| pointsman_schema::catalogue::Entry {
            context_window: priced.context_window,
            tariffs: priced.tariffs,
            ..Default::default()
        };
        assert_eq!(found.map(|priced| entry(priced).line()).unwrap_or_default(), expected, "{model}");
    }

    #[test]
    fn prices_are_found_by_clause() {
        check("a", "\t\t9\t-\t-\t-\t* 2500000000 - 1 -");
        check(
            "b-1",
            "\t\t-\t-\t-\t-\t* 1000000000 2000000000 - - ; >5 1000000000 3000000000 - - ; 2026-03-13 9000000000 - - -",
        );
        check("c", "");
    }

    const DATA: &str = "x\nproviders: list[Provider] = [Provider(id='p', models=[
        ModelInfo(id='a', match=ClauseEquals(equals='a'), context_window=9,
            prices=ModelPrice(input_mtok=Decimal('2.5'), cache_read_mtok=Decimal('0.000000001'))),
        ModelInfo(id='b', match=ClauseOr(or_=[ClauseRegex(regex='^c$'), ClauseStartsWith(starts_with='b-')]), prices=[
            ConditionalPrice(constraint=StartDateConstraint(start_date=datetime.date(2026, 3, 13)),
                prices=ModelPrice(input_mtok=Decimal('0'))),
            ConditionalPrice(prices=ModelPrice(input_mtok=Decimal('1'),
                output_mtok=TieredPrices(base=Decimal('2'), tiers=[Tier(start=5, price=Decimal('3'))]))),
            ConditionalPrice(constraint=TimeOfDateConstraint(start_time=1), prices=ModelPrice(input_mtok=Decimal('9'))),
        ]),
    ])]";
}
