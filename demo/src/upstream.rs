//! An upstream that plays every provider: the wire formats of OpenAI, Anthropic and Gemini, streams, tools, and faults on demand.
//!
//! It stands in for the real services in the demo, in tests and in benchmarks, so that none of them needs an account or
//! a network. Its answers name the model and the provider asked, so that a person sees where a request went. It is not
//! a model: it invents nothing, and the same question gets the same answer.
//!
//! A provider called `azure` has the base URL `http://<addr>/providers/azure/v1`, one that wants no key has
//! `http://<addr>/open/vllm/v1`; one of Gemini's protocol ends in `/v1beta`. What should go wrong there is set with
//! `PUT /control/azure`, for example `{"fault": "429", "retry_after": 2, "times": 1}`, and what arrived is shown by
//! `GET /control/azure`. The invariant: nothing here grows without bound, whatever is sent ([`limits`]).
//!
//! Read next: [`service`], one request from its head to its answer; [`fault`], what can go wrong.

mod anthropic;
mod ask;
mod connection;
mod control;
mod dialect;
mod fault;
mod gemini;
mod ledger;
pub mod limits;
mod openai;
mod place;
mod plain;
mod reply;
mod responses;
mod script;
mod service;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::DuplexStream,
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::{JoinHandle, JoinSet},
};

use self::{connection::Connection, ledger::Ledger};
pub use self::{
    fault::{Fault, Order, OrderError},
    ledger::Seen,
};

/// Starts scripted upstreams.
#[derive(Debug)]
pub struct Upstream;

/// A running upstream; it ends when this is dropped.
#[derive(Debug)]
pub struct UpstreamHandle {
    addr: SocketAddr,
    ledger: Arc<Ledger>,
    connections: Connections,
    accepting: JoinHandle<()>,
}

/// The connections being served; dropping the set ends them.
type Connections = Arc<Mutex<JoinSet<()>>>;

impl Upstream {
    /// Listens on an address (port 0 picks a free one) and serves on the current runtime.
    pub async fn start(addr: SocketAddr) -> io::Result<UpstreamHandle> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let ledger = Arc::new(Ledger::default());
        let connections = Connections::default();
        let accepting = tokio::spawn(accept(listener, Arc::clone(&ledger), Arc::clone(&connections)));
        Ok(UpstreamHandle { addr, ledger, connections, accepting })
    }
}

impl UpstreamHandle {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The base URL of a provider, as a client's or a policy's `base-url` wants it.
    pub fn base_url(&self, provider: &str) -> String {
        format!("http://{}/providers/{provider}/v1", self.addr)
    }

    /// The base URL of a provider that wants no key.
    pub fn open_base_url(&self, provider: &str) -> String {
        format!("http://{}/open/{provider}/v1", self.addr)
    }

    /// Sets what goes wrong at a provider from now on.
    pub fn order(&self, provider: &str, order: Order) {
        self.ledger.set(provider, order);
    }

    /// How many requests for an answer a provider got, whatever became of them.
    pub fn requests(&self, provider: &str) -> u64 {
        self.ledger.requests(provider)
    }

    /// The last request that a provider got.
    pub fn last(&self, provider: &str) -> Option<Seen> {
        self.ledger.last(provider)
    }

    /// The client's end of an in-memory connection to this upstream, for tests that need no port.
    pub fn connect(&self) -> DuplexStream {
        let (ours, theirs) = tokio::io::duplex(limits::DUPLEX_BYTES);
        let ledger = Arc::clone(&self.ledger);
        lock(&self.connections).spawn(async move { ours.serve(ledger).await });
        theirs
    }

    /// Stops listening and closes every connection, in the middle of an answer if need be.
    pub async fn shutdown(mut self) {
        self.accepting.abort();
        // The result says only that it was aborted.
        drop((&mut self.accepting).await);
        let mut connections = std::mem::take(&mut *lock(&self.connections));
        connections.shutdown().await;
    }
}

impl Drop for UpstreamHandle {
    fn drop(&mut self) {
        self.accepting.abort();
        lock(&self.connections).abort_all();
    }
}

async fn accept(listener: TcpListener, ledger: Arc<Ledger>, connections: Connections) {
    let places = Arc::new(Semaphore::new(limits::CONNECTIONS_MAX));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let stream = next(&listener).await;
        let ledger = Arc::clone(&ledger);
        let mut connections = lock(&connections);
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            stream.serve(ledger).await;
            drop(place);
        });
    }
}

/// The next connection. A failed accept (too many open files, a client that left) passes with time.
async fn next(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                tracing::warn!(%error, "demo upstream could not accept a connection");
                tokio::time::sleep(limits::ACCEPT_RETRY_WAIT).await;
            }
        }
    }
}

fn lock(connections: &Connections) -> std::sync::MutexGuard<'_, JoinSet<()>> {
    connections.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
