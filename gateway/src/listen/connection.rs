//! One client connection from its first byte to its last: TLS, the version of HTTP, its limits, and its end.
//!
//! Runs as one task on its worker. It ends when the client ends it, when a limit is passed, when it has been quiet for
//! too long, or in a drain, after the answer to what has begun.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, Version as HttpVersion};
use hyper::body::{Body, Incoming};
use hyper::rt::{Read, Write};
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::pace::{Exchanges, Paced, Streams};
use super::patience::Patience;
use super::preface::{self, Version};
use super::tls::{Certificate, HTTP_2};
use crate::bell::Bell;
use crate::drain::{Drain, Phase};
use crate::limits::{
    CLIENT_END_MAX, CLIENT_PING_EVERY, CLIENT_QUIET_MAX, CLIENT_RESETS_MAX, CLIENT_STALL_MAX,
    CLIENT_STREAM_SEND_BYTES_MAX, CLIENT_STREAMS_MAX, HANDSHAKE_MAX, HEAD_BYTES_MAX, HEAD_READ_MAX,
    HEADERS_MAX, LAST_HEAD_READ_MAX,
};
use crate::metrics::Event;
use crate::shared::Shared;

/// A connection that was just taken.
pub struct Client {
    /// Its socket.
    pub stream: TcpStream,
    /// The certificate, when it is not plain.
    pub certificate: Option<Arc<Certificate>>,
    /// Counters and the way out.
    pub shared: Arc<Shared>,
}

/// Serves a connection with `service`, whose futures are small. Errors end it and are the client's or the network's, so
/// they are not returned.
pub async fn serve<S, B>(client: Client, service: S)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Unpin + 'static,
{
    let Client { stream, certificate, shared } = client;
    if settings(&stream).is_err() {
        return;
    }
    let stream = Patience::new(stream);
    let Some(certificate) = certificate else { return plain(stream, service, shared).await };
    let handshake = TlsAcceptor::from(certificate.config()).accept(stream);
    let Some(stream) = opened(&shared.drain, HANDSHAKE_MAX, handshake).await else {
        shared.metrics.count(Event::HandshakeFailed);
        return;
    };
    let version =
        if stream.get_ref().1.alpn_protocol() == Some(HTTP_2) { Version::Two } else { Version::One };
    http(TokioIo::new(stream), version, service, shared).await;
}

async fn plain<I, S, B>(io: I, service: S, shared: Arc<Shared>)
where
    I: AsyncRead + AsyncWrite + Unpin + 'static,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Unpin + 'static,
{
    let Some((version, io)) = opened(&shared.drain, HEAD_READ_MAX, preface::version(io)).await else {
        return;
    };
    http(TokioIo::new(io), version, service, shared).await;
}

/// What comes before the first request, for as long as it may take, which is less in a drain.
async fn opened<T>(
    drain: &Drain,
    time_max: Duration,
    opening: impl Future<Output = io::Result<T>>,
) -> Option<T> {
    let last = async {
        drain.reached(Phase::Closing).await;
        tokio::time::sleep(LAST_HEAD_READ_MAX).await;
    };
    tokio::select! {
        opened = timeout(time_max, opening) => opened.ok()?.ok(),
        () = last => None,
    }
}

fn settings(stream: &TcpStream) -> io::Result<()> {
    // An answer's last small piece must not wait for the acknowledgement of the one before.
    stream.set_nodelay(true)?;
    // What was sent and is never acknowledged: the client's machine is gone.
    socket2::SockRef::from(stream).set_tcp_user_timeout(Some(CLIENT_STALL_MAX))
}

