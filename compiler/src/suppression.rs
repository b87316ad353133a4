//! Comments that allow a warning, with a reason.
//!
//! ```yaml
//! # allow zero-weights: parked until the pilot ends
//! # allow zero-weights until 2027-01-31: parked until the pilot ends
//! ```
//!
//! A suppression holds for the outermost map entry or list item that begins on its own line, else for the next one after
//! it. Deliberately not for whole files, not without a reason, and never for errors. The invariant: each suppression
//! either hides something or is itself reported, unless errors kept the checks from running.
//!
//! Read next: [`crate::diagnostic`].

use std::cmp::Reverse;
use std::collections::BTreeMap;

use pointsman_schema::tree::{Comment, Document, Node, Span, Value};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::rule::{Rule, Severity};
use crate::rules::{bad_suppression, expired_suppression, suppressed_error, unused_suppression};
use crate::source_map::{FileId, SourceMap};

/// A day in the proleptic Gregorian calendar, as people write it in a policy.
pub type Date = jiff::civil::Date;

/// Why a comment that starts like a suppression is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadSuppression {
    /// No finding has this name.
    UnknownSlug {
        /// The name as written.
        slug: String,
        /// The nearest name that exists.
        similar: Option<&'static str>,
    },
    /// Nothing after the colon, or no colon.
    NoReason,
    /// What follows `until` is not a date.
    BadDate,
}

/// What a file says beside its values.
#[derive(Debug, Clone, Copy)]
pub struct Commented<'a> {
    /// The file.
    pub file: FileId,
    /// Its comments.
    pub comments: &'a [Comment],
    /// Its values.
    pub documents: &'a [Document],
}

/// What decides about suppressions beside the text.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// Every rule that exists.
    pub rules: &'a [Rule],
    /// The day for which dates are judged; without one, no suppression expires.
    pub as_of: Option<Date>,
}

