//! Two cores: one for the proxy under test, one for everything else.
//!
//! A process inherits the cores of the thread that starts it, so the proxy's core is set around its start and no unsafe
//! hook in the child is needed.

use std::{io, process::Child};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The two cores of a comparison.
#[derive(Debug)]
pub(crate) struct Cores {
    proxy: usize,
    load: usize,
}

impl Cores {
    /// Takes the first two cores that this process may use, and moves this thread to the second.
    pub(crate) fn take() -> io::Result<Self> {
        let allowed = sched_getaffinity(None)?;
        let mut free = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let (Some(proxy), Some(load)) = (free.next(), free.next()) else {
            return Err(io::Error::other(
                "two cores are needed: one for the proxy, one for load and upstream",
            ));
        };
        pin(load)?;
        Ok(Self { proxy, load })
    }

    /// Starts a process on the proxy's core.
    pub(crate) fn start(&self, command: &mut std::process::Command) -> io::Result<Child> {
        pin(self.proxy)?;
        let child = command.spawn();
        pin(self.load)?;
        child
    }
}

/// Moves this thread, and what it starts from now on, to one core.
fn pin(core: usize) -> io::Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    Ok(sched_setaffinity(None, &set)?)
}
