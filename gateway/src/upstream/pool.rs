//! The connections of one worker: which is used again, and when a new one is made.
//!
//! HTTP/1.1 connections wait in a rack for each endpoint, the newest on top; they are looked at when they are taken, so
//! one that the provider has closed meanwhile is not used. HTTP/2 connections are shared up to a number of streams, and
//! a further one is made past it; of those that several requests open at the same time, one is kept. Nothing waits in a queue here: how many requests there may be is limited before.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use tokio::time::Instant;

use super::connect::{Connect, Version};
use super::exchange::{Answered, Http1, Http2, Stream, on_http1, on_http2};
use super::payload::Payload;
use super::target::Endpoint;
use super::{ConnectError, UpstreamError};
use crate::limits::{
    CONNECTION_AGE_MAX, IDLE_CONNECTION_AGE_MAX, IDLE_CONNECTIONS_MAX, SEND_AGAIN_WITHIN,
    STREAMS_PER_CONNECTION_MAX,
};

/// See the module.
pub struct Pool {
    connect: Rc<dyn Connect>,
    racks: RefCell<BTreeMap<Arc<Endpoint>, Rack>>,
}

#[derive(Default)]
struct Rack {
    #[expect(clippy::vec_box, reason = "a connection moves between rack and answer; its box does not")]
    idle: Vec<Box<Http1>>,
    shared: Vec<Rc<Http2>>,
}

enum Line {
    Http1(Box<Http1>),
    Http2(Stream),
}

impl Line {
    /// The connection, where it is shared.
    fn shared(&self) -> Option<Rc<Http2>> {
        match self {
            Self::Http1(_) => None,
            Self::Http2(stream) => Some(stream.connection()),
        }
    }
}

impl Pool {
    /// An empty pool over a way to connect.
    pub fn new(connect: Rc<dyn Connect>) -> Rc<Self> {
        Rc::new(Self { connect, racks: RefCell::default() })
    }

    /// Sends a request and waits for the head of its answer.
    ///
    /// `make` writes the request for the version that the connection speaks. It is called a second time when the provider
    /// says that it did nothing with the request, and when a used connection turns out to have been closed before it
    /// answered anything: at once, for a provider that had the request for longer may have begun to work on it, and to
    /// charge for it.
    pub async fn send(
        self: &Rc<Self>,
        endpoint: &Arc<Endpoint>,
        connect_max: Duration,
        make: impl Fn(Version) -> Request<Payload>,
    ) -> Result<Answered, UpstreamError> {
        let sent = Instant::now();
        if let Some(line) = self.take(endpoint, sent) {
            let shared = line.shared();
            match self.send_on(endpoint, line, &make).await {
                // It would say the same to the next.
                Err(UpstreamError::Exchange(error)) if is_unprocessed(&error) => {
                    self.retire(endpoint, shared);
                }
                Err(UpstreamError::Exchange(error))
                    if ended_unanswered(&error) && sent.elapsed() < SEND_AGAIN_WITHIN => {}
                other => return other,
            }
        }
        // On the heap: it is seldom, and its states are larger than those of all the rest.
        let line = Box::pin(self.open(endpoint, connect_max)).await?;
        self.send_on(endpoint, line, &make).await
    }

    async fn send_on(
        self: &Rc<Self>,
        endpoint: &Arc<Endpoint>,
        line: Line,
        make: &impl Fn(Version) -> Request<Payload>,
    ) -> Result<Answered, UpstreamError> {
        match line {
            Line::Http1(connection) => on_http1(self, endpoint, connection, || make(Version::Http1)).await,
            Line::Http2(stream) => on_http2(stream, make(Version::Http2)).await,
        }
    }

    /// A connection that is there already.
    fn take(&self, endpoint: &Endpoint, now: Instant) -> Option<Line> {
        let mut racks = self.racks.borrow_mut();
        let rack = racks.get_mut(endpoint)?;
        while let Some(mut connection) = rack.idle.pop() {
            if is_fresh(&connection, now) && connection.is_usable() {
                return Some(Line::Http1(connection));
            }
        }
        rack.shared.retain(|shared| is_kept(shared, now));
        rack.stream().map(Line::Http2)
    }

    async fn open(&self, endpoint: &Arc<Endpoint>, connect_max: Duration) -> Result<Line, UpstreamError> {
        let deadline = Instant::now() + connect_max;
        let opened = tokio::time::timeout_at(deadline, self.connect_and_greet(endpoint, deadline)).await;
        Ok(opened.map_err(|_| UpstreamError::ConnectTimeout)??)
    }

