//! What all cores and the control work share: atomics and immutable values, never a lock on the request path.
//!
//! Read next: [`crate::threads`], which gives every core one of these.

use std::sync::Arc;

use crate::breaker::registry::Registry;
use crate::capacity::Capacity;
use crate::drain::Drain;
use crate::limiting;
use crate::metrics::Metrics;
use crate::room::Room;
use crate::slot::Slot;

/// Handles to everything that is one a process.
pub struct Shared {
    /// The snapshot in force.
    pub slot: Arc<Slot>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Room for requests: one seat from the head's arrival to the end of the answer's body.
    pub requests: Arc<Capacity>,
    /// Room for request bodies, in bytes.
    pub bodies: Arc<Room>,
    /// Room for client connections.
    pub connections: Arc<Capacity>,
    /// How far the process is on its way out.
    pub drain: Arc<Drain>,
    /// What is remembered of every backend over all snapshots, by stable name.
    pub backends: Arc<Registry>,
    /// What limits count, over all snapshots, by stable name.
    pub limits: Arc<limiting::registry::Registry>,
    /// The authorities that providers' certificates are checked against.
    pub authorities: Arc<rustls::RootCertStore>,
}

#[cfg(test)]
impl Shared {
    /// Small limits and nothing in force.
    pub(crate) fn for_tests() -> Self {
        Self {
            slot: Arc::default(),
            metrics: Arc::default(),
            requests: Capacity::new(64),
            bodies: Room::new(1 << 20),
            connections: Capacity::new(4),
            drain: Arc::default(),
            backends: Arc::default(),
            limits: Arc::default(),
            authorities: Arc::new(rustls::RootCertStore::empty()),
        }
    }
}
