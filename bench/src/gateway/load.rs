//! The two loads: as much as goes through a number of connections, and a fixed number of requests a second.
//!
//! Under a fixed rate a request that had to wait for its connection counts from the moment it was due, so that a stall
//! shows in full instead of thinning out the requests that would have met it.

use std::{io, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{
    exchange::{Connection, Request},
    limits,
    samples::Samples,
};

/// What a load without pauses did.
#[derive(Debug, Default)]
pub(crate) struct Load {
    /// Requests that were answered.
    pub(crate) requests: u64,
    /// When the first byte of each body came.
    pub(crate) first_byte: Samples,
    elapsed: Duration,
}

impl Load {
    /// Keeps every connection busy for a short while and forgets it.
    pub(crate) async fn warm_up(request: &Request) -> io::Result<()> {
        busy(request, limits::WARM_UP).await.map(drop)
    }

    /// Keeps every connection busy.
    pub(crate) async fn saturating(request: &Request) -> io::Result<Self> {
        busy(request, limits::LOAD).await
    }

    /// Sends requests at a fixed rate; says how long each took.
    pub(crate) async fn paced(request: &Request) -> io::Result<Samples> {
        let start = Instant::now();
        let between = Duration::from_secs(1) / limits::RATE;
        let mut workers = JoinSet::new();
        for worker in 0..limits::PACED_CONNECTIONS {
            workers.spawn(paced_worker(request.clone(), start + between * worker));
        }
        let mut all = Samples::default();
        while let Some(samples) = workers.join_next().await {
            all.merge(samples??);
        }
        Ok(all)
    }

    /// Requests a second.
    pub(crate) fn per_second(&self) -> f64 {
        f64::from(u32::try_from(self.requests).unwrap_or(u32::MAX)) / self.elapsed.as_secs_f64()
    }
}

async fn busy(request: &Request, duration: Duration) -> io::Result<Load> {
    let start = Instant::now();
    let mut workers = JoinSet::new();
    for _ in 0..limits::CONNECTIONS {
        workers.spawn(busy_worker(request.clone(), start + duration));
    }
    let mut all = Load::default();
    while let Some(load) = workers.join_next().await {
        let load = load??;
        all.requests = all.requests.saturating_add(load.requests);
        all.first_byte.merge(load.first_byte);
    }
    all.elapsed = start.elapsed();
    Ok(all)
}

async fn busy_worker(request: Request, end: Instant) -> io::Result<Load> {
    let mut connection = Connection::open(&request).await?;
    let mut load = Load::default();
    while Instant::now() < end {
        let times = connection.exchange(&request).await?;
        load.first_byte.add(times.first_byte);
        load.requests = load.requests.saturating_add(1);
    }
    Ok(load)
}

async fn paced_worker(request: Request, first: Instant) -> io::Result<Samples> {
    let between = Duration::from_secs(1) * limits::PACED_CONNECTIONS / limits::RATE;
    let end = first + limits::LOAD;
    let mut connection = Connection::open(&request).await?;
    let mut samples = Samples::default();
    let mut due = first;
    while due < end {
        let late = Instant::now().saturating_duration_since(due);
        sleep_until(due).await;
        samples.add(late + connection.exchange(&request).await?.whole);
        due += between;
    }
    Ok(samples)
}
