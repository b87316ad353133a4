//! One leaf of a condition: what it asks, of which axis of a request, and what each point of that axis answers.
//!
//! Deliberately the gateway's own meaning of every predicate, stated a second time over single points: the property
//! tests hold both against each other. The invariant: a question reads one axis only, and axes are independent.
//!
//! Read next: [`super::space`], which finds the points.

use pointsman_schema::capability::Capability;
use pointsman_schema::feature::Feature;
use pointsman_schema::protocol::Protocol;
use pointsman_schema::read::scalar::Glob;
use pointsman_schema::source::predicate::TimeWindow;

use super::callers::Caller;

/// What requests can differ in, each independent of the others. Callers' teams, tags and names belong together, so they
/// are one axis; so are all windows of one time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Axis<'p> {
    /// The model asked for.
    Model,
    /// A declared attribute.
    Attribute(&'p str),
    /// Whether a capability is asked for.
    Capability(Capability),
    /// The estimated input tokens.
    InputTokens,
    /// Who calls.
    Caller,
    /// What the client speaks.
    Protocol,
    /// The minute of the week on the clocks of a zone.
    Time(&'p str),
}

/// One question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Question<'p> {
    /// Is the model one of these?
    Model(&'p Glob),
    /// Does the attribute have this value?
    Attribute(&'p str, &'p str),
    /// Is the capability asked for?
    Capability(Capability),
    /// Is the capability asked for by this feature?
    Form(Capability, Feature),
    /// Do the tokens lie in this range, both ends included?
    InputTokens(u32, u32),
    /// Is this the caller's team?
    Team(&'p str),
    /// Is this the caller, by stable name?
    Consumer(&'p str),
    /// Does the caller carry this tag?
    Tag(&'p str),
    /// Does the client speak this?
    Protocol(Protocol),
    /// Does the time lie in this window?
    Time(&'p TimeWindow),
}

/// One point of an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Point<'p> {
    /// A model's name.
    Model(&'p str),
    /// A value of an attribute; `none` when it is absent.
    Value(&'p str),
    /// Whether a capability is asked for.
    Asked(bool),
    /// That a capability is asked for, and by which feature.
    By(Feature),
    /// A number of tokens.
    Tokens(u32),
    /// Someone who calls.
    Caller(&'p Caller<'p>),
    /// A protocol.
    Protocol(Protocol),
    /// A minute of the week, from Monday 00:00.
    Minute(u16),
}

impl<'p> Question<'p> {
    /// What it is about.
    pub fn axis(self) -> Axis<'p> {
        match self {
            Self::Model(_) => Axis::Model,
            Self::Attribute(name, _) => Axis::Attribute(name),
            Self::Capability(capability) | Self::Form(capability, _) => Axis::Capability(capability),
            Self::InputTokens(..) => Axis::InputTokens,
            Self::Team(_) | Self::Consumer(_) | Self::Tag(_) => Axis::Caller,
            Self::Protocol(_) => Axis::Protocol,
            Self::Time(window) => Axis::Time(&window.zone.value),
        }
    }

    /// The answer of a point of its axis.
    pub fn holds(self, point: Point<'_>) -> bool {
        match (self, point) {
            (Self::Model(glob), Point::Model(name)) => glob.matches(name),
            (Self::Attribute(_, value), Point::Value(found)) => value == found,
            (Self::Capability(_), Point::Asked(asked)) => asked,
            (Self::Capability(_), Point::By(_)) => true,
            (Self::Form(_, form), Point::By(found)) => form == found,
            (Self::InputTokens(min, max), Point::Tokens(tokens)) => (min..=max).contains(&tokens),
            (Self::Team(team), Point::Caller(caller)) => caller.team == Some(team),
            (Self::Consumer(name), Point::Caller(caller)) => caller.name == name,
            (Self::Tag(tag), Point::Caller(caller)) => caller.tags.contains(tag),
            (Self::Protocol(protocol), Point::Protocol(found)) => protocol == found,
            (Self::Time(window), Point::Minute(minute)) => in_window(window, minute),
            _ => false,
        }
    }
}

/// Whether a minute of the week lies in a window. An end at or before the beginning is on the next day.
fn in_window(window: &TimeWindow, minute: u16) -> bool {
    let from = u32::from(window.from.value.0);
    let to = match u32::from(window.to.value.0) {
        to if to > from => to,
        to => to.saturating_add(DAY_MINUTES),
    };
    let begins_on =
        |day: u32| window.days.is_empty() || window.days.iter().any(|on| u32::from(on.value.code()) == day);
    let minute = u32::from(minute);
    // A window is at most two days long, and one that began before Monday reaches into the week.
    (0..DAYS).filter(|day| begins_on(*day)).any(|day| {
        let start = day.saturating_mul(DAY_MINUTES).saturating_add(from);
        let length = to.saturating_sub(from);
        let passed = minute.saturating_add(WEEK_MINUTES).saturating_sub(start % WEEK_MINUTES) % WEEK_MINUTES;
        passed < length
    })
}

/// Every minute of the week at which the answer of a window may change.
pub fn edges(window: &TimeWindow) -> impl Iterator<Item = u16> {
    let minutes = [window.from.value.0, window.to.value.0].map(u32::from);
    let week = (0..DAYS).flat_map(move |day| {
        minutes.map(|minute| day.saturating_mul(DAY_MINUTES).saturating_add(minute) % WEEK_MINUTES)
    });
    week.filter_map(|minute| u16::try_from(minute).ok())
}

/// **Unit**: minutes of a day.
pub const DAY_MINUTES: u32 = 1_440;
/// **Unit**: minutes of a week.
const WEEK_MINUTES: u32 = DAYS * DAY_MINUTES;
/// **Unit**: days of a week.
const DAYS: u32 = 7;
