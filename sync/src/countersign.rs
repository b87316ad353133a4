//! Adding a signature to what is published: the second person's word, where a gateway takes more than one key.
//!
//! The publication itself stays as it is: the same payload, the same generation, the same file. Invariant: nothing is
//! signed whose snapshot file is not the announced one.

use std::path::{Path, PathBuf};

use pointsman_schema::digest::Digest;
use pointsman_schema::snapshot::Envelope;
use pointsman_schema::snapshot::announcement::AnnouncementError;

use crate::files::{Disk, Files as _, FolderLock};
use crate::publish::{PublishError, replace};
use crate::signer::SigningKey;

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum CountersignError {
    /// Nothing is published.
    #[error("nothing is published in {}: it has no file `current`", .0.display())]
    NothingPublished(PathBuf),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// `current` is not an announcement.
    #[error(transparent)]
    Announcement(#[from] AnnouncementError),
    /// The file is not there, or not the one.
    #[error("the announced snapshot {0} is not in the folder, or damaged; nothing was signed")]
    NotThere(Digest),
    /// The signed announcement could not be put in place.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// What was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Countersigned {
    /// The generation.
    pub generation: u64,
    /// Its snapshot.
    pub snapshot: Digest,
    /// The signatures that it has now.
    pub signatures: usize,
}

/// Signs what is current in a folder.
pub fn countersign(folder: &Path, key: &SigningKey) -> Result<Countersigned, CountersignError> {
    let current = folder.join("current");
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| CountersignError::Io { path, source }
    };
    if !folder.is_dir() {
        return Err(CountersignError::NothingPublished(folder.to_owned()));
    }
    let _held = FolderLock::hold(folder).map_err(io(folder))?;
    let text = Disk.read(&current).map_err(io(&current))?;
    let text = text.ok_or_else(|| CountersignError::NothingPublished(folder.to_owned()))?;
    let mut envelope = Envelope::parse(&text)?;
    let announcement = envelope.announcement()?;
    let snapshot = announcement.snapshot.sha256.0;
    let file = folder.join(format!("{snapshot}.pms"));
    let bytes = Disk.read(&file).map_err(io(&file))?;
    bytes.filter(|bytes| Digest::of(bytes) == snapshot).ok_or(CountersignError::NotThere(snapshot))?;
    key.sign(&mut envelope)?;
    let text = envelope.to_text()?;
    // The record of this generation first: it is what a publisher puts in place again.
    let announcements = folder.join("announcements");
    replace(
        &Disk,
        &announcements,
        &announcements.join(announcement.generation.to_string()),
        text.as_bytes(),
    )?;
    replace(&Disk, folder, &current, text.as_bytes())?;
    let signatures = envelope.signatures().len();
    Ok(Countersigned { generation: announcement.generation, snapshot, signatures })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pointsman_compiler::check::Options;
    use pointsman_compiler::rule::Severity;

    use super::*;
    use crate::build::build;
    use crate::publish::Novelty;

    fn key(folder: &Path, name: &str) -> Arc<SigningKey> {
        Arc::new(SigningKey::make(&folder.join(name)).unwrap())
    }

    fn signatures(snapshots: &Path) -> Vec<String> {
        let envelope = Envelope::parse(&std::fs::read(snapshots.join("current")).unwrap()).unwrap();
        envelope.signatures().iter().map(|signature| signature.keyid.clone()).collect()
    }

    #[test]
    fn a_second_signature_leaves_the_publication_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (policy, snapshots) = (folder.path().join("policy"), folder.path().join("snapshots"));
        std::fs::create_dir(&policy).unwrap();
        std::fs::write(policy.join("pointsman.yaml"), "pointsman: 1\n").unwrap();
        let (ci, release) = (key(folder.path(), "ci"), key(folder.path(), "release"));
        let publish = |signers: &[Arc<SigningKey>]| {
            build(&policy, &snapshots, (&Options::default(), Severity::Error), signers)
                .unwrap()
                .published
                .unwrap()
        };
        assert!(matches!(countersign(&snapshots, &ci), Err(CountersignError::NothingPublished(_))));
        let unsigned = publish(&[]);
        assert_eq!((unsigned.generation, publish(&[]).novelty), (1, Novelty::AlreadyCurrent));
        // What is current and not signed is announced anew.
        let signed = publish(&[Arc::clone(&ci)]);
        assert_eq!((signed.generation, signed.snapshot), (2, unsigned.snapshot));
        assert_eq!(publish(&[Arc::clone(&ci)]).novelty, Novelty::AlreadyCurrent);
        let both = countersign(&snapshots, &release).unwrap();
        assert_eq!((both.generation, both.signatures), (2, 2));
        assert_eq!(countersign(&snapshots, &release).unwrap().signatures, 2);
        assert_eq!(signatures(&snapshots), [ci.public().id(), release.public().id()]);
        // A publisher that has one of the keys does not take the other's signature away.
        assert_eq!(publish(&[ci]).novelty, Novelty::AlreadyCurrent);
        assert_eq!(signatures(&snapshots).len(), 2);
        let blob = snapshots.join(format!("{}.pms", both.snapshot));
        std::fs::remove_file(&blob).unwrap();
        std::fs::write(&blob, "other").unwrap();
        assert!(matches!(countersign(&snapshots, &release), Err(CountersignError::NotThere(_))));
    }
}
