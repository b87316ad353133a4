//! One request from its facts to its answer: decide, attempt, decide again, until somebody serves.
//!
//! A stream's status is held back until its first content, but not for longer than a client's patience: then 200 is
//! committed with a comment, and the search for a backend goes on inside the answer's body.

use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response};
use pointsman_routing::{Attempt, Decision, Refusal, Report, Shortage, Step};
use pointsman_schema::dialect::Dialect;
use pointsman_schema::feature::{self, Feature};
use pointsman_schema::limits::MODEL_NAME_BYTES_MAX;
use pointsman_schema::outcome::Outcome;
use pointsman_schema::snapshot::view::{BackendIx, ChainIx, KeyIx};
use tokio::time::Instant;

use super::attempt::{Fault, Ready, attempt};
use super::endpoint::Ask;
use super::read::Received;
use super::relay::{Over, Relay};
use super::world::Moment;
use super::{Arrival, ResponseBody, Worker, decision_header, limit, route};
use crate::breaker::Try;
use crate::conversation::Conversation;
use crate::dialect::Frame;
use crate::dialect::foreign::{self, Foreign};
use crate::error::{Failure, Kind, Told};
use crate::form::{self, Boundary};
use crate::headers::DECISION;
use crate::json::{self, ModelAt, explained, fields::Malformed};
use crate::limiting::Admission;
use crate::limits::COMMENT_EVERY;
use crate::metrics::Event;
use crate::operation::Operation;
use crate::request_id::RequestId;
use crate::slot::Pinned;
use crate::translate;
use crate::upstream::payload::Edit;
use crate::upstream::target::Target;

/// A request while it looks for a backend.
pub(super) struct Call {
    pub(super) worker: Rc<Worker>,
    pub(super) serving: Pinned,
    pub(super) arrived: Arrival,
    pub(super) inbound: HeaderMap,
    pub(super) received: Received,
    pub(super) operation: Operation,
    /// What is asked for, and where it stands in the body.
    pub(super) model: String,
    pub(super) model_at: ModelAt,
    /// The content type, where the body is a form.
    pub(super) form: Option<HeaderValue>,
    pub(super) stream: bool,
    /// Estimated. **Unit**: tokens.
    pub(super) input_tokens: u32,
    /// What makes a stream say what it used, where its client did not ask.
    pub(super) usage_edit: Option<Edit>,
    /// What the limits of its key let it have.
    pub(super) admission: Option<Rc<Admission>>,
}

/// An attempt that is about to be made.
struct Planned {
    next: Attempt,
    pause: Duration,
    /// The backend of the attempt before.
    failed: Option<BackendIx>,
}

/// Why a planned attempt gave nothing to relay.
enum Missed {
    Failed(Fault),
    /// It was not made: after its pause, this is to be done instead.
    Instead(Step),
}

