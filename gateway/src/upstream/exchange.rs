//! One request and its answer on one connection.
//!
//! Whoever waits for an [`Answer`] drives its HTTP/1.1 connection in the same task. Dropping an answer before its end
//! closes that connection (or resets the HTTP/2 stream), which is how a client's going away reaches the provider. An
//! answer read to its end gives its connection back to the pool.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, response};
use hyper::body::{Body as _, Frame, Incoming};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::Instant;

use super::connect::Io;
use super::payload::Payload;
use super::pool::Pool;
use super::target::Endpoint;
use super::{LocalExecutor, UpstreamError};
use crate::bell::Bell;
use crate::limits::{UPSTREAM_PING_EVERY, UPSTREAM_PING_MAX};

type Framed = Result<Frame<Bytes>, hyper::Error>;
type Driver = http1::Connection<TokioIo<Box<dyn Io>>, Payload>;

/// An HTTP/1.1 connection with its driver.
pub(super) struct Http1 {
    sender: http1::SendRequest<Payload>,
    driver: Option<Driver>,
    bell: Bell,
    pub(super) born: Instant,
    /// Since when nobody uses it.
    pub(super) idle: Instant,
}

/// An HTTP/2 connection that several requests share.
pub(super) struct Http2 {
    sender: http2::SendRequest<Payload>,
    streams: Cell<u32>,
    pub(super) born: Instant,
    /// Since when nobody uses it, where nobody does.
    idle: Cell<Instant>,
}

/// One stream of a shared connection.
pub(super) struct Stream(Rc<Http2>);

/// The body of an answer, and the connection that it comes on.
pub struct Answer {
    body: Incoming,
    line: Line,
}

enum Line {
    Http1 {
        connection: Box<Http1>,
        pool: Rc<Pool>,
        endpoint: Arc<Endpoint>,
    },
    Http2 {
        _stream: Stream,
    },
    /// The answer is over.
    Ended,
}

impl Http1 {
    pub(super) async fn handshake(io: Box<dyn Io>) -> Result<Box<Self>, hyper::Error> {
        let (sender, driver) = http1::handshake(TokioIo::new(io)).await?;
        let now = Instant::now();
        Ok(Box::new(Self { sender, driver: Some(driver), bell: Bell::default(), born: now, idle: now }))
    }

    /// Whether another request can be sent. Wakes nobody later.
    pub(super) fn is_usable(&mut self) -> bool {
        self.bell.rest();
        drive(&mut self.driver, &mut Context::from_waker(Waker::noop()));
        self.driver.is_some() && self.sender.is_ready()
    }

    /// Lets go of the task that used it.
    pub(super) fn rest(&mut self) {
        self.bell.rest();
        self.idle = Instant::now();
    }

    /// The next of an answer's body.
    fn poll_frame(&mut self, body: &mut Incoming, context: &mut Context<'_>) -> Poll<Option<Framed>> {
        let Self { driver, bell, .. } = self;
        bell.answer(context, |context| {
            // Asked before driving, because the driver reads only what somebody wants.
            let polled = Pin::new(&mut *body).poll_frame(context);
            if polled.is_ready() {
                return polled;
            }
            bell.heed();
            drive(driver, context);
            Pin::new(body).poll_frame(context)
        })
    }

    /// Hands a request to the driver; what it gives drives until the head of an answer.
    fn send(
        &mut self,
        request: Request<Payload>,
    ) -> impl Future<Output = Result<Response<Incoming>, hyper::Error>> {
        let Self { sender, driver, bell, .. } = self;
        // On the heap, because hyper's future keeps room for the request, and so would all that wait for it.
        let mut answer = Box::pin(sender.send_request(request));
        std::future::poll_fn(move |context| {
            bell.answer(context, |context| {
                drive(driver, context);
                answer.as_mut().poll(context)
            })
        })
    }
}

/// Moves bytes; the driver is gone when the connection has ended.
fn drive(driver: &mut Option<Driver>, context: &mut Context<'_>) {
    if let Some(running) = driver
        && Pin::new(running).poll(context).is_ready()
    {
        *driver = None;
    }
}

