//! `docs/compatibility.md`: what of each client's request each provider's protocol can carry, from the one table of it.
//!
//! Deliberately nothing of its own: words and meanings are those of `pointsman_schema::feature`. The invariant: the
//! committed page is the text of this file's [`page`].
//!
//! Read next: `schema/src/feature.rs`, the table.

use pointsman_schema::claude::{Claude, Drawing, FAMILIES, NEWEST};
use pointsman_schema::dialect::Dialect;
use pointsman_schema::feature::{
    self, Feature, Support, carried, dialects, is_forwarded, may_be_dropped, refused, spoken,
};
use pointsman_schema::protocol::ProviderProtocol;

use crate::page::Page;

/// The committed page.
pub(crate) const PAGE: Page = Page { path: "docs/compatibility.md", command: "compatibility", text: page };

/// The whole page.
fn page() -> String {
    let mut parts = vec![OPENING.to_owned(), endpoints(), FEATURES.to_owned()];
    let conversations = Dialect::ALL.iter().filter(|dialect| dialect.is_conversation());
    parts.extend(conversations.map(|dialect| features(*dialect)));
    parts.extend([CLAUDE.to_owned(), claude(), MEANINGS.to_owned(), meanings()]);
    parts.join("\n")
}

/// The columns: a provider's protocol and, where it depends on that, a model's name there.
fn columns() -> impl Iterator<Item = (ProviderProtocol, &'static str)> {
    ProviderProtocol::ALL.iter().flat_map(|provider| match provider {
        ProviderProtocol::Vertex => vec![(*provider, "gemini-2.5"), (*provider, "claude-opus-4")],
        other => vec![(*other, "")],
    })
}

/// The first row of a table and the line below it.
fn head(first: &str, last: Option<&str>) -> String {
    let name = |(provider, model): (ProviderProtocol, &str)| {
        let model = model.split_once('-').map_or(String::new(), |(maker, _)| format!(" `{maker}-…`"));
        format!("`{provider}`{model}")
    };
    let cells: Vec<_> =
        [first.to_owned()].into_iter().chain(columns().map(name)).chain(last.map(str::to_owned)).collect();
    format!("| {} |\n{}|\n", cells.join(" | "), "|---".repeat(cells.len()))
}

/// Which provider can be asked what.
fn endpoints() -> String {
    let row = |dialect: &Dialect| {
        let cell = |(provider, model): (ProviderProtocol, &str)| match (
            is_forwarded(*dialect, spoken(provider, model)),
            dialects(provider, model, None) & dialect.place() != 0,
        ) {
            (true, _) => "forwarded",
            (false, true) => "translated",
            (false, false) => "—",
        };
        let cells: Vec<_> = columns().map(cell).collect();
        format!("| `{dialect}`: {} | {} |\n", dialect.meaning().trim_end_matches('.'), cells.join(" | "))
    };
    let rows: Vec<_> = Dialect::ALL.iter().map(row).collect();
    format!("{}{}", head("client", None), rows.concat())
}

/// What of a dialect's requests reaches whom.
fn features(dialect: Dialect) -> String {
    let row = |feature: &Feature| {
        let cell = |(provider, model)| how(dialect, *feature, (provider, model)).word();
        let cells: Vec<_> = columns().map(cell).collect();
        let is_refused = cells.contains(&Support::Refused.word());
        let lossy = if is_refused && may_be_dropped(*feature) { "left out" } else { "" };
        format!("| `{feature}` | {} | {lossy} |\n", cells.join(" | "))
    };
    let rows: Vec<_> = held().map(|feature| row(&feature)).collect();
    let heading = format!("### `{dialect}`\n\n{}\n", dialect.meaning());
    format!("{heading}\n{}{}", head("feature", Some("`lossy: allow`")), rows.concat())
}

/// How a feature reaches a provider's model.
fn how(dialect: Dialect, feature: Feature, (provider, model): (ProviderProtocol, &str)) -> Support {
    let sets = refused(provider, model, None);
    let is_refused =
        sets.get(usize::from(dialect.code())).is_some_and(|refused| refused & feature.mask() != 0);
    if is_refused { Support::Refused } else { carried(dialect, feature, spoken(provider, model)) }
}

/// What Anthropic's models do not take.
fn claude() -> String {
    let row = |(names, claude): (String, Claude)| {
        let refused: Vec<_> = feature::of_set(claude.refused()).map(|one| format!("`{one}`")).collect();
        let beside = [
            (claude.drawing == Drawing::One, "`top-p` beside `temperature`"),
            (claude.thinking.has_budget(), "`reasoning` beside `forced-tool`"),
            (claude.thinking.has_budget(), "`reasoning` within 1,024 tokens of output"),
        ];
        let beside: Vec<_> = beside.into_iter().filter(|(is_so, _)| *is_so).map(|(_, words)| words).collect();
        format!("| {names} | {} | {} |\n", refused.join(", "), beside.join(", "))
    };
    let named = |names: &[&str]| {
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    let known = FAMILIES.iter().map(|(names, claude)| (named(names), *claude));
    let rows = known.chain([("all others".to_owned(), NEWEST)]).map(row);
    format!("| `claude-…` | refuses | refuses together |\n|---|---|---|\n{}", rows.collect::<String>())
}

fn meanings() -> String {
    let row = |feature: Feature| format!("| `{feature}` | {} |\n", feature.meaning());
    let rows: Vec<_> = held().map(row).collect();
    format!("| feature | |\n|---|---|\n{}", rows.concat())
}

/// What conversations can hold: embeddings have an endpoint of their own.
fn held() -> impl Iterator<Item = Feature> {
    Feature::ALL.iter().copied().filter(|feature| *feature != Feature::Embeddings)
}

const OPENING: &str = "\
# What reaches whom

Generated by `cargo xtask compatibility` from the table that the compiler proves by, a snapshot holds and a gateway obeys. Do
not edit.

A client speaks one protocol, a provider another. Where they are the same, the bytes of a request are forwarded and nothing is
lost. Where they are not, a conversation is translated; other requests go to providers that have the same endpoint. A backend
that cannot be asked is passed over (`not-spoken`).
";

const FEATURES: &str = "\
## Features

What a request holds, and how it reaches the provider. `native`: in the same form. `mapped`: in the provider's form, with the
same meaning. `refused`: the provider's protocol has no form for it. A backend that would refuse something is passed over
(`refuses-features`), and the next one is tried; when none is left, the error names the feature. A rule with `lossy: allow`
lets the request go on without what is *left out*; the response header `x-pointsman-dropped` names it. What would make the
answer one of another kind is never left out.

The table says what protocols can express. Whether a model can do it is its `capabilities`' to say.

Some features exclude each other. `cohere` has no form of the answer (`json-object`, `json-schema`) beside `tools`. Where
`reasoning` is asked for, models at `anthropic`, `bedrock` and `vertex` are told no `temperature`, `top-p` and `top-k`, and
where the answer has begun (`prefill`) they do not reason. What gives way is treated as if it were refused.
";

const CLAUDE: &str = "\
## Anthropic's models

They refuse some of what their protocol has a form for. That is known by the name that a model has at its provider, in what
is translated; what is forwarded is between a client and Anthropic. A temperature or `top-p` of 1 is what is done when
nothing is said, and is never refused. Version 3 is as `opus-4`.
";

const MEANINGS: &str = "\
## What each feature is
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_current() {
        assert!(PAGE.is_current().unwrap(), "the page is old: run `cargo xtask compatibility`");
    }
}
