//! What is counted when a request is over, whichever way it ends: its seat, its status and its time.

use std::rc::Rc;

use http::StatusCode;
use tokio::time::Instant;

use super::Worker;
use crate::capacity::Seat;

/// Held by an answer's body; counts when dropped.
pub(super) struct Tally {
    _seat: Seat,
    worker: Rc<Worker>,
    began: Instant,
    status: StatusCode,
}

impl Tally {
    /// A request that began then. Until it has an answer it counts as one whose client went away.
    pub(super) fn new(seat: Seat, worker: Rc<Worker>, began: Instant) -> Self {
        let status = StatusCode::from_u16(CLIENT_WENT_AWAY).unwrap_or(StatusCode::BAD_REQUEST);
        Self { _seat: seat, worker, began, status }
    }

    /// The answer's status.
    pub(super) fn answered(&mut self, status: StatusCode) {
        self.status = status;
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.worker.shared.metrics.request(self.status, self.began.elapsed());
    }
}

/// nginx's code for it, which others use, too.
const CLIENT_WENT_AWAY: u16 = 499;
