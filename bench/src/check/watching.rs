//! A process that watches a policy.

use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

/// It ends with this value, whatever happens.
#[derive(Debug)]
pub(crate) struct Watching {
    process: Child,
    remarks: BufReader<ChildStderr>,
}

impl Watching {
    /// Starts it; the first answer is that of a check from nothing.
    pub(crate) fn start(binary: &Path, folder: &Path) -> io::Result<Self> {
        let mut command = Command::new(binary);
        command.args(["check", "--watch"]).arg(folder).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.spawn()?;
        let remarks = process.stderr.take().ok_or_else(|| io::Error::other("no standard error"))?;
        Ok(Self { process, remarks: BufReader::new(remarks) })
    }

    /// Waits for the end of a check; how long that took, from here.
    pub(crate) fn answer(&mut self) -> io::Result<Duration> {
        let began = Instant::now();
        let mut line = String::new();
        while !line.contains("waiting for changes") {
            line.clear();
            if self.remarks.read_line(&mut line)? == 0 {
                return Err(io::Error::other("pointsman check --watch ended"));
            }
        }
        Ok(began.elapsed())
    }

    /// The most memory that it has held.
    ///
    /// **Unit**: KiB.
    pub(crate) fn memory_kib_max(&self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_ascii_whitespace().next()?.parse().ok());
        kib.ok_or_else(|| io::Error::other("/proc/PID/status names no peak of memory"))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
