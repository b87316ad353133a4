//! From an announcement to something that can be served: which check comes after which.
//!
//! First the announcement (its signatures, its generation against the last one served, the announced size against the limit), then the
//! file (digest, seal, header, sections, archives, indices, golden vectors), then what the snapshot needs from this
//! machine: secrets and the memory of each backend. Only the first two can refuse it.

use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use http::HeaderValue;
use pointsman_routing::golden;
use pointsman_schema::digest::Digest;
use pointsman_schema::snapshot::announced::{self, AnnouncedError};
use pointsman_schema::snapshot::announcement::AnnouncementError;
use pointsman_schema::snapshot::signing::Untrusted;
use pointsman_schema::snapshot::{Admission, Announcement, Envelope};

use super::folder::Folder;
use super::served::unserved;
use super::trust::{TrustFile, TrustFileError};
use crate::breaker::registry::Registry;
use crate::limiting;
use crate::secrets::Sources;
use crate::serving::Serving;
use crate::serving::credential::Credential;
use crate::serving::translating::Translating;
use crate::state::disk::Disk;
use crate::state::{StateError, StateFolder};
use crate::token::keeper::Keeper;
use crate::upstream::target::{NotAnAddress, Target};

/// Why what is published is not served. Never a client's fault.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The folder or its `current` does not exist (yet).
    #[error("nothing is published in {} yet: it has no file `current`", .0.display())]
    NothingPublished(PathBuf),
    /// No permission, not a regular file, too large, or a damaged disk.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not an announcement: damaged, or of another release.
    #[error(transparent)]
    Announcement(#[from] AnnouncementError),
    /// The gateway does not trust who signed it, or nobody did.
    #[error("{0}; who may publish stands in the file of `--trust`")]
    Untrusted(#[from] Untrusted),
    /// The trust root cannot be read now, so that nothing new can be trusted.
    #[error(transparent)]
    Trust(#[from] TrustFileError),
    /// An older publication was put back. A rollback is a new generation that announces an old file.
    #[error(
        "generation {announced} was announced after {served} was served: an older announcement was put back"
    )]
    Replayed {
        /// In `current`.
        announced: u64,
        /// In force, or kept in the state folder.
        served: u64,
    },
    /// Two publications have one generation.
    #[error(
        "generation {generation} announces {announced}, but was served as {served}: two publishers disagree"
    )]
    Forked {
        /// Which.
        generation: u64,
        /// In `current`.
        announced: Digest,
        /// In force, or kept in the state folder.
        served: Digest,
    },
    /// The announced file is not there (yet).
    #[error("the announced snapshot {0} is not in the folder")]
    Missing(Digest),
    /// The file cannot be served, or is not what was announced.
    #[error(transparent)]
    Announced(#[from] AnnouncedError),
    /// The policy relies on something that this gateway does not do.
    #[error(
        "the policy declares what this gateway does not serve: {0}; take it out of the policy, or run a gateway that \
         serves it"
    )]
    Unserved(String),
    /// A provider's address cannot be one.
    #[error(transparent)]
    Address(#[from] NotAnAddress),
    /// The state folder is there and does not say which generation was served last.
    #[error(
        "nothing new is served until it is known which generation was served last: {source} (to go on without knowing, \
         move `current` out of {})",
        folder.display()
    )]
    Forgotten {
        /// The state folder.
        folder: PathBuf,
        /// Why it does not say so.
        source: Box<LoadError>,
    },
    /// A defect of this program.
    #[error("loading failed by a defect of the gateway; please report it with its log")]
    Defect,
}

/// An announcement and the bytes that it was read from.
pub struct Announced {
    /// As it was read.
    pub text: Vec<u8>,
    /// What was read, with its signatures.
    pub envelope: Envelope,
    /// What it says.
    pub announcement: Announcement,
}

impl Announced {
    /// Reads an announcement.
    pub fn parse(text: Vec<u8>) -> Result<Self, LoadError> {
        let envelope = Envelope::parse(&text)?;
        let announcement = envelope.announcement()?;
        Ok(Self { text, envelope, announcement })
    }
}

/// The publication served last: nothing older is accepted, and nothing else under its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Floor {
    generation: u64,
    snapshot: Digest,
}

impl Floor {
    /// The floor that serving an announcement makes.
    pub fn of(announcement: &Announcement) -> Self {
        Self { generation: announcement.generation, snapshot: announcement.snapshot.sha256.0 }
    }

    fn admit(&self, announcement: &Announcement) -> Result<(), LoadError> {
        let (announced, served) = (announcement.generation, self.generation);
        if announced < served {
            return Err(LoadError::Replayed { announced, served });
        }
        let digest = announcement.snapshot.sha256.0;
        if announced == served && digest != self.snapshot {
            return Err(LoadError::Forked { generation: served, announced: digest, served: self.snapshot });
        }
        Ok(())
    }
}

/// What loading needs besides the snapshot.
pub struct Loader {
    /// Who may publish; anybody where there is none.
    pub trust: Option<TrustFile>,
    /// Where the snapshot's bytes should lie.
    pub admission: Admission,
    /// Where secrets are.
    pub secrets: Sources,
    /// What is remembered of backends.
    pub backends: Arc<Registry>,
    /// What limits count.
    pub limits: Arc<limiting::registry::Registry>,
    /// Tokens that are asked for.
    pub tokens: Arc<Keeper>,
}

impl Loader {
    /// Loads and verifies what is announced.
    pub fn load(
        &self,
        folder: &Folder,
        published: &Announced,
        floor: Option<&Floor>,
    ) -> Result<Serving, LoadError> {
        let announcement = &published.announcement;
        let signers = self.trust.as_ref().map_or(Ok(Vec::new()), |trust| trust.admit(&published.envelope))?;
        floor.map_or(Ok(()), |floor| floor.admit(announcement))?;
        let mut file = folder.open(announcement.snapshot.sha256.0)?;
        let snapshot = announced::load(announcement, &mut file, self.admission, golden::decide_digest)?;
        let view = snapshot.view();
        unserved(&view).map_or(Ok(()), |what| Err(LoadError::Unserved(what)))?;
        let credentials = Credential::all(&view, &self.secrets, &self.tokens);
        let backends = Target::all(&view, &self.backends.states(&view))?;
        let limiting = self.limits.limiting(&view);
        let translating = Translating::new(&view);
        let digest = snapshot.digest().to_string();
        // Hexadecimal digits always make a header value.
        let snapshot_header =
            HeaderValue::try_from(digest).unwrap_or_else(|_| HeaderValue::from_static("unprintable"));
        let generation = announcement.generation;
        Ok(Serving {
            snapshot,
            generation,
            signers,
            loaded: SystemTime::now(),
            credentials,
            backends,
            limiting,
            translating,
            snapshot_header,
        })
    }
}

/// Copies a publication that was served to the state folder.
pub fn keep<D: Disk>(
    source: &Folder,
    state: &StateFolder<D>,
    announced: &Announced,
) -> Result<(), StateError> {
    let blob = &announced.announcement.snapshot;
    let file = source.open(blob.sha256.0).map_err(|error| StateError::Disk {
        what: "read again from",
        path: source.path().to_owned(),
        source: std::io::Error::other(error),
    })?;
    state.keep(&announced.text, blob.sha256.0, &mut file.take(blob.size.saturating_add(1)))
}
