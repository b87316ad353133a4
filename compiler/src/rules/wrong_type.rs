//! `wrong-type`: a value of another type than its field.
//!
//! Deliberately only words. Invariant: no value is converted by a guess.
//!
//! Read next: [`pointsman_schema::read`], which finds it.

use pointsman_schema::read::record::with_article;
use pointsman_schema::source::OBJECTS;
use pointsman_schema::tree::{Span, Syntax};

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "wrong-type",
    severity: Severity::Error,
    summary: "a value is of another type than its field",
    page: include_str!("../../../docs/rules/wrong-type.md"),
};

/// The finding for a value; `expected` and `found` come with their articles.
pub fn diagnostic((file, span): (FileId, Span), syntax: Syntax, expected: &str, found: &str) -> Diagnostic {
    let label = format!("expected {expected}, found {found}");
    let headline = format!("{found} stands in the place of {expected}");
    Diagnostic::new(&RULE, headline, Label::new(file, span, label))
        .consequence("so the field has no value")
        .help(help(syntax, expected, found))
}

fn help(syntax: Syntax, expected: &str, found: &str) -> String {
    let in_yaml = |yaml: &'static str, kdl: &'static str| match syntax {
        Syntax::Yaml => yaml.to_owned(),
        Syntax::Kdl => kdl.to_owned(),
    };
    match (expected, found) {
        _ if found == "nothing" && expected.starts_with(FIELDS) => in_yaml(
            "write its fields below it, each further to the right than its name",
            "write its fields into `{ }`",
        ),
        _ if found == "nothing" => "write a value, or remove the field".to_owned(),
        ("text" | "a name", _) => "put the value into quotes".to_owned(),
        ("true or false", _) => {
            in_yaml("write `true` or `false`, without quotes", "write `#true` or `#false`, without quotes")
        }
        ("a weight", "a list") if syntax == Syntax::Kdl => {
            "put `;` or a new line between two names: `a 70; b 30`".to_owned()
        }
        ("a weight", _) => {
            "write a whole number; only the proportion of weights counts: for 0.7 and 0.3 write 7 and 3"
                .to_owned()
        }
        ("a whole number", "text") => "write digits alone, without quotes and without a unit".to_owned(),
        ("names with their objects", "a list") => {
            "write each object under its name: `NAME: { ... }` in place of `- name: NAME`".to_owned()
        }
        ("names with their objects", _) => "write each object under its name: `NAME: { ... }`".to_owned(),
        ("names with a value each", _) => in_yaml(
            "give each name its value: `{ a: 70, b: 30 }`",
            "give each name its value: `{ a 70; b 30 }`",
        ),
        ("the fields of a retry", _) => {
            in_yaml("name the fields: `retry: { attempts: 1 }`", "name the fields: `retry attempts=1`")
        }
        ("the fields of an input-tokens", _) => in_yaml(
            "name the ends, or one of them: `input-tokens: { min: 1000, max: 20000 }`",
            "name the ends, or one of them: `input-tokens min=1000 max=20000`",
        ),
        ("the fields of a time", _) => in_yaml(
            "name the fields: `time: { from: \"22:00\", to: \"06:00\", zone: Europe/Berlin }`",
            "name the fields: `time from=\"22:00\" to=\"06:00\" zone=\"Europe/Berlin\"`",
        ),
        _ if expected.contains("list") => {
            in_yaml("write a list: `[a, b]`", "write a list: `field \"a\" \"b\"`")
        }
        _ => match fields(syntax, expected) {
            Some(fields) => format!("write its fields by their names: {fields}"),
            None => format!("write {expected}"),
        },
    }
}

/// The fields of the object that was expected.
fn fields(syntax: Syntax, expected: &str) -> Option<String> {
    let object = expected.strip_prefix(FIELDS)?;
    let object = OBJECTS.iter().find(|known| with_article(known.name) == object)?;
    let names: Vec<_> = object.fields.iter().map(|field| field.name(syntax)).collect();
    Some(names.join(", "))
}

const FIELDS: &str = "the fields of ";
