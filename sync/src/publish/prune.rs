//! Removing from a published folder what nobody needs any more.
//!
//! Publishers on other machines may be in the midst of a publication, so what is young stays: a snapshot that is not
//! announced yet, a temporary file that is being written. Young is by the clock of the file system alone, since the
//! clocks of machines differ.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use pointsman_schema::limits::SNAPSHOTS_KEPT;
use pointsman_schema::snapshot::Envelope;

use super::{TEMPORARY, generations};
use crate::files::Files;

/// How old a file must be to be removed: longer than any publication may take.
pub const AGE_MIN: Duration = Duration::from_mins(15);

/// Removes what no rollback needs. Failing to is no error: the publication is complete, the next one tries again.
///
/// `now` is the time of a file that was just written there.
pub(super) fn prune(files: &impl Files, folder: &Path, announcements: &Path, now: SystemTime) {
    // Before the announcements are read: whatever is announced after this look is younger than it.
    let is_old = |path: &Path| files.modified(path).ok().flatten().is_some_and(|then| aged(then, now));
    let old = |folder: &Path| {
        let mut names = files.list(folder).unwrap_or_default();
        names.retain(|name| (name.starts_with(TEMPORARY) || is_snapshot(name)) && is_old(&folder.join(name)));
        names
    };
    let (within, beside) = (old(folder), old(announcements));
    // Where an announcement cannot be read, what it keeps is not known: then nothing is removed.
    let Ok(kept) = kept(files, announcements, &is_old) else { return };
    for name in within.iter().filter(|name| name.starts_with(TEMPORARY) || !kept.contains(*name)) {
        drop(files.remove(&folder.join(name)));
    }
    for name in beside.iter().filter(|name| name.starts_with(TEMPORARY)) {
        drop(files.remove(&announcements.join(name)));
    }
}

fn aged(then: SystemTime, now: SystemTime) -> bool {
    now.duration_since(then).is_ok_and(|age| age >= AGE_MIN)
}

fn is_snapshot(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "pms")
}

/// The snapshot files of the last announcements; older announcements are removed.
fn kept(
    files: &impl Files,
    announcements: &Path,
    is_old: &impl Fn(&Path) -> bool,
) -> io::Result<BTreeSet<String>> {
    let mut kept = BTreeSet::new();
    for generation in generations(files, announcements)?.into_iter().rev() {
        let path = announcements.join(generation.to_string());
        if kept.len() >= SNAPSHOTS_KEPT {
            if is_old(&path) {
                drop(files.remove(&path));
            }
            continue;
        }
        let Some(bytes) = files.read(&path)? else { continue };
        let announced = Envelope::parse(&bytes).and_then(|envelope| envelope.announcement());
        let announced = announced.map_err(io::Error::other)?;
        kept.insert(format!("{}.pms", announced.snapshot.sha256.0));
    }
    Ok(kept)
}
