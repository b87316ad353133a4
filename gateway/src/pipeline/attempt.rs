//! One attempt on one backend: send, wait for an answer that can be relayed, or say why there is none.
//!
//! What is relayed can no longer fall back. So an unstreamed answer is held until it is whole (or large), and a stream
//! until its first content. Until an unstreamed answer's head or a stream's first content, all is under one deadline;
//! what an unstreamed answer's head is followed by may pause only for so long. The whole request's time is over all.

mod held;
mod reading;
mod refused;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Response, response};
use pointsman_schema::dialect::Dialect;
use pointsman_schema::feature::is_forwarded;
use pointsman_schema::outcome::Outcome;
use pointsman_schema::protocol::ProviderProtocol;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

pub(super) use self::held::Held;
use super::ResponseBody;
use super::call::Call;
use super::flight::Flight;
use super::passage::{Passage, Then};
use super::relay::{Live, Over, Relay};
use crate::breaker::InFlight;
use crate::conversation::Needs;
use crate::dialect::foreign::Foreign;
use crate::error::{Failure, Kind};
use crate::headers::DROPPED;
use crate::operation::Operation;
use crate::provider::framing::{Framing, Splitter};
use crate::provider::head::relayed;
use crate::provider::outgoing::{Outgoing, of_protocol_alone, write};
use crate::provider::usage::{Tail, Used};
use crate::provider::{Upstream, vertex};
use crate::room::Room;
use crate::secrets::Secret;
use crate::serving::credential::Lent;
use crate::translate::{self, Wire};
use crate::upstream::UpstreamError;
use crate::upstream::exchange::Answer;
use crate::upstream::payload::{Edit, Payload};
use crate::upstream::target::Target;

/// Why an attempt gave nothing to relay.
pub(super) struct Fault {
    pub(super) outcome: Outcome,
    pub(super) failure: Failure,
    /// Whether the backend was not asked at all, so that nothing is known of it.
    is_unsent: bool,
    /// What else operators should know: nothing that a client or a provider wrote.
    why: Option<String>,
}

impl Fault {
    /// An outcome, and what the client is told of it.
    fn new(outcome: Outcome, failure: Failure) -> Self {
        Self { outcome, failure, is_unsent: false, why: None }
    }

    /// The same, with what is known of it.
    fn because(self, why: String) -> Self {
        Self { why: Some(why), ..self }
    }

    /// The same, of a request that was not sent.
    fn unsent(self) -> Self {
        Self { is_unsent: true, ..self }
    }

    /// An outcome of which nothing more is known.
    pub(super) fn of(outcome: Outcome) -> Self {
        Self::new(outcome, Kind::Upstream(outcome).into())
    }

    /// The whole request's time is over, as this backend counts it. Another may have longer.
    pub(super) fn out_of_time() -> Self {
        Self::new(Outcome::Timeout, Kind::TotalTimeout.into())
    }
}

/// An answer that can be relayed.
pub(super) struct Ready {
    headers: HeaderMap,
    /// What is here already.
    pub(super) held: Held,
    /// What is still to come.
    pub(super) live: Option<Box<Live>>,
}

impl Ready {
    /// What the provider was not told, for a stream whose head has gone out before: a comment, or nothing.
    pub(super) fn late(&self) -> Bytes {
        self.headers.get(DROPPED).map_or_else(Bytes::new, |places| {
            [b": ", DROPPED.as_str().as_bytes(), b": ", places.as_bytes(), b"\n\n"].concat().into()
        })
    }

    /// The answer's head and body.
    pub(super) fn into_response(mut self, over: Over, dialect: Dialect) -> Response<ResponseBody> {
        let is_stream = self.live.as_ref().is_some_and(|live| live.is_stream());
        let body = match self.live {
            None => ResponseBody::held(self.held),
            Some(live) => ResponseBody::relay(Relay::live(self.held, live, over, dialect)),
        };
        let mut response = Response::new(body);
        if is_stream {
            self.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
        *response.headers_mut() = self.headers;
        response
    }
}

/// How a request was sent, and so what its answer looks like.
#[derive(Debug, Clone, Copy)]
enum Sent {
    /// As it came. `hides_usage` is whether a stream was made to say what it used though the client did not ask.
    Forwarded { operation: Operation, hides_usage: bool },
    /// In another protocol's words. `wants_usage` is whether the client asked for what a stream used.
    Translated { wire: Wire, wants_usage: bool },
}

/// A request for a provider.
struct Prepared {
    sent: Sent,
    payload: Payload,
    /// Where in the client's request stands what the provider is not told.
    dropped: Option<HeaderValue>,
}

impl Sent {
    /// The form of a stream that answers it.
    const fn framing(self) -> Framing {
        match self {
            Self::Forwarded { .. } => Framing::Events,
            Self::Translated { wire, .. } => wire.framing(),
        }
    }
}

/// An answer's head, its body, and what both are read for.
struct Reading<'a> {
    call: &'a Call,
    sent: Sent,
    dropped: Option<HeaderValue>,
    head: response::Parts,
    answer: Answer,
    target: &'a Target,
    /// What was sent as its credential.
    secret: Option<Lent<'a>>,
    /// Room for what is held back.
    room: &'a Arc<Room>,
}

