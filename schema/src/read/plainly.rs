//! What can be shown although it stands where people put secrets.
//!
//! Whoever reads why a file is refused has to see what they wrote; a secret must not be seen. Deliberately narrow: the name of an
//! environment variable, and plain values of fields that have another meaning elsewhere. The invariant: what is drawn at random
//! is neither, and who is in doubt hides.
//!
//! Read next: [`super::Reader::hiding`].

use crate::source::OBJECTS;
use crate::tree::{Node, Value};

/// The name of an environment variable that stands alone, or as a shell, `env` or a template would write it:
/// `OPENAI_API_KEY`, `$OPENAI_API_KEY`, `env OPENAI_API_KEY`.
pub(crate) fn variable(text: &str) -> Option<&str> {
    let bare = text.strip_prefix("env").map_or(text, |rest| rest.trim_start_matches([':', '=', '.', ' ']));
    let bare = bare.strip_prefix('$').unwrap_or(bare);
    let name = bare.trim_start_matches(['{', ' ']).trim_end_matches(['}', ' ']);
    let is_word = |word: &str| {
        (1..=WORD_BYTES_MAX).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_uppercase())
    };
    (name.contains('_') && name.len() <= VALUE_BYTES_MAX && name.split('_').all(is_word)).then_some(name)
}

/// Whether the value of a field that an object does not have can be shown: the field exists in another object, or is what
/// others call one, and holds no secret there.
pub(super) fn is_plain(field: &str, value: &Node) -> bool {
    let name = field.replace('_', "-");
    let is_known = || {
        OBJECTS
            .iter()
            .flat_map(|object| object.fields)
            .any(|known| [known.yaml, known.kdl].contains(&name.as_str()))
    };
    let is_telling = TELLING.contains(&name.as_str());
    let Value::Scalar(scalar) = &value.value else { return false };
    !is_telling
        && (is_known() || ELSEWHERE.contains(&name.as_str()))
        && scalar.text.len() <= VALUE_BYTES_MAX
        && !scalar.text.contains(['@', '?', '#', '=', '%'])
}

/// Fields that hold or name secrets.
const TELLING: &[&str] = &["secret", "token", "digests", "digest", "headers", "env"];
/// What other programs call fields of providers, credentials and keys.
const ELSEWHERE: &[&str] = &[
    "type",
    "kind",
    "name",
    "id",
    "url",
    "endpoint",
    "host",
    "description",
    "enabled",
    "version",
    "location",
];
/// **Unit**: bytes of a value that is shown.
const VALUE_BYTES_MAX: usize = 64;
/// What is drawn from capitals has no `_` after so few. **Unit**: bytes between two `_`.
const WORD_BYTES_MAX: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Scalar, ScalarKind, Span};

    #[test]
    fn the_name_of_a_variable_is_no_secret() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(variable(text), expected, "{text}");
        check("OPENAI_API_KEY", Some("OPENAI_API_KEY"));
        check("${OPENAI_API_KEY}", Some("OPENAI_API_KEY"));
        check("${{ OPENAI_API_KEY }}", Some("OPENAI_API_KEY"));
        check("env OPENAI_API_KEY", Some("OPENAI_API_KEY"));
        check("env.API_KEY", Some("API_KEY"));
        check("PASSWORD", None);
        check("openai_api_key", None);
        check("API_KEY_7", None);
        check("ABCDEFGHIJKLMNOP_KEY", None);
        check("API__KEY", None);
        check("_", None);
        check("", None);
    }

    #[test]
    fn a_plain_value_of_a_field_that_means_something_else_is_shown() {
        let check = |field: &str, text: &str, expected: bool| {
            let scalar = Scalar { text: text.to_owned(), kind: ScalarKind::Plain };
            let node = Node { span: Span::default(), value: Value::Scalar(scalar), label: None };
            assert_eq!(is_plain(field, &node), expected, "{field}: {text}");
        };
        check("type", "openai", true);
        check("base_url", "https://api.example.com/v1", true);
        check("model", "gpt-4o", true);
        check("url", "https://web:pass@example.com", false);
        check("url", "https://example.com?key=1", false);
        check("api-key", "openai", false);
        check("password", "openai", false);
        check("secret", "openai", false);
        check("token", "openai", false);
        check("type", &"a".repeat(65), false);
    }
}
