//! `cargo xtask generate`: a large policy that looks like a company's, for measuring.
//!
//! Deliberately plain text made by counting: no compiler, no randomness, so that the same numbers give the same files
//! on every machine. The invariant: the policy compiles without a finding. With chains for all its teams it is
//! [`FILES`] files, half of the teams in YAML and half in KDL.
//!
//! Read next: [`platform`] for what all teams share, [`team`] for one team's files, [`spelling`] for the two syntaxes.

mod platform;
mod spelling;
mod team;

use std::fs;
use std::io;
use std::path::Path;

use self::team::Team;

/// **Unit**: policy files, where there are chains enough for [`TEAMS_MAX`] teams.
const FILES: usize = 1_000;
/// **Unit**: files of the platform.
const PLATFORM_FILES: usize = 5;
/// **Unit**: files of one team.
const TEAM_FILES: usize = 5;
/// **Unit**: teams.
const TEAMS_MAX: usize = 199;
const _: () = assert!(PLATFORM_FILES + TEAMS_MAX * TEAM_FILES == FILES);

/// How much to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// **Unit**: keys.
    keys: usize,
    /// **Unit**: chains.
    chains: usize,
}

/// Reads `--keys N --chains M -o DIR` and writes the policy; `None` when the arguments are not these.
pub(crate) fn run(arguments: &[&str]) -> Option<io::Result<bool>> {
    let [first, keys, second, chains, "-o", folder] = arguments else { return None };
    if (*first, *second) != ("--keys", "--chains") {
        return None;
    }
    let size = Size { keys: keys.parse().ok()?, chains: chains.parse().ok().filter(|chains| *chains > 0)? };
    Some(write(size, Path::new(folder)).map(|()| true))
}

/// Writes the files into a folder that is not there yet or empty.
fn write(size: Size, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    if fs::read_dir(folder)?.next().is_some() {
        let text = format!("{} is not empty", folder.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    for (path, text) in files(size) {
        let path = folder.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, text)?;
    }
    Ok(())
}

/// Every file: its path and its text.
fn files(size: Size) -> impl Iterator<Item = (String, String)> {
    let teams = size.chains.min(TEAMS_MAX);
    let team = move |number: usize| Team { number, teams, size };
    platform::files().into_iter().chain((0..teams).flat_map(move |number| team(number).files()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn check(size: Size, expected_files: usize) {
        let written: BTreeMap<String, String> = files(size).collect();
        assert_eq!(written.len(), expected_files);
        let count = |yaml: &str, kdl: &str| -> usize {
            written.values().map(|text| text.matches(yaml).count() + text.matches(kdl).count()).sum()
        };
        assert_eq!(count("\"digests\": [", "\"digests\" "), size.keys);
        assert_eq!(count("-   name: \"special\"", "rule \"special\""), size.chains);
        assert_eq!(files(size).collect::<BTreeMap<_, _>>(), written);
    }

    #[test]
    fn as_many_keys_and_chains_as_asked_for() {
        check(Size { keys: 0, chains: 1 }, PLATFORM_FILES + TEAM_FILES);
        check(Size { keys: 5_000, chains: 700 }, FILES);
    }
}
