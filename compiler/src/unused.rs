//! What is declared and named by nothing: dead weight, by kind.
//!
//! Deliberately reports the root alone: what only dead things name is dead with them, and comes up when they are gone.
//! A workspace without a key serves nobody and is a library or a beginning; there nothing is unused. `export` is no use:
//! the workspace is all there is. The invariant: nothing is reported whose use may stand where it could not be read.
//!
//! Read next: [`crate::resolve::uses`], which knows what is named; [`crate::rules::unused_backend`], one of the rules.

pub(crate) mod removal;

use std::collections::BTreeSet;

use pointsman_schema::source::Model;

use self::removal::removal;
use crate::diagnostic::{Diagnostic, Diagnostics, Fix, FixClass, Label};
use crate::index::Index;
use crate::policy::{Declared, Owner, Policy, Shared, Table};
use crate::resolve::site::Kind;
use crate::resolve::uses::Uses;
use crate::rule::Rule;
use crate::rules::{
    unused_attribute, unused_backend, unused_budget, unused_chain, unused_consumer, unused_credential,
    unused_limit, unused_mcp_profile, unused_mcp_server, unused_model, unused_provider,
};
use crate::shown::visible;
use crate::source_map::FileId;

/// What is said of an unused thing of one kind.
#[derive(Debug)]
pub struct Words {
    /// Its rule.
    pub rule: &'static Rule,
    /// The kind: `backend`.
    pub object: &'static str,
    /// What would use it: "a rule that names it".
    pub expected: &'static str,
    /// What that means at run time.
    pub consequence: &'static str,
    /// What to do when it is wanted.
    pub help: &'static str,
}

/// Reports everything that nothing names.
pub fn check(index: &Index<'_>, uses: &Uses<'_>, sink: &mut Diagnostics) {
    let policy = &index.policy;
    if policy.keys.is_empty() || !index.is_whole() {
        return;
    }
    let Policy { providers, credentials, backends, chains, consumers, .. } = policy;
    let Policy { budgets, limits, mcp_servers, mcp_profiles, models, .. } = policy;
    let search = Search { index, uses };
    search.shared(providers, Kind::Provider, &unused_provider::WORDS, sink);
    search.shared(credentials, Kind::Credential, &unused_credential::WORDS, sink);
    search.shared(backends, Kind::Backend, &unused_backend::WORDS, sink);
    search.shared(chains, Kind::Chain, &unused_chain::WORDS, sink);
    search.shared(consumers, Kind::Consumer, &unused_consumer::WORDS, sink);
    search.shared(budgets, Kind::Budget, &unused_budget::WORDS, sink);
    search.shared(limits, Kind::Limit, &unused_limit::WORDS, sink);
    search.shared(mcp_servers, Kind::McpServer, &unused_mcp_server::WORDS, sink);
    search.shared(mcp_profiles, Kind::McpProfile, &unused_mcp_profile::WORDS, sink);
    search.models(models, sink);
    search.attributes(sink);
}

struct Search<'i, 'w> {
    index: &'i Index<'w>,
    uses: &'i Uses<'i>,
}

impl Search<'_, '_> {
    /// Things that others may name when they say `export`.
    fn shared<T: Shared>(&self, table: &Table<'_, T>, kind: Kind, words: &Words, sink: &mut Diagnostics) {
        let (unused, kept) = self.split(table, kind);
        for declared in unused {
            let (name, file) = (&declared.named.name, declared.file);
            let found = words.report(&declared.name, Label::new(file, name.span, words.label()));
            let found = self.with_help(found, words, (file, declared.named.span), kept.contains(&file));
            let is_exported = declared.body().is_some_and(Shared::exported);
            sink.push(if is_exported {
                found.note("`export` lets other teams name it, and none does")
            } else {
                found
            });
        }
    }

    /// A model in a team's folder has a finding of its own.
    fn models(&self, models: &Table<'_, Model>, sink: &mut Diagnostics) {
        let words = &unused_model::WORDS;
        let (unused, kept) = self.split(models, Kind::Model);
        for declared in unused.into_iter().filter(|declared| *declared.owner == Owner::Platform) {
            let (name, file) = (&declared.named.name, declared.file);
            let found = words.report(&declared.name, Label::new(file, name.span, words.label()));
            sink.push(self.with_help(found, words, (file, declared.named.span), kept.contains(&file)));
        }
    }

