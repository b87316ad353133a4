//! `limit-window`: a window that does not fit what a limit counts.
//!
//! Deliberately silent about a limit that counts nothing, which is `limit-rate`. Invariant: every rate has a time, and no
//! burst is larger than what its window holds.
//!
//! Read next: [`crate::check`], which calls it for every limit.

use pointsman_schema::source::Limit;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "limit-window",
    severity: Severity::Error,
    summary: "the window of a limit does not fit what it counts",
    page: include_str!("../../../docs/rules/limit-window.md"),
};

/// Reports a rate without a window, a window without a rate, and a burst that no window holds.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Limit>, body: &Limit, sink: &mut Diagnostics) {
    if !index.is_spoiled(declared.file, declared.named.span) {
        sink.extend(window(declared, body));
        sink.extend(burst(declared, body));
    }
}

fn window(declared: &Declared<'_, Limit>, body: &Limit) -> Option<Diagnostic> {
    let (name, file) = (visible(&declared.name), declared.file);
    let rate = body.requests.as_ref().or(body.tokens.as_ref());
    match (rate, &body.window) {
        (Some(rate), None) => {
            let headline = format!("limit `{name}` has a rate without a window");
            let label = "expected a `window` beside it, found none";
            Some(
                Diagnostic::new(&RULE, headline, Label::new(file, rate.span, label))
                    .context(Label::new(file, declared.named.name.span, "this limit"))
                    .consequence("so nobody could say for how long it holds")
                    .help("add `window`: second, minute, hour or day"),
            )
        }
        (None, Some(window)) => {
            let open = body.concurrent.as_ref()?;
            let headline = format!("`window` of limit `{name}` has no effect");
            let label = "expected `requests` or `tokens` beside it, found only `concurrent`";
            Some(
                Diagnostic::new(&RULE, headline, Label::new(file, window.span, label))
                    .context(Label::new(file, open.span, "how many are open at once needs no window"))
                    .consequence(
                        "so it changes nothing: requests that are open at once are counted without one",
                    )
                    .help("remove `window`, or add the rate that it is for"),
            )
        }
        _ => None,
    }
}

fn burst(declared: &Declared<'_, Limit>, body: &Limit) -> Option<Diagnostic> {
    let (name, file) = (visible(&declared.name), declared.file);
    let burst = body.burst.as_ref()?;
    let Some(requests) = &body.requests else {
        if body.tokens.is_none() && body.concurrent.is_none() {
            return None;
        }
        let headline = format!("`burst` of limit `{name}` has no effect");
        let label = "expected `requests` beside it, found none";
        return Some(
            Diagnostic::new(&RULE, headline, Label::new(file, burst.span, label))
                .context(Label::new(file, declared.named.name.span, "this limit"))
                .consequence("so nothing bounds how many requests begin at once")
                .help("add `requests`, or remove `burst`"),
        );
    };
    if burst.value <= requests.value {
        return None;
    }
    let headline = format!("`burst` of limit `{name}` is larger than what its window holds");
    let label = format!("expected at most {}, found {}", requests.value.0, burst.value.0);
    Some(
        Diagnostic::new(&RULE, headline, Label::new(file, burst.span, label))
            .context(Label::new(file, requests.span, "what one window holds"))
            .consequence("so more requests would begin at once than may in a whole window")
            .help("lower `burst`, or raise `requests`"),
    )
}
