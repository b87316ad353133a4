//! From an announcement and the file that it names to a snapshot that can be served: in what order the two are compared.
//!
//! The one way for everybody who opens a published folder, so that nothing else accepts what a gateway refuses. Finding and
//! opening the file is the caller's, and so is the rule which generation may follow which.

use std::fs::File;

use super::{Admission, Announcement, Sealed, SnapshotError, Verified, View};
use crate::archive::golden::ArchivedVector;
use crate::digest::Digest;
use crate::limits::SNAPSHOT_BYTES_MAX;

/// Why what is announced cannot be served. Never a client's fault: the publisher or the disk is.
#[derive(Debug, thiserror::Error)]
pub enum AnnouncedError {
    /// The announced size is over the limit.
    #[error("a snapshot of {0} bytes is announced; the limit is {SNAPSHOT_BYTES_MAX}")]
    TooLarge(u64),
    /// The file cannot be served, or is not the announced one.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The announcement and the file disagree about the decisions.
    #[error("the announcement says that the decisions are {announced}, the snapshot says {actual}")]
    Decisions {
        /// In the announcement.
        announced: Digest,
        /// In the file.
        actual: Digest,
    },
}

/// Reads and verifies the announced file, deciding the golden vectors with `decide`.
pub fn load(
    announcement: &Announcement,
    file: &mut File,
    admission: Admission,
    decide: impl FnMut(&View<'_>, &ArchivedVector) -> Digest,
) -> Result<Verified, AnnouncedError> {
    let blob = &announcement.snapshot;
    if blob.size > SNAPSHOT_BYTES_MAX {
        return Err(AnnouncedError::TooLarge(blob.size));
    }
    let sealed = Sealed::read(file, blob.sha256.0, blob.size, admission)?;
    let verified = sealed.check()?.verify(decide)?;
    let (announced, actual) = (announcement.decisions.0, verified.decisions());
    if announced == actual { Ok(verified) } else { Err(AnnouncedError::Decisions { announced, actual }) }
}
