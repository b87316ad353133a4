//! Under which names an MCP profile shows the tools of its servers, and where two of them meet.
//!
//! Deliberately only what the policy says: which tools a pattern brings in is the server's to say, so a pattern stands for
//! every name that fits it. The invariant: one tool that is named twice does not meet itself.
//!
//! Read next: [`crate::rules::mcp_tool_collision`].

use std::collections::{BTreeMap, BTreeSet};

use pointsman_schema::source::mcp::{McpProfile, ProfileServer};
use pointsman_schema::tree::Span;

use crate::policy::{Declared, Policy};

/// A tool, or all those of a server that fit a pattern, as a profile shows them.
#[derive(Debug, Clone)]
pub struct Shown<'w> {
    /// The server, by stable name, or as written when it is unknown.
    pub server: &'w str,
    /// The entry of the profile that takes it.
    pub entry: usize,
    /// What the server calls it.
    pub original: Name,
    /// What the profile calls it.
    pub name: Name,
    /// What to change: the tool, the pattern, the new name; the server where it says nothing of its tools.
    pub span: Span,
}

/// One name, or every name that begins and ends in some way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// This one.
    Exactly(String),
    /// What comes before and after the `*`.
    Around(String, String),
}

/// Two that meet: the places of the earlier and the later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Meeting {
    /// The later one; it is the one to change.
    pub later: usize,
    /// The earlier one.
    pub earlier: usize,
    /// Whether it is so, not only as soon as a server has such a tool.
    pub is_certain: bool,
}

impl Name {
    fn parse(text: &str) -> Self {
        match text.split_once('*') {
            None => Self::Exactly(text.to_owned()),
            Some((before, after)) => Self::Around(before.to_owned(), after.to_owned()),
        }
    }

    fn after(&self, prefix: &str) -> Self {
        match self {
            Self::Exactly(name) => Self::Exactly(format!("{prefix}{name}")),
            Self::Around(before, after) => Self::Around(format!("{prefix}{before}"), after.clone()),
        }
    }

    /// Whether it is every name.
    pub fn is_all(&self) -> bool {
        matches!(self, Self::Around(before, after) if before.is_empty() && after.is_empty())
    }

    fn fits(&self, name: &str) -> bool {
        match self {
            Self::Exactly(exact) => exact == name,
            Self::Around(before, after) => {
                name.len() >= before.len().saturating_add(after.len())
                    && name.starts_with(before.as_str())
                    && name.ends_with(after.as_str())
            }
        }
    }

    /// As it is written.
    pub fn text(&self) -> String {
        match self {
            Self::Exactly(name) => name.clone(),
            Self::Around(before, after) => format!("{before}*{after}"),
        }
    }
}

/// Some names, to be asked for many.
struct Patterns {
    exact: BTreeSet<String>,
    /// What comes before the `*`, with all that comes after it.
    around: BTreeMap<String, BTreeSet<String>>,
    /// **Unit**: bytes of the longest text before a `*`, and after one.
    longest: (usize, usize),
}

impl Patterns {
    fn of(names: impl Iterator<Item = Name>) -> Self {
        let mut found = Self { exact: BTreeSet::new(), around: BTreeMap::new(), longest: (0, 0) };
        for name in names {
            match name {
                Name::Exactly(name) => _ = found.exact.insert(name),
                Name::Around(before, after) => {
                    let (longest_before, longest_after) = found.longest;
                    found.longest = (longest_before.max(before.len()), longest_after.max(after.len()));
                    found.around.entry(before).or_default().insert(after);
                }
            }
        }
        found
    }

    /// Whether one of them fits a name: as many are looked up as there are ways to cut it, not as there are patterns.
    fn fit(&self, name: &str) -> bool {
        let (before, after) = self.longest;
        let rests = (0..=before.min(name.len())).filter_map(|at| name.split_at_checked(at));
        let mut afters = rests.filter_map(|(before, rest)| Some((self.around.get(before)?, rest)));
        let ends = |(afters, rest): (&BTreeSet<String>, &str)| {
            let ends = rest.len().saturating_sub(after)..=rest.len();
            ends.filter_map(|at| rest.get(at..)).any(|end| afters.contains(end))
        };
        self.exact.contains(name) || afters.any(ends)
    }
}

/// Everything that a profile shows, in the order of the source.
pub fn shown<'w>(
    policy: &'w Policy<'w>,
    declared: &'w Declared<'w, McpProfile>,
    body: &'w McpProfile,
) -> Vec<Shown<'w>> {
    let mut found = Vec::new();
    for (entry, server) in body.servers.iter().enumerate() {
        let ProfileServer { name, tools, prefix, rename } = &server.value;
        let server = policy.mcp_server(declared.owner, name.value.as_str()).found();
        let server = server.unwrap_or(name.value.as_str());
        let prefix = prefix.as_ref().map_or("", |prefix| prefix.value.as_str());
        let renames = rename.iter().flat_map(|rename| &rename.value.0);
        let replaced: BTreeSet<&str> = renames.clone().map(|(from, _)| from.value.as_str()).collect();
        let mut taken: Vec<(Name, Span)> =
            tools.iter().map(|tool| (Name::parse(tool.value.as_str()), tool.span)).collect();
        if taken.is_empty() {
            taken.push((Name::parse("*"), name.span));
        }
        let patterns = Patterns::of(taken.iter().map(|(name, _)| name.clone()));
        for (from, to) in renames.filter(|(from, _)| patterns.fit(&from.value)) {
            let (original, name) = (Name::Exactly(from.value.clone()), Name::parse(to.value.as_str()));
            found.push(Shown { server, entry, original, name, span: to.span });
        }
        taken.retain(|(name, _)| !matches!(name, Name::Exactly(name) if replaced.contains(name.as_str())));
        found.extend(taken.into_iter().map(|(original, span)| {
            let name = original.after(prefix);
            Shown { server, entry, original, name, span }
        }));
    }
    found.sort_by_key(|shown| (shown.entry, shown.span));
    found
}

