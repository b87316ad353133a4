//! The demo's own runtime: it hosts the upstream and hears the signals.
//!
//! The gateway has runtimes of its own; nothing here delays a request.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use pointsman_sync::watch::Stop;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use crate::upstream::{Upstream, UpstreamHandle};

/// Why the upstream could not start.
#[derive(Debug, thiserror::Error)]
#[error("the demo's upstream cannot start: {0}")]
pub struct HostingError(#[from] io::Error);

/// How often [`Hosting::wait_until`] looks.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A runtime with the upstream on it.
pub struct Hosting {
    upstream: UpstreamHandle,
    runtime: Runtime,
}

impl Hosting {
    /// Starts the upstream at an address, or at a free one where that is taken.
    pub fn start(wanted: SocketAddr) -> Result<Self, HostingError> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let upstream = runtime.block_on(async {
            match Upstream::start(wanted).await {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                    Upstream::start(SocketAddr::new(wanted.ip(), 0)).await
                }
                started => started,
            }
        })?;
        Ok(Self { upstream, runtime })
    }

    /// Where the upstream listens.
    pub fn upstream(&self) -> SocketAddr {
        self.upstream.addr()
    }

    /// Waits until something holds; says whether it did within `longest`.
    pub fn wait_until(&self, longest: Duration, holds: impl Fn() -> bool) -> bool {
        let waiting = async {
            while !holds() {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        self.runtime.block_on(async { tokio::time::timeout(longest, waiting).await.is_ok() })
    }

    /// Ends a watch when the process is told to stop.
    pub fn stop_on_signal(&self, stop: Stop) -> Result<(), HostingError> {
        let _runtime = self.runtime.enter();
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        self.runtime.spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            stop.stop();
        });
        Ok(())
    }
}
