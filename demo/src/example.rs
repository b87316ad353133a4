//! The example policy that the program carries, and its copy that runs on this machine alone.
//!
//! The copy differs from `policies-example/` in the addresses of the platform's providers, in where its credentials are
//! found, and in the digest of one key. Everything else, comments and layout included, stays as it is: the edits
//! replace exactly the values, found by their spans in the tree.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use pointsman_compiler::edit::spliced;
use pointsman_compiler::parse::parse;
use pointsman_compiler::policy::Owner;
use pointsman_compiler::tree_source::syntax_of;
use pointsman_schema::digest::Digest;
use pointsman_schema::tree::{Entry, Node, Span, Syntax, Value};

/// Paths and contents of `policies-example/`.
pub const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/example_files.rs"));

/// The key that the demo makes anew: team and name.
pub const KEY: (&str, &str) = ("support", "web");

/// What the copy's values become.
#[derive(Debug, Clone)]
pub struct Local {
    /// Where the embedded upstream listens.
    pub upstream: SocketAddr,
    /// Of the new key.
    pub digest: Digest,
    /// The platform's providers that want a key: those that a credential is for.
    pub keyed: BTreeSet<String>,
}

impl Local {
    /// What the whole example's copy needs.
    pub fn of_example(upstream: SocketAddr, digest: Digest) -> Self {
        let mut keyed = BTreeSet::new();
        for (path, text) in FILES.iter().filter(|(path, _)| Owner::of_path(path) == Owner::Platform) {
            let Some(syntax) = syntax_of(path) else { continue };
            for document in &parse(syntax, text).documents {
                let credentials = objects(&document.root, syntax, ("credentials", "credential"));
                keyed.extend(
                    credentials.into_iter().filter_map(|(_, body)| text_of(value(body, "provider")?)),
                );
            }
        }
        Self { upstream, digest, keyed }
    }

    /// Where the embedded upstream plays a provider; it asks for a key like the real one, or for none.
    fn base_url(&self, provider: &str, protocol: &str) -> String {
        let door = if self.keyed.contains(provider) { "providers" } else { "open" };
        let version = if protocol == "gemini" { "v1beta" } else { "v1" };
        format!("\"http://{}/{door}/{provider}/{version}\"", self.upstream)
    }
}

/// One file of the example, for this machine; and the credentials whose secrets it now expects in files.
pub fn localise(path: &str, text: &str, local: &Local) -> (String, Vec<String>) {
    let Some(syntax) = syntax_of(path) else { return (text.to_owned(), Vec::new()) };
    let mut edits = Vec::new();
    let mut credentials = Vec::new();
    for document in &parse(syntax, text).documents {
        let root = &document.root;
        match Owner::of_path(path) {
            Owner::Platform => {
                for (name, body) in objects(root, syntax, ("providers", "provider")) {
                    let protocol = value(body, "protocol").and_then(text_of).unwrap_or_default();
                    let here = local.base_url(name, &protocol);
                    edits.extend(value(body, "base-url").map(|value| (value.span, here)));
                }
                for (name, body) in objects(root, syntax, ("credentials", "credential")) {
                    edits.extend(value(body, "secret").map(|value| (value.span, format!("\"file:{name}\""))));
                    credentials.push(name.to_owned());
                }
            }
            Owner::Team(team) if team == KEY.0 => {
                let keys = objects(root, syntax, ("keys", "key"));
                let digest = keys
                    .into_iter()
                    .find(|(name, _)| *name == KEY.1)
                    .and_then(|(_, body)| first_digest(body));
                edits.extend(digest.map(|span| (span, format!("\"sha256:{}\"", local.digest))));
            }
            Owner::Team(_) => {}
        }
    }
    (spliced(text, edits.iter().map(|(span, value)| (*span, value.as_str()))), credentials)
}