/// Whether a profile takes a tool of a server, by the server's name of it.
pub fn is_taken(server: &ProfileServer, tool: &str) -> bool {
    let mut tools = server.tools.iter();
    server.tools.is_empty() || tools.any(|taken| Name::parse(taken.value.as_str()).fits(tool))
}

/// Where two different tools have one name, and, once for two entries, where two could. Patterns that are every name are
/// left out: they have a finding of their own.
pub fn meetings(body: &McpProfile, shown: &[Shown<'_>]) -> Vec<Meeting> {
    let mut exact: BTreeMap<&str, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for (at, one) in shown.iter().enumerate() {
        let Name::Exactly(name) = &one.name else { continue };
        let earlier = *exact.entry(name.as_str()).or_insert(at);
        let is_other = shown.get(earlier).is_some_and(|first| !is_same(first, one));
        if is_other {
            found.push(Meeting { later: at, earlier, is_certain: true });
        }
    }
    let renamed: Vec<BTreeSet<&str>> = body.servers.iter().map(|server| renamed(&server.value)).collect();
    let (mut pairs, mut seen) = (BTreeSet::new(), BTreeSet::new());
    let mut patterns: Vec<usize> = Vec::new();
    for (at, pattern) in shown.iter().enumerate() {
        let Name::Around(before, _) = &pattern.name else { continue };
        // One that an entry has twice meets what it meets once.
        if pattern.name.is_all() || !seen.insert((pattern.entry, &pattern.original, &pattern.name)) {
            continue;
        }
        let exacts = exact.range(before.as_str()..).take_while(|(name, _)| name.starts_with(before.as_str()));
        for other in exacts.map(|(_, other)| *other).chain(patterns.iter().copied()) {
            let Some(one) = shown.get(other) else { continue };
            let pair = (pattern.entry.min(one.entry), pattern.entry.max(one.entry));
            if pairs.contains(&pair) || !could_meet((body, &renamed), pattern, one) {
                continue;
            }
            let (earlier, later) = if other < at { (other, at) } else { (at, other) };
            pairs.insert(pair);
            found.push(Meeting { later, earlier, is_certain: false });
        }
        patterns.push(at);
    }
    found.sort();
    found
}

fn is_same(one: &Shown<'_>, other: &Shown<'_>) -> bool {
    one.server == other.server && one.original == other.original
}

/// The tools that an entry shows under new names.
fn renamed(server: &ProfileServer) -> BTreeSet<&str> {
    server.rename.iter().flat_map(|rename| &rename.value.0).map(|(from, _)| from.value.as_str()).collect()
}

/// Whether a pattern can show a tool under a name that another one has; `renamed` is by entry.
fn could_meet(
    (body, renamed): (&McpProfile, &[BTreeSet<&str>]),
    pattern: &Shown<'_>,
    other: &Shown<'_>,
) -> bool {
    match &other.name {
        Name::Exactly(name) => {
            let entry = body.servers.get(pattern.entry).map(|entry| &entry.value);
            let prefix =
                entry.and_then(|entry| entry.prefix.as_ref()).map_or("", |prefix| prefix.value.as_str());
            let original = name.strip_prefix(prefix).unwrap_or(name);
            let is_renamed = renamed.get(pattern.entry).is_some_and(|renamed| renamed.contains(original));
            let is_itself =
                pattern.server == other.server && other.original == Name::Exactly(original.to_owned());
            pattern.name.fits(name) && !is_itself && !is_renamed
        }
        Name::Around(before, after) => {
            let Name::Around(own_before, own_after) = &pattern.name else { return false };
            let begins = before.starts_with(own_before.as_str()) || own_before.starts_with(before.as_str());
            let ends = after.ends_with(own_after.as_str()) || own_after.ends_with(after.as_str());
            begins && ends && !other.name.is_all() && pattern.server != other.server
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_many_patterns_fits_as_it_does_alone() {
        let patterns = ["read", "read_*", "*_file", "re*le", "*", "é*é", "ab*ba"];
        let names =
            ["read", "read_", "read_file", "_file", "file", "relé", "rele", "é", "éé", "aba", "abba", ""];
        for count in 0..patterns.len() {
            // Without `*` in most of them.
            let some: Vec<Name> =
                patterns.iter().cycle().skip(count).take(3).map(|text| Name::parse(text)).collect();
            let all = Patterns::of(some.iter().cloned());
            for name in names {
                assert_eq!(all.fit(name), some.iter().any(|one| one.fits(name)), "{name} {some:?}");
            }
        }
    }
}
