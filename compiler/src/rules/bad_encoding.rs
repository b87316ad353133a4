//! `bad-encoding`: bytes that are not UTF-8 text.
//!
//! Deliberately only words; [`crate::encoding`] decides. Invariant: no file is read under a guessed encoding.
//!
//! Read next: [`crate::encoding`].

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::encoding::EncodingFault;
use crate::rule::{Rule, Severity};
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "bad-encoding",
    severity: Severity::Error,
    summary: "a file is not UTF-8 text",
    page: include_str!("../../../docs/rules/bad-encoding.md"),
};

/// The finding for a file.
pub fn diagnostic(file: FileId, span: Span, fault: EncodingFault) -> Diagnostic {
    let label = match fault {
        EncodingFault::Utf16 => "expected UTF-8, found the byte order mark of UTF-16".to_owned(),
        EncodingFault::NotUtf8(byte) => format!("expected UTF-8, found the byte 0x{byte:02x}"),
        EncodingFault::Nul => "expected text, found a NUL".to_owned(),
    };
    Diagnostic::new(&RULE, "this file is not UTF-8 text", Label::new(file, span, label))
        .consequence("nothing of the file is used")
        .help("save the file as UTF-8")
}
