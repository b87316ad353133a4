//! One worker's accept loop: takes connections, turns away those over the limit, and ends without losing any.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::service::Service;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::connection::{Client, serve};
use super::tls::Certificate;
use crate::capacity::Seat;
use crate::drain::Phase;
use crate::limits::{ACCEPT_QUEUE_MAX, ACCEPT_REST, DRAIN_LAST_WORDS};
use crate::metrics::Event;
use crate::shared::Shared;

/// One worker's door.
pub struct Door {
    /// Its own socket.
    pub listener: TcpListener,
    /// The certificate, when connections are not plain.
    pub certificate: Option<Arc<Certificate>>,
    /// Limits, counters and the way out.
    pub shared: Arc<Shared>,
}

impl Door {
    /// Serves connections with `service` until the drain is over. Runs on one thread.
    pub async fn run<S, B>(self, service: S) -> io::Result<()>
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + 'static,
        B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Unpin + 'static,
    {
        let Self { listener, certificate, shared } = self;
        let mut connections = JoinSet::new();
        let admit = |stream: TcpStream, connections: &mut JoinSet<()>| {
            let Some(seat) = shared.connections.take() else {
                shared.metrics.count(Event::ConnectionRefused);
                turn_away(&stream, certificate.as_deref());
                return;
            };
            let client = Client { stream, certificate: certificate.clone(), shared: Arc::clone(&shared) };
            connections.spawn_local(seated(seat, serve(client, service.clone())));
        };
        let closing = shared.drain.reached(Phase::Closing);
        tokio::pin!(closing);
        loop {
            tokio::select! {
                () = &mut closing => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => admit(stream, &mut connections),
                    Err(error) => rest(&error).await,
                },
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
            }
        }
        for stream in queued(listener) {
            admit(stream, &mut connections);
        }
        finish(&shared, connections).await;
        Ok(())
    }
}

async fn seated(seat: Seat, connection: impl Future<Output = ()>) {
    connection.await;
    drop(seat);
}

/// What the system has accepted already and nobody has taken: those clients have sent their requests. What cannot be
/// taken is passed over, because the connections that are open must not end with it.
fn queued(listener: TcpListener) -> impl Iterator<Item = TcpStream> {
    let listener = listener.into_std().inspect_err(not_taken).ok();
    let tries = usize::try_from(ACCEPT_QUEUE_MAX).unwrap_or(usize::MAX);
    let accepted = move |_| match listener.as_ref()?.accept() {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
        accepted => Some(accepted.and_then(|(stream, _)| watched(stream))),
    };
    (0..tries).map_while(accepted).filter_map(|stream| stream.inspect_err(not_taken).ok())
}

fn watched(stream: std::net::TcpStream) -> io::Result<TcpStream> {
    stream.set_nonblocking(true)?;
    TcpStream::from_std(stream)
}

fn not_taken(error: &io::Error) {
    tracing::warn!(%error, "a connection in the queue could not be taken");
}

/// Waits for open connections, then gives what is left a moment for its last words, then drops it.
async fn finish(shared: &Shared, mut connections: JoinSet<()>) {
    let over = shared.drain.reached(Phase::Over);
    let last = async {
        over.await;
        tokio::time::sleep(DRAIN_LAST_WORDS).await;
    };
    tokio::select! {
        () = async { while connections.join_next().await.is_some() {} } => {}
        () = last => {}
    }
}

/// A connection that was gone before it was taken is no reason to rest; a lack of descriptors or memory is.
async fn rest(error: &io::Error) {
    let gone = [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset, io::ErrorKind::Interrupted];
    if !gone.contains(&error.kind()) {
        tracing::warn!(%error, "a connection could not be accepted");
        tokio::time::sleep(ACCEPT_REST).await;
    }
}

/// Says why, where that can be said in one write; in a TLS handshake it cannot.
fn turn_away(stream: &TcpStream, certificate: Option<&Certificate>) {
    if certificate.is_none() {
        drop(stream.try_write(TURNED_AWAY));
    }
}

const TURNED_AWAY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

#[cfg(test)]
mod tests;
