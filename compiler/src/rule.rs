//! What every finding has beside its place: a name, a severity and a page.
//!
//! Deliberately only data: the checks and the words of each finding stand in its own file under [`crate::rules`]. The
//! invariant, kept by `xtask tidy`: the slug is the name of that file, of its page and of its folder of UI cases.
//!
//! Read next: [`crate::rules`].

/// How bad a finding is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The policy does not compile.
    Error,
    /// The policy compiles; someone should look. Can be suppressed with a reason.
    Warning,
}

impl Severity {
    /// Whether it is at least as bad as another.
    pub fn reaches(self, level: Self) -> bool {
        self <= level
    }

    /// The word that every output uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The one name: kebab-case.
    pub slug: &'static str,
    /// How bad each of its findings is.
    pub severity: Severity,
    /// One line for lists: what is wrong, lower case, no full stop.
    pub summary: &'static str,
    /// The page that `pointsman explain` prints.
    pub page: &'static str,
}
