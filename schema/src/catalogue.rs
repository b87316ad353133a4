//! The catalogue of well-known models as text: one line a model, sorted by name, found without reading the rest.
//!
//! Deliberately no file: the compiler holds the text, `cargo xtask catalogue` writes it with [`Entry::line`]. The
//! invariant: what [`Entry::line`] writes, [`Entry::parse`] reads back. Amounts are integers, in nano-dollars per million
//! tokens.
//!
//! A line has seven columns with a tab between; `-` stands for what is not known:
//!
//! | column | what |
//! |---|---|
//! | name | as clients ask for it |
//! | provider | whose limits and prices these are |
//! | context window | tokens |
//! | output limit | tokens |
//! | capabilities | words with a comma between |
//! | deprecated | a day |
//! | prices | steps with ` ; ` between: a day, `*` (always) or `>TOKENS` (a tier of the list before it), then the prices of input, output, cached-read and cache-write |

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::str::FromStr;

use jiff::civil::Date;

use crate::capability::Capability;

/// What a million tokens of each kind cost; nothing where it is not known. **Unit**: nano-dollars per million tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// Input.
    pub input: Option<u64>,
    /// Output, reasoning included.
    pub output: Option<u64>,
    /// Input read from the provider's cache.
    pub cached_read: Option<u64>,
    /// Input written to the provider's cache.
    pub cache_write: Option<u64>,
}

impl Rates {
    /// These, and where they say nothing, others.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            input: self.input.or(others.input),
            output: self.output.or(others.output),
            cached_read: self.cached_read.or(others.cached_read),
            cache_write: self.cache_write.or(others.cache_write),
        }
    }

    fn columns(self) -> [Option<u64>; 4] {
        let Self { input, output, cached_read, cache_write } = self;
        [input, output, cached_read, cache_write]
    }
}

/// The rates of requests whose input exceeds a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// **Unit**: tokens of input that a request must exceed; 0 for every request.
    pub over: u32,
    /// What they pay.
    pub rates: Rates,
}

/// A price list: what holds from a day on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tariff {
    /// The first day on which it holds; nothing when it always did.
    pub valid_from: Option<Date>,
    /// Rising; the first is over 0 tokens.
    pub steps: Vec<Step>,
}

/// One model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// As clients ask for it.
    pub name: String,
    /// Whose limits and prices these are.
    pub provider: String,
    /// **Unit**: tokens.
    pub context_window: Option<u32>,
    /// **Unit**: tokens.
    pub output_limit: Option<u32>,
    /// Bits of [`Capability`].
    pub capabilities: u32,
    /// The day from which its provider no longer offers it.
    pub deprecated: Option<Date>,
    /// In the order of their days.
    pub tariffs: Vec<Tariff>,
}

impl Entry {
    /// Its line, without a line break.
    pub fn line(&self) -> String {
        let Self { name, provider, context_window, output_limit, capabilities, deprecated, tariffs } = self;
        let words = Capability::ALL.iter().filter(|one| one.bit() & capabilities != 0);
        let words: Vec<&str> = words.map(|one| one.word()).collect();
        let steps: Vec<String> = tariffs.iter().flat_map(Tariff::columns).collect();
        let columns = [
            name.clone(),
            provider.clone(),
            known(context_window.as_ref()),
            known(output_limit.as_ref()),
            if words.is_empty() { NOTHING.to_owned() } else { words.join(",") },
            known(deprecated.as_ref()),
            if steps.is_empty() { NOTHING.to_owned() } else { steps.join(BETWEEN_STEPS) },
        ];
        columns.join("\t")
    }

    /// Reads a line; nothing when it is not one.
    pub fn parse(line: &str) -> Option<Self> {
        let columns: Vec<&str> = line.split('\t').collect();
        let [name, provider, context_window, output_limit, capabilities, deprecated, prices] = *columns
        else {
            return None;
        };
        let words = capabilities.split(',').filter(|word| *word != NOTHING);
        let capabilities =
            words.map(Capability::from_word).try_fold(0, |bits, one| Some(bits | one?.bit()))?;
        Some(Self {
            name: name.to_owned(),
            provider: provider.to_owned(),
            context_window: optional(context_window).ok()?,
            output_limit: optional(output_limit).ok()?,
            capabilities,
            deprecated: optional(deprecated).ok()?,
            tariffs: tariffs(prices)?,
        })
    }
}

impl Tariff {
    fn columns(&self) -> impl Iterator<Item = String> {
        self.steps.iter().map(|Step { over, rates }| {
            let mut text = match (over, self.valid_from) {
                (0, None) => ALWAYS.to_owned(),
                (0, Some(day)) => day.to_string(),
                (over, _) => format!("{TIER}{over}"),
            };
            for rate in rates.columns() {
                // Writing into a string cannot fail.
                write!(text, " {}", known(rate.as_ref())).unwrap_or_default();
            }
            text
        })
    }
}

