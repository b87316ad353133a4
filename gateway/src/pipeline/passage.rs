//! How an answer's events get from the provider to the client: as they are, or translated.
//!
//! One place for both, so that whoever holds events back and whoever relays them need not know which it is.

use bytes::{Bytes, BytesMut};

use crate::provider::Broken;
use crate::provider::events::{Event, Format, Run};
use crate::provider::refusal::Said;
use crate::provider::usage::{self, Meter, Used};
use crate::room::Space;
use crate::sse;
use crate::translate;

/// See the module.
pub(super) enum Passage {
    /// The bytes that the provider sent.
    Forwarded(Forwarded),
    /// Another protocol's events.
    Translated(Box<Translated>),
}

/// See [`Passage`].
pub(super) struct Translated {
    pub(super) stream: translate::Stream,
    /// Room for what of the request is repeated in the answer.
    pub(super) _echo: Space,
}

/// See [`Passage`].
pub(super) struct Forwarded {
    pub(super) format: Format,
    pub(super) meter: Meter,
    /// Whether what was used is said to us alone: the client did not ask.
    pub(super) hides_usage: bool,
}

/// What has become of a run of events.
pub(super) struct Passed {
    /// For the client.
    pub(super) bytes: Bytes,
    /// Whether something of the answer itself was among them.
    pub(super) has_content: bool,
    /// How the stream goes on.
    pub(super) then: Then,
}

/// How a stream goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Then {
    /// With more.
    More,
    /// With more, or not.
    MayEnd,
    /// Its end marker has come.
    Done,
    /// The provider cannot go on.
    Error(Box<Said>),
    /// What came is not of the provider's protocol.
    Malformed,
    /// It is longer than the gateway can gather, which is not the provider's fault.
    TooLong,
}

impl Passage {
    /// Reads every event of a run, while it can still be held back.
    pub(super) fn begin(&mut self, run: Bytes) -> Passed {
        match self {
            Self::Forwarded(forwarded) => {
                let passed = begin(forwarded.format, run);
                Passed { bytes: forwarded.metered(passed.bytes), ..passed }
            }
            Self::Translated(translated) => translated.run(&run),
        }
    }

    /// How many events the client got, where its dialect counts them.
    pub(super) const fn events(&self) -> u64 {
        match self {
            Self::Forwarded(forwarded) => forwarded.meter.pieces(),
            Self::Translated(translated) => translated.stream.events(),
        }
    }

    /// A run of a stream whose content has begun.
    pub(super) fn pass(&mut self, mut run: Bytes) -> Passed {
        let forwarded = match self {
            Self::Forwarded(forwarded) => forwarded,
            Self::Translated(translated) => return translated.run(&run),
        };
        let then = match forwarded.format.run(&run) {
            Run::Plain => Then::More,
            Run::Last => Then::MayEnd,
            Run::Done => Then::Done,
            Run::Error { at, said } => {
                run.truncate(at);
                Then::Error(said)
            }
        };
        Passed { bytes: forwarded.metered(run), has_content: true, then }
    }

    /// What is known so far of what the answer used.
    pub(super) fn used(&self) -> Used {
        match self {
            Self::Forwarded(forwarded) => forwarded.meter.used(),
            Self::Translated(translated) => translated.stream.used(),
        }
    }

    /// The provider has closed the stream after `then`: what is left for the client, or nothing where it was cut.
    pub(super) fn close(&mut self, then: &Then) -> Option<Bytes> {
        match self {
            Self::Forwarded(_) => (*then == Then::MayEnd).then(Bytes::new),
            Self::Translated(translated) => {
                let mut out = BytesMut::new();
                translated.stream.close(&mut out).then(|| out.freeze())
            }
        }
    }
}

impl Forwarded {
    /// The run as the client gets it, after what it says was used was noted.
    fn metered(&mut self, run: Bytes) -> Bytes {
        // Of most runs none does, and they stay as they are.
        let is_said = self.meter.note(&run);
        if is_said && self.hides_usage { usage::without(run) } else { run }
    }
}

impl Translated {
    fn run(&mut self, run: &[u8]) -> Passed {
        let mut out = BytesMut::with_capacity(run.len() * 2);
        let (mut has_content, mut then) = (false, Then::More);
        for one in self.stream.framing().events(run) {
            match self.stream.event(one, &mut out) {
                Ok(seen) => {
                    has_content |= seen.content;
                    if seen.end {
                        then = Then::Done;
                        break;
                    }
                }
                Err(broken) => {
                    then = match broken {
                        Broken::Said(said) => Then::Error(said),
                        Broken::Malformed => Then::Malformed,
                        Broken::TooLong => Then::TooLong,
                    };
                    break;
                }
            }
        }
        Passed { bytes: out.freeze(), has_content, then }
    }
}

fn begin(format: Format, mut run: Bytes) -> Passed {
    let (mut at, mut has_content, mut then) = (0, false, Then::More);
    for one in sse::events(&run) {
        match format.event(one) {
            Event::Content => has_content = true,
            Event::Last => (has_content, then) = (true, Then::MayEnd),
            Event::Done => {
                (has_content, then) = (true, Then::Done);
                break;
            }
            Event::Error(said) => {
                then = Then::Error(said);
                break;
            }
            Event::Preamble => {}
        }
        at += one.len();
    }
    if matches!(then, Then::Error(_)) {
        run.truncate(at);
    }
    Passed { bytes: run, has_content, then }
}
