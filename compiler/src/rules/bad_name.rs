//! `bad-name`: a name that cannot be one.
//!
//! Deliberately only words. Invariant: no two names look alike, and every name can be referred to.
//!
//! Read next: [`pointsman_schema::read::scalar::Name`].

use pointsman_schema::read::scalar::check_name;
use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::file::BadName;
use crate::index::Index;
use crate::rule::{Rule, Severity};
use crate::shown::{deceives, visible};
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "bad-name",
    severity: Severity::Error,
    summary: "a name has characters or a length that names do not have",
    page: include_str!("../../../docs/rules/bad-name.md"),
};

/// The finding for a declaration.
pub fn declared(file: FileId, bad: &BadName) -> Diagnostic {
    let label = format!("expected a name, but {}", visible(&bad.why));
    Diagnostic::new(
        &RULE,
        format!("this {} has a name that cannot be one", bad.object),
        Label::new(file, bad.span, label),
    )
    .consequence("so nothing can refer to it")
    .help(match bad.object {
        "model" => "use 1 to 128 of A-Z a-z 0-9 . _ : / @ -",
        _ => HELP,
    })
}

/// The finding for a name in another place.
pub fn used((file, span): (FileId, Span), why: &str) -> Diagnostic {
    let label = format!("expected a name, but {}", visible(why));
    Diagnostic::new(&RULE, "a value is not a name", Label::new(file, span, label)).help(HELP)
}

/// Reports team folders whose names cannot stand in `team/name`.
pub fn check_teams(index: &Index<'_>, sink: &mut Diagnostics) {
    for (team, file) in &index.teams {
        let why = match check_name(team) {
            Err(why) => why,
            Ok(()) if *team == "chain" => "`chain/` begins a target that is a chain".to_owned(),
            Ok(()) => continue,
        };
        let label = format!("expected a folder with the name of a team, but {}", visible(&why));
        sink.push(
            Diagnostic::new(
                &RULE,
                format!("the folder `teams/{}` has a name that no team can have", visible(team)),
                Label::new(*file, Span::new(0, 1), label),
            )
            .consequence("so nothing in it can be referred to from outside")
            .help(format!("rename the folder: {HELP}")),
        );
    }
}

/// Reports policy files whose paths are not what they look like; those of team folders are told with the team.
pub fn check_paths(index: &Index<'_>, sink: &mut Diagnostics) {
    for (analysis, (file, source)) in index.files.iter().zip(index.policy.source_map.files()) {
        let below_team = analysis.owner.team().map_or(0, |team| team.len().saturating_add("teams/".len()));
        let own = analysis.path.get(below_team..).unwrap_or("");
        let Some(bad) = own.chars().find(|c| *c == '\\' || *c == '\t' || *c == '\n' || deceives(*c)) else {
            continue;
        };
        let label = format!("expected a path that reads as it is, found `{}` in it", bad.escape_default());
        sink.push(
            Diagnostic::new(
                &RULE,
                format!("the file `{}` has a name that is not what it looks like", visible(&source.path)),
                Label::new(file, Span::default(), label),
            )
            .consequence("so it seems to lie in another folder, or to have another name")
            .help("rename the file: use letters, digits and `. _ -`"),
        );
    }
}

const HELP: &str = "use 1 to 64 of a-z 0-9 . _ -, beginning with a letter or digit";
