//! `docs/reference.md`: every object of the policy language with every field, from the definitions that read them.
//!
//! Deliberately no second description of anything: names, forms and texts come from `Record::FIELDS`, the values from
//! the JSON Schema of the same types. What a table cannot say stands in `docs/language.md`, written by hand. The
//! invariant: the committed page is the text of this file's [`page`].
//!
//! Read next: `schema/src/read/record.rs`, where a field is defined once.

use jiff::civil::Date;
use pointsman_schema::digest::Digest;
use pointsman_schema::json_schema::{Definitions, schema_of};
use pointsman_schema::read::Read;
use pointsman_schema::read::amount::Dollars;
use pointsman_schema::read::pattern::{
    AzureVersion, ClaimGlob, IssuerWord, RelativePath, TeamGlob, ToolGlob, ToolName,
};
use pointsman_schema::read::record::{Field, Form, Record, text_of};
use pointsman_schema::read::scalar::{
    AttributeValue, DurationMs, Glob, HeaderName, LastSecond, MinuteOfDay, ModelName, Name, Reference,
    TargetReference,
};
use pointsman_schema::source::budget::OnExceed;
use pointsman_schema::source::signer::SshKey;
use pointsman_schema::source::{
    BaseUrl, OBJECTS, Object, PolicyFile, Price, Rule, SecretPlace, SecretSource, Sticky, Workspace,
};
use serde_json::{Map, Value as Json};

use crate::page::Page;

/// The committed page.
pub(crate) const PAGE: Page = Page { path: "docs/reference.md", command: "reference", text: page };

/// The whole page.
fn page() -> String {
    let workspace = definitions(&schema_of::<Workspace>("", ""));
    let policy = definitions(&schema_of::<PolicyFile>("", ""));
    let mut sections = vec![OPENING.to_owned()];
    for object in OBJECTS {
        let definitions = if workspace.contains_key(object.name) { &workspace } else { &policy };
        sections.push(section(object, definitions));
        if object.name == Rule::OBJECT {
            sections.push(predicates(&policy));
        }
    }
    sections.join("\n")
}

fn definitions(schema: &Json) -> Map<String, Json> {
    schema.get("$defs").and_then(Json::as_object).cloned().unwrap_or_default()
}

/// One object: its heading, its text and the table of its fields.
fn section(object: &Object, definitions: &Map<String, Json>) -> String {
    let properties = properties(definitions, object.name);
    let rows = object.fields.iter().map(|field| {
        let value =
            properties.get(field.yaml).map(|schema| value(inner(schema, field.form))).unwrap_or_default();
        format!(
            "| `{}` | {} | {} | {value} | {} |\n",
            field.yaml,
            kdl(field, has_name(definitions, properties.get(field.yaml))),
            form(field.form),
            cell(&field.text())
        )
    });
    let table: String = rows.collect();
    format!("## {}\n\n{}\n\n{FIELDS_HEAD}{table}", object.name, text_of(object.doc))
}

/// `match` is an algebra and not a record, so its members come from its schema alone.
fn predicates(definitions: &Map<String, Json>) -> String {
    let description =
        definitions.get("match").and_then(|schema| schema.get("description")).and_then(Json::as_str);
    let rows = properties(definitions, "match")
        .into_iter()
        .map(|(name, schema)| format!("| `{name}` | {} |\n", value(&schema)));
    let table: String = rows.collect();
    format!("## match\n\n{}\n\n{PREDICATES_HEAD}{table}", description.unwrap_or_default())
}

fn properties(definitions: &Map<String, Json>, object: &str) -> Map<String, Json> {
    let properties = definitions.get(object).and_then(|schema| schema.get("properties"));
    properties.and_then(Json::as_object).cloned().unwrap_or_default()
}

/// The schema of one value of a field that holds several.
fn inner(schema: &Json, form: Form) -> &Json {
    let several = match form {
        Form::Required | Form::Implied { .. } | Form::Optional => None,
        Form::List | Form::Items => schema.get("items"),
        Form::Named => schema.get("additionalProperties"),
    };
    several.unwrap_or(schema)
}

fn form(form: Form) -> String {
    match form {
        Form::Required => "required".to_owned(),
        Form::Implied { by } => format!("required without `{by}`"),
        Form::Optional => "optional".to_owned(),
        Form::List | Form::Items => "list".to_owned(),
        Form::Named => "by name".to_owned(),
    }
}

fn kdl(field: &Field, has_name: bool) -> String {
    match field.form {
        Form::Required | Form::Implied { .. } | Form::Optional | Form::List => format!("`{}`", field.kdl),
        Form::Items if !has_name => format!("`{} {{ }}`", field.kdl),
        Form::Items | Form::Named => format!("`{} \"…\" {{ }}`", field.kdl),
    }
}

/// Whether the objects of a list have a field for their name, which stands behind the node in KDL.
fn has_name(definitions: &Map<String, Json>, list: Option<&Json>) -> bool {
    let target = list.and_then(|list| list.get("items")?.get("$ref")?.as_str()?.rsplit('/').next());
    target.is_some_and(|object| properties(definitions, &object.replace("%20", " ")).contains_key("name"))
}

