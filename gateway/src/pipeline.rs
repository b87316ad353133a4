//! The path of one request, as its stages stand in DESIGN.md: identify, read, limit, route, attempt, relay.
//!
//! [`handle`] never fails and never panics: whatever happens becomes an answer. A request is served by one snapshot; a
//! stream that runs on holds none of it. Accepting connections is [`crate::listen`]'s.
//!
//! ```text
//! identify -> read -> limit -> route -> attempt -+-> relay
//!                                ^               |
//!                                +--- failed ----+
//! ```

mod alarm;
mod attempt;
mod body;
mod call;
mod decision_header;
mod endpoint;
mod flight;
mod identify;
mod limit;
mod models;
mod passage;
mod read;
mod relay;
mod route;
mod tally;
mod world;

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, Version};
use hyper::body::Body;
use pointsman_schema::protocol::Protocol;
use pointsman_schema::snapshot::View;
use pointsman_schema::snapshot::view::KeyIx;
use tokio::sync::Notify;
use tokio::time::Instant;

pub use self::body::{Cut, ResponseBody};
use self::endpoint::Endpoint;
pub use self::endpoint::{Route, routes};
use self::relay::Over;
use self::tally::Tally;
use crate::drain::Phase;
use crate::error::{Failure, Kind, Told};
use crate::headers;
use crate::limits::{HEADERS_MAX, HELD_BYTES_MAX};
use crate::metrics::Event;
use crate::request_id::{Dice, RequestId};
use crate::room::Room;
use crate::shared::Shared;
use crate::slot::{Pinned, Reader};
use crate::upstream::connect::Connect;
use crate::upstream::pool::Pool;

/// What one core serves requests with.
pub struct Worker {
    shared: Arc<Shared>,
    reader: Reader,
    pool: Rc<Pool>,
    /// Room for what is held back of answers. Its own, so that no request writes what another core reads.
    held: Arc<Room>,
    dice: Dice,
    clock: Clock,
    /// Rung at the end of the drain's time. Its own, so that requests of different cores wait on no common lock.
    over: Arc<Notify>,
}

/// Where the time of day comes from.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The machine.
    System,
    /// A moment that moves on with the runtime's own time: for tests and replays.
    From {
        /// The time of day then.
        unix: Duration,
        /// When it was.
        at: Instant,
    },
}

impl Worker {
    /// A worker on the calling thread, which must run tasks of its own (`spawn_local`).
    pub fn new(shared: Arc<Shared>, connect: Rc<dyn Connect>) -> Rc<Self> {
        Self::with(shared, connect, Dice::from_system(), Clock::System)
    }

    /// A worker whose dice and time are given.
    pub fn with(shared: Arc<Shared>, connect: Rc<dyn Connect>, dice: Dice, clock: Clock) -> Rc<Self> {
        let reader = Reader::new(Arc::clone(&shared.slot));
        let held = Room::new(HELD_BYTES_MAX);
        let (over, drain) = (Arc::new(Notify::new()), Arc::clone(&shared.drain));
        let rung = Arc::clone(&over);
        tokio::task::spawn_local(async move {
            drain.reached(Phase::Over).await;
            rung.notify_waiters();
        });
        Rc::new(Self { shared, reader, pool: Pool::new(connect), held, dice, clock, over })
    }

    /// Lets go of idle upstream connections and of an old snapshot. Called from time to time, without a request, too.
    pub fn refresh(&self) {
        drop(self.reader.load());
        self.pool.sweep();
    }

    /// Upstream connections that are kept.
    pub fn connections_kept(&self) -> usize {
        self.pool.kept()
    }

    /// Room for what is held back of answers.
    pub const fn held(&self) -> &Arc<Room> {
        &self.held
    }

    /// Resolves when the drain's time is over.
    fn over(&self) -> Over {
        // Waits from here on, so that no ring is lost between the look and the wait.
        let rung = Arc::clone(&self.over).notified_owned();
        let is_over = self.shared.drain.is_over();
        Box::pin(async move {
            if !is_over {
                rung.await;
            }
        })
    }

    fn now(&self) -> Duration {
        match self.clock {
            Clock::System => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            Clock::From { unix, at } => unix + at.elapsed(),
        }
    }
}

