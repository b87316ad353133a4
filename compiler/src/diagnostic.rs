//! A finding, in the parts that every output format prints.
//!
//! Deliberately without layout: [`crate::render`] decides how a finding looks. What the parts *mean* is the contract:
//!
//! - the **headline** names the object and what is wrong with it, standing alone, lower case, without a full stop, and
//!   not saying what to do;
//! - the **primary label** marks the smallest text to change and says expected against found;
//! - each **context label** marks the other half of the relation, in its own file;
//! - the **consequence** says in run-time words what would happen, where that is not obvious;
//! - each **help** says what to do, with the edit when it is mechanical;
//! - each **note** adds a fact, with a place when it is about something declared elsewhere.
//!
//! No text here holds a secret: secret spans are marked in the source map before a label points near them.
//!
//! Read next: [`crate::rule`] for names and severities, [`crate::source_map`] for places.

use pointsman_schema::tree::Span;

use crate::rule::{Rule, Severity};
use crate::source_map::{FileId, SourceMap};

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its one name.
    pub slug: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The object and what is wrong.
    pub headline: String,
    /// The smallest text to change.
    pub primary: Label,
    /// What the primary label stands in: `chain support/assistant`. Known once all findings are there; no format prints it.
    pub holder: Option<String>,
    /// The other half of the relation.
    pub context: Vec<Label>,
    /// What would happen at run time.
    pub consequence: Option<String>,
    /// What to do.
    pub help: Vec<Help>,
    /// Facts to know.
    pub notes: Vec<Note>,
}

/// A marked place with a few words; the words may be empty in a context label that speaks for itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// In which file.
    pub file: FileId,
    /// Which text.
    pub span: Span,
    /// What to see there, lower case, no full stop.
    pub text: String,
}

impl Label {
    /// A label.
    pub fn new(file: FileId, span: Span, text: impl Into<String>) -> Self {
        Self { file, span, text: text.into() }
    }
}

/// A way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    /// What to do, lower case, no full stop.
    pub text: String,
    /// The edit that does it, when it is mechanical.
    pub fix: Option<Fix>,
}

/// An edit that resolves a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Who may apply it.
    pub class: FixClass,
    /// What changes; the spans do not overlap.
    pub edits: Vec<Edit>,
}

/// Who may apply a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixClass {
    /// The decision digest stays the same.
    Safe,
    /// Decisions change.
    Unsafe,
    /// Where data or money goes would change: only a person should apply it.
    NeverAutomatic,
}

impl FixClass {
    /// The word in machine-readable output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
            Self::NeverAutomatic => "never-automatic",
        }
    }
}

/// One replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// In which file.
    pub file: FileId,
    /// Which text goes; empty to insert.
    pub span: Span,
    /// Which text comes.
    pub replacement: String,
}

/// A fact beside the finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The fact; with a place, it ends so that ` path:line:column` can follow.
    pub text: String,
    /// What it is about.
    pub place: Option<(FileId, Span)>,
}

impl Diagnostic {
    /// A finding of a rule with its two required parts; the methods below add the others.
    #[must_use]
    pub fn new(rule: &Rule, headline: impl Into<String>, primary: Label) -> Self {
        Self {
            slug: rule.slug,
            severity: rule.severity,
            headline: headline.into(),
            primary,
            holder: None,
            context: Vec::new(),
            consequence: None,
            help: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds the other half of the relation.
    #[must_use]
    pub fn context(mut self, label: Label) -> Self {
        self.context.push(label);
        self
    }

    /// Says what would happen at run time.
    #[must_use]
    pub fn consequence(mut self, text: impl Into<String>) -> Self {
        self.consequence = Some(text.into());
        self
    }

    /// Says what to do, in words.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(Help { text: text.into(), fix: None });
        self
    }

    /// Says what to do and offers the edit.
    #[must_use]
    pub fn help_with_fix(mut self, text: impl Into<String>, fix: Fix) -> Self {
        self.help.push(Help { text: text.into(), fix: Some(fix) });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(Note { text: text.into(), place: None });
        self
    }

    /// Adds a fact about something declared elsewhere: `text` ends so that ` path:line:column` can follow.
    #[must_use]
    pub fn note_at(mut self, text: impl Into<String>, file: FileId, span: Span) -> Self {
        self.notes.push(Note { text: text.into(), place: Some((file, span)) });
        self
    }
}

impl Fix {
    /// A fix of one replacement.
    pub fn replace(class: FixClass, file: FileId, span: Span, replacement: impl Into<String>) -> Self {
        Self { class, edits: vec![Edit { file, span, replacement: replacement.into() }] }
    }
}

/// The sink that every pass adds to.
#[derive(Debug, Default)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
}

impl Diagnostics {
    /// An empty sink.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// How many findings there are so far.
    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    /// Says the fixes of all findings after the first so many in words instead of offering them: what they would replace
    /// stands inside a text with syntax of its own.
    pub(crate) fn only_say_fixes_after(&mut self, count: usize) {
        for help in self.found.iter_mut().skip(count).flat_map(|found| &mut found.help) {
            if let Some(fix) = help.fix.take() {
                let words = fix.edits.iter().map(|edit| edit.replacement.trim_matches(['"', '\'']));
                let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
                help.text = format!("{}: {}", help.text, words.join(", "));
            }
        }
    }

    /// Whether the policy cannot compile.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The findings in the order in which they were added.
    pub(crate) fn into_found(self) -> Vec<Diagnostic> {
        self.found
    }

    /// The findings in the order of (path, primary offset, slug), each once.
    pub fn finish(mut self, sources: &SourceMap) -> Vec<Diagnostic> {
        self.found.sort_by(|a, b| order(a, sources).cmp(&order(b, sources)));
        // Equal findings of one cause, such as an alias read twice, have equal sort keys and so stand together.
        self.found.dedup();
        self.found
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, found: I) {
        self.found.extend(found);
    }
}

type Order<'a> = (&'a str, Span, &'a str, &'a str, &'a str);

fn order<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Order<'a> {
    let Diagnostic { slug, headline, primary, .. } = diagnostic;
    (&sources.file(primary.file).path, primary.span, slug, headline, &primary.text)
}

#[cfg(test)]
mod tests {
    use pointsman_schema::tree::Syntax;

    use super::*;

    const RULE_A: Rule = Rule { slug: "a", severity: Severity::Warning, summary: "", page: "" };
    const RULE_B: Rule = Rule { slug: "b", severity: Severity::Error, summary: "", page: "" };

    #[test]
    fn findings_are_sorted_and_single() {
        let mut map = SourceMap::new();
        let (late, early) = (map.add("b.yaml", "xx", Syntax::Yaml), map.add("a.yaml", "xx", Syntax::Yaml));
        let mut sink = Diagnostics::new();
        for (rule, file, start) in [
            (&RULE_A, late, 0),
            (&RULE_B, early, 1),
            (&RULE_A, early, 1),
            (&RULE_A, early, 0),
            (&RULE_A, late, 0),
        ] {
            sink.push(Diagnostic::new(rule, "h", Label::new(file, Span::new(start, 2), "")));
        }
        assert!(sink.has_errors());
        let found = sink.finish(&map);
        let found: Vec<_> = found.iter().map(|d| (d.primary.file, d.primary.span.start, d.slug)).collect();
        assert_eq!(found, [(early, 0, "a"), (early, 1, "a"), (early, 1, "b"), (late, 0, "a")]);
    }
}