impl From<Fault> for Missed {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

/// How a search ended, and the value of the decision's header.
pub(super) struct Settled {
    pub(super) result: Result<Ready, Failure>,
    id: RequestId,
    decision: Option<HeaderValue>,
}

/// A search that goes on.
pub(super) type Search = Pin<Box<dyn Future<Output = Settled>>>;

/// Answers a request.
pub(super) async fn serve(
    worker: &Rc<Worker>,
    serving: &Pinned,
    (arrived, key): (Arrival, KeyIx),
    (ask, inbound): (Ask, HeaderMap),
    received: Received,
) -> Result<Response<ResponseBody>, Failure> {
    let body = received.bytes.clone();
    let Ask { operation, model } = ask;
    let boundary = if operation.takes_form() { Boundary::of(inbound.get(CONTENT_TYPE)) } else { None };
    let boundary = boundary.transpose()?;
    let asked = match &boundary {
        Some(boundary) => form::read(&body, boundary, model.as_deref())?,
        None => json::read(&body, operation, model.as_deref())
            .map_err(|bad| explained::failure(bad, (&body, &inbound), operation))?,
    };
    let view = serving.snapshot.view();
    let dialect = operation.dialect();
    let is_translated = serving.translating.may(ChainIx::from(view.key(key).chain), dialect);
    let features = if is_translated { route::features(&view, &asked, dialect) } else { 0 };
    let facts = route::facts(&view, key, (&arrived, &inbound), (&asked, dialect, features))?;
    let admission = match limit::admit(worker, serving, &arrived, &facts) {
        Ok(admission) => admission,
        Err(response) => return Ok(*response),
    };
    let left = admission.as_ref().map(|admission| admission.left);
    let moment = Moment { worker, serving };
    let mut decision = Box::new(Decision::open());
    let step = decision.begin(&view, &facts, &moment);
    let call = Call {
        worker: Rc::clone(worker),
        serving: serving.clone(),
        arrived,
        inbound,
        received,
        operation,
        model_at: asked.model_at.clone(),
        form: boundary.as_ref().and_then(Boundary::content_type),
        stream: asked.stream,
        input_tokens: facts.input_tokens,
        usage_edit: asked.usage_edit.clone().map(|(at, wish)| (at, Bytes::from_static(wish.as_bytes()))),
        model: asked.model.into_owned(),
        admission,
    };
    let over = worker.over();
    let mut response = if call.stream {
        stream(call, decision, step, over).await?
    } else {
        whole(call, decision, step, over).await?
    };
    if let Some(left) = left {
        left.write(response.headers_mut(), dialect.protocol(), arrived.unix_s());
    }
    Ok(response)
}

async fn whole(
    call: Call,
    decision: Box<Decision>,
    step: Step,
    mut over: Over,
) -> Result<Response<ResponseBody>, Failure> {
    let dialect = call.operation.dialect();
    let mut search = pin!(call.search(decision, step));
    let settled = tokio::select! {
        biased;
        settled = &mut search => settled,
        () = &mut over => return Err(Kind::Stopping.into()),
    };
    Ok(answer(settled, over, dialect))
}

async fn stream(
    call: Call,
    decision: Box<Decision>,
    step: Step,
    mut over: Over,
) -> Result<Response<ResponseBody>, Failure> {
    let dialect = call.operation.dialect();
    let mut search: Search = Box::pin(call.search(decision, step));
    let settled = tokio::select! {
        biased;
        settled = &mut search => settled,
        () = tokio::time::sleep(COMMENT_EVERY) => {
            let mut response = Response::new(ResponseBody::relay(Relay::searching(search, over, dialect)));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            return Ok(response);
        }
        () = &mut over => return Err(Kind::Stopping.into()),
    };
    Ok(answer(settled, over, dialect))
}

fn answer(settled: Settled, over: Over, dialect: Dialect) -> Response<ResponseBody> {
    let mut response = match settled.result {
        Ok(ready) => ready.into_response(over, dialect),
        Err(failure) => failure.response(dialect.protocol(), settled.id).map(ResponseBody::whole),
    };
    if let Some(decision) = settled.decision {
        response.headers_mut().insert(DECISION, decision);
    }
    response
}

impl Call {
    /// What a translated answer says of itself.
    pub(super) fn frame(&self, target: &Target) -> Frame {
        let prefix = match self.operation.dialect() {
            Dialect::Chat => "chatcmpl-",
            Dialect::Responses => "resp_",
            Dialect::Messages => "msg_",
            _ => "",
        };
        let id = self.arrived.id.text();
        Frame {
            id: format!("{prefix}{}", String::from_utf8_lossy(&id)),
            model: target.model.clone(),
            input_tokens: self.input_tokens.into(),
            created_s: u64::try_from(self.arrived.unix_s()).unwrap_or(0),
            echo: translate::echo(self.operation.dialect(), &self.received.bytes),
        }
    }

    /// The client's request, read as a whole.
    pub(super) fn conversation(&self) -> Result<Conversation<'_>, Malformed> {
        translate::read(self.operation.dialect(), self.text())
    }

    /// What has to be taken out of it where it is forwarded.
    pub(super) fn foreign(&self) -> Option<Foreign> {
        foreign::find(self.operation.dialect(), &self.received.bytes)
    }

    /// Its body, which was read before.
    fn text(&self) -> &str {
        simdutf8::basic::from_utf8(&self.received.bytes).unwrap_or_default()
    }

    /// When the request must be over if this backend serves it.
    pub(super) fn deadline(&self, total: Duration) -> Instant {
        self.arrived.at + total
    }

    /// Tries backends until one serves or the decision ends.
    async fn search(self, mut decision: Box<Decision>, mut step: Step) -> Settled {
        let mut last: Option<(Failure, BackendIx)> = None;
        loop {
            let (pause_ms, next) = match step {
                Step::Attempt(next) => (0, next),
                Step::Wait { ms, then } => (ms, then),
                Step::Refuse(refusal) => {
                    let failure = last.map_or_else(|| self.refused(refusal), |(failure, _)| failure);
                    return self.settle(Err(failure), &decision, None);
                }
                Step::Done => {
                    let nothing = || Kind::Upstream(Outcome::ServerError).into();
                    let failure = last.map_or_else(nothing, |(failure, _)| failure);
                    return self.settle(Err(failure), &decision, None);
                }
            };
            let planned = Planned {
                next,
                pause: Duration::from_millis(pause_ms.into()),
                failed: last.as_ref().map(|(_, backend)| *backend),
            };
            match self.attempt(planned, &mut decision).await {
                Ok(ready) => return self.settle(Ok(ready), &decision, Some(next.backend)),
                Err(Missed::Instead(other)) => step = other,
                Err(Missed::Failed(fault)) => {
                    let retry_after_ms = fault.failure.retry_after;
                    let retry_after_ms =
                        retry_after_ms.map(|after| u32::try_from(after.as_millis()).unwrap_or(u32::MAX));
                    let report = Report { outcome: fault.outcome, retry_after_ms };
                    step = decision.after(&self.serving.snapshot.view(), report, &self.moment());
                    last = Some((fault.failure, next.backend));
                }
            }
        }
    }

