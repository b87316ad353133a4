//! Passing an answer on while it comes.
//!
//! A stream is passed on in whole events, as the bytes that the provider sent or translated. After its first content nothing can
//! fall back: what goes wrong then is said in an event of the protocol's own, and never by silence. Times are kept by
//! one timer, which is set again only when it has run out.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use pointsman_schema::dialect::Dialect;
use pointsman_schema::outcome::Outcome;
use tokio::time::Instant;

use super::alarm::{Alarm, Rung};
use super::attempt::{Events, Held, Ready, Rest};
use super::body::Cut;
use super::call::Search;
use super::flight::Flight;
use super::passage::Then;
use crate::error::{Failure, Kind};
use crate::limits::{AFTER_DONE, COMMENT_EVERY};
use crate::provider::usage::{Tail, Used};
use crate::secrets::Secret;
use crate::upstream::exchange::Answer;

/// Resolves when the gateway must be quiet.
pub(super) type Over = Pin<Box<dyn Future<Output = ()>>>;

/// An answer on its way to the client.
pub(super) struct Relay {
    state: State,
    alarm: Alarm,
    /// In whose words an error is said.
    dialect: Dialect,
}

enum State {
    /// 200 is committed, and a backend is still looked for. A comment is due at once.
    Searching { search: Search, owes_comment: bool },
    /// What is held goes first.
    Live { held: Held, live: Box<Live> },
    /// One last event.
    Last(Bytes),
    /// Nothing more.
    Over,
}

/// A part of an answer.
enum Run {
    /// Events as the provider sent them.
    Read(Bytes),
    /// What the client gets.
    Written(Bytes),
}

/// An answer that still comes.
pub(super) struct Live {
    answer: Answer,
    /// Of a stream.
    events: Option<Events>,
    secret: Option<Secret>,
    flight: Flight,
    between_chunks: Duration,
    /// When the whole request must be over.
    total: Instant,
    last_chunk: Instant,
    /// Whether it is no JSON.
    is_media: bool,
    /// Of an unstreamed answer, the last byte that is not space.
    last_byte: Option<u8>,
    /// Of an unstreamed answer, its end so far.
    tail: Option<Tail>,
    done: bool,
}

impl Drop for Live {
    /// The client has gone away, unless the end was counted.
    fn drop(&mut self) {
        self.end(Outcome::Cancelled);
    }
}

impl Live {
    /// The rest of an answer; `times` are the longest pause between two chunks and the end of the request's time.
    pub(super) fn new(rest: Rest, flight: Flight, times: (Duration, Instant)) -> Box<Self> {
        let Rest { answer, events, secret, is_media, last_byte, tail } = rest;
        let (between_chunks, total) = times;
        let last_chunk = Instant::now();
        let done = events.as_ref().is_some_and(|events| events.then == Then::Done);
        Box::new(Self {
            answer,
            events,
            secret,
            flight,
            between_chunks,
            total,
            last_chunk,
            is_media,
            last_byte,
            tail,
            done,
        })
    }

    /// The attempt is over, with what it used until now.
    fn end(&mut self, outcome: Outcome) {
        self.note_used();
        self.flight.end(outcome);
    }

    /// The same, where the backend has no part in how.
    fn end_blameless(&mut self, outcome: Outcome) {
        self.note_used();
        self.flight.end_blameless(outcome);
    }

    fn note_used(&mut self) {
        if self.flight.is_over() {
            return;
        }
        if let Some(events) = &self.events {
            self.flight.used(events.passage.used());
        } else if let Some(tail) = &self.tail {
            self.flight.used(Used { usage: tail.usage(), pieces: 0 });
        }
    }

    /// Whether it comes in events.
    pub(super) const fn is_stream(&self) -> bool {
        self.events.is_some()
    }

    /// When the next chunk must have come.
    fn deadline(&self) -> Instant {
        let pause = if self.done { AFTER_DONE } else { self.between_chunks };
        (self.last_chunk + pause).min(self.total)
    }

    /// Whether an unstreamed answer ends as an object does. One that ends with its connection may have ended too soon,
    /// and nothing else says so.
    fn has_form(&self) -> bool {
        self.events.is_none() && (self.is_media || self.last_byte == Some(b'}'))
    }

    /// Whether its provider has said that it cannot go on.
    fn is_broken(&self) -> bool {
        let then = self.events.as_ref().map(|events| &events.then);
        matches!(then, Some(Then::Error(_) | Then::Malformed | Then::TooLong))
    }

