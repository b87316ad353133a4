//! Opening and reading files that somebody else writes, without ever waiting for one that never ends.
//!
//! A pipe, a device or a folder in a file's place is refused before the first byte is read, and no more is read than
//! the caller's limit.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

/// Opens a regular file; links are followed.
///
/// **Errors**: `InvalidInput` for anything that is not a regular file.
pub fn open(path: &Path) -> io::Result<File> {
    // Without NONBLOCK, opening a pipe that nobody writes to waits for ever.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
}

/// Reads a whole regular file.
///
/// **Errors**: `InvalidInput` for anything that is not a regular file, `FileTooLarge` past `bytes_max`.
pub fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|len| len <= bytes_max) {
        return Ok(bytes);
    }
    Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {bytes_max} bytes")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(make: impl FnOnce(&Path), expected: Result<&[u8], io::ErrorKind>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        make(&path);
        let read = read(&path, 4).map_err(|error| error.kind());
        assert_eq!(read.as_deref(), expected.as_ref().copied());
    }

    #[test]
    fn only_regular_files_within_the_limit() {
        check(|path| std::fs::write(path, "abcd").unwrap(), Ok(b"abcd"));
        check(|path| std::fs::write(path, "abcde").unwrap(), Err(io::ErrorKind::FileTooLarge));
        check(|_| (), Err(io::ErrorKind::NotFound));
        check(|path| std::fs::create_dir(path).unwrap(), Err(io::ErrorKind::InvalidInput));
        check(
            |path| std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
            Err(io::ErrorKind::InvalidInput),
        );
    }

    #[test]
    fn a_pipe_without_a_writer_is_refused_at_once() {
        let pipe = |path: &Path| {
            rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        };
        check(pipe, Err(io::ErrorKind::InvalidInput));
    }
}