fn known<T: ToString>(value: Option<&T>) -> String {
    value.map_or(NOTHING.to_owned(), ToString::to_string)
}

fn optional<T: FromStr>(text: &str) -> Result<Option<T>, T::Err> {
    if text == NOTHING { Ok(None) } else { text.parse().map(Some) }
}

fn tariffs(text: &str) -> Option<Vec<Tariff>> {
    let mut found: Vec<Tariff> = Vec::new();
    for step in text.split(BETWEEN_STEPS).filter(|step| *step != NOTHING) {
        let words: Vec<&str> = step.split(' ').collect();
        let [from, input, output, cached_read, cache_write] = *words else { return None };
        let rates = Rates {
            input: optional(input).ok()?,
            output: optional(output).ok()?,
            cached_read: optional(cached_read).ok()?,
            cache_write: optional(cache_write).ok()?,
        };
        if let Some(over) = from.strip_prefix(TIER) {
            found.last_mut()?.steps.push(Step { over: over.parse().ok()?, rates });
            continue;
        }
        let valid_from = if from == ALWAYS { None } else { Some(from.parse().ok()?) };
        found.push(Tariff { valid_from, steps: vec![Step { over: 0, rates }] });
    }
    Some(found)
}

/// The line of a model, its name, and which line of the text it is (from 1). Reads about ten lines of the text.
pub fn find<'t>(text: &'t str, name: &str) -> Option<Found<'t>> {
    let (mut start, mut end) = (opening(text), text.len());
    while start < end {
        let middle = start.midpoint(end);
        let begin = text
            .get(start..middle)?
            .rfind('\n')
            .map_or(start, |at| start.saturating_add(at).saturating_add(1));
        let rest = text.get(begin..)?;
        let line = rest.split('\n').next().unwrap_or(rest);
        let found = line.split('\t').next().unwrap_or(line);
        match name.cmp(found) {
            Ordering::Less => end = begin,
            Ordering::Equal => return Some(Found { name: found, line, begin }),
            Ordering::Greater => start = begin.saturating_add(line.len()).saturating_add(1),
        }
    }
    None
}

/// A model's line in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<'t> {
    /// Its name.
    pub name: &'t str,
    /// Its line.
    pub line: &'t str,
    /// **Unit**: bytes of the text before the line.
    pub begin: usize,
}

/// All names, in order.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    lines(text).map(|line| line.split('\t').next().unwrap_or(line))
}

/// All lines of models.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.get(opening(text)..).unwrap_or_default().lines()
}

/// Where the lines begin, after what is said about the text itself.
fn opening(text: &str) -> usize {
    let comments = text.split_inclusive('\n').take_while(|line| line.starts_with(COMMENT));
    comments.map(str::len).sum()
}

/// In front of what is said about the text itself; all of it stands first.
pub const COMMENT: char = '#';
const NOTHING: &str = "-";
const ALWAYS: &str = "*";
const TIER: char = '>';
const BETWEEN_STEPS: &str = " ; ";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) {
        assert_eq!(Entry::parse(line).map(|entry| entry.line()).as_deref(), Some(line));
    }

    #[test]
    fn what_is_written_is_read() {
        check("m\tp\t-\t-\t-\t-\t-");
        check("m\tp\t128000\t4096\ttools,vision\t2027-01-31\t* 1 2 - - ; >1000 3 4 5 6 ; 2026-03-13 0 0 0 -");
        for wrong in [
            "",
            "m",
            "m\tp\t-\t-\t-\t-",
            "m\tp\tx\t-\t-\t-\t-",
            "m\tp\t-\t-\tflies\t-\t-",
            "m\tp\t-\t-\t-\t-\t>1 1 1 1 1",
        ] {
            assert_eq!(Entry::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn every_line_is_found_and_nothing_else() {
        let names_of = ["a", "a-1", "a.1", "b", "bb", "c/d"];
        for count in 0..=names_of.len() {
            let mut text = "# a\n#b\n".to_owned();
            names_of.iter().take(count).for_each(|name| writeln!(text, "{name}\trest").unwrap());
            for (at, name) in names_of.iter().enumerate() {
                let found = find(&text, name);
                assert_eq!(found.map(|found| found.name), (at < count).then_some(*name), "{name} of {count}");
                assert!(found.is_none_or(|found| text[found.begin..].starts_with(found.line)));
            }
            for other in ["", "#", "A", "a-", "bbb", "zz"] {
                assert_eq!(find(&text, other), None, "{other}");
            }
            assert_eq!(names(&text).collect::<Vec<_>>(), names_of[..count]);
        }
    }
}