/// The named objects of one kind: a YAML mapping, or KDL's repeated nodes.
fn objects<'a>(root: &'a Node, syntax: Syntax, kind: (&str, &str)) -> Vec<(&'a str, &'a Node)> {
    let written =
        |name: &str| entries(root).iter().filter(move |entry| entry.key.value == name).collect::<Vec<_>>();
    match syntax {
        Syntax::Yaml => {
            let named = |entry: &'a Entry| (entry.key.value.as_str(), &entry.value);
            written(kind.0).into_iter().flat_map(|entry| entries(&entry.value).iter().map(named)).collect()
        }
        Syntax::Kdl => {
            let label = |entry: &'a Entry| Some((entry.value.label.as_ref()?.value.as_str(), &entry.value));
            written(kind.1).into_iter().filter_map(label).collect()
        }
    }
}

fn entries(node: &Node) -> &[Entry] {
    match &node.value {
        Value::Map(entries) => entries,
        Value::Scalar(_) | Value::List(_) => &[],
    }
}

fn value<'a>(body: &'a Node, field: &str) -> Option<&'a Node> {
    entries(body).iter().find(|entry| entry.key.value == field).map(|entry| &entry.value)
}

fn text_of(node: &Node) -> Option<String> {
    match &node.value {
        Value::Scalar(scalar) => Some(scalar.text.clone()),
        Value::List(_) | Value::Map(_) => None,
    }
}

fn first_digest(key: &Node) -> Option<Span> {
    let digests = value(key, "digests")?;
    match &digests.value {
        Value::List(items) => items.first().map(|item| item.span),
        Value::Scalar(_) => Some(digests.span),
        Value::Map(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local() -> Local {
        let keyed = ["openai".to_owned()].into();
        Local { upstream: SocketAddr::from(([127, 0, 0, 1], 4000)), digest: Digest::of(b"key"), keyed }
    }

    fn check(path: &str, text: &str, expected: &str) {
        assert_eq!(localise(path, text, &local()).0, expected);
    }

    #[test]
    fn only_the_values_change() {
        check(
            "platform/providers.yaml",
            "# ours\nproviders:\n  openai: { base-url: https://api.openai.com/v1, protocol: openai } # keep\n",
            "# ours\nproviders:\n  openai: { base-url: \"http://127.0.0.1:4000/providers/openai/v1\", protocol: openai } # keep\n",
        );
        check(
            "platform/providers.yaml",
            "providers:\n  gemini: { protocol: gemini, base-url: https://g.example/v1beta }\n",
            "providers:\n  gemini: { protocol: gemini, base-url: \"http://127.0.0.1:4000/open/gemini/v1beta\" }\n",
        );
        check(
            "platform/providers.kdl",
            "provider \"a\" {\n    base-url \"https://a.example/v1\" // x\n}\n",
            "provider \"a\" {\n    base-url \"http://127.0.0.1:4000/open/a/v1\" // x\n}\n",
        );
        check(
            "platform/credentials.kdl",
            "credential \"a\" provider=\"a\" secret=\"env:A\"\n",
            "credential \"a\" provider=\"a\" secret=\"file:a\"\n",
        );
    }

    #[test]
    fn a_team_keeps_its_own_addresses_and_only_the_demo_key_changes() {
        let providers = "providers:\n  own: { base-url: https://own.example/v1, protocol: openai }\n";
        check("teams/support/providers.yaml", providers, providers);
        let keys = "keys:\n  web: { digests: [aa, bb] }\n  other: { digests: [cc] }\n";
        let changed = format!(
            "keys:\n  web: {{ digests: [\"sha256:{}\", bb] }}\n  other: {{ digests: [cc] }}\n",
            local().digest
        );
        check("teams/support/keys.yaml", keys, &changed);
        check("teams/search/keys.yaml", keys, keys);
    }

    #[test]
    fn the_example_has_what_the_demo_changes() {
        let local = Local::of_example(local().upstream, local().digest);
        assert!(local.keyed.contains("openai") && !local.keyed.contains("vllm"), "{:?}", local.keyed);
        let changed: Vec<_> = FILES
            .iter()
            .filter(|(path, text)| localise(path, text, &local).0 != *text)
            .map(|(path, _)| path.rsplit_once('.').map_or(*path, |(stem, _)| stem))
            .collect();
        assert_eq!(changed, ["platform/credentials", "platform/providers", "teams/support/keys"]);
    }
}
