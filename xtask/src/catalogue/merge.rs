//! Two packages into one catalogue: which models, whose word counts for what, and where the two disagree.
//!
//! Prices are genai-prices's where it knows the model, limits and capabilities litellm's. A price that one of them lacks
//! comes from the other when both agree on the price of input. Where neither has a price for input that is read from a cache
//! or written to one, it is that of input: what a provider without a price of its own charges.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::civil::Date;
use pointsman_schema::capability::Capability;
use pointsman_schema::catalogue::{Entry, Rates, Tariff};
use pointsman_schema::read::amount::dollars;
use pointsman_schema::read::scalar::ModelName;

use super::genai::{Priced, Prices};
use super::litellm::Fields;

/// Providers whose models are taken: litellm's word, what it puts before a name, and genai-prices's word. Of two entries
/// with one name the first provider's counts.
const PROVIDERS: &[(&str, &str, &str)] = &[
    ("openai", "", "openai"),
    ("anthropic", "", "anthropic"),
    ("gemini", "gemini/", "google"),
    ("vertex_ai-embedding-models", "", "google"),
    ("mistral", "mistral/", "mistral"),
    ("cohere_chat", "", "cohere"),
    ("cohere", "cohere/", "cohere"),
    ("deepseek", "deepseek/", "deepseek"),
    ("xai", "xai/", "x-ai"),
    ("voyage", "voyage/", "voyageai"),
    ("moonshot", "moonshot/", "moonshotai"),
    ("zai", "zai/", "zai"),
    ("groq", "groq/", "groq"),
    ("cerebras", "cerebras/", "cerebras"),
    ("together_ai", "together_ai/", "together"),
    ("bedrock_converse", "", "aws"),
    ("bedrock", "", "aws"),
];

/// What a converted catalogue consists of.
pub(crate) struct Merged {
    /// Models by name.
    pub(crate) entries: BTreeMap<String, Entry>,
    /// Disagreements, one a line.
    pub(crate) review: String,
}

/// Merges the packages as of a day.
pub(crate) fn merge(known: &Prices, models: &BTreeMap<String, Fields>, day: Date) -> Result<Merged, String> {
    let mut merged = Merged { entries: BTreeMap::new(), review: String::new() };
    let oldest = day.checked_sub(jiff::Span::new().years(1)).map_err(|error| error.to_string())?;
    for (theirs, prefix, provider) in PROVIDERS {
        let of_provider = models.iter().filter(|(_, fields)| fields.text("litellm_provider") == Some(theirs));
        for (written, fields) in of_provider {
            let name = written.strip_prefix(prefix).unwrap_or(written);
            if !is_taken(name, provider, fields, oldest) || merged.entries.contains_key(name) {
                continue;
            }
            let priced = known.of(provider, name)?;
            let entry = entry(name, provider, fields, priced.as_ref());
            if entry.tariffs.is_empty() {
                continue;
            }
            review(&mut merged.review, &entry, fields, priced.as_ref());
            merged.entries.insert(name.to_owned(), entry);
        }
    }
    Ok(merged)
}

/// Chat and embedding models that are not long gone, under a name that a policy can hold.
fn is_taken(name: &str, provider: &str, fields: &Fields, oldest: Date) -> bool {
    let is_kind = matches!(fields.text("mode"), Some("chat" | "responses" | "embedding"));
    let is_current = fields.deprecated().is_none_or(|day| day >= oldest);
    // Names of tuned models are patterns; a region's own contracts are not what a name alone means.
    let is_regional = provider == "aws" && (name.contains(['/', '@']) || name.starts_with("us-gov."));
    let is_class = provider == "together" && !name.contains('/');
    let is_name = ModelName::parse(name).is_ok() && !name.starts_with("ft:") && !name.ends_with("/container");
    is_kind && is_current && is_name && !is_regional && !is_class
}