    fn attributes(&self, sink: &mut Diagnostics) {
        if !self.index.is_workspace_known {
            return;
        }
        let (words, file) = (&unused_attribute::WORDS, self.index.policy.workspace_file);
        let attributes = &self.index.policy.workspace.attributes;
        let is_unused = |name: &str| self.uses.leaves_out_attribute(name);
        let is_one_kept = attributes.iter().any(|attribute| !is_unused(&attribute.name.value));
        for attribute in attributes.iter().filter(|attribute| is_unused(&attribute.name.value)) {
            let name = &attribute.name;
            let found = words.report(&name.value, Label::new(file, name.span, words.label()));
            sink.push(self.with_help(found, words, (file, attribute.span), is_one_kept));
        }
    }

    /// What nothing names, and the files that hold something of this kind that is named.
    fn split<'t, 'a, T>(
        &self,
        table: &'t Table<'a, T>,
        kind: Kind,
    ) -> (Vec<&'t Declared<'a, T>>, BTreeSet<FileId>) {
        let (unused, used): (Vec<_>, Vec<_>) =
            table.values().partition(|declared| self.uses.leaves_out(kind, declared));
        let kept = if unused.is_empty() { BTreeSet::new() } else { used.iter().map(|d| d.file).collect() };
        (unused, kept)
    }

    /// Offers to remove it where that leaves a file that reads as before.
    fn with_help(
        &self,
        found: Diagnostic,
        words: &Words,
        (file, span): (FileId, pointsman_schema::tree::Span),
        is_one_kept: bool,
    ) -> Diagnostic {
        let source = self.index.policy.source_map.file(file);
        match removal(source, span, is_one_kept) {
            Some(lines) => {
                let fix = Fix::replace(FixClass::Unsafe, file, lines, "");
                found.help(words.help).help_with_fix("or remove it", fix)
            }
            None => found.help(format!("remove it, or {}", words.help)),
        }
    }
}

impl Words {
    fn label(&self) -> String {
        format!("expected {}, found none", self.expected)
    }

    fn report(&self, name: &str, primary: Label) -> Diagnostic {
        Diagnostic::new(self.rule, format!("{} `{}` is not used", self.object, visible(name)), primary)
            .consequence(self.consequence)
    }
}

#[cfg(test)]
mod tests {
    use crate::check::{Options, check as check_tree};
    use crate::tree_source::Memory;

    const PLATFORM: &str = "providers: { p: { protocol: openai, base-url: https://api.openai.com/v1 } }
models: { m: {} }
backends:
  b: { model: m, provider: p }
  spare: { model: m, provider: p }
chains:
  main: { rules: [{ name: all, fallback: [b] }] }
";
    const KEY: &str = "consumers: { web: {} }
keys:
  web: { consumer: web, chain: main, digests: [sha256:8a5edab282632443219e051e4ade2d1d5bbc671c781051bf1437897cbdfea0f1] }
";

    /// What is said to be unused beside these two files and a third.
    fn check(keys: &str, third: &str, expected: &[&str]) {
        let files =
            [("pointsman.yaml", "pointsman: 1\n"), ("a.yaml", PLATFORM), ("b.yaml", keys), ("c.yaml", third)];
        let tree: Memory = files.into_iter().collect();
        let checked = check_tree(&tree, &Options::default()).unwrap();
        let slugs = checked.diagnostics.iter().map(|found| found.slug);
        let unused: Vec<_> = slugs.filter(|slug| slug.starts_with("unused-")).collect();
        assert_eq!(unused, expected, "{third}");
    }

    #[test]
    fn nothing_is_unused_whose_use_may_stand_where_nobody_could_read() {
        check(KEY, "{}\n", &["unused-backend"]);
        check("{}\n", "{}\n", &[]);
        // No YAML, a field that does not exist, a name that stands twice.
        check(KEY, "chains: [\n", &[]);
        check(KEY, "chains: { c: { ruels: [{ name: all, fallback: [spare] }] } }\n", &[]);
        check(KEY, "chains: { main: { rules: [{ name: all, fallback: [spare] }] } }\n", &[]);
        check(KEY, "chains: { c: { rules: [{ name: all, fallback: [spare] }] } }\n", &["unused-chain"]);
        // A reference that leads nowhere may have meant it; one of another kind did not.
        check(KEY, "chains: { c: { rules: [{ name: all, fallback: [sparr] }] } }\n", &["unused-chain"]);
        check(KEY, "backends: { c: { model: none, provider: p } }\n", &["unused-backend", "unused-backend"]);
    }
}
