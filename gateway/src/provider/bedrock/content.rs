//! Words for what is not text: how pictures, documents and recordings are called in a request.

use crate::conversation::message::Source;

/// The word for a picture's form.
pub(super) fn picture(media_type: &str) -> &str {
    match essence(media_type).strip_prefix("image/") {
        Some("jpg") => "jpeg",
        Some(form) => form,
        None => media_type,
    }
}

/// The word for a document's form.
pub(super) fn document(media_type: &str) -> &str {
    match essence(media_type) {
        "application/pdf" => "pdf",
        "text/csv" => "csv",
        "application/msword" => "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.ms-excel" => "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "text/html" => "html",
        "text/markdown" => "md",
        text if text.starts_with("text/") => "txt",
        // The provider says that it knows no such form.
        other => other,
    }
}

/// The bytes of something in Base64, and their media type. What stands elsewhere is refused before.
pub(super) fn bytes<'s>(source: &'s Source<'_>) -> Option<(&'s str, &'s str)> {
    match source {
        Source::Data { media_type, base64 } => Some((media_type, base64)),
        Source::Url(_) => None,
    }
}

/// A media type without its parameters.
fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// A document's name in the letters that the provider takes, and unlike that of any other document of the request, as
/// it has to be: `number` counts them from 1.
pub(super) fn name(name: Option<&str>, number: usize) -> String {
    let mut out = String::with_capacity(32);
    for letter in name.unwrap_or_default().chars() {
        let is_known = letter.is_ascii_alphanumeric() || matches!(letter, '-' | '(' | ')' | '[' | ']');
        // Anything else is a space, and there are no two in a row.
        let letter = if is_known { letter } else { ' ' };
        if out.len() < NAME_BYTES_MAX && (is_known || !(out.is_empty() || out.ends_with(' '))) {
            out.push(letter);
        }
    }
    let clean = out.trim_end();
    let clean = if clean.is_empty() { "document" } else { clean };
    format!("{clean} ({number})")
}

/// **Unit**: bytes of a document's name, its number aside. With it, the provider takes 200.
const NAME_BYTES_MAX: usize = 160;

#[cfg(test)]
mod tests {
    use super::*;

    fn check_name(given: Option<&str>, expected: &str) {
        let name = name(given, 3);
        assert_eq!(name, expected);
        assert!(name.len() <= 200 && !name.contains("  "));
    }

    #[test]
    fn names_of_documents_have_known_letters() {
        check_name(None, "document (3)");
        check_name(Some(""), "document (3)");
        check_name(Some("/报告"), "document (3)");
        check_name(Some("My_report  v2.pdf"), "My report v2 pdf (3)");
        check_name(Some(" [a-b] (c)\n"), "[a-b] (c) (3)");
        check_name(Some(&"x".repeat(500)), &format!("{} (3)", "x".repeat(160)));
    }

    #[test]
    fn forms_have_their_words() {
        for (media_type, expected) in
            [("image/png", "png"), ("image/jpg", "jpeg"), ("image/jpeg; a=b", "jpeg"), ("x/y", "x/y")]
        {
            assert_eq!(picture(media_type), expected);
        }
        for (media_type, expected) in [
            ("application/pdf", "pdf"),
            ("text/plain;charset=utf-8", "txt"),
            ("text/x-log", "txt"),
            ("text/markdown", "md"),
            ("application/zip", "application/zip"),
        ] {
            assert_eq!(document(media_type), expected);
        }
    }
}
