//! `cargo xtask catalogue`: the catalogue of well-known models, from two packages whose licences let us ship their data.
//!
//! Deliberately fetches nothing: the packages are unpacked by hand, so that what is committed is what someone looked at.
//! How to get them stands in `docs/models.md`. The invariant, held by [`check`]: the committed text is sorted, every line
//! is one that the compiler reads, and every price is there and not too high to be written in a policy.
//!
//! Read next: [`merge`] for whose word counts, `schema/src/catalogue.rs` for the form of a line.

mod decimal;
mod genai;
mod litellm;
mod merge;
mod python;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use pointsman_schema::catalogue::{COMMENT, Entry, lines, names};
use pointsman_schema::source::Price;

use self::genai::Prices;
use self::merge::{Merged, merge};

/// Reads both packages and writes the catalogue; `None` when the arguments are wrong.
pub(crate) fn run(arguments: &[&str]) -> Option<io::Result<bool>> {
    let [genai, litellm, day] = arguments else { return None };
    let day = day.parse::<Date>().ok()?;
    Some(write(Path::new(genai), Path::new(litellm), day))
}

fn write(genai: &Path, litellm: &Path, day: Date) -> io::Result<bool> {
    let prices =
        Prices::read(&fs::read_to_string(genai.join("genai_prices/data.py"))?).map_err(io::Error::other)?;
    let limits = fs::read_to_string(litellm.join("litellm/model_prices_and_context_window_backup.json"))?;
    let models = litellm::read(&limits)?;
    let Merged { entries, review } = merge(&prices, &models, day).map_err(io::Error::other)?;
    let versions = format!(
        "genai-prices {}, litellm {}",
        version(genai, "genai_prices-")?,
        version(litellm, "litellm-")?
    );
    let opening =
        format!("{COMMENT} Models as of {day}, from {versions}. MIT licences in NOTICE.\n{COMMENT} {FORM}\n");
    let text = entries.values().map(|entry| entry.line() + "\n").collect::<String>();
    fs::write(path("models.txt"), format!("{opening}{text}"))?;
    let opening = format!("{COMMENT} Where {versions} differ by more than 1 %.\n{COMMENT} {REVIEW_FORM}\n");
    fs::write(path("review.txt"), format!("{opening}{review}"))?;
    writeln!(io::stdout(), "{} models, {} differences", entries.len(), review.lines().count())?;
    Ok(true)
}

/// The version of an unpacked package, from its folder `NAME-VERSION.dist-info`.
fn version(package: &Path, prefix: &str) -> io::Result<String> {
    for entry in fs::read_dir(package)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if let Some(version) = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(".dist-info")) {
            return Ok(version.to_owned());
        }
    }
    Err(io::Error::other(format!("{} has no folder {prefix}*.dist-info", package.display())))
}

/// Says whether the committed text is one that the compiler can search.
pub(crate) fn check() -> io::Result<bool> {
    let text = fs::read_to_string(path("models.txt"))?;
    let mut wrong = Vec::new();
    if !text.is_ascii() || !text.starts_with(COMMENT) {
        wrong.push("it is not ASCII that says where it comes from".to_owned());
    }
    if !names(&text).is_sorted_by(|a, b| a < b) {
        wrong.push("its names are not in order".to_owned());
    }
    wrong.extend(lines(&text).filter(|line| !is_whole(line)).map(|line| format!("not a model: {line}")));
    for what in &wrong {
        writeln!(io::stdout(), "{FOLDER}/models.txt: {what}")?;
    }
    Ok(wrong.is_empty())
}

/// Whether a line is read, written again as it is, and has prices in an order that can hold.
fn is_whole(line: &str) -> bool {
    let Some(entry) = Entry::parse(line) else { return false };
    let is_rising = |tariff: &pointsman_schema::catalogue::Tariff| {
        tariff.steps.is_sorted_by(|a, b| a.over < b.over)
            && tariff.steps.first().is_some_and(|step| step.over == 0)
    };
    let rates = entry.tariffs.iter().flat_map(|tariff| &tariff.steps).map(|step| step.rates);
    let mut amounts =
        rates.flat_map(|rates| [rates.input, rates.output, rates.cached_read, rates.cache_write]);
    entry.line() == line
        && entry.tariffs.is_sorted_by(|a, b| a.valid_from < b.valid_from)
        && entry.tariffs.iter().all(is_rising)
        && amounts.all(|amount| amount.is_some_and(|amount| amount <= Price::MAX))
}

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(FOLDER).join(file)
}

/// Where the catalogue is kept, relative to the repository.
const FOLDER: &str = "compiler/catalogue";
const FORM: &str = "name, provider, context window, output limit, capabilities, deprecated, prices (nano-dollars per million tokens: input, output, cached-read, cache-write)";
const REVIEW_FORM: &str = "name, what, genai-prices, litellm (dollars per million tokens, or tokens)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_catalogue_can_be_searched() {
        assert!(check().unwrap(), "{FOLDER}/models.txt is damaged: run `cargo xtask catalogue`");
    }
}
