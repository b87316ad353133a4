//! `undeclared-attribute`: an attribute, or a value of one, that the workspace does not declare.
//!
//! Deliberately only words. Invariant: rules read only what the workspace file lists.
//!
//! Read next: [`crate::resolve`], which visits every attribute.

use pointsman_schema::read::record::Named;
use pointsman_schema::read::scalar::AttributeValue;
use pointsman_schema::source::Attribute;
use pointsman_schema::tree::{Span, Spanned};

use crate::diagnostic::{Diagnostic, Diagnostics, Fix, FixClass, Label};
use crate::index::Index;
use crate::resolve::site::Holder;
use crate::resolve::site::spell;
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::similar::nearest;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "undeclared-attribute",
    severity: Severity::Error,
    summary: "a rule reads an attribute, or a value of one, that the workspace does not declare",
    page: include_str!("../../../docs/rules/undeclared-attribute.md"),
};

/// Reports an attribute that something names; `span` includes `prefix`, such as the `attribute/` of a `sticky`.
pub fn check_name(
    index: &Index<'_>,
    holder: &Holder<'_>,
    (name, span): (&str, Span),
    prefix: &str,
    sink: &mut Diagnostics,
) {
    if index.is_workspace_known && attribute(index, name).is_none() {
        sink.push(unknown(index, holder, (name, span), prefix));
    }
}

/// Reports an attribute in a `match`, or those of its values that are not declared.
pub fn check_values(
    index: &Index<'_>,
    holder: &Holder<'_>,
    (name, values): (&Spanned<String>, &[Spanned<AttributeValue>]),
    sink: &mut Diagnostics,
) {
    if !index.is_workspace_known {
        return;
    }
    let Some(attribute) = attribute(index, &name.value) else {
        sink.push(unknown(index, holder, (&name.value, name.span), ""));
        return;
    };
    let Some(body) = &attribute.body else { return };
    let is_declared =
        |text: &str| text == "none" || body.values.iter().any(|value| value.value.as_str() == text);
    if index.is_spoiled(index.policy.workspace_file, attribute.span) {
        return;
    }
    for value in values.iter().filter(|value| !is_declared(value.value.as_str())) {
        sink.push(unknown_value(index, holder, (&name.value, attribute.name.span, body), value));
    }
}

fn attribute<'i>(index: &'i Index<'_>, name: &str) -> Option<&'i Named<Attribute>> {
    index.policy.workspace.attributes.iter().find(|attribute| attribute.name.value == name)
}

fn unknown(index: &Index<'_>, holder: &Holder<'_>, (name, span): (&str, Span), prefix: &str) -> Diagnostic {
    let headline = format!("{} `{}` reads an undeclared attribute", holder.object, visible(holder.name));
    let label = Label::new(holder.file, span, "the workspace declares no attribute of this name");
    let found = Diagnostic::new(&RULE, headline, label)
        .context(holder.label())
        .consequence("so it would be `none` in every request");
    let known = index.policy.workspace.attributes.iter().map(|attribute| attribute.name.value.as_str());
    match nearest(name, known) {
        Some(similar) => {
            let spelled = spell(index.syntax(holder.file), &format!("{prefix}{similar}"));
            let fix = Fix::replace(FixClass::Unsafe, holder.file, span, spelled);
            found.help_with_fix("an attribute with a similar name exists", fix)
        }
        None => found.help("declare it under `attributes` in the workspace file"),
    }
}

fn unknown_value(
    index: &Index<'_>,
    holder: &Holder<'_>,
    (name, declared, body): (&str, Span, &Attribute),
    value: &Spanned<AttributeValue>,
) -> Diagnostic {
    let headline =
        format!("rule `{}` reads an undeclared value of attribute `{}`", visible(holder.name), visible(name));
    let known: Vec<_> = body.values.iter().map(|value| value.value.as_str()).collect();
    let label = Label::new(holder.file, value.span, "not among the declared values");
    let found = Diagnostic::new(&RULE, headline, label)
        .context(holder.label())
        .context(Label::new(index.policy.workspace_file, declared, "the attribute is declared here"))
        .consequence("an undeclared value is `none`, so the predicate would hold for no request");
    match nearest(value.value.as_str(), known.iter().copied()) {
        Some(similar) => {
            let spelled = spell(index.syntax(holder.file), similar);
            let fix = Fix::replace(FixClass::Unsafe, holder.file, value.span, spelled);
            found.help_with_fix("a similar value is declared", fix)
        }
        None => found.help("add the value to the attribute, or write `none` for requests without one"),
    }
}
