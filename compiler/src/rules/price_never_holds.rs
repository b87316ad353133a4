//! `price-never-holds`: prices of a model that no request can ever be charged.
//!
//! Deliberately only one model's own lists. Invariant: for each day and each length of input at most one price is written.
//!
//! Read next: [`crate::model`], which puts lists and tiers in their order.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use pointsman_schema::source::{Model, PriceList, Tier};
use pointsman_schema::tree::Spanned;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::model::Facts;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "price-never-holds",
    severity: Severity::Warning,
    summary: "a tier of prices that no request can reach; an error when two lists or tiers hold at once",
    page: include_str!("../../../docs/rules/price-never-holds.md"),
};

/// Reports lists of one day, tiers of one length, and tiers past the context window.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Model>, body: &Model, sink: &mut Diagnostics) {
    if index.is_spoiled(declared.file, declared.named.span) {
        return;
    }
    let model = Of { declared, context_window: Facts::of(body).context_window };
    let mut days: BTreeMap<_, &Spanned<PriceList>> = BTreeMap::new();
    for list in &body.prices {
        match days.entry(list.value.valid_from.as_ref().map(|day| day.value)) {
            Entry::Occupied(first) => sink.push(model.same_day(first.get(), list)),
            Entry::Vacant(free) => _ = free.insert(list),
        }
        let mut lengths: BTreeMap<_, &Spanned<Tier>> = BTreeMap::new();
        for tier in &list.value.tiers {
            match lengths.entry(tier.value.over.value.0) {
                Entry::Occupied(first) => sink.push(model.same_length(first.get(), tier)),
                Entry::Vacant(free) => {
                    free.insert(tier);
                    sink.extend(model.past_the_window(body, tier));
                }
            }
        }
    }
}

/// The model whose prices are judged.
struct Of<'d, 'a> {
    declared: &'d Declared<'a, Model>,
    context_window: Option<u32>,
}

impl Of<'_, '_> {
    fn label(&self) -> Label {
        Label::new(self.declared.file, self.declared.named.name.span, "of this model")
    }

    fn same_day(&self, earlier: &Spanned<PriceList>, again: &Spanned<PriceList>) -> Diagnostic {
        let file = self.declared.file;
        let (day, written) = (again.value.valid_from.as_ref(), earlier.value.valid_from.as_ref());
        let (when, expected) = match day {
            Some(day) => (
                format!("hold from {} on", day.value),
                format!("expected another day, found {} again", day.value),
            ),
            None => (
                "have always held".to_owned(),
                "expected a `valid-from`, found a second list without one".to_owned(),
            ),
        };
        let span = day.map_or_else(|| again.span.begin(), |day| day.span);
        let first = written.map_or_else(|| earlier.span.begin(), |day| day.span);
        let name = visible(&self.declared.name);
        error(format!("two price lists of model `{name}` {when}"), Label::new(file, span, expected))
            .context(Label::new(file, first, "the first one"))
            .context(self.label())
            .consequence("so it is not known what a request costs")
            .help("give the later list the day from which it holds, or remove one of the two")
    }

    fn same_length(&self, earlier: &Spanned<Tier>, again: &Spanned<Tier>) -> Diagnostic {
        let (file, over) = (self.declared.file, &again.value.over);
        let tokens = over.value.0;
        let name = visible(&self.declared.name);
        let label = format!("expected another length, found {tokens} again");
        error(
            format!("two tiers of model `{name}` hold over {tokens} tokens"),
            Label::new(file, over.span, label),
        )
        .context(Label::new(file, earlier.value.over.span, "the first one"))
        .context(self.label())
        .consequence("so it is not known what a long request costs")
        .help("give one of them another `over`, or remove it")
    }

    fn past_the_window(&self, body: &Model, tier: &Spanned<Tier>) -> Option<Diagnostic> {
        let window = self.context_window.filter(|window| tier.value.over.value.0 >= *window)?;
        let (file, over) = (self.declared.file, &tier.value.over);
        let tokens = over.value.0;
        let label = format!("expected less than the context window of {window}, found {tokens}");
        let name = visible(&self.declared.name);
        let found = Diagnostic::new(
            &RULE,
            format!("a tier of model `{name}` begins past its context window"),
            Label::new(file, over.span, label),
        );
        let found = match &body.context_window {
            Some(written) => found.context(Label::new(file, written.span, "the context window")),
            None => found.note("the context window is that of the built-in catalogue"),
        };
        Some(
            found
                .context(self.label())
                .consequence("so no request pays its prices")
                .help("correct `over` or `context-window`, or remove the tier"),
        )
    }
}

fn error(headline: String, primary: Label) -> Diagnostic {
    let mut found = Diagnostic::new(&RULE, headline, primary);
    found.severity = Severity::Error;
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Options, check};
    use crate::tree_source::Memory;

    #[test]
    fn each_again_is_beside_the_first() {
        let check = |prices: &str, expected: &[&str]| {
            let mut tree = Memory::new();
            tree.insert("pointsman.yaml", "pointsman: 1\n");
            tree.insert(
                "platform/m.yaml",
                format!("models:\n  m: {{ capabilities: [streaming], prices: [{prices}] }}\n"),
            );
            let checked = check(&tree, &Options::default()).unwrap();
            let found = checked.diagnostics.iter().filter(|found| found.slug == RULE.slug);
            let found: Vec<_> = found.map(|found| found.headline.as_str()).collect();
            assert_eq!(found, expected, "{prices}");
        };
        let list = "{ valid-from: \"2026-01-01\", input: 1 }";
        let (other, undated) = ("{ valid-from: \"2026-02-01\", input: 1 }", "{ input: 1 }");
        let (day, always) = (
            "two price lists of model `m` hold from 2026-01-01 on",
            "two price lists of model `m` have always held",
        );
        check(&[undated, list, other].join(", "), &[]);
        check(&[list, other, list, list].join(", "), &[day, day]);
        check(&[undated, list, undated].join(", "), &[always]);
        let tiers =
            "{ input: 1, tiers: [{ over: 5, input: 2 }, { over: 9, input: 3 }, { over: 5, input: 4 }] }";
        check(tiers, &["two tiers of model `m` hold over 5 tokens"]);
    }
}
