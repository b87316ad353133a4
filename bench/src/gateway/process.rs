//! A contender's process: what it costs, and its end.
//!
//! CPU time and memory are read from `/proc`, over all threads of the process. The process ends with this value,
//! whatever happens.

use std::{fs, io, process::Child};

/// A running process.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Takes charge of a process.
    pub(crate) fn new(child: Child) -> Self {
        Self { child }
    }

    /// CPU time in user and system mode since its start.
    ///
    /// **Unit**: seconds, with the resolution of the kernel's clock tick (usually 10 ms).
    pub(crate) fn cpu_seconds(&self) -> io::Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let ticks = cpu_ticks(&stat)
            .ok_or_else(|| io::Error::other("/proc/PID/stat has another form than expected"))?;
        let per_second = u32::try_from(rustix::param::clock_ticks_per_second()).map_err(io::Error::other)?;
        Ok(f64::from(ticks) / f64::from(per_second))
    }

    /// Memory that it holds at the moment.
    ///
    /// **Unit**: KiB.
    pub(crate) fn memory_kib(&self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        resident_kib(&status).ok_or_else(|| io::Error::other("/proc/PID/status names no resident memory"))
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(&mut self) -> io::Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        let pid = pid.ok_or_else(|| io::Error::other("a process without a number"))?;
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        self.child.wait().map(drop)
    }

    /// Whether it has ended by itself.
    pub(crate) fn ended(&mut self) -> io::Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// User and system time of a `stat` line: fields 14 and 15, counted after the name, which may hold anything.
fn cpu_ticks(stat: &str) -> Option<u32> {
    let after_name = stat.rsplit_once(')')?.1;
    let mut fields = after_name.split_ascii_whitespace().skip(11).map(str::parse::<u32>);
    fields.next()?.ok()?.checked_add(fields.next()?.ok()?)
}

fn resident_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stat: &str, expected: Option<u32>) {
        assert_eq!(cpu_ticks(stat), expected, "{stat}");
    }

    #[test]
    fn proc_files_are_read() {
        check("42 (a) b) S 1 2 3 4 5 6 7 8 9 10 700 50 0 0", Some(750));
        check("42 (a) S 1", None);
        check("", None);
        assert_eq!(resident_kib("VmPeak:\t 9 kB\nVmRSS:\t  123 kB\n"), Some(123));
        assert_eq!(resident_kib("VmPeak:\t 9 kB\n"), None);
    }
}