async fn http<I, S, B>(io: I, version: Version, service: S, shared: Arc<Shared>)
where
    I: Read + Write + Unpin + 'static,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Unpin + 'static,
{
    let exchanges = Exchanges::default();
    let counted = exchanges.clone();
    let drain = Arc::clone(&shared.drain);
    let service = service_fn(move |request: Request<Incoming>| {
        let exchange = counted.begin();
        let version = request.version();
        let answer = service.call(request);
        let drain = Arc::clone(&drain);
        async move {
            let Ok(mut response) = answer.await;
            if version < HttpVersion::HTTP_2 && !drain.is_running() {
                // The client's next request belongs on another replica.
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response.map(|body| Paced::new(body, version, exchange)))
        }
    });
    match version {
        Version::One => drive(pin!(http_1().serve_connection(io, service)), &exchanges, &shared.drain).await,
        Version::Two => drive(pin!(http_2().serve_connection(io, service)), &exchanges, &shared.drain).await,
    }
}

fn http_1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_READ_MAX)
        .max_header_size(HEAD_BYTES_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .half_close(false);
    // hyper's own limit on header fields is this one; setting it would cost an allocation a request.
    const { assert!(HEADERS_MAX == 100) };
    builder
}

fn http_2() -> http2::Builder<Streams> {
    let mut builder = http2::Builder::new(Streams);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(CLIENT_STREAMS_MAX)
        .max_pending_accept_reset_streams(CLIENT_RESETS_MAX)
        .max_local_error_reset_streams(CLIENT_RESETS_MAX)
        .max_header_list_size(u32::try_from(HEAD_BYTES_MAX).unwrap_or(u32::MAX))
        .max_send_buf_size(CLIENT_STREAM_SEND_BYTES_MAX)
        .keep_alive_interval(CLIENT_PING_EVERY)
        .keep_alive_timeout(CLIENT_PING_EVERY);
    builder
}

/// Runs a connection to its end, asking it to end when it is time.
async fn drive(mut connection: Pin<&mut impl Graceful>, exchanges: &Exchanges, drain: &Drain) {
    let end = async {
        tokio::select! {
            () = quiet(exchanges) => {}
            () = last_request(exchanges, drain) => {}
        }
    };
    // Looked at when its time or the drain rings, and not each time that the connection has something to do.
    let (mut end, bell) = (pin!(end), Bell::default());
    let end = poll_fn(|context| bell.answer(context, |context| end.as_mut().poll(context)));
    let ended = tokio::select! {
        biased;
        // An error is the client's or the network's, and its request's end tells whoever must know.
        _ = connection.as_mut() => true,
        () = end => false,
    };
    if !ended {
        connection.as_mut().shut_down();
        tokio::select! {
            _ = connection => {}
            () = answered(exchanges) => {}
        }
    }
}

/// Waits until no request has begun for a long time.
async fn quiet(exchanges: &Exchanges) {
    loop {
        let before = exchanges.begun();
        tokio::time::sleep(CLIENT_QUIET_MAX).await;
        if exchanges.begun() == before {
            return;
        }
    }
}

/// Waits until all answers have been given and the client has had time to take the rest of them. Every answer has an
/// end of its own.
async fn answered(exchanges: &Exchanges) {
    loop {
        tokio::time::sleep(CLIENT_END_MAX).await;
        if exchanges.open() == 0 {
            return;
        }
    }
}

/// Waits for the drain, and then, where none has begun yet, for the request that the client is probably sending.
async fn last_request(exchanges: &Exchanges, drain: &Drain) {
    drain.reached(Phase::Closing).await;
    let deadline = tokio::time::sleep(LAST_HEAD_READ_MAX);
    tokio::pin!(deadline);
    while exchanges.begun() == 0 && !deadline.is_elapsed() {
        tokio::select! {
            () = &mut deadline => return,
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A connection that can be asked to end after what has begun.
trait Graceful: Future<Output = hyper::Result<()>> {
    fn shut_down(self: Pin<&mut Self>);
}

impl<I, S, B> Graceful for http1::Connection<I, S>
where
    I: Read + Write + Unpin + 'static,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    B: Body<Error: Into<Box<dyn std::error::Error + Send + Sync>>> + 'static,
{
    fn shut_down(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<I, S, B> Graceful for http2::Connection<I, S, Streams>
where
    I: Read + Write + Unpin,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: 'static>,
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + 'static,
{
    fn shut_down(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

#[cfg(test)]
mod floods;
#[cfg(test)]
mod tests;
