//! A folder of policy files to a publication: compile, and publish when nothing that was found counts.
//!
//! The findings come back in every case, for the caller to show as it likes. Nothing is published of a policy with
//! errors, nor with warnings where those count as well; what was published before stays.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pointsman_compiler::check::{Checked, Options};
use pointsman_compiler::compile::{CompileError, Compiled, compile};
use pointsman_compiler::rule::Severity;
use pointsman_schema::snapshot::announcement::Commit;

use crate::checkout::checkout;
use crate::files::{Disk, Files as _, FolderLock};
use crate::publish::{Provenance, PublishError, Published, publish};
use crate::repository;
use crate::signer::SigningKey;

/// Why nothing could be decided or published. The policy is not at fault.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The files could not be read, or the compiler has a defect.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The folder for snapshots could not be used.
    #[error("cannot use {} for snapshots: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The snapshot could not be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// What came of it.
#[derive(Debug)]
pub struct Built {
    /// Everything found in the policy.
    pub checked: Checked,
    /// The publication; `None` when the policy has findings that count.
    pub published: Option<Published>,
}

/// Compiles the files below `policy` and publishes the snapshot into `folder`, which is made when it is not there, signed by
/// the keys that are given. A finding that is as bad as `level` keeps it from being published.
pub fn build(
    policy: &Path,
    folder: &Path,
    (options, level): (&Options, Severity),
    signers: &[Arc<SigningKey>],
) -> Result<Built, BuildError> {
    let Compiled { checked, snapshot } = compile(&checkout(policy), options)?;
    let is_stopped = checked.diagnostics.iter().any(|found| found.severity.reaches(level));
    let Some(packed) = snapshot.filter(|_| !is_stopped) else {
        return Ok(Built { checked, published: None });
    };
    let unusable = |source| BuildError::Folder { path: folder.to_owned(), source };
    Disk.create_folder(folder).map_err(unusable)?;
    let _held = FolderLock::hold(folder).map_err(unusable)?;
    let provenance = Provenance {
        time: jiff::Timestamp::now().to_string(),
        source: repository::clean_head(policy).map(|commit| Commit {
            commit,
            signer: None,
            approvers: Vec::new(),
        }),
        signers: signers.to_vec(),
    };
    let published = publish(&Disk, folder, &packed, &provenance)?;
    Ok(Built { checked, published: Some(published) })
}
