//! `too-many`: a list with more entries than the gateway can hold.
//!
//! Deliberately only words. Invariant: every table of a snapshot has its limit.
//!
//! Read next: [`pointsman_schema::limits`].

use pointsman_schema::limits;
use pointsman_schema::read::scalar::Reference;
use pointsman_schema::source::{Chain, Consumer, Key};
use pointsman_schema::tree::{Span, Spanned};

use crate::budgets::Family;
use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::{Declared, Policy};
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "too-many",
    severity: Severity::Error,
    summary: "a list has more entries than the gateway can hold",
    page: include_str!("../../../docs/rules/too-many.md"),
};

/// Reports a chain with too many rules, and rules with too many predicates or arms.
pub fn check_chain(declared: &Declared<'_, Chain>, body: &Chain, sink: &mut Diagnostics) {
    let at = |span| (declared.file, span);
    if let Some(rule) = body.rules.get(limits::RULES_PER_CHAIN_MAX) {
        let object = format!("chain `{}`", visible(&declared.name));
        let limit = Limit { what: "rules", most: limits::RULES_PER_CHAIN_MAX, found: body.rules.len() };
        sink.push(limit.diagnostic(&object, at(rule.value.name.span)));
    }
    for rule in &body.rules {
        let object = || format!("rule `{}`", visible(rule.value.name.value.as_str()));
        if let Some((condition, _)) = rule.value.condition() {
            let (most, found) = (limits::PREDICATES_PER_RULE_MAX, condition.size());
            let limit = Limit { what: "predicates", most, found };
            if limit.found > limit.most {
                sink.push(limit.diagnostic(&object(), at(rule.value.name.span)));
            }
        }
        let arms = rule.value.split.as_ref().map_or(&[][..], |split| &split.value.0);
        if let Some((arm, _)) = arms.get(limits::ARMS_PER_SPLIT_MAX) {
            let limit = Limit { what: "arms", most: limits::ARMS_PER_SPLIT_MAX, found: arms.len() };
            sink.push(limit.diagnostic(&object(), at(arm.span)));
        }
    }
}

/// Reports a key with too many digests or budgets.
pub fn check_key(declared: &Declared<'_, Key>, body: &Key, sink: &mut Diagnostics) {
    sink.extend(budgets_named("key", declared, &body.budgets));
    if let Some(digest) = body.digests.get(limits::DIGESTS_PER_KEY_MAX) {
        let limit = Limit { what: "digests", most: limits::DIGESTS_PER_KEY_MAX, found: body.digests.len() };
        let object = format!("key `{}`", visible(&declared.name));
        sink.push(limit.diagnostic(&object, (declared.file, digest.span)));
    }
}

/// Reports a consumer with too many budgets.
pub fn check_consumer(declared: &Declared<'_, Consumer>, body: &Consumer, sink: &mut Diagnostics) {
    sink.extend(budgets_named("consumer", declared, &body.budgets));
}

fn budgets_named<T>(
    word: &str,
    declared: &Declared<'_, T>,
    budgets: &[Spanned<Reference>],
) -> Option<Diagnostic> {
    let budget = budgets.get(limits::BUDGETS_NAMED_MAX)?;
    let limit = Limit { what: "budgets", most: limits::BUDGETS_NAMED_MAX, found: budgets.len() };
    Some(limit.diagnostic(&format!("{word} `{}`", visible(&declared.name)), (declared.file, budget.span)))
}

/// Reports a budget below too many others; those below it have the same cause.
pub fn check_budgets(index: &Index<'_>, family: &Family<'_>, sink: &mut Diagnostics) {
    for (declared, body) in Policy::bodies(&index.policy.budgets) {
        let Some(parent) = body.parent.as_ref().filter(|_| family.is_first_too_deep((declared, body))) else {
            continue;
        };
        let most = limits::BUDGET_DEPTH_MAX.saturating_sub(1);
        let limit = Limit { what: "budgets above it", most, found: limits::BUDGET_DEPTH_MAX };
        sink.push(
            limit.diagnostic(&format!("budget `{}`", visible(&declared.name)), (declared.file, parent.span)),
        );
    }
}

