//! Findings as SARIF, which code scanning services read.
//!
//! Deliberately only what such services show: rules with their pages, results with places, related places, fixes and a
//! fingerprint that does not move with the lines. The invariant: the document is valid against the schema of SARIF 2.1.0.
//!
//! **Source**: OASIS, Static Analysis Results Interchange Format 2.1.0.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::diagnostic::{Diagnostic, Edit, Fix, FixClass, Label};
use crate::fingerprint::fingerprints;
use crate::rule::Severity;
use crate::rules;
use crate::shown::visible;
use crate::source_map::{FileId, SourceMap};

use pointsman_schema::tree::Span;

/// The document, with a line break at its end. `folder` is where the workspace lies in its repository; empty for its root.
pub fn render(found: &[Diagnostic], sources: &SourceMap, folder: &str) -> String {
    let used: BTreeSet<&str> = found.iter().map(|diagnostic| diagnostic.slug).collect();
    let rules: Vec<Json> = rules::ALL.iter().filter(|rule| used.contains(rule.slug)).map(rule).collect();
    let place = Places { sources, folder };
    let results: Vec<Json> = found
        .iter()
        .zip(fingerprints(found, sources))
        .map(|(diagnostic, fingerprint)| place.result(diagnostic, &fingerprint.to_string()))
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "pointsman",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

fn rule(rule: &rules::Rule) -> Json {
    json!({
        "id": rule.slug,
        "shortDescription": { "text": rule.summary },
        "help": { "text": rule.page, "markdown": rule.page },
        "defaultConfiguration": { "level": level(rule.severity) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// How places are written.
struct Places<'s> {
    sources: &'s SourceMap,
    folder: &'s str,
}

impl Places<'_> {
    fn result(&self, diagnostic: &Diagnostic, fingerprint: &str) -> Json {
        let Diagnostic { slug, severity, headline, primary, holder: _, context, consequence, help, notes: _ } =
            diagnostic;
        let mut text = visible(headline).into_owned();
        for more in [Some(primary.text.as_str()), consequence.as_deref()].into_iter().flatten() {
            text.push_str("; ");
            text.push_str(&visible(more));
        }
        for help in help {
            text.push_str("; help: ");
            text.push_str(&visible(&help.text));
        }
        // Only fixes that change no decision may be applied by a machine.
        let fixes =
            help.iter().filter_map(|help| help.fix.as_ref()).filter(|fix| fix.class == FixClass::Safe);
        json!({
            "ruleId": slug,
            "level": level(*severity),
            "message": { "text": text },
            "locations": [{ "physicalLocation": self.physical(primary.file, primary.span) }],
            "relatedLocations": context.iter().zip(1..).map(|(label, id)| self.related(label, id)).collect::<Vec<_>>(),
            "partialFingerprints": { "pointsman/v1": fingerprint },
            "fixes": fixes.map(|fix| self.fix(fix)).collect::<Vec<_>>(),
        })
    }

    fn related(&self, Label { file, span, text }: &Label, id: u32) -> Json {
        json!({
            "id": id,
            "physicalLocation": self.physical(*file, *span),
            "message": { "text": visible(text) },
        })
    }

    fn fix(&self, fix: &Fix) -> Json {
        let files: BTreeSet<FileId> = fix.edits.iter().map(|edit| edit.file).collect();
        let change = |file: FileId| {
            let edits = fix.edits.iter().filter(|edit| edit.file == file);
            let replacement = |Edit { file, span, replacement }: &Edit| {
                json!({
                    "deletedRegion": self.region(*file, *span),
                    "insertedContent": { "text": replacement },
                })
            };
            json!({
                "artifactLocation": { "uri": self.uri(file) },
                "replacements": edits.map(replacement).collect::<Vec<_>>(),
            })
        };
        json!({ "artifactChanges": files.into_iter().map(change).collect::<Vec<_>>() })
    }

    fn physical(&self, file: FileId, span: Span) -> Json {
        json!({ "artifactLocation": { "uri": self.uri(file) }, "region": self.region(file, span) })
    }

    fn region(&self, file: FileId, span: Span) -> Json {
        let source = self.sources.file(file);
        let (start, end) = (source.position(span.start), source.position(span.end));
        json!({
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        })
    }

    /// A relative URI: whatever is not plain in a path is percent-encoded (RFC 3986).
    fn uri(&self, file: FileId) -> String {
        let path = &self.sources.file(file).path;
        let whole = match self.folder.trim_end_matches('/') {
            "" => path.clone(),
            folder => format!("{folder}/{path}"),
        };
        let is_plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_' | b'~');
        let part = |byte: u8| {
            if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
        };
        whole.bytes().map(part).collect()
    }
}
