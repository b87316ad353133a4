//! What an operator decides when starting a gateway. Everything else is policy and comes with the snapshot.
//!
//! Plain values: the command line is read elsewhere, and nothing is opened here.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::drain::DrainTimes;
use crate::limits::{CONNECTIONS_MAX, DRAIN_TIMEOUT, DRAIN_WAIT, REQUESTS_MAX};

/// How a gateway runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that snapshots are published to.
    pub snapshots: PathBuf,
    /// Where clients connect. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where operators connect. Port 0 takes a free one.
    pub admin: SocketAddr,
    /// A folder of its own for what must outlive the process; without it, the last good copy is in memory alone.
    pub state: Option<PathBuf>,
    /// Who may publish.
    pub trust: Trust,
    /// The folder that `file:` credentials are under.
    pub secrets: Option<PathBuf>,
    /// Certificate and key for clients' connections; without them they are plain.
    pub tls: Option<TlsFiles>,
    /// Authorities for providers' certificates, besides the well-known ones; PEM.
    pub upstream_ca: Option<PathBuf>,
    /// Threads that serve requests; one a core when not given.
    pub workers: Option<NonZeroUsize>,
    /// How long leaving may take.
    pub drain: DrainTimes,
    /// Client connections at once.
    pub connections_max: usize,
    /// Requests at once.
    pub requests_max: usize,
}

/// Who may publish what this gateway serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Whom a file names (`pointsman_schema::snapshot::signing`).
    File(PathBuf),
    /// Anybody who can write into the folder, as long as clients come from this machine alone.
    OnLoopback,
    /// Anybody who can write into the folder, wherever clients come from: for who publishes in the same process.
    Folder,
}

/// A certificate with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first; PEM.
    pub certificate: PathBuf,
    /// Its private key; PEM.
    pub key: PathBuf,
}

impl Options {
    /// Defaults: loopback, ports 8080 and 9090, everything else as `limits.rs` says.
    pub fn new(snapshots: PathBuf) -> Self {
        let loopback = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        Self {
            snapshots,
            listen: loopback(8080),
            admin: loopback(9090),
            state: None,
            trust: Trust::OnLoopback,
            secrets: None,
            tls: None,
            upstream_ca: None,
            workers: None,
            drain: DrainTimes { wait: DRAIN_WAIT, timeout: DRAIN_TIMEOUT },
            connections_max: CONNECTIONS_MAX,
            requests_max: REQUESTS_MAX,
        }
    }
}