/// Answers a request.
pub async fn handle<B>(worker: Rc<Worker>, request: Request<B>) -> Response<ResponseBody>
where
    B: Body<Data = Bytes> + Unpin,
{
    let arrived = Arrival::new(&worker);
    let (path, headers) = (request.uri().path(), request.headers());
    let endpoint = Endpoint::find(path, headers);
    let protocol = endpoint::protocol(endpoint.as_ref(), path, headers);
    let Some(seat) = worker.shared.requests.take() else {
        let response = failed(&arrived, protocol, &Kind::Overloaded.into());
        worker.shared.metrics.count(Event::RequestRefused);
        worker.shared.metrics.request(response.status(), arrived.at.elapsed());
        return response;
    };
    let tally = Tally::new(seat, Rc::clone(&worker), arrived.at);
    let mut response = match worker.reader.load() {
        Some(serving) => {
            let mut response = match serve(&worker, &serving, &arrived, (endpoint, request)).await {
                Ok(response) => response,
                Err(failure) => failure.response(protocol, arrived.id).map(ResponseBody::whole),
            };
            headers::sign(response.headers_mut(), arrived.id, Some(&serving.snapshot_header));
            response
        }
        None => failed(&arrived, protocol, &Kind::NoSnapshot.into()),
    };
    let status = response.status();
    response.body_mut().count(tally, status);
    response
}

/// When a request came, and its name from then on.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    id: RequestId,
    at: Instant,
    /// The time of day.
    unix: Duration,
}

impl Arrival {
    fn new(worker: &Worker) -> Self {
        let unix = worker.now();
        let unix_ms = u64::try_from(unix.as_millis()).unwrap_or(u64::MAX);
        Self { id: worker.dice.request_id(unix_ms), at: Instant::now(), unix }
    }

    fn unix_s(&self) -> i64 {
        i64::try_from(self.unix.as_secs()).unwrap_or(i64::MAX)
    }
}

async fn serve<B>(
    worker: &Rc<Worker>,
    serving: &Pinned,
    arrived: &Arrival,
    (endpoint, request): (Option<Endpoint>, Request<B>),
) -> Result<Response<ResponseBody>, Failure>
where
    B: Body<Data = Bytes> + Unpin,
{
    let view = serving.snapshot.view();
    let (endpoint, key) = match admit(&view, arrived, endpoint, &request) {
        Ok(admitted) => admitted,
        Err(failure) => {
            if request.version() == Version::HTTP_2 {
                read::let_go(&mut request.into_body()).await;
            }
            return Err(failure);
        }
    };
    match endpoint {
        Endpoint::Models(protocol) => Ok(models::list(&view, key, protocol)),
        Endpoint::Model(protocol, name) => Ok(models::one(&view, key, (protocol, &name))?),
        Endpoint::Ask(ask) => {
            let (head, body) = request.into_parts();
            let received = read::body(body, worker.shared.bodies.space()).await?;
            call::serve(worker, serving, (*arrived, key), (ask, head.headers), received).await
        }
    }
}

/// Who asks for what, from the head of a request alone.
fn admit<B>(
    view: &View<'_>,
    arrived: &Arrival,
    endpoint: Option<Endpoint>,
    request: &Request<B>,
) -> Result<(Endpoint, KeyIx), Failure> {
    // Only HTTP/1.1 has a limit of its own below.
    if request.headers().len() > HEADERS_MAX {
        return Err(Kind::TooManyHeaders.into());
    }
    let endpoint = endpoint.filter(|one| !one.is_unknown_question(request.method()));
    let endpoint = endpoint.ok_or_else(|| nowhere(request.uri().path(), request.headers()))?;
    let allow = endpoint.method();
    if request.method() != allow {
        return Err(Kind::MethodNotAllowed { allow }.into());
    }
    let places = (request.headers(), request.uri().query());
    Ok((endpoint, identify::key(view, places, arrived.unix_s())?))
}

/// No path that leads anywhere. What would, is told where only the version is missing, or is there twice.
fn nowhere(path: &str, headers: &HeaderMap) -> Failure {
    let meant = match path.strip_prefix("/v1/v1") {
        Some(rest) => format!("/v1{rest}"),
        None => format!("/v1{path}"),
    };
    let is_one = meant.len() <= PATH_TOLD_BYTES_MAX
        && matches!(Endpoint::find(&meant, headers), Some(Endpoint::Ask(_) | Endpoint::Models(_)));
    let message = || format!("There is no such endpoint: did you mean `{meant}`?");
    let told = is_one.then(|| Box::new(Told { message: Some(message()), ..Told::default() }));
    Failure { told, ..Failure::from(Kind::NotFound) }
}

/// **Unit**: bytes of a path that an error repeats.
const PATH_TOLD_BYTES_MAX: usize = 256;

fn failed(arrived: &Arrival, protocol: Protocol, failure: &Failure) -> Response<ResponseBody> {
    let mut response = failure.response(protocol, arrived.id).map(ResponseBody::whole);
    headers::sign(response.headers_mut(), arrived.id, None);
    response
}