/// Hides the warnings that are allowed and reports the suppressions that are wrong, expired or unused.
pub fn apply(
    found: Diagnostics,
    files: &[Commented<'_>],
    sources: &SourceMap,
    policy: Policy<'_>,
) -> Diagnostics {
    let mut complaints = Vec::new();
    let mut allowed: Vec<Allowed> = Vec::new();
    for file in files {
        allow(file, sources, policy, (&mut allowed, &mut complaints));
    }
    let has_errors = found.has_errors();
    let mut kept = Diagnostics::new();
    let around = Around::of(&allowed);
    for diagnostic in found.into_found() {
        if !around.hides(&diagnostic, &mut allowed) {
            kept.push(diagnostic);
        }
    }
    // With errors, checks may not have run, and what looks unused may have its warning tomorrow.
    for Allowed { file, span, slug, .. } in allowed.iter().filter(|allowed| !has_errors && !allowed.is_used) {
        kept.push(unused_suppression::diagnostic(*file, *span, slug));
    }
    kept.extend(complaints);
    kept
}

/// A suppression in force.
struct Allowed {
    file: FileId,
    span: Span,
    slug: &'static str,
    /// For which part of the file; nothing when no value follows.
    region: Option<Span>,
    is_used: bool,
}

/// Which suppressions hold for which place, found without looking at all of them.
///
/// Their regions are parts of one tree, so two of them are apart, or one lies in the other.
struct Around {
    /// Those of each file and slug, in the order of their regions.
    by_slug: BTreeMap<(FileId, &'static str), Vec<Region>>,
}

/// Where a suppression holds.
struct Region {
    span: Span,
    /// The place of the suppression.
    of: usize,
    /// The place in the same list of the nearest region around it.
    around: Option<usize>,
}

impl Around {
    fn of(allowed: &[Allowed]) -> Self {
        let mut by_slug: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (at, Allowed { file, slug, region, .. }) in allowed.iter().enumerate() {
            if let Some(region) = region {
                by_slug.entry((*file, *slug)).or_default().push(Region {
                    span: *region,
                    of: at,
                    around: None,
                });
            }
        }
        for regions in by_slug.values_mut() {
            regions.sort_by_key(|region| (region.span.start, Reverse(region.span.end)));
            let mut open: Vec<(usize, Span)> = Vec::new();
            for (place, region) in regions.iter_mut().enumerate() {
                while open.pop_if(|(_, outer)| !outer.contains(region.span)).is_some() {}
                region.around = open.last().map(|(outer, _)| *outer);
                open.push((place, region.span));
            }
        }
        Self { by_slug }
    }

    /// Whether a warning is allowed; notes by which suppressions.
    fn hides(&self, diagnostic: &Diagnostic, allowed: &mut [Allowed]) -> bool {
        let (slug, file, span) = (diagnostic.slug, diagnostic.primary.file, diagnostic.primary.span);
        if diagnostic.severity == Severity::Error {
            return false;
        }
        let Some(regions) = self.by_slug.get(&(file, slug)) else { return false };
        let mut at = regions.partition_point(|region| region.span.start <= span.start).checked_sub(1);
        let mut is_hidden = false;
        while let Some(region) = at.and_then(|at| regions.get(at)) {
            if region.span.contains(span) {
                is_hidden = true;
                let Some(allowed) = allowed.get_mut(region.of) else { break };
                // Those around it have been noted with it.
                if std::mem::replace(&mut allowed.is_used, true) {
                    break;
                }
            }
            at = region.around;
        }
        is_hidden
    }
}

fn allow(
    file: &Commented<'_>,
    sources: &SourceMap,
    policy: Policy<'_>,
    (allowed, complaints): (&mut Vec<Allowed>, &mut Vec<Diagnostic>),
) {
    let mut regions: Option<Vec<Span>> = None;
    for Comment { span, text } in file.comments {
        let (rule, until) = match read(text, policy.rules) {
            None => continue,
            Some(Err(bad)) => {
                complaints.push(bad_suppression::diagnostic(file.file, *span, &bad));
                continue;
            }
            Some(Ok(read)) => read,
        };
        if rule.severity == Severity::Error {
            complaints.push(suppressed_error::diagnostic(file.file, *span, rule.slug));
            continue;
        }
        if let (Some(until), Some(as_of)) = (until, policy.as_of)
            && as_of > until
        {
            complaints.push(expired_suppression::diagnostic(file.file, *span, rule.slug, until));
            continue;
        }
        let regions = regions.get_or_insert_with(|| regions_of(file.documents));
        let region = region_of(*span, regions, file.file, sources);
        allowed.push(Allowed { file: file.file, span: *span, slug: rule.slug, region, is_used: false });
    }
}

type Read = (Rule, Option<Date>);

/// Nothing for an ordinary comment: only `allow NAME:`, `allow NAME until …` and `allow` with a known name are meant.
fn read(text: &str, rules: &[Rule]) -> Option<Result<Read, BadSuppression>> {
    let (head, reason) = match text.strip_prefix("allow ")?.split_once(':') {
        Some((head, reason)) => (head, Some(reason)),
        None => (text.strip_prefix("allow ")?, None),
    };
    let mut words = head.split_whitespace();
    let slug = words.next()?;
    let rest: Vec<&str> = words.collect();
    let known = rules.iter().find(|rule| rule.slug == slug);
    let is_meant = match rest.as_slice() {
        [] => known.is_some() || reason.is_some(),
        ["until", ..] => true,
        _ => false,
    };
    if !is_meant {
        return None;
    }
    Some(check((slug, known.copied()), &rest, reason, rules))
}

fn check(
    (slug, known): (&str, Option<Rule>),
    rest: &[&str],
    reason: Option<&str>,
    rules: &[Rule],
) -> Result<Read, BadSuppression> {
    let Some(rule) = known else {
        return Err(BadSuppression::UnknownSlug { slug: slug.to_owned(), similar: similar(slug, rules) });
    };
    let until = match rest {
        [] => None,
        ["until", date] => Some(read_date(date).ok_or(BadSuppression::BadDate)?),
        _ => return Err(BadSuppression::BadDate),
    };
    if reason.is_none_or(|reason| reason.trim().is_empty()) {
        return Err(BadSuppression::NoReason);
    }
    Ok((rule, until))
}

fn read_date(text: &str) -> Option<Date> {
    text.parse().ok().filter(|date: &Date| date.to_string() == text)
}

fn similar(slug: &str, rules: &[Rule]) -> Option<&'static str> {
    let distance = |rule: &&Rule| strsim::damerau_levenshtein(rule.slug, slug);
    let nearest = rules.iter().min_by_key(distance)?;
    (distance(&nearest) <= SLUG_DISTANCE_MAX).then_some(nearest.slug)
}

/// Every map entry and list item, by start, the outer one first.
fn regions_of(documents: &[Document]) -> Vec<Span> {
    let mut regions = Vec::new();
    let mut open: Vec<&Node> = documents.iter().map(|document| &document.root).collect();
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Scalar(_) => {}
            Value::List(items) => {
                regions.extend(items.iter().map(|item| item.span));
                open.extend(items);
            }
            Value::Map(entries) => {
                regions.extend(entries.iter().map(pointsman_schema::tree::Entry::span));
                open.extend(entries.iter().map(|entry| &entry.value));
            }
        }
    }
    regions.sort_by_key(|region| (region.start, Reverse(region.end)));
    regions
}

fn region_of(comment: Span, regions: &[Span], file: FileId, sources: &SourceMap) -> Option<Span> {
    let source = sources.file(file);
    let line = source.line_span(source.position(comment.start).line);
    let on_line_or_after = regions.partition_point(|region| region.start < line.start);
    let first = regions.get(on_line_or_after)?;
    if first.start < comment.start {
        return Some(*first);
    }
    let after = regions.partition_point(|region| region.start < comment.end);
    regions.get(after).copied()
}

/// **Unit**: edits between a wrong name and the one that is offered.
const SLUG_DISTANCE_MAX: usize = 4;

#[cfg(test)]
mod tests;
