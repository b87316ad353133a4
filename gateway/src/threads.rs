//! Who runs where: one single-threaded runtime a worker for requests, one for control work, one thread for following.
//!
//! A request is served from its first byte to its last by one thread, which owns its sockets, its upstream connections
//! and its handle on the snapshot. Nothing is handed from worker to worker, so there is nothing to lock or to steal.

use std::io;
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::{Arc, mpsc};

use hyper::service::service_fn;
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};

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

/// A runtime on the thread that asks for it, for tasks that stay there. A `LocalSet` would schedule each of them twice.
pub fn local_runtime() -> io::Result<LocalRuntime> {
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

/// Starts a worker for each socket, and returns when each of them serves.
///
/// **Errors**: the system gives no thread, or a worker cannot serve. Those that were started end in the drain.
pub fn start_workers(listeners: Vec<TcpListener>, station: &Station) -> io::Result<()> {
    let (tell, told) = mpsc::channel();
    let expected = listeners.len();
    for (at, listener) in listeners.into_iter().enumerate() {
        let (station, tell) = (station.clone(), tell.clone());
        let name = format!("pointsman-{at}");
        let work = move || match open(listener) {
            Ok((runtime, listener)) => {
                tell.send(Ok(())).ok();
                drop(tell);
                if let Err(error) = work(&runtime, listener, station) {
                    tracing::error!(%error, "a worker ended");
                }
            }
            Err(error) => _ = tell.send(Err(error)).ok(),
        };
        // Nobody joins a worker: that it has ended is told by its end of `alive`.
        std::thread::Builder::new().name(name).spawn(work)?;
    }
    drop(tell);
    // One that panics says nothing, and its end of the channel is gone.
    let unsaid = |_| io::Error::other("a worker ended before it served");
    (0..expected).try_for_each(|_| told.recv().map_err(unsaid)?)
}

/// What a worker cannot serve without.
fn open(listener: TcpListener) -> io::Result<(LocalRuntime, tokio::net::TcpListener)> {
    let runtime = local_runtime()?;
    let listener = runtime.block_on(async { tokio::net::TcpListener::from_std(listener) })?;
    Ok((runtime, listener))
}

fn work(runtime: &LocalRuntime, listener: tokio::net::TcpListener, station: Station) -> io::Result<()> {
    let Station { shared, certificate, providers, alive } = station;
    let served = runtime.block_on(async {
        let worker = Worker::new(Arc::clone(&shared), Rc::new(Network::new(providers)));
        let refreshed = Rc::clone(&worker);
        tokio::task::spawn_local(async move {
            loop {
                tokio::time::sleep(REFRESH_EVERY).await;
                refreshed.refresh();
            }
        });
        let door = Door { listener, certificate, shared };
        door.run(service_fn(move |request| {
            // On the heap at once: its states are some kilobytes, and every layer above would move them.
            let answer = Box::pin(pipeline::handle(Rc::clone(&worker), request));
            async move { Ok(answer.await) }
        }))
        .await
    });
    drop(alive);
    served
}

/// A socket that no runtime can wait for: a file in its place.
#[cfg(test)]
pub(crate) fn broken_listener() -> TcpListener {
    let file = TcpListener::from(std::os::fd::OwnedFd::from(tempfile::tempfile().unwrap()));
    file.set_nonblocking(true).unwrap();
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_cannot_serve_is_an_error_of_the_start() {
        let roots = Arc::new(rustls::RootCertStore::empty());
        let start = |listeners| {
            let (alive, mut ended) = tokio::sync::mpsc::channel(1);
            let shared = Arc::new(Shared::for_tests());
            let providers = crate::upstream::tls::client_config(Arc::clone(&roots)).unwrap();
            let station = Station { shared: Arc::clone(&shared), certificate: None, providers, alive };
            let started = start_workers(listeners, &station);
            drop(station);
            shared.drain.advance(crate::drain::Phase::Over);
            assert!(ended.blocking_recv().is_none(), "all workers end with the drain");
            started
        };
        let good = || crate::listen::socket::listen("127.0.0.1:0".parse().unwrap(), 1).unwrap().remove(0);
        assert!(start(vec![good(), good()]).is_ok());
        assert!(start(vec![good(), broken_listener()]).is_err());
    }
}
