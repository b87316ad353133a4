//! Connections to providers: one pool a worker, on hyper's low-level client.
//!
//! An HTTP/1.1 connection has no task of its own: whoever waits for its answer drives it, so an answer wakes one task
//! and nothing is handed from task to task. HTTP/2 connections are shared and do have one. Redirects are never
//! followed: an answer of class 3xx is an answer like any other. This module does not know what is sent.
//!
//! Read next: [`target`] for where, [`pool`] for reuse, [`exchange`] for one request and its answer, [`connect`] for
//! what is below.

pub mod connect;
pub mod exchange;
pub mod payload;
pub mod pool;
mod resolve;
pub mod target;
pub mod tls;

use hyper::rt::Executor;

/// Why no answer came. The upstream is to blame, or the network before it.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// No connection: the name, the address, TLS or the handshake failed.
    #[error("no connection: {0}")]
    Connect(#[from] ConnectError),
    /// The connection could not be made in time.
    #[error("no connection in time")]
    ConnectTimeout,
    /// The connection ended before the head of an answer.
    #[error("the connection ended before an answer: {0}")]
    Exchange(#[source] hyper::Error),
    /// The connection ended within an answer's body.
    #[error("the connection ended within an answer: {0}")]
    Body(#[source] hyper::Error),
}

/// Why a connection could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The name has no address, or no address answers, or TLS failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The provider is a team's, and all its addresses lie inside a private network.
    #[error("the address is not public")]
    NotPublic,
    /// The host is not a name that TLS can check.
    #[error("the host is not a name for TLS")]
    NotAName,
    /// The HTTP handshake failed.
    #[error(transparent)]
    Handshake(#[from] hyper::Error),
}

/// Puts hyper's own tasks on the worker that they belong to.
#[derive(Debug, Clone, Copy)]
pub struct LocalExecutor;

impl<F> Executor<F> for LocalExecutor
where
    F: Future<Output: 'static> + 'static,
{
    fn execute(&self, task: F) {
        drop(tokio::task::spawn_local(task));
    }
}
