//! Holding an answer back until it is certain that it can be relayed.

use std::collections::VecDeque;

use bytes::Bytes;
use pointsman_schema::outcome::Outcome;

use super::{Fault, Reading, Rest};
use crate::limits::{ANSWER_HELD_BYTES_MAX, EVENT_BYTES_MAX, PREAMBLE_BYTES_MAX, PREAMBLE_EVENTS_MAX};
use crate::provider::openai::stream::{self, Event};
use crate::provider::openai::{is_media, refusal};
use crate::sse::{self, Splitter};

type Held = (VecDeque<Bytes>, Option<Rest>);

impl Reading<'_> {
    /// Holds an unstreamed answer until it is whole, or too large to be held.
    pub(super) async fn whole(mut self) -> Result<Held, Fault> {
        let mut held = VecDeque::with_capacity(1);
        let mut bytes = 0;
        while let Some(chunk) = self.answer.chunk().await {
            let chunk = chunk.map_err(|_| Fault::of(Outcome::CutStream))?;
            if held.is_empty() {
                self.check_start(&chunk)?;
            }
            bytes += chunk.len();
            held.push_back(chunk);
            if bytes > ANSWER_HELD_BYTES_MAX {
                return Ok((held, Some(Rest { answer: self.answer, splitter: None, secret: None })));
            }
        }
        // A body that ends with its connection may have ended too soon, and nothing but its own form says so.
        let ends = held.iter().rev().find_map(|chunk: &Bytes| chunk.trim_ascii_end().last().copied());
        match ends {
            Some(b'}') => Ok((held, None)),
            Some(_) => Err(Fault::of(Outcome::CutStream)),
            None => Err(Fault::of(Outcome::ServerError)),
        }
    }

    /// Whether the answer begins like a completion: an object that is not an error.
    fn check_start(&self, chunk: &[u8]) -> Result<(), Fault> {
        let text = chunk.trim_ascii_start();
        if !text.starts_with(b"{") || is_media(&self.head.headers, "text/") {
            return Err(Fault::of(Outcome::ServerError));
        }
        let start = text.get(..text.len().min(ERROR_START_BYTES)).unwrap_or_default();
        let after_brace = start.get(1..).unwrap_or_default().trim_ascii_start();
        let has_error = after_brace.starts_with(b"\"error\"") && !is_null_error(after_brace);
        if has_error { Err(self.failed_within(refusal::read(text))) } else { Ok(()) }
    }

    /// Holds a stream until its first content, or its proper end.
    pub(super) async fn first_content(mut self) -> Result<Held, Fault> {
        if !is_media(&self.head.headers, "text/event-stream") {
            return Err(Fault::of(Outcome::ServerError));
        }
        let mut splitter = Splitter::new(EVENT_BYTES_MAX);
        let mut held = VecDeque::with_capacity(2);
        let (mut bytes, mut events) = (0, 0);
        while let Some(chunk) = self.answer.chunk().await {
            let chunk = chunk.map_err(|_| Fault::of(Outcome::CutStream))?;
            let run = splitter.feed(chunk).map_err(|_| Fault::of(Outcome::ServerError))?;
            if run.is_empty() {
                continue;
            }
            let has_content = self.look(&run, &mut events)?;
            bytes += run.len();
            held.push_back(run);
            if has_content {
                let secret = self.secret.cloned();
                return Ok((held, Some(Rest { answer: self.answer, splitter: Some(splitter), secret })));
            }
            if bytes > PREAMBLE_BYTES_MAX || events > PREAMBLE_EVENTS_MAX {
                return Err(Fault::of(Outcome::ServerError));
            }
        }
        Err(Fault::of(Outcome::CutStream))
    }

    /// Whether a run has content, or ends the stream without any.
    fn look(&self, run: &[u8], events: &mut usize) -> Result<bool, Fault> {
        for event in sse::events(run) {
            *events += 1;
            match stream::event(event) {
                Event::Content | Event::Done => return Ok(true),
                Event::Error(said) => return Err(self.failed_within(*said)),
                Event::Preamble => {}
            }
        }
        Ok(false)
    }
}

/// `"error": null`, which some servers put first into a good answer.
fn is_null_error(member: &[u8]) -> bool {
    let value = member.strip_prefix(b"\"error\"").map(<[u8]>::trim_ascii_start);
    let value = value.and_then(|rest| rest.strip_prefix(b":")).map(<[u8]>::trim_ascii_start);
    value.is_some_and(|value| value.starts_with(b"null"))
}

/// How far into an answer an error must begin to be looked for. **Unit**: bytes.
const ERROR_START_BYTES: usize = 64;
