//! Files before and after, in both syntaxes and every layout that can be edited.

use super::*;
use crate::tree_source::Memory;

const POLICY: &str = "providers: { p: { protocol: openai, base-url: https://api.openai.com/v1 } }
models: { m: {} }
backends: { b: { model: m, provider: p } }
chains:
  main: { rules: [{ name: all, fallback: [b] }], export: true }
";
const OLD: &str = "18a5edab282632443219e051e4ade2d1d5bbc671c781051bf1437897cbdfea0f";
const OLDER: &str = "28a5edab282632443219e051e4ade2d1d5bbc671c781051bf1437897cbdfea0f";
/// Of no bytes.
const NEW: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// 2026-12-01T00:00:00Z.
const NOW_S: i64 = 1_796_083_200;

fn tree(path: &str, keys: &str) -> Memory {
    [("pointsman.yaml", "pointsman: 1\n"), ("platform/all.yaml", POLICY), (path, keys)].into_iter().collect()
}

fn rotated(path: &str, keys: &str, old_until: Option<&str>) -> Result<String, EditError> {
    let rotation = Rotation {
        name: "web/site",
        digest: Digest::of(b""),
        old_until: old_until.map(|day| day.parse().unwrap()),
        now_s: NOW_S,
    };
    rotate(&tree(path, keys), &rotation).map(|change| change.files[path].clone())
}

const YAML: &str = "teams/web/keys.yaml";
const KDL: &str = "teams/web/keys.kdl";

fn check(keys: &str, old_until: Option<&str>, expected: &str) {
    let yaml = |forms: &str| {
        format!(
            "# ours\nconsumers: {{ site: {{}} }}\nkeys:\n  site: # the shop\n    consumer: site\n    chain: main\n    digests: {forms}\n"
        )
    };
    assert_eq!(rotated(YAML, &yaml(keys), old_until).unwrap(), yaml(expected));
}

#[test]
fn a_rotation_gives_the_old_form_its_last_day() {
    check(
        &format!("[sha256:{OLD}]"),
        Some("2026-12-08"),
        &format!("[sha256:{NEW}, sha256:{OLD} until 2026-12-08]"),
    );
    check(
        &format!("['{OLD}']"),
        Some("2026-12-08"),
        &format!("[sha256:{NEW}, 'sha256:{OLD} until 2026-12-08']"),
    );
    check(
        &format!("\n      - {OLD} # first\n"),
        Some("2026-12-08"),
        &format!("\n      - sha256:{NEW}\n      - sha256:{OLD} until 2026-12-08 # first\n"),
    );
    // It ends earlier by itself.
    check(
        &format!("[{OLD} until 2026-12-03]"),
        Some("2026-12-08"),
        &format!("[sha256:{NEW}, {OLD} until 2026-12-03]"),
    );
}

#[test]
fn forms_that_are_over_make_room() {
    check(
        &format!("[{OLD}, {OLDER} until 2026-11-30]"),
        Some("2026-12-08"),
        &format!("[sha256:{NEW}, sha256:{OLD} until 2026-12-08]"),
    );
    check(
        &format!("[{OLDER} until 2026-11-30, {OLD}]"),
        Some("2026-12-08"),
        &format!("[sha256:{NEW}, sha256:{OLD} until 2026-12-08]"),
    );
    check(&format!("[{OLD} until 2026-11-30]"), Some("2026-12-08"), &format!("[sha256:{NEW}]"));
    check(&format!("[\"{OLD}\"]"), None, &format!("[\"sha256:{NEW}\"]"));
}

#[test]
fn a_rotation_in_kdl() {
    let kdl = |forms: &str| {
        format!(
            "consumer \"site\"\nkey \"site\" consumer=\"site\" chain=\"main\" {{ // the shop\n    digests {forms}\n}}\n"
        )
    };
    let file = rotated(KDL, &kdl(&format!("\"{OLD}\"")), Some("2026-12-08")).unwrap();
    assert_eq!(file, kdl(&format!("\"sha256:{NEW}\" \"sha256:{OLD} until 2026-12-08\"")));
}

