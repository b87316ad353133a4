//! Who runs where: one single-threaded runtime a worker for requests, one for control work, one thread for following.
//!
//! A request is served from its first byte to its last by one thread, which owns its sockets, its upstream connections
//! and its handle on the snapshot. Nothing is handed from worker to worker, so there is nothing to lock or to steal.

use std::io;
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;

use hyper::service::service_fn;
use tokio::runtime::{Builder, LocalOptions, LocalRuntime, Runtime};

use crate::limits::{BLOCKING_THREADS_MAX, REFRESH_EVERY, WORKERS_MAX};
use crate::listen::accept::Door;
use crate::listen::tls::Certificate;
use crate::pipeline::{self, Worker};
use crate::shared::Shared;
use crate::upstream::connect::Network;

/// How many workers to start: what was asked for, or one a core.
pub fn worker_count(asked: Option<NonZeroUsize>) -> usize {
    let cores = std::thread::available_parallelism().ok();
    asked.or(cores).map_or(1, NonZeroUsize::get).min(WORKERS_MAX)
}

/// A runtime on the thread that asks for it.
pub fn runtime() -> io::Result<Runtime> {
    builder().build()
}

/// The same for tasks that stay on this thread. A `LocalSet` would schedule each of them twice.
fn local_runtime() -> io::Result<LocalRuntime> {
    builder().build_local(LocalOptions::default())
}

fn builder() -> Builder {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().max_blocking_threads(BLOCKING_THREADS_MAX);
    builder
}

/// What every worker needs.
#[derive(Clone)]
pub struct Station {
    /// Shared with all.
    pub shared: Arc<Shared>,
    /// The clients' certificate, when there is one.
    pub certificate: Option<Arc<Certificate>>,
    /// How providers' certificates are checked.
    pub providers: Arc<rustls::ClientConfig>,
    /// Dropped when the worker has ended.
    pub alive: tokio::sync::mpsc::Sender<Infallible>,
}

/// No worker sends anything; that its sender is gone is the news.
pub enum Infallible {}

/// Starts a worker for each socket.
pub fn start_workers(listeners: Vec<TcpListener>, station: &Station) -> io::Result<()> {
    let start = |(at, listener): (usize, TcpListener)| {
        let station = station.clone();
        let name = format!("pointsman-{at}");
        let work = move || {
            if let Err(error) = work(listener, station) {
                tracing::error!(%error, "a worker ended");
            }
        };
        // Nobody joins a worker: that it has ended is told by its end of `alive`.
        std::thread::Builder::new().name(name).spawn(work).map(drop)
    };
    listeners.into_iter().enumerate().try_for_each(start)
}

fn work(listener: TcpListener, station: Station) -> io::Result<()> {
    let Station { shared, certificate, providers, alive } = station;
    let served = local_runtime()?.block_on(async {
        let worker = Worker::new(Arc::clone(&shared), Rc::new(Network::new(providers)));
        let refreshed = Rc::clone(&worker);
        tokio::task::spawn_local(async move {
            loop {
                tokio::time::sleep(REFRESH_EVERY).await;
                refreshed.refresh();
            }
        });
        let door = Door { listener: tokio::net::TcpListener::from_std(listener)?, certificate, shared };
        door.run(service_fn(move |request| {
            let worker = Rc::clone(&worker);
            async move { Ok(pipeline::handle(worker, request).await) }
        }))
        .await
    });
    drop(alive);
    served
}