fn entry(name: &str, provider: &str, fields: &Fields, priced: Option<&Priced>) -> Entry {
    // The longer of two: one counts input alone for some models, the other one rounds.
    let context_window =
        priced.and_then(|priced| priced.context_window).max(fields.tokens("max_input_tokens"));
    let mut tariffs = priced.map(|priced| priced.tariffs.clone()).unwrap_or_default();
    tariffs.retain(|tariff| tariff.steps.iter().all(|step| step.rates.input.is_some()));
    let other = fields.tariff();
    match (&mut *tariffs, other) {
        ([], other) => tariffs.extend(other),
        ([.., last], Some(other)) => complete(last, &other),
        _ => {}
    }
    let is_embedding = fields.capabilities() == Capability::Embeddings.bit();
    for tariff in &mut tariffs {
        tariff.steps.retain(|step| context_window.is_none_or(|window| step.over < window));
    }
    for step in tariffs.iter_mut().flat_map(|tariff| &mut tariff.steps) {
        let Rates { input, output, cached_read, cache_write } = &mut step.rates;
        if is_embedding {
            *output = output.or(Some(0));
        }
        *cached_read = cached_read.or(*input);
        *cache_write = cache_write.filter(|nanos| *nanos > 0).or(*input);
    }
    tariffs.retain(|tariff| tariff.steps.iter().all(|step| step.rates.output.is_some()));
    // Anthropic's models answer with several calls unless they are told not to; litellm does not say so.
    let tools = Capability::Tools.bit();
    let parallel = if name.contains("claude") && fields.capabilities() & tools != 0 {
        Capability::ParallelTools.bit()
    } else {
        0
    };
    Entry {
        name: name.to_owned(),
        provider: provider.to_owned(),
        context_window,
        output_limit: fields.tokens("max_output_tokens").filter(|_| !is_embedding),
        capabilities: fields.capabilities() | parallel,
        deprecated: fields.deprecated(),
        tariffs,
    }
}

/// Fills in what one list lacks from the other, where both ask the same for input.
fn complete(tariff: &mut Tariff, other: &Tariff) {
    for step in &mut tariff.steps {
        let same = other.steps.iter().rev().find(|theirs| theirs.over <= step.over);
        if let Some(same) = same.filter(|same| same.rates.input == step.rates.input) {
            step.rates = step.rates.or(same.rates);
        }
    }
}

/// Writes down where both know something and differ by more than one percent.
fn review(out: &mut String, entry: &Entry, fields: &Fields, priced: Option<&Priced>) {
    let Some(priced) = priced else { return };
    let mut differ = |what: &str, ours: Option<u64>, theirs: Option<u64>, shown: fn(u64) -> String| {
        let (Some(ours), Some(theirs)) = (ours, theirs) else { return };
        if ours.abs_diff(theirs).saturating_mul(100) > ours.max(theirs) {
            let (name, ours, theirs) = (&entry.name, shown(ours), shown(theirs));
            // Writing into a string cannot fail.
            writeln!(out, "{name}\t{what}\t{ours}\t{theirs}").unwrap_or_default();
        }
    };
    let tokens = |tokens: Option<u32>| tokens.map(u64::from);
    differ(
        "context-window",
        tokens(priced.context_window),
        tokens(fields.tokens("max_input_tokens")),
        |tokens| tokens.to_string(),
    );
    let (Some(ours), Some(theirs)) = (priced.tariffs.last(), fields.tariff()) else { return };
    for step in &ours.steps {
        let Some(other) = theirs.steps.iter().rev().find(|other| other.over <= step.over) else { continue };
        let (ours, theirs) = (step.rates, other.rates);
        let over = if step.over == 0 { String::new() } else { format!(" over {}", step.over) };
        let money = |nanos: u64| dollars(u128::from(nanos));
        differ(&format!("input{over}"), ours.input, theirs.input, money);
        differ(&format!("output{over}"), ours.output, theirs.output, money);
        differ(&format!("cached-read{over}"), ours.cached_read, theirs.cached_read, money);
        differ(&format!("cache-write{over}"), ours.cache_write, theirs.cache_write, money);
    }
}
