//! Holds every policy that users read against the compiler: `policies-example/`, and the examples in the pages.
//!
//! In a page, a fenced block that says `yaml file=PATH` or `kdl file=PATH` is that file of a workspace. The blocks of
//! one page form one workspace, in which `pointsman.yaml` is added where the page does not show it; the line
//! `<!-- workspace -->` begins another one. A workspace of a page in `docs/language/` also has the files that the folder's
//! README shows, unless a block has their path. Each must compile without a finding. Pages of findings are not read here:
//! they show what is wrong.
#![cfg(test)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use pointsman_compiler::check::{Options, check};
use pointsman_compiler::compile::snapshot;
use pointsman_compiler::diagnostic::{Diagnostic, Label};
use pointsman_compiler::tree_source::{Directory, Memory, Tree};
use pointsman_routing::outcome::{Again, Health, Then, consequence};
use pointsman_routing::split::bucket;
use pointsman_schema::capability::Capability;
use pointsman_schema::feature::support;
use pointsman_schema::outcome::Outcome;
use pointsman_schema::protocol::{Protocol, ProviderProtocol};
use pointsman_schema::read::record::Record as _;
use pointsman_schema::snapshot::header::{CONTAINER_VERSION, SectionKind};
use pointsman_schema::source::PolicyFile;

/// A workspace that a page shows: where it begins, and its files.
#[derive(Debug, Default)]
struct Example {
    line: usize,
    files: Vec<(String, String)>,
}

#[test]
fn the_example_repository_compiles_without_a_finding() {
    assert_eq!(findings(&Directory::new(root().join("policies-example"))), "");
}

#[test]
fn every_example_in_the_pages_compiles_without_a_finding() {
    let mut count = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        let (base, limited) = base(&page);
        for Example { line, files } in examples(&text) {
            count += 1;
            let limits = ["budgets:", "limits:", "budget \"", "limit \""];
            let mut lines = files.iter().flat_map(|(_, text)| text.lines());
            let is_limited = lines.any(|line| limits.iter().any(|word| line.starts_with(word)));
            let mut all = base.clone();
            all.extend(limited.clone().into_iter().filter(|_| is_limited));
            if files.iter().any(|(path, _)| path.starts_with("pointsman.")) {
                all.remove("pointsman.yaml");
            }
            all.extend(files);
            let tree: Memory = all.into_iter().collect();
            assert_eq!(findings(&tree), "", "the workspace at {}:{line}", page.display());
        }
    }
    assert!(count >= 2, "only {count} examples found");
}

#[test]
fn every_kind_has_its_page() {
    let kinds = PolicyFile::FIELDS.iter().map(|field| field.kdl).chain(["workspace", "match"]);
    let [language, list] = ["docs/language.md", "docs/language/README.md"]
        .map(|page| std::fs::read_to_string(root().join(page)).unwrap());
    for kind in kinds {
        let page = std::fs::read_to_string(root().join(format!("docs/language/{kind}.md"))).unwrap();
        assert!(page.starts_with(&format!("# {kind}\n")), "the title of {kind}.md");
        assert!(
            language.contains(&format!("](language/{kind}.md)")),
            "docs/language.md links no page of {kind}"
        );
        assert!(list.contains(&format!("| [{kind}]({kind}.md) |")), "no row of {kind}");
        for syntax in ["```yaml file=", "```kdl file="] {
            assert!(page.contains(syntax), "{kind}.md has no {syntax}");
        }
    }
}

#[test]
fn the_draws_of_the_snapshot_page_are_those_of_the_gateway() {
    let rows = table("docs/snapshot.md", "| chain | rule | subject | bucket |");
    assert!(!rows.is_empty(), "no draws found");
    for [chain, rule, subject, expected] in rows {
        assert_eq!(
            bucket(&chain, &rule, subject.as_bytes()).to_string(),
            expected,
            "{chain} {rule} {subject}"
        );
    }
}

#[test]
fn the_sections_of_the_snapshot_page_are_those_of_the_file() {
    let rows = table("docs/snapshot.md", "| id | section | holds | decides |").into_iter();
    let shown: Vec<[String; 3]> = rows.map(|[id, section, _, decides]| [id, section, decides]).collect();
    let known = SectionKind::ALL.map(|kind| {
        let id = if kind.id() < 16 { kind.id().to_string() } else { format!("{:#x}", kind.id()) };
        [id, kind.word().to_owned(), if kind.decides() { "yes" } else { "no" }.to_owned()]
    });
    assert_eq!(shown, known);
    let mut header = table("docs/snapshot.md", "| offset | bytes | what |").into_iter();
    let [_, _, version] = header.find(|[offset, _, _]| offset == "8").unwrap();
    assert_eq!(version, format!("container version of the writer: {CONTAINER_VERSION}"));
}

#[test]
fn the_outcomes_of_the_operations_page_are_those_of_the_gateway() {
    let heading = "| outcome | what happened | tried again | goes on to | breaker |";
    let rows = table("docs/operations.md", heading).into_iter();
    let shown: Vec<[String; 4]> =
        rows.map(|[word, _, again, then, breaker]| [word, again, then, breaker]).collect();
    let decided: Vec<[String; 4]> = Outcome::ALL.iter().map(|outcome| words(*outcome)).collect();
    assert_eq!(shown, decided);
}

