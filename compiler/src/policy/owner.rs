//! Who declares something: the platform, or a team by the folder of its files.

use std::fmt;

/// Who a file and all that it declares belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The platform: every file outside `teams/`.
    Platform,
    /// The team of a folder `teams/<team>/`.
    Team(String),
}

impl Owner {
    /// The owner of a path relative to the workspace.
    pub fn of_path(path: &str) -> Self {
        let team = path.strip_prefix("teams/").and_then(|rest| rest.split_once('/'));
        team.map_or(Self::Platform, |(team, _)| Self::Team(team.to_owned()))
    }

    /// The team, if it is one.
    pub fn team(&self) -> Option<&str> {
        match self {
            Self::Platform => None,
            Self::Team(team) => Some(team),
        }
    }

    /// The stable name of something that this owner declares.
    pub fn stable(&self, name: &str) -> String {
        match self {
            Self::Platform => name.to_owned(),
            Self::Team(team) => [team, "/", name].concat(),
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform => out.write_str("the platform"),
            Self::Team(team) => write!(out, "team `{team}`"),
        }
    }
}
