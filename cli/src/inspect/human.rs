//! The report of `inspect` for people: aligned, readable without colour.

use std::fmt::Write as _;

use super::report::{Chain, Key, Report, Rule, Unserved, Worst};
use super::{limits, prices};

/// The whole text.
pub(super) fn text(report: &Report) -> String {
    let mut out = String::new();
    match write(&mut out, report) {
        // Writing into a string cannot fail.
        Ok(()) | Err(std::fmt::Error) => out,
    }
}

fn write(out: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(out, "snapshot   {}", report.snapshot)?;
    writeln!(out, "decisions  {}", report.decisions)?;
    if let (Some(generation), Some(published)) = (report.generation, &report.published) {
        writeln!(out, "generation {generation}, published {published}")?;
    }
    if let Some(commit) = &report.commit {
        writeln!(out, "commit     {commit}")?;
    }
    let (bytes, container) = (report.bytes, report.container_version);
    writeln!(out, "compiler   {}, container version {container}, {bytes} bytes", report.compiler)?;
    let counts: Vec<_> = report.counts.iter().map(|count| format!("{} {}", count.count, count.of)).collect();
    writeln!(out, "\n{}", counts.join(", "))?;
    writeln!(out, "\nsections")?;
    for section in &report.sections {
        writeln!(out, "  {:<15}{:>10} bytes  sha256:{}", section.name, section.bytes, section.sha256)?;
    }
    writeln!(out, "\nbackends")?;
    for backend in &report.backends {
        let credential =
            backend.credential.as_ref().map_or(String::new(), |name| format!(", credential {name}"));
        let (name, model, provider) = (&backend.name, &backend.model, &backend.provider);
        writeln!(out, "  {name}: {model} at {provider}{credential}  ({})", backend.place)?;
        let refuses = if backend.refuses.is_empty() { "" } else { ", refuses " };
        writeln!(out, "    {}{refuses}{}", backend.address, backend.refuses.join(", "))?;
    }
    if !report.prices.is_empty() {
        writeln!(out, "\nprices in dollars per million tokens")?;
    }
    report.prices.iter().try_for_each(|price| prices::write(out, price))?;
    if !report.limits.is_empty() {
        writeln!(out, "\nlimits")?;
    }
    report.limits.iter().try_for_each(|limit| limits::write(out, limit))?;
    writeln!(out, "\nchains")?;
    report.chains.iter().try_for_each(|chain| write_chain(out, chain))?;
    writeln!(out, "\nkeys")?;
    report.keys.iter().try_for_each(|key| write_key(out, key))?;
    if !report.unserved.is_empty() {
        writeln!(out, "\ndeclared, and not served by a gateway of this release")?;
    }
    let mut last = None;
    for Unserved { kind, object, field, value } in &report.unserved {
        if last != Some((kind, object)) {
            writeln!(out, "  {kind} {object}")?;
        }
        last = Some((kind, object));
        writeln!(out, "    {field}: {value}")?;
    }
    Ok(())
}

fn write_chain(out: &mut String, chain: &Chain) -> std::fmt::Result {
    writeln!(out, "  {}  ({})", chain.name, chain.place)?;
    writeln!(out, "    accepts {}", chain.accepts.join(", "))?;
    chain.rules.iter().try_for_each(|rule| {
        let when = if rule.conditional { "" } else { ", always" };
        writeln!(out, "    rule {}{when}: {}  ({})", rule.name, targets(rule), rule.place)
    })?;
    match &chain.worst {
        None => Ok(()),
        Some(worst) => writeln!(out, "    {}", worst_case(worst)),
    }
}

fn worst_case(worst: &Worst) -> String {
    let times = |count: usize| match count {
        1 => "once".to_owned(),
        more => format!("{more} times"),
    };
    let tries: Vec<_> = worst.way.iter().map(|at| format!("{} {}", at.backend, times(at.tries))).collect();
    let plural = if worst.attempts == 1 { "" } else { "s" };
    format!(
        "at most {} attempt{plural} a request, in rule {}: {}",
        worst.attempts,
        worst.rule,
        tries.join(", ")
    )
}

fn targets(rule: &Rule) -> String {
    let mut parts = Vec::new();
    if !rule.split.is_empty() {
        let percent = |buckets: u32| format!("{}.{:04}", buckets / 10_000, buckets % 10_000);
        let arm = |percent: String| percent.trim_end_matches('0').trim_end_matches('.').to_owned();
        let arms: Vec<_> =
            rule.split.iter().map(|at| format!("{} % {}", arm(percent(at.buckets)), at.target)).collect();
        parts.push(arms.join(" | "));
    }
    parts.extend(rule.fallback.iter().cloned());
    let retry = match rule.retry_attempts {
        0 => String::new(),
        extra => format!(" (up to {} tries each)", extra.saturating_add(1)),
    };
    let lossy = if rule.lossy { ", lossy" } else { "" };
    format!("{}{retry}{lossy}", parts.join(" > "))
}

fn write_key(out: &mut String, key: &Key) -> std::fmt::Result {
    let digests = if key.digests == 1 { "1 digest".to_owned() } else { format!("{} digests", key.digests) };
    let expires = key.expires.as_ref().map_or(String::new(), |time| format!(", until {time}"));
    writeln!(out, "  {}  ({})", key.name, key.place)?;
    writeln!(out, "    consumer {}, chain {}, {digests}{expires}", key.consumer, key.chain)?;
    if !key.models.is_empty() {
        writeln!(out, "    models {}", key.models.join(", "))?;
    }
    if !key.limits.is_empty() {
        writeln!(out, "    limits {}", key.limits.join(", "))?;
    }
    let reaches = if key.backends.is_empty() { "nothing".to_owned() } else { key.backends.join(", ") };
    writeln!(out, "    reaches {reaches}")
}
