//! `fallback-lacks-capability`: requests that the primary can serve and no fallback can.
//!
//! Deliberately about all fallbacks together: a gateway passes over a backend that cannot serve a request, so one fallback
//! that can is enough. Nothing is said of requests that do not reach the rule, nor of keys without any fallback. Invariant:
//! for every request that reaches a rule without this finding, some fallback can do what the primary can.
//!
//! Read next: [`crate::analysis::serving`] for what counts; `check/losses.rs` for who is asked.

use pointsman_schema::capability::Capability;
use pointsman_schema::feature::Feature;
use pointsman_schema::source::Key;

use crate::analysis::serving::Lack;
use crate::analysis::witness::Witness;
use crate::diagnostic::{Diagnostic, Label};
use crate::policy::Declared;
use crate::reach::roads::Whole;
use crate::reach::ways::{Stop, Way};
use crate::reach::{Goal, Graph};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "fallback-lacks-capability",
    severity: Severity::Warning,
    summary: "no fallback of a rule can serve what its primary can",
    page: include_str!("../../../docs/rules/fallback-lacks-capability.md"),
};

/// What is lost when a primary fails.
#[derive(Debug)]
pub struct Loss<'a, 'w> {
    /// From the key's chain to the primary.
    pub way: &'a Way<'w>,
    /// Each backend that could take over, the nearest first, and what it lacks that some request needs.
    pub lacking: &'a [(&'a Stop<'w>, Whole<'w>, Vec<Lack>)],
    /// Such a request.
    pub witness: &'a Witness,
    /// The key whose `models` take other fallbacks away.
    pub key: Option<&'w Declared<'w, Key>>,
    /// Whether some backend below lacks nothing, behind a rule that does not take such requests.
    pub is_partial: bool,
}

/// The finding.
pub fn diagnostic(graph: &Graph<'_>, loss: &Loss<'_, '_>) -> Option<Diagnostic> {
    let file = |chain: usize| graph.chains.get(chain).map(|node| node.declared.file);
    let hops = by_hop(loss.lacking);
    let (nearest, _) = hops.first()?;
    let is_beside = |stop: &Stop<'_>| std::ptr::eq(stop.hop.rule, nearest.hop.rule);
    let (site, lacked) = hops.iter().rev().find(|(stop, _)| is_beside(stop))?;
    let rule = visible(site.hop.rule.name.value.as_str());
    let whose = loss.key.map_or(String::new(), |key| format!(" for key `{}`", visible(&key.name)));
    let some = if loss.is_partial { " for some requests" } else { "" };
    let label = format!("expected what the primary has, found {}", words(site, lacked));
    let mut found = Diagnostic::new(
        &RULE,
        format!("no fallback of rule `{rule}` has {}{some}{whose}", common(loss.lacking)),
        Label::new(file(site.chain)?, site.hop.span, label),
    );
    let (primary_chain, primary, _) = &loss.way.primary;
    found = found.context(Label::new(file(*primary_chain)?, primary.span, "the primary"));
    for (stop, lacked) in hops.iter().filter(|(stop, _)| !std::ptr::eq(*stop, *site)) {
        found = found.context(Label::new(file(stop.chain)?, stop.hop.span, words(stop, lacked)));
    }
    for (chain, at) in &loss.way.links {
        let node = graph.chains.get(*chain)?;
        let outer = &node.body.rules.get(*at)?.value;
        if !std::ptr::eq(outer, site.hop.rule) && *chain != *primary_chain {
            let text = "such requests come through this rule";
            found = found.context(Label::new(node.declared.file, outer.name.span, text));
        }
    }
    if let Some(key) = loss.key {
        let text = "this key may be served by the models that it names only";
        found = found.context(Label::new(key.file, key.named.name.span, text));
    }
    Some(
        found
            .consequence("so requests that need it find no backend when the primary fails")
            .help("add a fallback that has it, or give such requests a rule of their own")
            .note(format!("for example: {}", example(loss))),
    )
}

type ByHop<'a, 'w> = Vec<(&'a Stop<'w>, Vec<(Whole<'w>, &'a [Lack])>)>;

/// The backends that could take over, under the targets that come to them.
fn by_hop<'a, 'w>(lacking: &'a [(&'a Stop<'w>, Whole<'w>, Vec<Lack>)]) -> ByHop<'a, 'w> {
    let mut hops: ByHop<'a, 'w> = Vec::new();
    for (stop, backend, lacks) in lacking {
        match hops.last_mut() {
            Some((last, backends)) if std::ptr::eq(*last, *stop) => backends.push((*backend, lacks)),
            _ => hops.push((*stop, vec![(*backend, lacks)])),
        }
    }
    hops
}

