//! The JSON Schema of an object, from the same fields that it is read by.

use serde_json::{Map, Value as Json, json};

use super::{Field, Form, Record, text_of};
use crate::json_schema::Definitions;

/// The JSON Schema of a record: a reference to its definition.
pub fn describe<R: Record>(
    definitions: &mut Definitions,
    fields: impl FnOnce(&mut Definitions) -> Vec<Json>,
) -> Json {
    definitions.refer(R::OBJECT, |definitions| {
        let mut properties = Map::new();
        for (field, inner) in R::FIELDS.iter().zip(fields(definitions)) {
            let mut schema = match field.form {
                Form::Required | Form::Implied { .. } | Form::Optional => inner,
                Form::List | Form::Items => json!({ "type": "array", "items": inner }),
                Form::Named => json!({ "type": "object", "additionalProperties": inner }),
            };
            if let Some(object) = schema.as_object_mut() {
                object.insert("description".to_owned(), Json::String(field.text()));
            }
            properties.insert(field.yaml.to_owned(), schema);
        }
        let required: Vec<_> =
            R::FIELDS.iter().filter(|field| field.form == Form::Required).map(|field| field.yaml).collect();
        let mut schema = json!({
            "type": "object",
            "description": text_of(R::DOC),
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        });
        if let Some((by, implied)) = implied(R::FIELDS)
            && let Some(object) = schema.as_object_mut()
        {
            object.insert("anyOf".to_owned(), json!([{ "required": implied }, { "required": [by] }]));
        }
        schema
    })
}

/// The field that stands for others, and these.
fn implied(fields: &[Field]) -> Option<(&'static str, Vec<&'static str>)> {
    let by = |field: &Field| if let Form::Implied { by } = field.form { Some(by) } else { None };
    let first = fields.iter().find_map(by)?;
    Some((first, fields.iter().filter(|field| by(field) == Some(first)).map(|field| field.yaml).collect()))
}