#[test]
fn a_key_has_two_forms_at_most() {
    let keys = format!(
        "consumers: {{ site: {{}} }}\nkeys: {{ site: {{ consumer: site, chain: main, digests: [{OLD}, {OLDER} until 2026-12-01] }} }}\n"
    );
    let error = rotated(YAML, &keys, Some("2026-12-08")).unwrap_err();
    assert!(matches!(&error, EditError::BeingRotated { old, .. } if *old == OLDER[..12]), "{error}");
}

#[test]
fn revoking_takes_one_form_or_the_key() {
    let keys = format!(
        "consumers: {{ site: {{}} }}\nkeys:\n  app: {{ consumer: site, chain: main, digests: [{NEW}] }}\n  site:\n    consumer: site\n    chain: main\n    digests: [{OLD}, {OLDER}]\n"
    );
    let tree = tree(YAML, &keys);
    let text = |name, digest| revoke(&tree, name, digest).map(|change| change.files[YAML].clone());
    assert_eq!(text("web/site", Some("28a5")).unwrap(), keys.replace(&format!(", {OLDER}"), ""));
    let whole = format!("sha256:{OLD}");
    assert_eq!(text("web/site", Some(&whole)).unwrap(), keys.replace(&format!("{OLD}, "), ""));
    assert!(!text("web/site", None).unwrap().contains("site:\n"));
    assert!(matches!(text("web/site", Some("8a5e")).unwrap_err(), EditError::NotOneDigest { count: 0, .. }));
    assert!(matches!(text("web/site", Some("")).unwrap_err(), EditError::NotOneDigest { count: 2, .. }));
    assert!(matches!(text("web/app", Some("")).unwrap_err(), EditError::NotOneDigest { count: 1, .. }));
    assert!(matches!(text("web/app", Some("e3b0")).unwrap_err(), EditError::OnlyForm { .. }));
    let unknown = text("web/sit", None).unwrap_err();
    assert!(
        matches!(&unknown, EditError::UnknownKey { similar: Some(other), .. } if other == "web/site"),
        "{unknown}"
    );
}

#[test]
fn the_last_key_of_a_file_leaves_an_empty_map() {
    let check = |path: &str, keys: &str, expected: &str| {
        let consumers = "consumers: { site: {} }\n";
        let with = |keys: &str| if path == YAML { format!("{consumers}{keys}") } else { keys.to_owned() };
        let change = revoke(&tree(path, &with(keys)), "web/site", None).unwrap();
        assert_eq!(change.files[path], with(expected));
    };
    let key = format!("site: {{ consumer: site, chain: main, digests: [{OLD}] }}");
    check(YAML, &format!("keys:\n  {key} # the shop\n"), "keys: {} # the shop\n");
    check(YAML, &format!("keys: {{ {key} }}\n"), "keys: { }\n");
    let kdl = format!("key \"site\" consumer=\"site\" chain=\"main\" {{ digests \"{OLD}\" }}\n");
    check(KDL, &format!("consumer \"site\"\n{kdl}"), "consumer \"site\"\n");
}

fn added(path: &str, keys: &str, expected: &str) {
    let new =
        NewKey { name: "web/app", consumer: "site", chain: "main", digest: Digest::of(b""), file: None };
    let change = add(&tree(path, keys), &new).unwrap();
    assert_eq!(change.files[path], expected);
}

#[test]
fn a_new_key_stands_after_its_owners_last() {
    let site = format!(
        "consumers: {{ site: {{}} }}\nkeys:\n    site: {{ consumer: site, chain: main, digests: [{OLD}] }} # the shop\n\n# more\nlimits: {{}}\n"
    );
    let block = format!(
        "    app:\n      consumer: site\n      chain: main\n      digests:\n        - sha256:{NEW}\n"
    );
    added(YAML, &site, &site.replace("# the shop\n", &format!("# the shop\n{block}")));
    let flow = format!(
        "consumers: {{ site: {{}} }}\nkeys: {{ site: {{ consumer: site, chain: main, digests: [{OLD}] }} }}\n"
    );
    let entry = format!("app: {{ consumer: site, chain: main, digests: [\"sha256:{NEW}\"] }}, ");
    added(YAML, &flow, &flow.replace("keys: { ", &format!("keys: {{ {entry}")));
    let kdl = format!(
        "consumer \"site\"\nkey \"site\" consumer=\"site\" chain=\"main\" {{\n    digests \"{OLD}\"\n}}"
    );
    added(
        KDL,
        &kdl,
        &format!(
            "{kdl}\nkey \"app\" consumer=\"site\" chain=\"main\" {{\n    digests \"sha256:{NEW}\"\n}}\n"
        ),
    );
}

