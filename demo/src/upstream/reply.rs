//! The invented answer, before it takes the shape of a wire format.
//!
//! The text names the model and the provider, so that whoever reads it sees where the request went. The same request
//! gets the same words each time; nothing here is random.
//!
//! Read next: [`super::openai`], [`super::responses`], [`super::anthropic`] and [`super::gemini`], which write it down.

use serde_json::{Map, Value, json};

use super::{
    ask::{Ask, Tool},
    limits,
};

/// An answer to one request.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Number of the request since the upstream started; part of every id in the answer.
    pub(crate) number: u64,
    /// The model that is said to have answered.
    pub(crate) model: String,
    /// When it was made. **Unit**: seconds since 1970.
    pub(crate) created_s: u64,
    /// What it says.
    pub(crate) content: Content,
    /// **Unit**: tokens.
    pub(crate) input_tokens: u64,
    /// **Unit**: tokens.
    pub(crate) output_tokens: u64,
}

/// What an answer consists of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Words, in the pieces that a stream sends.
    Text(Vec<String>),
    /// A call of one of the caller's tools.
    ToolCall {
        /// Its name.
        name: String,
        /// Its arguments as JSON text, in the pieces that a stream sends.
        arguments: Vec<String>,
    },
}

impl Reply {
    /// The answer of `provider` to `ask`.
    pub(crate) fn to(ask: &Ask, provider: &str, number: u64, created_s: u64) -> Self {
        let content = match &ask.tool {
            Some(tool) => Content::ToolCall { name: tool.name.clone(), arguments: halves(&arguments(tool)) },
            None => Content::Text(words(&text(ask, provider))),
        };
        let output_tokens = u64::try_from(content.pieces().len()).unwrap_or(u64::MAX);
        Self {
            number,
            model: ask.model.clone(),
            created_s,
            content,
            input_tokens: ask.input_tokens,
            output_tokens,
        }
    }
}

impl Content {
    /// The pieces that a stream sends one by one.
    pub(crate) fn pieces(&self) -> &[String] {
        match self {
            Self::Text(pieces) | Self::ToolCall { arguments: pieces, .. } => pieces,
        }
    }

    /// All pieces together.
    pub(crate) fn joined(&self) -> String {
        self.pieces().concat()
    }
}

fn text(ask: &Ask, provider: &str) -> String {
    let origin = format!("(demo upstream: model {} at provider {provider})", ask.model);
    match ask.last_words.trim() {
        "" => format!("{origin} I am ready."),
        words => format!("{origin} You said: {words}"),
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_inclusive(' ').map(str::to_owned).collect()
}

/// Two pieces, so that a client has to put arguments together again.
fn halves(text: &str) -> Vec<String> {
    let (first, second) = text.split_at(text.floor_char_boundary(text.len() / 2));
    vec![first.to_owned(), second.to_owned()]
}

/// Arguments that satisfy the plain parts of a tool's schema: its required properties, by type.
fn arguments(tool: &Tool) -> String {
    let properties = tool.schema.get("properties");
    let required =
        tool.schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let filled: Map<String, Value> = required
        .take(limits::ARGUMENTS_MAX)
        .map(|name| {
            (name.to_owned(), example(name, properties.and_then(|all| all.get(name)).unwrap_or(&Value::Null)))
        })
        .collect();
    Value::Object(filled).to_string()
}

fn example(name: &str, schema: &Value) -> Value {
    if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|values| values.first()) {
        return first.clone();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ if matches!(name, "city" | "location" | "place") => json!("Paris"),
        _ => json!("demo"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(last_words: &str, tool: Option<Tool>) -> Ask {
        Ask {
            model: "gpt-4o-mini".to_owned(),
            stream: false,
            include_usage: false,
            last_words: last_words.to_owned(),
            tool,
            input_tokens: 7,
        }
    }

    fn check(ask: &Ask, expected: &str) {
        let reply = Reply::to(ask, "azure", 1, 0);
        assert_eq!(reply.content.joined(), expected);
        assert_eq!(reply.output_tokens, u64::try_from(reply.content.pieces().len()).unwrap());
    }

    #[test]
    fn text_says_where_the_request_went() {
        check(
            &ask("hello there", None),
            "(demo upstream: model gpt-4o-mini at provider azure) You said: hello there",
        );
        check(&ask(" ", None), "(demo upstream: model gpt-4o-mini at provider azure) I am ready.");
    }

    #[test]
    fn tool_arguments_fit_the_schema() {
        let tool = |schema| Some(Tool { name: "t".to_owned(), schema });
        check(&ask("x", tool(json!({"type": "object"}))), "{}");
        let schema = json!({
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["celsius"]}},
            "required": ["city", "days", "unit"],
        });
        check(&ask("x", tool(schema)), r#"{"city":"Paris","days":1,"unit":"celsius"}"#);
    }
}