/// Reports too many attributes, and attributes with too many values.
pub fn check_workspace(index: &Index<'_>, sink: &mut Diagnostics) {
    let (attributes, file) = (&index.policy.workspace.attributes, index.policy.workspace_file);
    if let Some(attribute) = attributes.get(limits::ATTRIBUTES_MAX) {
        let limit = Limit { what: "attributes", most: limits::ATTRIBUTES_MAX, found: attributes.len() };
        sink.push(limit.diagnostic("the workspace", (file, attribute.name.span)));
    }
    for attribute in attributes {
        let values = attribute.body.as_ref().map_or(&[][..], |body| &body.values);
        if let Some(value) = values.get(limits::ATTRIBUTE_VALUES_MAX) {
            let limit = Limit { what: "values", most: limits::ATTRIBUTE_VALUES_MAX, found: values.len() };
            let object = format!("attribute `{}`", visible(&attribute.name.value));
            sink.push(limit.diagnostic(&object, (file, value.span)));
        }
    }
}

/// Whether the rules of a chain and their predicates stay within their limits.
pub fn fits(body: &Chain) -> bool {
    let conditions = body.rules.iter().filter_map(|rule| rule.value.condition());
    body.rules.len() <= limits::RULES_PER_CHAIN_MAX
        && conditions.into_iter().all(|(condition, _)| condition.size() <= limits::PREDICATES_PER_RULE_MAX)
}

struct Limit {
    what: &'static str,
    most: usize,
    found: usize,
}

impl Limit {
    fn diagnostic(&self, object: &str, (file, span): (FileId, Span)) -> Diagnostic {
        let Self { what, most, found } = self;
        let label = format!("expected at most {most} {what}, found {found}");
        Diagnostic::new(&RULE, format!("{object} has too many {what}"), Label::new(file, span, label))
            .consequence("the gateway holds them in fixed memory and could not load this policy")
            .help(match *what {
                "budgets" => "make some of them parts of one that is named for all",
                "digests" => "remove the digests of keys that nobody uses any more; two are for rotation",
                "rules" => "divide the chain: a rule can go on to `chain/NAME`",
                "budgets above it" => "make it a part of one that stands further up",
                _ => "remove some, or say the same with fewer",
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::indexed;

    /// Whether a rule of so many parts like this one fits.
    fn check(part: &str, count: usize, expected: bool) {
        let parts = vec![part; count].join(", ");
        let text = format!("chains: {{ c: {{ rules: [{{ name: r, match: {{ any: [{parts}] }} }}] }} }}\n");
        indexed(&text, |index| {
            let chains: Vec<bool> =
                Policy::bodies(&index.policy.chains).map(|(_, body)| fits(body)).collect();
            assert_eq!(chains, [expected], "{count} of {part}");
        });
    }

    #[test]
    fn parts_without_a_predicate_count_as_one() {
        for part in ["{ protocol: openai }", "{ all: [] }", "{ not: { any: [] } }", "{ all: [{ all: [] }] }"]
        {
            check(part, limits::PREDICATES_PER_RULE_MAX, true);
            check(part, limits::PREDICATES_PER_RULE_MAX + 1, false);
        }
        check("{ protocol: [openai, anthropic] }", limits::PREDICATES_PER_RULE_MAX, false);
    }
    #[test]
    fn a_key_and_a_consumer_name_so_many_budgets() {
        let check = |count: usize, expected: &[&str]| {
            let names = (0..count).map(|at| format!("b{at}")).collect::<Vec<_>>().join(", ");
            let text = format!(
                "consumers: {{ web: {{ budgets: [{names}] }} }}\n\
                 keys: {{ k: {{ consumer: web, chain: c, budgets: [{names}] }} }}\n"
            );
            indexed(&text, |index| {
                let mut sink = Diagnostics::new();
                for (consumer, body) in Policy::bodies(&index.policy.consumers) {
                    check_consumer(consumer, body, &mut sink);
                }
                for (key, body) in Policy::bodies(&index.policy.keys) {
                    check_key(key, body, &mut sink);
                }
                let found: Vec<_> = sink.into_found().into_iter().map(|found| found.headline).collect();
                assert_eq!(found, expected, "{count}");
            });
        };
        check(limits::BUDGETS_NAMED_MAX, &[]);
        let many = ["consumer `web` has too many budgets", "key `k` has too many budgets"];
        check(limits::BUDGETS_NAMED_MAX + 1, &many);
    }
}
