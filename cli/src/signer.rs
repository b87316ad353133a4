//! `pointsman signer`: keys that sign publications.
//!
//! Read next: [`pointsman_sync::signer`] and [`pointsman_sync::countersign`].

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pointsman_sync::countersign::countersign;
use pointsman_sync::signer::{SigningKey, SigningKeyError};

use crate::args::{Signer, SignerCommand};
use crate::exit::{Exit, undecided, usage};
use crate::output;

/// Runs the command.
pub(crate) fn run(arguments: &Signer) -> Exit {
    match &arguments.command {
        SignerCommand::New { name, output } => make(name, output),
        SignerCommand::Sign { snapshots, sign_key } => sign(snapshots, sign_key),
    }
}

/// Reads the keys that `compile` signs with.
pub(crate) fn keys(paths: &[PathBuf]) -> Result<Vec<Arc<SigningKey>>, SigningKeyError> {
    paths.iter().map(|path| SigningKey::read(path).map(Arc::new)).collect()
}

fn make(name: &str, path: &Path) -> Exit {
    if name.split_ascii_whitespace().count() != 1 || name.starts_with('#') {
        return usage(&format!("`{name}` cannot be a signer's name: write one word, such as ci"));
    }
    match SigningKey::make(path) {
        Ok(key) => {
            output::data(&format!("ed25519 {} {name}\n", key.public()));
            output::remark(&format!(
                "\nThe private key is in {}. Keep it from everybody else, and put the line above into the file of \
                 `pointsman gateway --trust`.",
                path.display()
            ));
            Exit::Clean
        }
        Err(error) => undecided(&error),
    }
}

fn sign(snapshots: &Path, key: &Path) -> Exit {
    let key = match SigningKey::read(key) {
        Ok(key) => key,
        Err(error) => return undecided(&error),
    };
    match countersign(snapshots, &key) {
        Ok(signed) => {
            output::data(&format!(
                "generation {}\nsnapshot {}\nsignatures {}\n",
                signed.generation, signed.snapshot, signed.signatures
            ));
            Exit::Clean
        }
        Err(error) => undecided(&error),
    }
}
