//! `export-without-effect`: an `export` on something of the platform.
//!
//! Deliberately silent about a team's objects, where `export` is what opens them. Invariant: nobody reads `export: false`
//! on something of the platform and believes that it is closed.
//!
//! Read next: [`crate::policy`], which says who may name what.

use pointsman_schema::tree::{Span, Spanned, Syntax};

use crate::diagnostic::{Diagnostic, Diagnostics, Edit, Fix, FixClass, Label};
use crate::index::Index;
use crate::policy::{Declared, Owner, Policy};
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::SourceFile;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "export-without-effect",
    severity: Severity::Warning,
    summary: "something of the platform has `export`",
    page: include_str!("../../../docs/rules/export-without-effect.md"),
};

/// Reports every `export` of the platform.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    let Policy { providers, credentials, backends, chains, consumers, .. } = &index.policy;
    let Policy { budgets, limits, mcp_servers, mcp_profiles, .. } = &index.policy;
    let mut found =
        |object, written: Option<Written<'_>>| sink.extend(written.map(|w| w.report(index, object)));
    for (declared, body) in Policy::bodies(providers) {
        found("provider", written(declared, body.export.as_ref(), Field::OneOfMany));
    }
    for (declared, body) in Policy::bodies(credentials) {
        found("credential", written(declared, body.export.as_ref(), Field::OneOfMany));
    }
    for (declared, body) in Policy::bodies(backends) {
        found("backend", written(declared, body.export.as_ref(), Field::OneOfMany));
    }
    for (declared, body) in Policy::bodies(chains) {
        found("chain", written(declared, body.export.as_ref(), Field::OneOfMany));
    }
    for (declared, body) in Policy::bodies(consumers) {
        let is_bare = body.tags.is_empty() && body.budgets.is_empty() && body.limits.is_empty();
        let field = if is_bare { Field::Alone } else { Field::OneOfMany };
        found("consumer", written(declared, body.export.as_ref(), field));
    }
    for (declared, body) in Policy::bodies(budgets) {
        found("budget", written(declared, body.export.as_ref(), Field::OneOfMany));
    }
    for (declared, body) in Policy::bodies(limits) {
        found("limit", written(declared, body.export.as_ref(), Field::OneOfMany));
    }
    for (declared, body) in Policy::bodies(mcp_servers) {
        found("MCP server", written(declared, body.export.as_ref(), Field::OneOfMany));
    }
    for (declared, body) in Policy::bodies(mcp_profiles) {
        found("MCP profile", written(declared, body.export.as_ref(), Field::OneOfMany));
    }
}

/// An `export` of the platform.
struct Written<'w> {
    name: &'w str,
    place: Label,
    value: &'w Spanned<bool>,
    field: Field,
}

/// Whether the object has other fields; without any, YAML would have nothing in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    OneOfMany,
    Alone,
}

fn written<'w, T>(
    declared: &'w Declared<'w, T>,
    export: Option<&'w Spanned<bool>>,
    field: Field,
) -> Option<Written<'w>> {
    let value = export.filter(|_| *declared.owner == Owner::Platform)?;
    let label = format!("expected in a team's folder, found `{}` in a file of the platform", value.value);
    Some(Written { name: &declared.name, place: Label::new(declared.file, value.span, label), value, field })
}

impl Written<'_> {
    fn report(self, index: &Index<'_>, object: &str) -> Diagnostic {
        let Self { name, place, value, field } = self;
        let file = place.file;
        let source = index.policy.source_map.file(file);
        let found =
            Diagnostic::new(&RULE, format!("`export` of {object} `{}` has no effect", visible(name)), place)
                .consequence("every team may name what the platform declares, whatever `export` says");
        let edit = field_span(source, value.span, field);
        match edit.map(|span| Edit { file, span, replacement: String::new() }) {
            Some(edit) => found.help_with_fix("remove it", Fix { class: FixClass::Safe, edits: vec![edit] }),
            None => found.help("remove it"),
        }
    }
}

