//! `module-place`: a module without a hook, and two modules at one place of a hook.
//!
//! Deliberately not about what a module does. Invariant: every module is called, and in one order.
//!
//! Read next: [`crate::check`], which calls it.

use std::collections::BTreeMap;

use pointsman_schema::source::Module;
use pointsman_schema::source::platform::Hook;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::{Declared, Policy};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "module-place",
    severity: Severity::Error,
    summary: "a module is called nowhere, or at a place that another module has",
    page: include_str!("../../../docs/rules/module-place.md"),
};

/// Reports modules that are never called, and those whose order is not decided.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    let mut places: BTreeMap<(Hook, u32), &Declared<'_, Module>> = BTreeMap::new();
    for (declared, body) in Policy::bodies(&index.policy.modules) {
        let Module { file: _, digest: _, hooks, order } = body;
        if hooks.is_empty() && !index.is_spoiled(declared.file, declared.named.span) {
            let label = "expected `hooks` in it, found none";
            let name = declared.named.name.span;
            sink.push(
                Diagnostic::new(
                    &RULE,
                    format!("module `{}` has no hook", visible(&declared.name)),
                    Label::new(declared.file, name, label),
                )
                .consequence("so it is never called")
                .help("add the hooks at which it should be called, or remove the module"),
            );
        }
        let place = order.as_ref().map_or(0, |order| order.value.0);
        let shared = hooks.iter().find_map(|hook| {
            let first = *places.entry((hook.value, place)).or_insert(declared);
            (!std::ptr::eq(first, declared)).then_some((hook, first))
        });
        let Some((hook, first)) = shared else { continue };
        let span = order.as_ref().map_or(hook.span, |order| order.span);
        let label = format!("expected a place of its own at `{}`, found {place} again", hook.value);
        sink.push(
            Diagnostic::new(
                &RULE,
                format!(
                    "modules `{}` and `{}` have the same place",
                    visible(&first.name),
                    visible(&declared.name)
                ),
                Label::new(declared.file, span, label),
            )
            .context(Label::new(first.file, first.named.name.span, "this module has it, too"))
            .consequence("so it is not decided which of them is called first")
            .help("give them different `order`; without one it is 0"),
        );
    }
}
