//! `unknown-field`: a field that its object does not have.
//!
//! Deliberately only words. Invariant: nothing that someone wrote is silently ignored.
//!
//! Read next: [`pointsman_schema::read`], which finds it.

use pointsman_schema::read::record::with_article;
use pointsman_schema::source::{OBJECTS, Object};
use pointsman_schema::tree::{Span, Syntax};

use crate::diagnostic::{Diagnostic, Fix, FixClass, Label};
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::similar::nearest;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unknown-field",
    severity: Severity::Error,
    summary: "an object has a field that does not exist",
    page: include_str!("../../../docs/rules/unknown-field.md"),
};

/// The finding for a field; `known` are the fields of the object in the file's syntax.
pub fn diagnostic(
    (file, span): (FileId, Span),
    (syntax, field): (Syntax, &str),
    object: &str,
    known: &[&str],
) -> Diagnostic {
    let headline = format!("this {object} has a field `{}` that does not exist", visible(field));
    let found = Diagnostic::new(
        &RULE,
        headline,
        Label::new(file, span, format!("not a field of {}", with_article(object))),
    )
    .consequence("so what it says would have no effect");
    // A condition's fields are few and short, and what is asked for there is mostly an attribute.
    let is_near = |similar: &&str| {
        object != "match" || strsim::osa_distance(field, similar).saturating_mul(4) <= field.chars().count()
    };
    if let Some(similar) = nearest(field, known.iter().copied()).filter(is_near) {
        let fix = Fix::replace(FixClass::Unsafe, file, span, similar);
        let text = match (syntax, similar) {
            (
                Syntax::Yaml,
                "digests" | "aliases" | "fallback" | "capabilities" | "values" | "models" | "tags",
            ) if field != similar && object != "policy file" => {
                format!("a field with a similar name exists; its value is a list: `{similar}: [ ... ]`")
            }
            _ => "a field with a similar name exists".to_owned(),
        };
        return found.help_with_fix(text, fix);
    }
    if let Some(meant) = meant(object, field).filter(|meant| known.contains(meant)) {
        let fix = Fix::replace(FixClass::Unsafe, file, span, meant);
        return found.help_with_fix(format!("the field for this is `{meant}`"), fix);
    }
    if object == "match" {
        let field = visible(field);
        let known = known.join(", ");
        return found
            .help(match syntax {
                Syntax::Yaml => format!("an attribute is asked for by `attribute: {{ {field}: VALUE }}`"),
                Syntax::Kdl => format!("an attribute is asked for by `attribute {field}=\"VALUE\"`"),
            })
            .help(format!("the fields of a match are {known}"));
    }
    if let Some(help) = elsewhere(object, field) {
        return found.help(help);
    }
    if object == "policy file" && matches!(field, "attributes" | "attribute" | "pointsman") {
        return found
            .help("this belongs into the workspace file, `pointsman.yaml` or `pointsman.kdl` at the root");
    }
    let fields = format!("the fields of {} are {}", with_article(object), known.join(", "));
    match owners(syntax, field, object).as_slice() {
        [] => found.help(fields),
        owners => {
            found.help(format!("`{}` is a field of {}; {fields}", visible(field), owners.join(" and ")))
        }
    }
}

/// What others call a field of the same kind of value.
fn meant(object: &str, field: &str) -> Option<&'static str> {
    Some(match (object, field.replace('_', "-").as_str()) {
        ("rule", "weights" | "weight" | "weighted" | "load-balance") => "split",
        ("rule", "targets" | "target" | "backends" | "backend" | "fallbacks" | "route" | "to") => "fallback",
        ("rule", "condition" | "conditions" | "if") => "match",
        ("rule", "retries") => "retry",
        ("provider", "type" | "kind" | "api") => "protocol",
        ("provider", "url" | "endpoint" | "api-base" | "base") => "base-url",
        ("credential", "key" | "api-key" | "value" | "source") => "secret",
        ("budget", "limit" | "usd" | "dollars" | "max" | "money") => "amount",
        ("budget" | "limit", "period" | "interval" | "duration" | "per-window") => "window",
        ("budget", "on-exceeded" | "on-limit" | "action") => "on-exceed",
        ("limit", "rpm" | "rps" | "rate") => "requests",
        ("limit", "tpm") => "tokens",
        ("key", "hash" | "hashes" | "sha256") => "digests",
        ("key", "expiry" | "expires-at" | "valid-until") => "expires",
        _ => return None,
    })
}

/// Where a thing belongs that people look for here.
fn elsewhere(object: &str, field: &str) -> Option<&'static str> {
    Some(match (object, field.replace('_', "-").as_str()) {
        ("provider" | "backend", "api-key" | "apikey" | "key" | "token" | "secret" | "auth" | "password") => {
            "a secret has an object of its own, a credential, which says where the gateway finds it; a backend names it"
        }
        ("provider", "models" | "model") => {
            "models are declared by themselves; a backend is a model on a provider"
        }
        ("policy file", "workspace") => {
            "the workspace has no name: its fields stand in `pointsman.yaml` or `pointsman.kdl` at the root"
        }
        ("policy file", "teams" | "team") => {
            "a team is a folder: what stands in `teams/NAME/` belongs to it and needs no field"
        }
        ("policy file", "routes" | "routers" | "router" | "rules" | "rule") => {
            "rules stand in a chain: `chains: { NAME: { rules: [ ... ] } }`, in KDL `chain \"NAME\" { rule \"NAME\" { } }`"
        }
        ("policy file", "users" | "user") => "whoever calls is a consumer, with a key",
        ("chain", "fallback" | "split" | "match" | "when") => "this belongs into a rule of the chain",
        _ => return None,
    })
}

/// The objects that have a field which stands in the wrong one; none when too many have it for that to help.
fn owners(syntax: Syntax, field: &str, object: &str) -> Vec<String> {
    let has = |other: &&Object| {
        other.name != object && other.fields.iter().any(|known| known.name(syntax) == field)
    };
    let owners: Vec<_> = OBJECTS.iter().filter(has).map(|owner| with_article(owner.name)).collect();
    if owners.len() <= OWNERS_MAX { owners } else { Vec::new() }
}

/// **Unit**: objects named in one help.
const OWNERS_MAX: usize = 2;