/// The text of the field with what parts it from its neighbours; nothing where removing it would leave another meaning.
fn field_span(source: &SourceFile, value: Span, field: Field) -> Option<Span> {
    let (before, after) = (source.text.get(..value.range().start)?, source.text.get(value.range().end..)?);
    let before = before.trim_end_matches(' ');
    let key = before.strip_suffix([':', '=']).unwrap_or(before).trim_end_matches(' ');
    let before = key.strip_suffix("export")?;
    let indent = before.trim_end_matches([' ', '\t']);
    let rest = after.trim_start_matches([' ', '\t']);
    let (start, end) = (before.len(), value.range().end);
    if (indent.is_empty() || indent.ends_with('\n')) && (rest.is_empty() || rest.starts_with(['\n', '\r'])) {
        let blank = after.len().saturating_sub(rest.len());
        let leaves_nothing = source.syntax == Syntax::Yaml && field == Field::Alone;
        let line_before = indent.trim_end_matches(['\n', '\r']);
        return (!leaves_nothing).then(|| Span::new(line_before.len(), end.saturating_add(blank)));
    }
    match (indent.chars().next_back(), rest.chars().next()) {
        (Some(','), Some(',' | '}')) => Some(Span::new(indent.len().saturating_sub(1), end)),
        (Some('{'), Some(',')) => {
            let behind = rest.strip_prefix(',')?.trim_start_matches(' ');
            Some(Span::new(start, source.text.len().saturating_sub(behind.len())))
        }
        (Some('{'), Some('}')) => Some(Span::new(start, end)),
        _ if source.syntax == Syntax::Kdl && indent.len() < start && key.len() < value.range().start => {
            let is_property = source.text.get(key.len()..value.range().start)?.contains('=');
            is_property.then(|| Span::new(indent.len(), end))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::source_map::SourceMap;

    use super::*;

    fn check(syntax: Syntax, text: &str, field: Field, expected: Option<&str>) {
        let mut map = SourceMap::new();
        let file = map.add("a", text, syntax);
        let start = ["#true", "true"].iter().find_map(|value| text.find(value)).unwrap();
        let value = Span::new(start, start + if syntax == Syntax::Kdl { 5 } else { 4 });
        let found = field_span(map.file(file), value, field).map(|span| {
            let mut left = text.to_owned();
            left.replace_range(span.range(), "");
            left
        });
        assert_eq!(found.as_deref(), expected, "{text}");
    }

    #[test]
    fn what_is_left_reads_as_before() {
        let (yaml, many) = (Syntax::Yaml, Field::OneOfMany);
        check(yaml, "a:\n  x: 1\n  export: true\n  y: 2\n", many, Some("a:\n  x: 1\n  y: 2\n"));
        check(yaml, "a:\n  x: 1\n  export: true", many, Some("a:\n  x: 1"));
        check(yaml, "a:\r\n  export: true\r\n  y: 2\r\n", many, Some("a:\r\n  y: 2\r\n"));
        check(yaml, "a:\n  export: true # why\n", many, None);
        check(yaml, "a:\n  export: true\n", Field::Alone, None);
        check(yaml, "a: { x: 1, export: true }", many, Some("a: { x: 1 }"));
        check(yaml, "a: { x: 1, export: true, y: 2 }", many, Some("a: { x: 1, y: 2 }"));
        check(yaml, "a: { export: true, y: 2 }", many, Some("a: { y: 2 }"));
        check(yaml, "a: { export: true }", Field::Alone, Some("a: {  }"));
        check(yaml, "a: {\n  x: 1,\n  export: true\n}", many, Some("a: {\n  x: 1,\n}"));
        check(yaml, "a: { \"export\": true }", many, None);
        check(Syntax::Kdl, "a \"b\" x=1 export=#true\n", many, Some("a \"b\" x=1\n"));
        check(Syntax::Kdl, "a \"b\" {\n  export #true\n}\n", Field::Alone, Some("a \"b\" {\n}\n"));
        check(Syntax::Kdl, "a \"b\" { x 1; export #true }\n", many, None);
    }
}