/// What may stand there, in words.
fn value(schema: &Json) -> String {
    let plain = without_description(schema);
    if let Some((_, name)) = named_values().into_iter().find(|(known, _)| *known == plain) {
        return format!("[{name}](language.md#values)");
    }
    let member = |name: &str| plain.get(name);
    if let Some(target) = member("$ref").and_then(Json::as_str) {
        let name = target.rsplit('/').next().unwrap_or(target);
        return format!("[{name}](#{name})");
    }
    if let Some(words) = member("enum").and_then(Json::as_array) {
        return words
            .iter()
            .filter_map(Json::as_str)
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", ");
    }
    if let Some(one) = member("anyOf").and_then(|of| of.get(0)) {
        return format!("{}; one or a list, which means any of them", value(one));
    }
    match (member("type").and_then(Json::as_str), member("minimum"), member("maximum")) {
        (Some("integer"), Some(least), Some(most)) if least == most => format!("`{least}`"),
        (Some("integer"), Some(least), Some(most)) => format!("whole number, {least} to {most}"),
        (Some("boolean"), ..) => "`true` or `false`".to_owned(),
        (Some("array"), ..) => format!("list of {}", member("items").map(value).unwrap_or_default()),
        (Some("object"), ..) => {
            format!("names, each with: {}", member("additionalProperties").map(value).unwrap_or_default())
        }
        _ => "text".to_owned(),
    }
}

fn without_description(schema: &Json) -> Json {
    let mut plain = schema.clone();
    if let Some(object) = plain.as_object_mut() {
        object.remove("description");
    }
    plain
}

/// The forms that `docs/language.md` explains under one name each.
fn named_values() -> Vec<(Json, &'static str)> {
    fn of<T: Read>(name: &'static str) -> (Json, &'static str) {
        (T::describe(&mut Definitions::default()), name)
    }
    vec![
        of::<Name>("name"),
        of::<Reference>("reference"),
        of::<TargetReference>("target"),
        of::<ModelName>("model name"),
        of::<Glob>("model pattern"),
        of::<AttributeValue>("attribute value"),
        of::<HeaderName>("header name"),
        of::<DurationMs>("duration"),
        of::<MinuteOfDay>("time of day"),
        of::<LastSecond>("date"),
        of::<Digest>("digest"),
        of::<BaseUrl>("base URL"),
        of::<SecretSource>("secret source"),
        of::<SecretPlace>("secret place"),
        of::<IssuerWord>("issuer's word"),
        of::<AzureVersion>("Azure version"),
        of::<Sticky>("sticky subject"),
        of::<Dollars>("amount"),
        of::<Price>("price"),
        of::<Date>("day"),
        of::<OnExceed>("on-exceed"),
        of::<ToolName>("tool name"),
        of::<ToolGlob>("tool pattern"),
        of::<ClaimGlob>("claim pattern"),
        of::<TeamGlob>("team or `*`"),
        of::<RelativePath>("relative path"),
        of::<SshKey>("SSH key"),
    ]
}

/// Text that cannot end its table cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

const OPENING: &str = "\
# Language reference

Generated by `cargo xtask reference` from the types that read policies. Do not edit.

What the pieces mean together is in [language.md](language.md); the same definitions give the JSON Schema in
`schema/json/`. A name in the column *KDL* with `{ }` is a node that is repeated, once for each object; where `\"…\"`
stands before them, the object's name is its argument.
";

const FIELDS_HEAD: &str = "| field | KDL | | value | |\n|---|---|---|---|---|\n";
const PREDICATES_HEAD: &str = "| predicate | value |\n|---|---|\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(part: &str) {
        assert!(page().contains(part), "the page lacks {part:?}");
    }

    #[test]
    fn every_kind_of_value_has_its_words() {
        check("| `consumer` | `consumer` | required | [reference](language.md#values) | Whose key it is. |");
        check("| `rules` | `rule \"…\" { }` | list | [rule](#rule) |");
        check("| `attempts` | `attempts` | required | whole number, 1 to 7 |");
        check("| `split` | `split` | optional | names, each with: whole number, 0 to 1000000 |");
        check("| `model` | [model pattern](language.md#values); one or a list");
        check(
            "| `protocol` | `protocol` | required without `preset` | `openai`, `openai-compatible`, `azure-openai`, `anthropic`, `gemini`, `vertex`, `bedrock`, `mistral`, `cohere` | What it speaks. |",
        );
        check("| `not` | [match](#match) |");
    }

    #[test]
    fn every_object_of_the_schemas_has_its_section() {
        let page = page();
        for schema in [schema_of::<Workspace>("", ""), schema_of::<PolicyFile>("", "")] {
            for name in definitions(&schema).keys() {
                assert!(page.contains(&format!("\n## {name}\n")), "no section about {name}");
            }
        }
    }

    #[test]
    fn no_field_is_left_without_words() {
        assert!(!page().contains("|  |"), "an empty cell");
    }

    #[test]
    fn the_committed_page_is_current() {
        assert!(PAGE.is_current().unwrap(), "the page is old: run `cargo xtask reference`");
    }
}
