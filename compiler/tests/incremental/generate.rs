//! The policy that `cargo xtask generate` writes, as small as a test wants it.

#[path = "../../../xtask/src/generate/platform.rs"]
mod platform;
#[path = "../../../xtask/src/generate/spelling.rs"]
mod spelling;
#[path = "../../../xtask/src/generate/team.rs"]
mod team;

use self::team::Team;

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// **Unit**: keys.
    pub(crate) keys: usize,
    /// **Unit**: chains.
    pub(crate) chains: usize,
}

/// Path and text of each file.
pub(crate) fn files(size: Size, teams: usize) -> Vec<(String, String)> {
    let team = |number| Team { number, teams, size }.files();
    platform::files().into_iter().chain((0..teams).flat_map(team)).collect()
}
