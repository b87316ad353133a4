//! Writing policy files: as a whole or not at all.
//!
//! Each file is replaced in one step: written beside, then renamed over, with its permissions kept. The invariant: when
//! one cannot be written, none is changed.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Writes files of a workspace by their paths in it; one that does not exist is made.
pub(crate) fn write(policy: &Path, files: &BTreeMap<String, String>) -> Result<(), String> {
    let mut ready: Vec<(PathBuf, PathBuf)> = Vec::new();
    for (path, text) in files {
        match prepare(&policy.join(path), text) {
            Ok(pair) => ready.push(pair),
            Err(error) => {
                for (beside, _) in &ready {
                    remove(beside);
                }
                return Err(format!("{path} cannot be written: {error}; nothing was changed"));
            }
        }
    }
    for (beside, target) in ready {
        fs::rename(&beside, &target)
            .map_err(|error| format!("{} cannot be replaced: {error}", target.display()))?;
    }
    Ok(())
}

/// The new text beside its place, and the place.
fn prepare(target: &Path, text: &str) -> std::io::Result<(PathBuf, PathBuf)> {
    // A link stays a link: what it leads to is replaced.
    let target = match target.canonicalize() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if let Some(folder) = target.parent() {
                fs::create_dir_all(folder)?;
            }
            target.to_owned()
        }
        found => found?,
    };
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = target.with_file_name(name);
    let written = write_beside(&target, &beside, text);
    if written.is_err() {
        remove(&beside);
    }
    written.map(|()| (beside, target))
}

fn write_beside(target: &Path, beside: &Path, text: &str) -> std::io::Result<()> {
    let mut file = fs::File::create_new(beside)?;
    file.write_all(text.as_bytes())?;
    match fs::metadata(target) {
        Ok(present) => file.set_permissions(present.permissions())?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    file.sync_all()
}

/// What was never put in place; if it cannot be removed either, the first error says enough.
fn remove(path: &Path) {
    fs::remove_file(path).unwrap_or_default();
}