    async fn connect_and_greet(
        &self,
        endpoint: &Arc<Endpoint>,
        deadline: Instant,
    ) -> Result<Line, ConnectError> {
        let connected = self.connect.connect(endpoint, deadline).await?;
        if connected.version == Version::Http1 {
            return Ok(Line::Http1(Http1::handshake(connected.io).await?));
        }
        let shared = Http2::handshake(connected.io).await?;
        let now = Instant::now();
        let stream = self.on_rack(endpoint, |rack| {
            rack.shared.retain(|shared| is_kept(shared, now));
            // Others were faster: theirs has room, and this one ends unused.
            rack.stream().or_else(|| {
                let stream = shared.stream(STREAMS_PER_CONNECTION_MAX);
                rack.shared.push(shared);
                stream
            })
        });
        let closed = || ConnectError::Io(std::io::ErrorKind::ConnectionReset.into());
        stream.map(Line::Http2).ok_or_else(closed)
    }

    /// Gives a shared connection no more requests. It ends with its last stream.
    fn retire(&self, endpoint: &Arc<Endpoint>, retired: Option<Rc<Http2>>) {
        if let Some(retired) = retired {
            self.on_rack(endpoint, |rack| rack.shared.retain(|shared| !Rc::ptr_eq(shared, &retired)));
        }
    }

    /// Keeps a connection whose answer was read to its end. Whether it can serve another is seen when it is taken: to
    /// look at it here, too, would cost 1 % of a request's instructions.
    pub(super) fn keep(&self, endpoint: &Arc<Endpoint>, mut connection: Box<Http1>) {
        connection.rest();
        self.on_rack(endpoint, |rack| {
            if rack.idle.len() < IDLE_CONNECTIONS_MAX {
                rack.idle.push(connection);
            }
        });
    }

    /// Closes what is idle for too long or was closed by its provider. Called from time to time.
    pub fn sweep(&self) {
        let now = Instant::now();
        self.racks.borrow_mut().retain(|_, rack| {
            rack.idle.retain_mut(|connection| is_fresh(connection, now) && connection.is_usable());
            rack.shared.retain(|shared| is_kept(shared, now));
            !rack.idle.is_empty() || !rack.shared.is_empty()
        });
    }

    /// How many connections are kept. For tests and operators.
    pub fn kept(&self) -> usize {
        self.racks.borrow().values().map(|rack| rack.idle.len() + rack.shared.len()).sum()
    }

    fn on_rack<R>(&self, endpoint: &Arc<Endpoint>, change: impl FnOnce(&mut Rack) -> R) -> R {
        let mut racks = self.racks.borrow_mut();
        match racks.get_mut(&**endpoint) {
            Some(rack) => change(rack),
            None => change(racks.entry(Arc::clone(endpoint)).or_default()),
        }
    }
}

impl Rack {
    /// A stream of a shared connection that has room for one.
    fn stream(&self) -> Option<Stream> {
        self.shared.iter().find_map(|shared| shared.stream(STREAMS_PER_CONNECTION_MAX))
    }
}

/// Whether a shared connection takes more requests. An old one ends with its last stream, which holds it.
fn is_kept(shared: &Http2, now: Instant) -> bool {
    let is_idle = shared.idle_at(now).is_some_and(|idle| idle >= IDLE_CONNECTION_AGE_MAX);
    !shared.is_closed() && !is_idle && now - shared.born < CONNECTION_AGE_MAX
}

fn is_fresh(connection: &Http1, now: Instant) -> bool {
    now - connection.idle < IDLE_CONNECTION_AGE_MAX && now - connection.born < CONNECTION_AGE_MAX
}

/// Whether the connection was closed before any byte of an answer: a race with the provider's own idle limit.
fn ended_unanswered(error: &hyper::Error) -> bool {
    error.is_incomplete_message() || error.is_canceled() || error.is_closed() || is_reset(error)
}

/// Whether the provider says that it did nothing with the request.
///
/// **Source**: RFC 9113, section 8.7.
fn is_unprocessed(error: &hyper::Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<h2::Error>());
    source.is_some_and(|h2| {
        let reason = h2.reason();
        h2.is_remote()
            && ((h2.is_reset() && reason == Some(h2::Reason::REFUSED_STREAM))
                || (h2.is_go_away() && reason == Some(h2::Reason::NO_ERROR)))
    })
}

fn is_reset(error: &hyper::Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<std::io::Error>());
    source.is_some_and(|io| {
        matches!(io.kind(), std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe)
    })
}
