//! `check` as people wait for it: a whole large policy again after one of its files was saved, a small policy from start
//! to exit, and the memory that both take.
//!
//! Deliberately through the binary: a process that watches a copy of the large policy, told of each change by the system
//! as an editor would cause it, and the time until its answer is read. Every edit changes what is found, so that each
//! has an answer, and the next one takes it back.
//!
//! Read next: `pointsman check --watch` in `docs/cli.md`.

mod edit;
mod watching;

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use self::edit::Edit;
use self::watching::Watching;

/// Measures the binary on a large and a small policy and prints a Markdown table.
pub(crate) fn run(binary: &Path, large: &Path, small: &Path) -> io::Result<()> {
    let copy = tempfile::tempdir()?;
    let bytes = copy_of(large, copy.path())?;
    let mut watching = Watching::start(binary, copy.path())?;
    let cold = watching.answer()?;
    let memory_cold = watching.memory_kib_max()?;
    let mut rows = Vec::new();
    for edit in edit::ALL {
        rows.push((edit.what, again(&mut watching, copy.path(), edit)?));
    }
    let memory = watching.memory_kib_max()?;
    drop(watching);
    let small_bytes = bytes_of(small)?;
    let mut whole = Vec::with_capacity(TRIES);
    for _ in 0..TRIES {
        whole.push(once(binary, small)?);
    }
    let mut out = io::stdout().lock();
    writeln!(out, "large: {} KiB of source; small: {} KiB\n", bytes >> 10, small_bytes >> 10)?;
    writeln!(out, "| what | median | slowest | tries |\n|---|---|---|---|")?;
    writeln!(out, "| large, from nothing | {cold:.0?} | {cold:.0?} | 1 |")?;
    for (what, times) in rows {
        row(&mut out, &format!("large, again after {what}"), times)?;
    }
    row(&mut out, "small, from start to exit", whole)?;
    writeln!(out, "\nmemory of the process that watches, at most:")?;
    for (when, kib) in [("after the first check", memory_cold), ("after all edits", memory)] {
        let hundredths = (kib << 10).saturating_mul(100) / bytes.max(1);
        writeln!(
            out,
            "{when}, {} MiB, {}.{:02} times the source",
            kib >> 10,
            hundredths / 100,
            hundredths % 100
        )?;
    }
    Ok(())
}

/// The time from saving a file to having read what it changed, for each save.
fn again(watching: &mut Watching, folder: &Path, edit: &Edit) -> io::Result<Vec<Duration>> {
    let path = folder.join(edit.path);
    let before = fs::read_to_string(&path)?;
    let after = before.replacen(edit.from, edit.to, 1);
    if after == before {
        return Err(io::Error::other(format!("{} has no {}", edit.path, edit.from)));
    }
    let mut times = Vec::with_capacity(TRIES);
    for text in [&after, &before].into_iter().cycle().take(TRIES) {
        let began = Instant::now();
        fs::write(&path, text)?;
        watching.answer()?;
        times.push(began.elapsed());
    }
    Ok(times)
}

fn once(binary: &Path, folder: &Path) -> io::Result<Duration> {
    let began = Instant::now();
    let mut command = Command::new(binary);
    let status = command.arg("check").arg(folder).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if status.success() {
        Ok(began.elapsed())
    } else {
        Err(io::Error::other("the small policy has findings"))
    }
}

fn row(out: &mut impl io::Write, what: &str, mut times: Vec<Duration>) -> io::Result<()> {
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    let slowest = times.last().copied().unwrap_or_default();
    writeln!(out, "| {what} | {median:.0?} | {slowest:.0?} | {} |", times.len())
}

/// Copies a folder and counts its bytes.
fn copy_of(from: &Path, to: &Path) -> io::Result<u64> {
    fs::create_dir_all(to)?;
    let mut bytes = 0;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        bytes += if entry.file_type()?.is_dir() {
            copy_of(&entry.path(), &to)?
        } else {
            fs::copy(entry.path(), to)?
        };
    }
    Ok(bytes)
}

fn bytes_of(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { bytes_of(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}

/// **Unit**: tries of each figure; an even number, so that the last edit is taken back.
const TRIES: usize = 20;
