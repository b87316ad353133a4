//! `confusable-name`: two names that look the same, or one that mixes alphabets.
//!
//! Deliberately only names that one file could hold side by side: those of one owner, and a team's beside the platform's.
//! Invariant: who reads a name knows which one it is.
//!
//! Read next: [`crate::alike`], for what looks the same.

use pointsman_schema::source::Workspace;
use pointsman_schema::tree::Span;

use crate::alike::{Alike, Written, look};
use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::homoglyph::impostor;
use crate::index::Index;
use crate::policy::kinds::{EachKind, Kind, each};
use crate::policy::{Owner, Policy, Table};
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "confusable-name",
    severity: Severity::Warning,
    summary: "two names look the same, or one mixes alphabets",
    page: include_str!("../../../docs/rules/confusable-name.md"),
};

/// Reports names that look like others.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    each(&mut Tables { policy: &index.policy, sink });
    attributes(index.policy.workspace, index.policy.workspace_file, sink);
    teams(index, sink);
    tags(index, sink);
    rules(index, sink);
    alphabets(index, sink);
}

/// The names of every kind.
struct Tables<'i, 'w, 's> {
    policy: &'i Policy<'w>,
    sink: &'s mut Diagnostics,
}

impl EachKind for Tables<'_, '_, '_> {
    fn kind<K: Kind>(&mut self) {
        table(K::TITLE, K::table(self.policy), self.sink);
    }
}

/// The names of one kind: each beside its owner's others, a team's also beside the platform's.
fn table<T>(object: &str, table: &Table<'_, T>, sink: &mut Diagnostics) {
    let mut platform = Alike::new(look);
    let (mut team, mut own): (Option<&Owner>, _) = (None, Alike::new(look));
    // The platform's names have no `team/` before them and stand between those of teams: twice through, platform first.
    for declared in table.values().filter(|declared| *declared.owner == Owner::Platform) {
        let name = written(declared.named.name.value.as_str(), declared.file, declared.named.name.span);
        report(object, name, platform.add(name), sink);
    }
    for declared in table.values().filter(|declared| *declared.owner != Owner::Platform) {
        let name = written(declared.named.name.value.as_str(), declared.file, declared.named.name.span);
        if team.replace(declared.owner) != Some(declared.owner) {
            own.clear();
        }
        report(object, name, own.add(name).or_else(|| platform.find(name.name, &own)), sink);
    }
}

fn list<'a>(object: &str, names: impl Iterator<Item = Written<'a>>, sink: &mut Diagnostics) {
    let mut seen = Alike::new(look);
    for name in names {
        report(object, name, seen.add(name), sink);
    }
}

fn attributes(workspace: &Workspace, file: FileId, sink: &mut Diagnostics) {
    let names = workspace.attributes.iter();
    list("attribute", names.map(|attribute| written(&attribute.name.value, file, attribute.name.span)), sink);
    for body in workspace.attributes.iter().filter_map(|attribute| attribute.body.as_ref()) {
        let values = body.values.iter().map(|value| written(value.value.as_str(), file, value.span));
        list("attribute value", values, sink);
    }
}

fn teams(index: &Index<'_>, sink: &mut Diagnostics) {
    let folders = index.teams.iter().map(|(team, file)| written(team, *file, Span::new(0, 1)));
    list("team", folders, sink);
}

/// Tags are words of all teams: `match` compares them whoever wrote them.
fn tags(index: &Index<'_>, sink: &mut Diagnostics) {
    let tags = Policy::bodies(&index.policy.consumers).flat_map(|(declared, body)| {
        body.tags.iter().map(|tag| written(tag.value.as_str(), declared.file, tag.span))
    });
    let mut seen = Alike::new(look);
    let mut told = std::collections::BTreeSet::new();
    for tag in tags {
        // One pair, one report, however many consumers carry the two.
        if let Some(other) = seen.add(tag).filter(|_| told.insert(tag.name)) {
            report("tag", tag, Some(other), sink);
        }
    }
}

fn rules(index: &Index<'_>, sink: &mut Diagnostics) {
    for (declared, body) in Policy::bodies(&index.policy.chains) {
        let names = body
            .rules
            .iter()
            .map(|rule| written(rule.value.name.value.as_str(), declared.file, rule.value.name.span));
        list("rule", names, sink);
    }
}

/// Words in two alphabets, in the fields that hold more than ASCII; every other field refuses such a character itself.
fn alphabets(index: &Index<'_>, sink: &mut Diagnostics) {
    for (declared, body) in Policy::bodies(&index.policy.roles) {
        for value in &body.values {
            word("claim value", written(value.value.as_str(), declared.file, value.span), sink);
        }
    }
    for (declared, body) in Policy::bodies(&index.policy.mcp_servers) {
        for part in &body.command {
            word("part of a command", written(&part.value, declared.file, part.span), sink);
        }
    }
}

fn word(object: &str, text: Written<'_>, sink: &mut Diagnostics) {
    let Some((letter, like)) = impostor(text.name) else { return };
    let code = u32::from(letter);
    let label = format!("expected words of one alphabet, found U+{code:04X}, which looks like `{like}`");
    sink.push(
        Diagnostic::new(
            &RULE,
            format!("the {object} `{}` mixes alphabets", visible(text.name)),
            Label::new(text.file, text.span, label),
        )
        .consequence("so it is not equal to what it reads like")
        .help(format!("write the letter `{like}`, or the whole word in the other alphabet")),
    );
}

fn written(name: &str, file: FileId, span: Span) -> Written<'_> {
    Written { name, file, span }
}

fn report(object: &str, name: Written<'_>, other: Option<Written<'_>>, sink: &mut Diagnostics) {
    let Some(other) = other else { return };
    let (this, that) = (visible(name.name), visible(other.name));
    let label = format!("expected a name of its own look, found one that reads like `{that}`");
    sink.push(
        Diagnostic::new(
            &RULE,
            format!("{object} `{this}` looks like {object} `{that}`"),
            Label::new(name.file, name.span, label),
        )
        .context(Label::new(other.file, other.span, "the other one"))
        .consequence("so whoever reviews a change may take one for the other")
        .help(
            "rename one of the two, so that they differ in more than `0` and `o`, `1` and `l`, `rn` and `m`",
        ),
    );
}
