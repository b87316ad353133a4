//! What a request holds that not every protocol can express, and where.

use pointsman_schema::feature::Feature;

use super::message::ToolChoice;
use crate::json::fields::Place;
use crate::limits::NEEDS_NAMED_MAX;

/// Features with the place where each stands first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    set: u64,
    places: Vec<(Feature, String)>,
}

impl Needs {
    /// Another one. Its place is kept when it is the first, or unknown: what is unknown is lost each on its own.
    pub fn add(&mut self, feature: Feature, place: &Place<'_>) {
        let is_kept = feature == Feature::Other || !self.has(feature);
        self.set |= feature.mask();
        // A body can hold millions of them.
        if is_kept && self.places.len() < NEEDS_NAMED_MAX {
            self.places.push((feature, place.to_string()));
        }
    }

    /// Another one, if something is there.
    pub fn add_if(&mut self, is_there: bool, feature: Feature, place: &Place<'_>) {
        if is_there {
            self.add(feature, place);
        }
    }

    /// The value as it is. If there is one, it is another need.
    pub fn noted<T>(&mut self, value: Option<T>, feature: Feature, place: &Place<'_>) -> Option<T> {
        self.add_if(value.is_some(), feature, place);
        value
    }

    /// Which function must be called, or none may. As the model likes is what everybody does.
    pub fn add_choice(&mut self, choice: &ToolChoice<'_>, place: &Place<'_>) {
        self.add_if(*choice != ToolChoice::Auto, Feature::ToolChoice, place);
        let is_forced = matches!(choice, ToolChoice::Required | ToolChoice::Named(_));
        self.add_if(is_forced, Feature::ForcedTool, place);
    }

    /// Each of the members that nobody took.
    pub fn add_rest<'r>(&mut self, rest: impl Iterator<Item = &'r str>, place: &Place<'_>) {
        for name in rest {
            self.add(Feature::Other, &place.member(name));
        }
    }

    /// Whether this is one of them.
    pub const fn has(&self, feature: Feature) -> bool {
        self.set & feature.mask() != 0
    }

    /// All, as [`Feature::mask`]s.
    pub const fn set(&self) -> u64 {
        self.set
    }

    /// Where those of a set stand, each place once, in the order of the request.
    pub fn places(&self, set: u64) -> impl Iterator<Item = &str> {
        let is_within = move |(feature, _): &&(Feature, String)| feature.mask() & set != 0;
        let within = move || self.places.iter().filter(is_within).map(|(_, place)| place.as_str());
        within()
            .enumerate()
            .filter(move |(at, place)| within().position(|one| one == *place) == Some(*at))
            .map(|(_, place)| place)
    }
}