impl Http2 {
    pub(super) async fn handshake(io: Box<dyn Io>) -> Result<Rc<Self>, hyper::Error> {
        let mut builder = http2::Builder::new(LocalExecutor);
        builder
            .timer(TokioTimer::new())
            .keep_alive_interval(UPSTREAM_PING_EVERY)
            .keep_alive_timeout(UPSTREAM_PING_MAX);
        let (sender, driver) = builder.handshake(TokioIo::new(io)).await?;
        drop(tokio::task::spawn_local(driver));
        let now = Instant::now();
        Ok(Rc::new(Self { sender, streams: Cell::new(0), born: now, idle: Cell::new(now) }))
    }

    /// One more stream, unless the connection has as many as allowed or has ended.
    pub(super) fn stream(self: &Rc<Self>, streams_max: u32) -> Option<Stream> {
        let streams = self.streams.get();
        if streams >= streams_max || self.sender.is_closed() {
            return None;
        }
        self.streams.set(streams + 1);
        Some(Stream(Rc::clone(self)))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// For how long nobody has used it; nothing while somebody does.
    pub(super) fn idle_at(&self, now: Instant) -> Option<Duration> {
        (self.streams.get() == 0).then(|| now - self.idle.get())
    }
}

impl Stream {
    /// The connection that it is a stream of.
    pub(super) fn connection(&self) -> Rc<Http2> {
        Rc::clone(&self.0)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.streams.set(self.0.streams.get().saturating_sub(1));
        self.0.idle.set(Instant::now());
    }
}

/// The head of an answer and the rest of it.
pub(super) type Answered = (response::Parts, Answer);

/// Sends on an HTTP/1.1 connection of the pool. `make` writes the request.
pub(super) async fn on_http1(
    pool: &Rc<Pool>,
    endpoint: &Arc<Endpoint>,
    mut connection: Box<Http1>,
    make: impl FnOnce() -> Request<Payload>,
) -> Result<Answered, UpstreamError> {
    let (head, body) = connection.send(make()).await.map_err(UpstreamError::Exchange)?.into_parts();
    let line = Line::Http1 { connection, pool: Rc::clone(pool), endpoint: Arc::clone(endpoint) };
    Ok((head, Answer { body, line }))
}

/// Sends on a stream of a shared connection.
pub(super) async fn on_http2(stream: Stream, request: Request<Payload>) -> Result<Answered, UpstreamError> {
    let mut sender = stream.0.sender.clone();
    sender.ready().await.map_err(UpstreamError::Exchange)?;
    let (head, body) = sender.send_request(request).await.map_err(UpstreamError::Exchange)?.into_parts();
    Ok((head, Answer { body, line: Line::Http2 { _stream: stream } }))
}

impl Answer {
    /// The next bytes; `None` at a proper end.
    pub fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, UpstreamError>>> {
        loop {
            let body = &mut self.body;
            let polled = match &mut self.line {
                Line::Http1 { connection, .. } => connection.poll_frame(body, context),
                Line::Http2 { .. } | Line::Ended => Pin::new(body).poll_frame(context),
            };
            match polled {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => return Poll::Ready(Some(Ok(data))),
                    // Trailers mean nothing here.
                    _ => {}
                },
                Poll::Ready(Some(Err(error))) => {
                    self.line = Line::Ended;
                    return Poll::Ready(Some(Err(UpstreamError::Body(error))));
                }
                Poll::Ready(None) => {
                    self.give_back();
                    return Poll::Ready(None);
                }
            }
        }
    }

    /// The next bytes; `None` at a proper end.
    pub async fn chunk(&mut self) -> Option<Result<Bytes, UpstreamError>> {
        std::future::poll_fn(|context| self.poll_chunk(context)).await
    }

    /// Whether all of it has been read.
    pub fn is_ended(&self) -> bool {
        self.body.is_end_stream()
    }

    /// What the head says of its length. **Unit**: bytes.
    pub fn exact_len(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }

    fn give_back(&mut self) {
        if let Line::Http1 { connection, pool, endpoint } = std::mem::replace(&mut self.line, Line::Ended) {
            pool.keep(&endpoint, connection);
        }
    }
}