/// What a target lacks: "no `vision`".
fn words(stop: &Stop<'_>, backends: &[(Whole<'_>, &[Lack])]) -> String {
    let Some(((_, first), others)) = backends.split_first() else { return String::new() };
    let shared: Vec<Lack> =
        first.iter().copied().filter(|lack| others.iter().all(|(_, lacks)| lacks.contains(lack))).collect();
    match stop.hop.goal {
        Goal::Backend(_) => few(&shared),
        Goal::Chain(_) if !shared.is_empty() => format!("{} below it", few(&shared)),
        Goal::Chain(_) => {
            let each = backends.iter().take(SHOWN_MAX).filter_map(|(backend, lacks)| {
                let first = phrases(lacks).into_iter().next()?;
                Some(format!("{first} in `{}`", visible(&backend.declared.name)))
            });
            each.collect::<Vec<_>>().join(", ")
        }
    }
}

/// The first of them, and how many there are besides.
fn few(lacks: &[Lack]) -> String {
    let all = phrases(lacks);
    let more = all.len().saturating_sub(SHOWN_MAX);
    let mut parts: Vec<_> = all.into_iter().take(SHOWN_MAX).collect();
    if more > 0 {
        parts.push(format!("{more} more"));
    }
    join(parts, "and")
}

/// What is lacked, once for all clients that lack the same.
fn phrases(lacks: &[Lack]) -> Vec<String> {
    let is_same = |one: &Lack, other: &Lack| one.client().is_some() && one.of_any() == other.of_any();
    let phrase = |same: &[Lack]| {
        let lack = same.first()?;
        let clients = same.iter().filter_map(|lack| lack.client()).map(|client| format!("`{client}`"));
        let clients = join(clients.collect(), "and");
        let whose = if clients.is_empty() { String::new() } else { format!(" for {clients}") };
        Some(format!("{}{whose}", lacked(*lack)))
    };
    lacks.chunk_by(is_same).filter_map(phrase).collect()
}

fn lacked(lack: Lack) -> String {
    match lack {
        Lack::Capability(capability) => format!("no `{capability}`"),
        Lack::Carried(capability, protocol, _) => format!("no `{capability}` over `{protocol}`"),
        Lack::Form(_, form, protocol, _) => format!("no `{form}` over `{protocol}`"),
        Lack::ContextWindow(tokens) => format!("a window of {tokens} tokens"),
        Lack::OutputLimit(tokens) => format!("an output limit of {tokens} tokens"),
    }
}

/// What all of them lack.
fn common(lacking: &[(&Stop<'_>, Whole<'_>, Vec<Lack>)]) -> String {
    let all = || lacking.iter().map(|(_, _, lacks)| lacks.iter().copied());
    let is_common =
        |wanted: &&Capability| all().all(|mut lacks| lacks.any(|lack| lack.capability() == Some(**wanted)));
    let mut parts: Vec<String> =
        Capability::ALL.iter().filter(is_common).map(|lost| format!("`{lost}`")).collect();
    let is_form = |wanted: &&Feature| {
        let of_form = |lack: Lack| lack.form().filter(|(_, form)| form == *wanted);
        let Some((capability, _)) = all().flatten().find_map(of_form) else { return false };
        all().all(|mut lacks| {
            lacks.any(|lack| of_form(lack).is_some() || lack.capability() == Some(capability))
        })
    };
    parts.extend(Feature::ALL.iter().filter(is_form).map(|form| format!("`{form}`")));
    let most = |of: fn(Lack) -> Option<u32>| {
        let each: Option<Vec<u32>> = all().map(|mut lacks| lacks.find_map(of)).collect();
        each?.into_iter().max()
    };
    if let Some(tokens) = most(Lack::context_window_tokens) {
        parts.push(format!("a context window over {tokens} tokens"));
    }
    if let Some(tokens) = most(Lack::output_limit_tokens) {
        parts.push(format!("an output limit over {tokens} tokens"));
    }
    if parts.is_empty() {
        return "all that its primary has".to_owned();
    }
    join(parts, "or")
}

/// A request that notices, in words.
fn example(loss: &Loss<'_, '_>) -> String {
    let lacks = loss.lacking.iter().flat_map(|(_, _, lacks)| lacks).copied();
    match lacks.filter_map(Lack::output_limit_tokens).max() {
        Some(tokens) => format!("{}, asking for more than {tokens} tokens of output", loss.witness),
        None => loss.witness.to_string(),
    }
}

fn join(mut parts: Vec<String>, word: &str) -> String {
    match parts.pop() {
        Some(last) if parts.is_empty() => last,
        Some(last) => format!("{} {word} {last}", parts.join(", ")),
        None => String::new(),
    }
}

/// A label is one line of 80 columns. **Unit**: lacks, or backends below a chain, that one names.
const SHOWN_MAX: usize = 2;