    /// One attempt after a pause, unless there is no time for it: then the backend is not asked, so it is not blamed.
    /// Its seat is taken for the pause already, so that the retry budget counts those that wait.
    async fn attempt(&self, planned: Planned, decision: &mut Decision) -> Result<Ready, Missed> {
        let Planned { next, pause, failed } = planned;
        let which = if next.attempt <= 1 { Try::First } else { Try::Again };
        let Some(target) = self.serving.backend(next.backend) else {
            return Err(Fault::of(Outcome::Connect).into());
        };
        if Instant::now() + pause >= self.deadline(target.times.total) {
            return Err(Fault::out_of_time().into());
        }
        let seat = target.state.begin(which);
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
            let step = decision.resume(&self.serving.snapshot.view(), &self.moment());
            if step != Step::Attempt(next) {
                return Err(Missed::Instead(step));
            }
        }
        let metrics = &self.worker.shared.metrics;
        if let Some(failed) = failed {
            metrics.count(if failed == next.backend { Event::Retry } else { Event::Fallback });
        }
        let ready = attempt(self, target, next.dropped, seat).await?;
        metrics.first_event(self.arrived.at.elapsed());
        Ok(ready)
    }

    fn moment(&self) -> Moment<'_> {
        Moment { worker: &self.worker, serving: &self.serving }
    }

    fn refused(&self, refusal: Refusal) -> Failure {
        let mut failure = Failure::from(Kind::Refused(refusal));
        if matches!(refusal, Refusal::ModelNotFound | Refusal::ModelNotAllowed) {
            debug_assert!(self.model.len() <= MODEL_NAME_BYTES_MAX);
            let message = format!("The model `{}` does not exist or this key may not use it.", self.model);
            failure.told = Some(Box::new(Told { message: Some(message), ..Told::default() }));
        }
        match refusal {
            Refusal::NoCandidate(Shortage::RefusesFeatures { features }) => match self.conversation() {
                Ok(conversation) => failure.told = refused_places(&conversation, features).map(Box::new),
                Err(malformed) => failure = Failure::from(&malformed),
            },
            Refusal::NoCandidate(Shortage::OutputLimit { limit_tokens }) => {
                failure.told = Some(Box::new(self.too_much_output(limit_tokens)));
            }
            _ => {}
        }
        failure
    }

    /// The member that asks for more output than there is.
    fn too_much_output(&self, limit_tokens: u32) -> Told {
        let newer = "max_completion_tokens";
        let member = match self.operation.dialect() {
            Dialect::Chat if memchr::memmem::find(&self.received.bytes, newer.as_bytes()).is_some() => newer,
            Dialect::Responses => "max_output_tokens",
            Dialect::GenerateContent => "generationConfig.maxOutputTokens",
            _ => "max_tokens",
        };
        let message = format!(
            "`{member}` asks for more output than any model that this request can reach gives: at most {limit_tokens} \
             tokens."
        );
        Told { message: Some(message), param: Some(member.to_owned()), ..Told::default() }
    }

    fn settle(
        &self,
        result: Result<Ready, Failure>,
        decision: &Decision,
        served: Option<BackendIx>,
    ) -> Settled {
        let decision = decision_header::write(&self.serving.snapshot.view(), decision, served);
        Settled { result, decision, id: self.arrived.id }
    }
}

/// Where in a request stands what nobody takes, and what it is in the words of the table of compatibility.
fn refused_places(conversation: &Conversation<'_>, features: u64) -> Option<Told> {
    let places: Vec<&str> = conversation.needs.places(features).take(PLACES_TOLD_MAX).collect();
    let first = (*places.first()?).to_owned();
    let words = feature::of_set(conversation.needs.set() & features).map(Feature::word);
    let message = format!(
        "No backend that this request can reach takes `{}` ({}) with the rest of it.",
        places.join("`, `"),
        words.collect::<Vec<_>>().join(", ")
    );
    Some(Told { message: Some(message), param: Some(first), ..Told::default() })
}

/// So many places stand in one error.
const PLACES_TOLD_MAX: usize = 8;
