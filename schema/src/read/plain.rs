//! Types of the standard library and others' as values of the policy language: booleans, plain text, days, digests.

use jiff::civil::Date;
use serde_json::{Value as Json, json};

use super::scalar::malformed;
use super::{Read, Reader};
use crate::digest::Digest;
use crate::json_schema::Definitions;
use crate::tree::{Node, ScalarKind};

impl Read for bool {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let scalar = reader.scalar(node, "true or false")?;
        match (scalar.kind, scalar.text.as_str()) {
            (ScalarKind::Plain | ScalarKind::Bool, "true") => Some(true),
            (ScalarKind::Plain | ScalarKind::Bool, "false") => Some(false),
            _ => {
                reader.wrong_type(node, "true or false");
                None
            }
        }
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "type": "boolean" })
    }
}

impl Read for String {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        reader.text(node, "text").map(str::to_owned)
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "type": "string" })
    }
}

/// A day, without a time: `2027-01-31`.
impl Read for Date {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let text = reader.text(node, "a day")?;
        let day = text.parse::<Self>().ok().filter(|day| day.to_string() == text);
        if day.is_none() {
            malformed(node, reader, "a day", text, "write it as 2027-01-31".to_owned());
        }
        day
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" })
    }
}

impl Read for Digest {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let text = reader.text(node, "a digest")?;
        let digest = text.strip_prefix("sha256:").unwrap_or(text);
        let why = || "write the 64 hexadecimal digits of a SHA-256".to_owned();
        Self::parse(digest).map_err(|_| malformed(node, reader, "a digest", text, why())).ok()
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "type": "string", "pattern": "^(sha256:)?[0-9a-f]{64}$" })
    }
}