/// Makes one attempt, for which there must be time left, at the seat that it was given. `dropped` are the features that may
/// be left out of the request.
pub(super) async fn attempt(
    call: &Call,
    target: &Target,
    dropped: u64,
    seat: InFlight,
) -> Result<Ready, Fault> {
    let mut flight = Flight::begin(call, target, seat);
    let began = Instant::now();
    let total = call.deadline(target.times.total);
    let first = began + if call.stream { target.times.first_token } else { target.times.answer };
    match exchange(call, (target, dropped), (first.min(total), total)).await {
        Ok((headers, Read { held, rest, used })) => {
            flight.proved();
            flight.used(used);
            let Some(rest) = rest else {
                flight.end(Outcome::Served);
                return Ok(Ready { headers, held, live: None });
            };
            let times = (target.times.between_chunks, total);
            Ok(Ready { headers, held, live: Some(Live::new(rest, flight, times)) })
        }
        Err(fault) if fault.is_unsent => {
            flight.end_blameless(fault.outcome);
            Err(fault)
        }
        Err(mut fault) if Instant::now() < total => {
            flight.why = fault.why.take();
            flight.end(fault.outcome);
            Err(fault)
        }
        Err(_) if 2 * began.elapsed() < target.times.total => {
            // Most of the time went elsewhere.
            flight.end_blameless(Outcome::Timeout);
            Err(Fault::out_of_time())
        }
        Err(_) => {
            flight.end(Outcome::Timeout);
            Err(Fault::out_of_time())
        }
    }
}

/// A head, and what follows it.
type Reached = (HeaderMap, Read);

/// What was read of an answer until it was certain that it can be relayed.
struct Read {
    /// What is held.
    held: Held,
    /// What is still to come.
    rest: Option<Rest>,
    /// What it used so far.
    used: Used,
}

/// An answer that goes on after what is held of it.
pub(super) struct Rest {
    pub(super) answer: Answer,
    /// Of a stream, how its events are passed on.
    pub(super) events: Option<Events>,
    /// What no error within a stream may repeat.
    pub(super) secret: Option<Secret>,
    /// Whether it is no JSON, so that nothing of its form can be told.
    pub(super) is_media: bool,
    /// The last byte so far that is not space.
    pub(super) last_byte: Option<u8>,
    /// Of an answer that is not streamed, its end so far.
    pub(super) tail: Option<Tail>,
}

/// A stream that has begun.
pub(super) struct Events {
    /// Cuts it at its events.
    pub(super) splitter: Splitter,
    /// What becomes of them.
    pub(super) passage: Passage,
    /// How it goes on after those that are held.
    pub(super) then: Then,
}

/// When an answer must have begun, and when the request must be over.
type Deadlines = (Instant, Instant);

async fn exchange(
    call: &Call,
    (target, dropped): (&Target, u64),
    (first, total): Deadlines,
) -> Result<Reached, Fault> {
    let mut reading = timeout_at(first, head(call, target, dropped)).await.unwrap_or_else(too_late)?;
    let mut headers = relayed(&reading.head.headers);
    if let Some(places) = reading.dropped.take() {
        headers.insert(DROPPED, places);
    }
    if matches!(reading.sent, Sent::Translated { .. }) {
        let media = if call.stream { "text/event-stream" } else { "application/json" };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    }
    let read = if call.stream {
        timeout_at(first, reading.first_content()).await.unwrap_or_else(too_late)?
    } else {
        reading.whole(total).await?
    };
    Ok((headers, read))
}

/// What a deadline that has passed means. Not around the work itself: an `async` function would hold its states twice.
fn too_late<T>(_: Elapsed) -> Result<T, Fault> {
    Err(Fault::of(Outcome::Timeout))
}

/// Sends, and waits for the head of an answer that is not a refusal.
async fn head<'a>(call: &'a Call, target: &'a Target, dropped: u64) -> Result<Reading<'a>, Fault> {
    let secret = call.serving.lend(target);
    let Prepared { sent, payload, dropped } = prepared(call, target, dropped).map_err(Fault::unsent)?;
    let (operation, forwarded) = match sent {
        Sent::Forwarded { operation, .. } => (operation, Some(operation.dialect().protocol())),
        Sent::Translated { wire, .. } => (wire.operation(call.stream), None),
    };
    let route = target.route(operation, call.stream);
    let route = route.ok_or_else(|| Fault::of(Outcome::ClientError).unsent())?;
    let outgoing = Outgoing {
        inbound: &call.inbound,
        forwarded,
        route,
        payload: &payload,
        content_type: call.form.as_ref(),
        accept: match (call.stream, operation.gives_media()) {
            (true, _) => sent.framing().media(),
            (false, true) => "*/*",
            (false, false) => "application/json",
        },
        secret: secret.as_ref(),
        now: call.worker.now(),
    };
    let answered = call
        .worker
        .pool
        .send(&target.endpoint, target.times.connect, |version| write(target, &outgoing, version))
        .await;
    let (status_and_headers, answer) = answered.map_err(|error| unreached(&error))?;
    let room = call.worker.held();
    let reading = Reading { call, sent, dropped, head: status_and_headers, answer, target, secret, room };
    if reading.head.status != http::StatusCode::OK {
        return Err(Box::pin(reading.refused(call.worker.now())).await);
    }
    Ok(reading)
}

