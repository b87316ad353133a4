//! What each finding stands in: the object that its primary label lies in, by kind and stable name.
//!
//! Deliberately by place, so that no rule needs to think of it. The invariant: a file's objects are put in order once,
//! however many findings it has.
//!
//! Read next: [`crate::fingerprint`], which tells findings apart by it.

use std::sync::Arc;

use pointsman_schema::source::PolicyFile;
use pointsman_schema::tree::Span;

use crate::diagnostic::Diagnostic;
use crate::file::FileAnalysis;
use crate::policy::kinds::{EachKind, Kind, Names, each};

/// Notes it in each finding; those of one file stand beside each other.
pub(super) fn note(found: &mut [Diagnostic], files: &[Arc<FileAnalysis>]) {
    for of_file in found.chunk_by_mut(|a, b| a.primary.file == b.primary.file) {
        let file = of_file.first().and_then(|first| files.get(first.primary.file.index()));
        let Some(holders) = file.map(|file| Holders::of(file)) else { continue };
        for diagnostic in of_file {
            diagnostic.holder = holders.around(diagnostic.primary.span);
        }
    }
}

/// What one file declares.
struct Holders<'f> {
    file: &'f FileAnalysis,
    /// In the order of their places; none lies in another.
    objects: Vec<Holder<'f>>,
    /// Rules of chains with their names, in the same order.
    rules: Vec<(Span, &'f str)>,
}

/// Something declared.
struct Holder<'f> {
    span: Span,
    word: &'static str,
    names: Names,
    name: &'f str,
}

impl<'f> Holders<'f> {
    fn of(file: &'f FileAnalysis) -> Self {
        let mut declared = Declared { policies: &file.policies, found: Vec::new() };
        each(&mut declared);
        let mut objects = declared.found;
        let attributes = file.workspace.iter().flat_map(|workspace| &workspace.attributes);
        objects.extend(attributes.map(|attribute| Holder {
            span: attribute.span,
            word: "attribute",
            names: Names::Global,
            name: &attribute.name.value,
        }));
        objects.sort_unstable_by_key(|holder| holder.span);
        let chains = file.policies.iter().flat_map(|policy| &policy.chains);
        let rules = chains.filter_map(|chain| chain.body.as_ref()).flat_map(|body| &body.rules);
        let mut rules: Vec<_> = rules.map(|rule| (rule.span, rule.value.name.value.as_str())).collect();
        rules.sort_unstable();
        Self { file, objects, rules }
    }

    fn around(&self, span: Span) -> Option<String> {
        // What is wrong with a file as a whole is shown at its first character, whatever stands there.
        if span.end <= 1 {
            return None;
        }
        let Holder { word, names, name, .. } = around(&self.objects, span, |holder| holder.span)?;
        let mut whole = match names {
            Names::OfOwner => format!("{word} {}", self.file.owner.stable(name)),
            Names::Global => format!("{word} {name}"),
        };
        if let Some((_, rule)) = around(&self.rules, span, |(place, _)| *place) {
            whole.push_str(" rule ");
            whole.push_str(rule);
        }
        Some(whole)
    }
}

/// The last that begins before a place, when it holds the place.
fn around<H>(holders: &[H], place: Span, span: impl Fn(&H) -> Span) -> Option<&H> {
    let after = holders.partition_point(|holder| span(holder).start <= place.start);
    let last = after.checked_sub(1).and_then(|at| holders.get(at))?;
    span(last).contains(place).then_some(last)
}

/// The objects of every kind.
struct Declared<'f> {
    policies: &'f [PolicyFile],
    found: Vec<Holder<'f>>,
}

impl EachKind for Declared<'_> {
    fn kind<K: Kind>(&mut self) {
        let all = self.policies.iter().flat_map(K::declared);
        self.found.extend(all.map(|named| Holder {
            span: named.span,
            word: K::WORD,
            names: K::NAMES,
            name: &named.name.value,
        }));
    }
}

#[cfg(test)]
mod tests {
    use crate::check::{Options, check as check_tree};
    use crate::tree_source::Memory;

    /// What each finding of a slug stands in, in a team's file.
    fn check(text: &str, slug: &str, expected: &[Option<&str>]) {
        let tree: Memory =
            [("pointsman.yaml", "pointsman: 1\n"), ("teams/a/a.yaml", text)].into_iter().collect();
        let checked = check_tree(&tree, &Options::default()).unwrap();
        let found = checked.diagnostics.iter().filter(|found| found.slug == slug);
        assert_eq!(found.map(|found| found.holder.as_deref()).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn a_finding_knows_what_it_stands_in() {
        let keys = "keys:\n  one: { consumer: x, chain: y }\n  two: { consumer: x, chain: y }\n";
        check(keys, "no-digest", &[Some("key a/one"), Some("key a/two")]);
        let chains = "chains:\n  c:\n    rules:\n      - { name: r, fallback: [b] }\n      - { name: s, fallback: [b] }\n";
        check(chains, "unknown-backend", &[Some("chain a/c rule r"), Some("chain a/c rule s")]);
        check("chains: { c: { rules: [], x: 1 } }\n", "unknown-field", &[Some("chain a/c")]);
        check("models: { m: {} }\n", "platform-only", &[Some("model m")]);
        check("nothing: 1\n", "unknown-field", &[None]);
        check("chains: [\n", "yaml-syntax", &[None]);
    }
}
