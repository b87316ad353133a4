//! Which crate may depend on which, and what some crates must never depend on.
//!
//! The tables below are section 2 of the design, as data. What a crate uses only in its tests is its own affair:
//! `[dev-dependencies]` are not looked at. Not a dependency audit; licences and sources are cargo-deny's.

use super::{Finding, tree::Tree, tree::numbered};

/// The crates of the workspace that a crate may name, by folder: what it points to on the map, and what those point to.
const EDGES: [(&str, &[&str]); 8] = [
    ("schema", &[]),
    ("routing", &["schema"]),
    ("compiler", &["schema", "routing"]),
    ("gateway", &["schema", "routing"]),
    ("sync", &["schema", "routing", "compiler", "management/api"]),
    ("management", &["schema", "routing", "compiler", "management/api"]),
    ("management/api", &["schema"]),
    ("demo", &["schema", "routing", "compiler", "gateway", "sync"]),
];

/// Crates that nothing may depend on: the binary, and tools that are never shipped.
const ENDS: [&str; 4] = ["cli", "xtask", "bench", "fuzz"];

/// Libraries that would break a crate's promise (the table "what it must never do").
const ABSENT: [(&str, &[&str]); 4] = [
    ("schema", &["async-trait", "futures", "git2", "hyper", "hyper-util", "notify", "reqwest", "tokio"]),
    (
        "routing",
        &[
            "async-trait",
            "chrono",
            "fastrand",
            "futures",
            "getrandom",
            "hyper",
            "hyper-util",
            "jiff",
            "rand",
            "rustix",
            "socket2",
            "time",
            "tokio",
            "tracing",
        ],
    ),
    (
        "compiler",
        &[
            "fastrand",
            "getrandom",
            "git2",
            "hyper",
            "hyper-util",
            "notify",
            "rand",
            "reqwest",
            "rustls",
            "socket2",
            "tokio",
            "tokio-rustls",
        ],
    ),
    ("gateway", &["git2", "granit-parser", "kdl", "notify", "saphyr", "serde-saphyr", "serde_yaml"]),
];

/// Finds dependencies that the design forbids.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let names: Vec<(&str, &str)> =
        tree.packages().filter_map(|(folder, manifest)| Some((folder, package_name(manifest)?))).collect();
    let folder_of = |name: &str| names.iter().find(|(_, known)| *known == name).map(|(folder, _)| *folder);
    let mut findings = Vec::new();
    for (folder, manifest) in tree.packages() {
        for (line, name) in dependencies(manifest) {
            let reason = match folder_of(name) {
                Some(target) => forbidden_edge(folder, target),
                None => listed(&ABSENT, folder).filter(|absent| absent.contains(&name)).map(|_| {
                    format!("{folder} must not depend on {name}: it would break what the crate promises")
                }),
            };
            findings.extend(reason.map(|reason| Finding::new(format!("{folder}/Cargo.toml"), line, reason)));
        }
    }
    findings
}

fn forbidden_edge(from: &str, to: &str) -> Option<String> {
    if ENDS.contains(&to) {
        return Some(format!("nothing may depend on {to}"));
    }
    if ENDS.contains(&from) {
        return None;
    }
    match listed(&EDGES, from) {
        Some(allowed) if allowed.contains(&to) => None,
        Some(_) => Some(format!("{from} must not depend on {to} (section 2 of the design)")),
        None => Some(format!("{from} has no row in the table of crate edges")),
    }
}

fn listed<'a>(table: &[(&str, &'a [&'a str])], folder: &str) -> Option<&'a [&'a str]> {
    table.iter().find(|(name, _)| *name == folder).map(|(_, row)| *row)
}

/// The names under `[dependencies]` and `[build-dependencies]`, also those of one target, with their lines.
fn dependencies(manifest: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    numbered(manifest).filter_map(move |(number, line)| {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let (table, name) =
                header.rsplit_once("dependencies.").map_or((header, None), |(before, name)| {
                    (header.get(..before.len() + 12).unwrap_or(header), Some(name))
                });
            inside = table.ends_with("dependencies") && !table.ends_with("dev-dependencies");
            inside &= table != "workspace.dependencies";
            let of_one = name.filter(|_| inside);
            inside &= name.is_none();
            return of_one.map(|name| (number, name));
        }
        let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
        (inside && !name.is_empty() && !line.starts_with('#') && line.contains('=')).then_some((number, name))
    })
}

/// The `name` of a manifest's `[package]`.
fn package_name(manifest: &str) -> Option<&str> {
    let after = manifest.split_once("[package]")?.1;
    let line = after.lines().find(|line| line.trim_start().starts_with("name"))?;
    line.split('"').nth(1)
}

#[cfg(test)]
mod tests {
    use super::super::check_tree;
    use super::*;

    fn manifest(name: &str, rest: &str) -> String {
        format!("[package]\nname = \"{name}\"\n\n{rest}")
    }

    #[test]
    fn edges_of_the_design_hold() {
        let schema = manifest("pointsman-schema", "[dependencies]\nserde = \"1\"\n");
        let routing = manifest("pointsman-routing", "[dependencies]\npointsman-schema = { path = \"x\" }\n");
        let cli = manifest("pointsman", "[dependencies]\npointsman-routing.workspace = true\n");
        let good =
            [("schema/Cargo.toml", &*schema), ("routing/Cargo.toml", &*routing), ("cli/Cargo.toml", &*cli)];
        check_tree(check, &good, &[]);

        let schema =
            manifest("pointsman-schema", "[dependencies]\npointsman-routing = \"1\"\npointsman = \"1\"\n");
        let bad =
            [("schema/Cargo.toml", &*schema), ("routing/Cargo.toml", &*routing), ("cli/Cargo.toml", &*cli)];
        let edge = "schema/Cargo.toml:5: schema must not depend on routing (section 2 of the design)";
        check_tree(check, &bad, &[edge, "schema/Cargo.toml:6: nothing may depend on cli"]);
    }

    #[test]
    fn promised_absences_hold_outside_of_tests() {
        let rest = "[dependencies]\n# tokio = 1\ntokio = { workspace = true }\n[dependencies.git2]\nversion = \"1\"\n\
                    [target.'cfg(unix)'.dependencies]\nhyper = \"1\"\n[dev-dependencies]\nrustls = \"1\"\n";
        let compiler = manifest("pointsman-compiler", rest);
        let absent = |line: usize, name: &str| {
            format!(
                "compiler/Cargo.toml:{line}: compiler must not depend on {name}: it would break what the crate promises"
            )
        };
        let expected = [absent(10, "hyper"), absent(6, "tokio"), absent(7, "git2")];
        let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        expected.sort_by_key(|line| line.split(':').nth(1).and_then(|number| number.parse::<u32>().ok()));
        check_tree(check, &[("compiler/Cargo.toml", &compiler)], &expected);
    }

    #[test]
    fn a_new_crate_needs_a_row() {
        let new = manifest("pointsman-new", "[dependencies]\npointsman-schema = \"1\"\n");
        let schema = manifest("pointsman-schema", "");
        let expected = ["new/Cargo.toml:5: new has no row in the table of crate edges"];
        check_tree(check, &[("new/Cargo.toml", &new), ("schema/Cargo.toml", &schema)], &expected);
    }
}