/// What is sent: as it is where the provider serves what was asked for, else in its own words.
fn prepared(call: &Call, target: &Target, dropped: u64) -> Result<Prepared, Fault> {
    let dialect = call.operation.dialect();
    if is_forwarded(dialect, target.spoken) {
        return Ok(forwarded(call, target));
    }
    match Wire::of(target.spoken) {
        Some(wire) if dialect.is_conversation() => translated(call, target, (wire, dropped)),
        _ => Err(Fault::of(Outcome::ClientError)),
    }
}

/// The client's bytes, with the provider's model name where it is another and stands in them, with the wish that a stream
/// says what it used, and without what the client got from providers of other protocols.
fn forwarded(call: &Call, target: &Target) -> Prepared {
    let foreign = call.foreign();
    let unthinking = foreign.as_ref().and_then(Foreign::unthinking);
    let edits =
        [foreign.as_ref().map(Foreign::edit), unthinking, named(call, target), call.usage_edit.clone()];
    let payload = Payload::edited(&call.received.bytes, edits);
    let dropped = foreign.and_then(|foreign| HeaderValue::try_from(foreign.places).ok());
    let sent = Sent::Forwarded { operation: call.operation, hides_usage: call.usage_edit.is_some() };
    Prepared { sent, payload, dropped }
}

/// What changes in the client's bytes so that they name the provider's model where it looks for it.
fn named(call: &Call, target: &Target) -> Option<Edit> {
    if (target.protocol, target.spoken) == (ProviderProtocol::Vertex, ProviderProtocol::Anthropic) {
        return vertex::edit(call.operation, (&call.received.bytes, &call.model_at), &target.model_json);
    }
    call.model_at.edit(call.model == target.model, || match call.form {
        Some(_) => Bytes::copy_from_slice(target.model.as_bytes()),
        None => target.model_json.clone(),
    })
}

/// The client's request in the words of another protocol.
fn translated(call: &Call, target: &Target, (wire, dropped): (Wire, u64)) -> Result<Prepared, Fault> {
    let mut conversation = call
        .conversation()
        .map_err(|malformed| Fault::new(Outcome::ClientError, Failure::from(&malformed)))?;
    conversation.stream = call.stream;
    conversation.fit(target.reasons);
    let upstream =
        Upstream { model: &target.model, output_limit: target.output_limit, protocol: target.protocol };
    let mut out = BytesMut::with_capacity(call.received.bytes.len() + TRANSLATION_BYTES_MORE);
    let left_out = translate::write(wire, &mut conversation, upstream, &mut out);
    let sent = Sent::Translated { wire, wants_usage: conversation.wants_usage };
    let headers = of_protocol_alone(&call.inbound, call.operation.dialect().protocol());
    let dropped = places(&conversation.needs, dropped | left_out, headers);
    Ok(Prepared { sent, payload: Payload::whole(out.freeze()), dropped })
}

/// Where these features stand in a request, and these headers, if there are any.
fn places(needs: &Needs, features: u64, headers: impl Iterator<Item = &'static str>) -> Option<HeaderValue> {
    let mut places: Vec<&str> = needs.places(features).collect();
    headers.for_each(|header| places.push(header));
    // A member's name can hold what no header can.
    let text = places.join(", ").escape_default().to_string();
    HeaderValue::try_from(text).ok().filter(|text| !text.is_empty())
}

/// By how much a request may grow without its buffer growing. **Unit**: bytes.
const TRANSLATION_BYTES_MORE: usize = 256;

fn unreached(error: &UpstreamError) -> Fault {
    let outcome = match error {
        UpstreamError::Connect(_) => Outcome::Connect,
        UpstreamError::ConnectTimeout => Outcome::Timeout,
        // Nothing of an answer came, or nothing that is HTTP.
        UpstreamError::Exchange(_) => Outcome::ServerError,
        UpstreamError::Body(_) => Outcome::CutStream,
    };
    Fault::of(outcome).because(error.to_string())
}

/// A wish to be asked later, as the failure that carries it.
fn later(mut fault: Fault, retry_after: Option<Duration>) -> Fault {
    fault.failure.retry_after = retry_after;
    fault
}
