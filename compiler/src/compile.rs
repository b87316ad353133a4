//! Files to a snapshot: check, lower, archive, decide the golden vectors.
//!
//! Deliberately writes nothing anywhere, and reads only the tree it is given. The invariant: a snapshot exists only for
//! a policy without errors, and the same tree gives the same bytes on every machine.
//!
//! Read next: [`crate::check`] for findings, [`crate::lower`] for the tables.

use pointsman_schema::snapshot::Packed;
use pointsman_schema::snapshot::pack::{Draft, PackError};

use crate::check::{Checked, Options, check};
use crate::lower::{LowerError, golden, lower};
use crate::policy::Policy;
use crate::tree_source::{Tree, TreeError};

/// What came of a tree of files.
#[derive(Debug)]
pub struct Compiled {
    /// The policy and everything found in it.
    pub checked: Checked,
    /// The snapshot; `None` when there are errors.
    pub snapshot: Option<Packed>,
}

/// Why nothing could be decided about a tree.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The files could not be read. Not the policy's fault.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A policy without errors could not be lowered. Our fault.
    #[error(transparent)]
    Lower(#[from] LowerError),
    /// The tables do not fit into a snapshot. The policy is too large.
    #[error(transparent)]
    Pack(#[from] PackError),
}

/// Compiles a tree of files.
pub fn compile(tree: &dyn Tree, options: &Options) -> Result<Compiled, CompileError> {
    let checked = check(tree, options)?;
    let snapshot = checked.policy().map(|policy| snapshot(&policy)).transpose()?;
    Ok(Compiled { checked, snapshot })
}

/// The snapshot of a policy without errors.
pub fn snapshot(policy: &Policy<'_>) -> Result<Packed, CompileError> {
    let draft = Draft::new(&lower(policy)?)?;
    let vectors = golden::golden(&draft.view()?);
    Ok(draft.finish(&vectors, env!("CARGO_PKG_VERSION"))?)
}