    /// The provider has closed it: what is left to say, which is nothing when that was said already. It may be cut.
    fn close(&mut self) -> Result<Option<Bytes>, Outcome> {
        if self.done || self.has_form() {
            return Ok(None);
        }
        let events = self.events.as_mut().filter(|events| events.splitter.may_end());
        let events = events.ok_or(Outcome::CutStream)?;
        let rest = events.passage.close(&events.then).ok_or(Outcome::CutStream)?;
        self.done = true;
        Ok((!rest.is_empty()).then_some(rest))
    }

    /// The next chunk as far as it can be passed on.
    fn poll_run(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Run>, Outcome>> {
        loop {
            let chunk = match self.answer.poll_chunk(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(chunk))) => chunk,
                Poll::Ready(None) => return Poll::Ready(self.close().map(|rest| rest.map(Run::Written))),
                Poll::Ready(Some(Err(_))) => return Poll::Ready(Err(Outcome::CutStream)),
            };
            // What comes after the end gives it no more time.
            if self.done {
                continue;
            }
            self.last_chunk = Instant::now();
            if self.last_chunk >= self.total {
                return Poll::Ready(Err(Outcome::Timeout));
            }
            let Some(events) = &mut self.events else {
                self.last_byte = chunk.trim_ascii_end().last().copied().or(self.last_byte);
                if let Some(tail) = &mut self.tail {
                    tail.push(&chunk);
                }
                return Poll::Ready(Ok(Some(Run::Written(chunk))));
            };
            match events.splitter.feed(chunk) {
                Ok(run) if run.is_empty() => {}
                Ok(run) => return Poll::Ready(Ok(Some(Run::Read(run)))),
                Err(_) => return Poll::Ready(Err(Outcome::ServerError)),
            }
        }
    }
}

impl Relay {
    /// An answer of which something is here.
    pub(super) fn live(held: Held, live: Box<Live>, over: Over, dialect: Dialect) -> Self {
        let alarm = Alarm::at(live.deadline(), over);
        Self { state: State::Live { held, live }, alarm, dialect }
    }

    /// An answer that nobody gives yet.
    pub(super) fn searching(search: Search, over: Over, dialect: Dialect) -> Self {
        let alarm = Alarm::at(Instant::now() + COMMENT_EVERY, over);
        Self { state: State::Searching { search, owes_comment: true }, alarm, dialect }
    }

    pub(super) const fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// How long the answer is, where its provider said so and nothing can be added.
    pub(super) fn exact_len(&self) -> Option<usize> {
        let State::Live { held, live } = &self.state else { return None };
        if live.is_stream() {
            return None;
        }
        let rest = live.answer.exact_len().and_then(|rest| usize::try_from(rest).ok())?;
        Some(held.bytes() + rest)
    }