#[test]
fn the_first_key_of_a_team_gets_a_file() {
    let other = "consumers: { site: {} }\n";
    let new =
        NewKey { name: "web/app", consumer: "site", chain: "main", digest: Digest::of(b""), file: None };
    let change = add(&tree("teams/web/consumers.yaml", other), &new).unwrap();
    let text =
        format!("keys:\n  app:\n    consumer: site\n    chain: main\n    digests:\n      - sha256:{NEW}\n");
    assert_eq!(change.files, [(YAML.to_owned(), text)].into());
}

#[test]
fn a_map_of_no_keys_is_filled() {
    let block = format!("  app:\n    consumer: site\n    chain: main\n    digests:\n      - sha256:{NEW}\n");
    for (empty, begin) in [
        ("keys: {}\n", "keys:\n"),
        ("keys: { } # the shop's\n", "keys: # the shop's\n"),
        ("keys: {}", "keys:\n"),
    ] {
        let file = |keys: &str, more: &str| format!("consumers: {{ site: {{}} }}\n{keys}{more}");
        let more = if empty.ends_with('\n') { "limits: {}\n" } else { "" };
        added(YAML, &file(empty, more), &file(&format!("{begin}{block}"), more));
    }
}

#[test]
fn a_key_is_not_written_where_it_cannot_stand() {
    let tree = tree("teams/web/consumers.yaml", "consumers: { site: {} }\n");
    let said = |name, file| {
        let new = NewKey { name, consumer: "site", chain: "main", digest: Digest::of(b""), file };
        add(&tree, &new).map(|change| change.place).map_err(|error| error.to_string())
    };
    let refused = |file, why: &str| {
        let expected = format!("the key cannot stand in `{file}`: {why}");
        assert_eq!(said("web/app", Some(file)).unwrap_err(), expected);
    };
    refused("README.md", "names of policy files end in `.yaml`, `.yml` or `.kdl`");
    refused("../x.yaml", "it is not a path within the policy repository");
    refused("/etc/x.yaml", "it is not a path within the policy repository");
    refused("teams/web/keys.test.yaml", "tests, hidden files and folders of tools are not read as policy");
    refused("platform/keys.yaml", "it is a file of the platform, and the key is one of team `web`");
    assert!(said("web/app", Some("teams/web/more.yaml")).unwrap().starts_with("teams/web/more.yaml:"));
    let typo = said("wep/app", None).unwrap_err();
    assert!(typo.starts_with("there is no team `wep`; is it `web`?"), "{typo}");
}

#[test]
fn what_would_break_the_policy_is_not_done() {
    let keys = format!(
        "consumers: {{ site: {{}} }}\nkeys: {{ site: {{ consumer: site, chain: main, digests: [{OLD}] }} }}\n"
    );
    let new = |name, consumer| NewKey { name, consumer, chain: "main", digest: Digest::of(b""), file: None };
    let error = add(&tree(YAML, &keys), &new("web/app", "nobody")).unwrap_err();
    assert!(
        matches!(&error, EditError::WouldBreak { first } if first.contains("unknown consumer")),
        "{error}"
    );
    assert!(matches!(
        add(&tree(YAML, &keys), &new("web/site", "site")).unwrap_err(),
        EditError::KeyExists { .. }
    ));
    let broken = add(&tree(YAML, "keys: ["), &new("web/app", "site")).unwrap_err();
    assert!(matches!(broken, EditError::Broken { .. }), "{broken}");
}
