//! One name for one finding, whatever line it stands on.
//!
//! Made of the rule, the file, the object and the words of the finding, not of places: lines that move above it change
//! nothing, and one that is gone does not stand for a new one in another object. The n-th of several alike in one object
//! has the number n. Deliberately no source text: a secret leaves no trace, not even a digest.

use std::collections::BTreeMap;

use pointsman_schema::digest::Digest;

use crate::diagnostic::Diagnostic;
use crate::source_map::SourceMap;

/// The fingerprint of each finding, in their order.
pub fn fingerprints(found: &[Diagnostic], sources: &SourceMap) -> Vec<Digest> {
    let mut seen: BTreeMap<Digest, u32> = BTreeMap::new();
    let one = |diagnostic: &Diagnostic| {
        let Diagnostic { slug, headline, primary, holder, .. } = diagnostic;
        let (path, holder) = (sources.file(primary.file).path.as_str(), holder.as_deref().unwrap_or(""));
        let alike = Digest::of([slug, path, holder, headline, &primary.text].join("\0").as_bytes());
        let count = seen.entry(alike).or_default();
        *count = count.saturating_add(1);
        Digest::of(format!("{alike}\0{count}").as_bytes())
    };
    found.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use pointsman_schema::tree::{Span, Syntax};

    use super::*;
    use crate::diagnostic::Label;
    use crate::rule::{Rule, Severity};

    const RULE: Rule = Rule { slug: "a", severity: Severity::Error, summary: "", page: "" };

    #[test]
    fn places_do_not_count_and_equal_findings_do() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", "one\ntwo\n", Syntax::Yaml);
        let at = |start: usize, headline: &str| {
            Diagnostic::new(&RULE, headline, Label::new(file, Span::new(start, start + 1), "x"))
        };
        let here = fingerprints(&[at(0, "h"), at(1, "h"), at(2, "other")], &sources);
        let moved = fingerprints(&[at(3, "h"), at(4, "h"), at(5, "other")], &sources);
        assert_eq!(here, moved);
        assert!(here[0] != here[1] && here[1] != here[2] && here[0] != here[2]);
        let inside = |holder: &str| Diagnostic { holder: Some(holder.to_owned()), ..at(0, "h") };
        let [one, other] = ["key a", "key b"].map(|holder| fingerprints(&[inside(holder)], &sources));
        assert!(one != other && one[0] != here[0]);
    }
}
