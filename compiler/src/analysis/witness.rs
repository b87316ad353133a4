//! A request in words: one that shows what a finding means.

use std::fmt;

use super::question::{Axis, DAY_MINUTES, Point};
use crate::shown::visible;

/// One request, as far as it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness(Vec<String>);

impl Witness {
    /// In words.
    pub fn of(request: &[(Axis<'_>, Point<'_>)]) -> Self {
        Self(request.iter().map(|(axis, point)| words(*axis, *point)).collect())
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return out.write_str("any request");
        }
        out.write_str(&self.0.join(", "))
    }
}

fn words(axis: Axis<'_>, point: Point<'_>) -> String {
    match (axis, point) {
        (_, Point::Model(name)) => format!("model `{}`", visible(name)),
        (Axis::Attribute(name), Point::Value("none")) => format!("no `{}`", visible(name)),
        (Axis::Attribute(name), Point::Value(value)) => format!("`{}` = `{}`", visible(name), visible(value)),
        (Axis::Capability(capability), Point::By(form)) => format!("asking for {capability} by {form}"),
        (Axis::Capability(capability), Point::Asked(true)) => format!("asking for {capability}"),
        (Axis::Capability(capability), _) => format!("not asking for {capability}"),
        (_, Point::Tokens(tokens)) => format!("{tokens} input tokens"),
        (_, Point::Caller(caller)) => format!("from consumer `{}`", visible(caller.name)),
        (_, Point::Protocol(protocol)) => format!("protocol {protocol}"),
        (Axis::Time(zone), Point::Minute(minute)) => {
            let (day, minute) = (u32::from(minute) / DAY_MINUTES, u32::from(minute) % DAY_MINUTES);
            let day = DAYS.get(usize::try_from(day).unwrap_or(0)).copied().unwrap_or_default();
            format!("on {day} at {:02}:{:02} in {}", minute / 60, minute % 60, visible(zone))
        }
        (_, Point::Value(value)) => visible(value).into_owned(),
        (_, Point::Asked(_) | Point::By(_) | Point::Minute(_)) => String::new(),
    }
}

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