    /// The next bytes for the client.
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        loop {
            let polled = match &mut self.state {
                State::Searching { .. } => self.poll_search(context),
                State::Live { .. } => self.poll_live(context),
                State::Last(event) => {
                    let event = std::mem::take(event);
                    self.state = State::Over;
                    Poll::Ready(Some(Ok(event)))
                }
                State::Over => Poll::Ready(None),
            };
            match polled {
                // The state has changed and has something to say.
                Poll::Ready(Some(Ok(bytes))) if bytes.is_empty() => {}
                polled => return polled,
            }
        }
    }

    fn poll_search(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        let State::Searching { search, owes_comment } = &mut self.state else { return NOTHING };
        if std::mem::take(owes_comment) {
            return Poll::Ready(Some(Ok(COMMENT)));
        }
        if let Poll::Ready(settled) = search.as_mut().poll(context) {
            let late = settled.result.as_ref().map(Ready::late).unwrap_or_default();
            self.state = match settled.result {
                Ok(ready) => match ready.live {
                    Some(live) => {
                        self.alarm.set(live.deadline());
                        State::Live { held: ready.held, live }
                    }
                    None => State::Last(ready.held.joined()),
                },
                Err(failure) => State::Last(failure.event(self.dialect, 0)),
            };
            return Poll::Ready(Some(Ok(late)));
        }
        match self.alarm.poll(context) {
            Poll::Ready(Rung::Time) => {
                self.alarm.set(Instant::now() + COMMENT_EVERY);
                *owes_comment = true;
                NOTHING
            }
            Poll::Ready(Rung::Over) => self.stop(),
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_live(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        let State::Live { held, live } = &mut self.state else { return NOTHING };
        let polled = match held.pop() {
            // It was looked at while it was held.
            Some(run) if live.is_stream() => return Poll::Ready(Some(Ok(run))),
            Some(run) => Poll::Ready(Ok(Some(Run::Written(run)))),
            None if live.is_broken() => return self.break_off(),
            None => live.poll_run(context),
        };
        match polled {
            Poll::Ready(Ok(Some(Run::Read(run)))) => Poll::Ready(self.pass(run).map(Ok)),
            Poll::Ready(Ok(Some(Run::Written(rest)))) if live.is_stream() => Poll::Ready(Some(Ok(rest))),
            Poll::Ready(Ok(Some(Run::Written(chunk)))) => {
                // Nobody asks again after the last byte of an answer whose length is known.
                if held.is_empty() && live.answer.is_ended() && live.poll_run(context).is_ready() {
                    live.end(Outcome::Served);
                    self.state = State::Over;
                }
                Poll::Ready(Some(Ok(chunk)))
            }
            Poll::Ready(Ok(None)) => {
                live.end(Outcome::Served);
                self.state = State::Over;
                Poll::Ready(None)
            }
            Poll::Ready(Err(Outcome::Timeout)) => self.run_out_of_time(),
            Poll::Ready(Err(outcome)) => self.fail(outcome, &Kind::Upstream(outcome).into()),
            Poll::Pending => self.poll_times(context),
        }
    }

    /// A run of events, as far as there is no error in it.
    fn pass(&mut self, run: Bytes) -> Option<Bytes> {
        let State::Live { live, .. } = &mut self.state else { return None };
        let events = live.events.as_mut()?;
        let passed = events.passage.pass(run);
        events.then = passed.then;
        if events.then == Then::Done {
            live.done = true;
            self.alarm.set(live.deadline());
        }
        Some(passed.bytes)
    }

    /// Ends a stream with the error that its provider put into it.
    fn break_off(&mut self) -> Poll<Option<Result<Bytes, Cut>>> {
        let State::Live { live, .. } = &mut self.state else { return NOTHING };
        let then = live.events.as_mut().map(|events| std::mem::replace(&mut events.then, Then::More));
        if then == Some(Then::TooLong) {
            live.end_blameless(Outcome::ServerError);
            return self.fail(Outcome::ServerError, &Kind::AnswerTooLong.into());
        }
        let Some(Then::Error(said)) = then else {
            return self.fail(Outcome::ServerError, &Kind::Upstream(Outcome::ServerError).into());
        };
        let outcome = said.outcome_in_stream(live.flight.owner);
        let mut failure = Failure::from(Kind::Upstream(outcome));
        failure.told = said.told(StatusCode::BAD_REQUEST, outcome, live.secret.as_ref());
        self.fail(outcome, &failure)
    }

    fn poll_times(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        while let Poll::Ready(rung) = self.alarm.poll(context) {
            if rung == Rung::Over {
                return self.stop();
            }
            let State::Live { live, .. } = &mut self.state else { return NOTHING };
            let (deadline, now) = (live.deadline(), Instant::now());
            if deadline > now {
                self.alarm.set(deadline);
                continue;
            }
            if live.done {
                live.end(Outcome::Served);
                self.state = State::Over;
                return Poll::Ready(None);
            }
            if now >= live.total {
                return self.run_out_of_time();
            }
            return self.fail(Outcome::Timeout, &Kind::Upstream(Outcome::Timeout).into());
        }
        Poll::Pending
    }

    /// The whole request's time is over, while the backend was giving.
    fn run_out_of_time(&mut self) -> Poll<Option<Result<Bytes, Cut>>> {
        if let State::Live { live, .. } = &mut self.state {
            live.end_blameless(Outcome::Timeout);
        }
        self.fail(Outcome::Timeout, &Kind::TotalTimeout.into())
    }

    /// The gateway must be quiet.
    fn stop(&mut self) -> Poll<Option<Result<Bytes, Cut>>> {
        self.fail(Outcome::Cancelled, &Kind::Stopping.into())
    }

    /// Ends the answer so that the client knows that it is not whole.
    fn fail(&mut self, outcome: Outcome, failure: &Failure) -> Poll<Option<Result<Bytes, Cut>>> {
        let events = match &mut self.state {
            State::Live { live, .. } => {
                live.end(outcome);
                live.events.as_ref().map(|events| events.passage.events())
            }
            _ => Some(0),
        };
        if let Some(events) = events {
            self.state = State::Last(failure.event(self.dialect, events));
            return NOTHING;
        }
        self.state = State::Over;
        Poll::Ready(Some(Err(Cut)))
    }
}

/// A comment, which clients pass over.
const COMMENT: Bytes = Bytes::from_static(b": waiting\n\n");
/// Look again.
const NOTHING: Poll<Option<Result<Bytes, Cut>>> = Poll::Ready(Some(Ok(Bytes::new())));