#[test]
fn the_features_of_the_language_page_are_those_of_the_table() {
    let heading = "| protocol | tools | vision | audio | structured-output | reasoning | streaming | parallel-tools | embeddings |";
    let shown: Vec<[String; 9]> = table("docs/language.md", heading);
    let row = |provider: &ProviderProtocol| {
        let how = |feature: &Capability| support(Protocol::OpenAi, *feature, *provider).word().to_owned();
        let cells: Vec<_> =
            [provider.word().to_owned()].into_iter().chain(Capability::ALL.iter().map(how)).collect();
        <[String; 9]>::try_from(cells).unwrap()
    };
    assert_eq!(shown, ProviderProtocol::ALL.iter().map(row).collect::<Vec<_>>());
}

/// The row of an outcome, in the words of the page.
fn words(outcome: Outcome) -> [String; 4] {
    let row = consequence(outcome);
    let again = match row.again {
        Again::AsTheRuleSays => "if the rule says so",
        Again::Never => "no",
    };
    let then = match row.then {
        Then::Return => "the client",
        Then::Next => "the next backend",
        Then::Larger => "the next larger context",
    };
    let breaker = match row.breaker {
        Health::Success => "success",
        Health::Failure => "failure",
        Health::Nothing => "nothing",
    };
    [outcome.word(), again, then, breaker].map(str::to_owned)
}

#[test]
fn blocks_become_files() {
    let page = "a\n```yaml file=a.yaml\nx: 1\n```\n```yaml\nno: file\n```\n<!-- workspace -->\n```kdl file=b.kdl\ny\n```\n";
    let found: Vec<_> = examples(page).into_iter().map(|example| (example.line, example.files)).collect();
    let file = |path: &str, text: &str| vec![(path.to_owned(), text.to_owned())];
    assert_eq!(found, [(2, file("a.yaml", "x: 1\n")), (9, file("b.kdl", "y\n"))]);
}

type Files = BTreeMap<String, String>;

/// The files that every workspace of a page has, and those of one that limits something.
fn base(page: &Path) -> (Files, Files) {
    let mut files = Files::from([("pointsman.yaml".to_owned(), "pointsman: 1\n".to_owned())]);
    let mut limited = Files::new();
    if page.parent().is_some_and(|folder| folder.ends_with("docs/language")) {
        let readme = std::fs::read_to_string(page.with_file_name("README.md")).unwrap();
        files.extend(examples(&readme).into_iter().flat_map(|example| example.files));
        let readme = readme.replace("```yaml file=", "```yaml").replace("```yaml limited=", "```yaml file=");
        limited.extend(examples(&readme).into_iter().flat_map(|example| example.files));
    }
    (files, limited)
}

/// The workspaces of a page.
fn examples(page: &str) -> Vec<Example> {
    let mut found = vec![Example::default()];
    let mut open: Option<(String, String)> = None;
    for (line, text) in (1..).zip(page.lines()) {
        match (&mut open, fence(text)) {
            (Some(_), _) if text == "```" => found.last_mut().unwrap().files.extend(open.take()),
            (Some((_, content)), _) => writeln!(content, "{text}").unwrap(),
            (None, Some(path)) => {
                let example = found.last_mut().unwrap();
                example.line = if example.files.is_empty() { line } else { example.line };
                open = Some((path.to_owned(), String::new()));
            }
            (None, None) if text == "<!-- workspace -->" => found.push(Example::default()),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block has no end");
    found.retain(|example| !example.files.is_empty());
    found
}

/// The path of a block that opens a file.
fn fence(line: &str) -> Option<&str> {
    let info = line.strip_prefix("```")?;
    info.strip_prefix("yaml file=").or_else(|| info.strip_prefix("kdl file="))
}

/// The cells of a table of a page, without their backquotes.
fn table<const COLUMNS: usize>(page: &str, heading: &str) -> Vec<[String; COLUMNS]> {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let rows =
        text.lines().skip_while(|line| *line != heading).skip(2).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| {
        row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect::<Vec<_>>()
    };
    rows.map(|row| <[String; COLUMNS]>::try_from(cells(row)).unwrap()).collect()
}

/// What is found in a policy, one finding a line. A policy without a finding is compiled, too.
fn findings(tree: &dyn Tree) -> String {
    let checked = check(tree, &Options::default()).unwrap();
    if let Some(policy) = checked.policy() {
        snapshot(&policy).unwrap();
    }
    let place = |found: &Diagnostic| {
        let Label { file, span, .. } = found.primary;
        format!("{}:{}", checked.sources.file(file).path, checked.sources.position(file, span.start).line)
    };
    let lines = checked
        .diagnostics
        .iter()
        .map(|found| format!("{}: {}: {}", place(found), found.slug, found.headline));
    lines.collect::<Vec<_>>().join("\n")
}

/// README and every page of `docs/` and `docs/language/`, without those of findings.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md")];
    for folder in ["docs", "docs/language"] {
        let listed = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        pages.extend(listed.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    }
    pages.sort();
    pages
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
