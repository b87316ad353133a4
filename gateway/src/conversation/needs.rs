//! What a request holds that not every protocol can express, and where.

use pointsman_schema::feature::Feature;

use crate::json::fields::Place;

/// Features with the place where each stands first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    set: u64,
    places: Vec<(Feature, String)>,
}

impl Needs {
    /// Another one. Its place is kept when it is the first.
    pub fn add(&mut self, feature: Feature, place: &Place<'_>) {
        if !self.has(feature) {
            self.set |= feature.mask();
            self.places.push((feature, place.to_string()));
        }
    }

    /// Another one, if something is there.
    pub fn add_if(&mut self, is_there: bool, feature: Feature, place: &Place<'_>) {
        if is_there {
            self.add(feature, place);
        }
    }

    /// Each of the members that nobody took.
    pub fn add_rest<'r>(&mut self, rest: impl Iterator<Item = &'r str>, place: &Place<'_>) {
        for name in rest {
            // All are named, since each is lost on its own.
            self.set |= Feature::Other.mask();
            self.places.push((Feature::Other, place.member(name).to_string()));
        }
    }

    /// No longer one: somebody else has seen to it.
    pub fn remove(&mut self, feature: Feature) {
        self.set &= !feature.mask();
        self.places.retain(|(one, _)| *one != feature);
    }

    /// Whether this is one of them.
    pub const fn has(&self, feature: Feature) -> bool {
        self.set & feature.mask() != 0
    }

    /// All, as [`Feature::mask`]s.
    pub const fn set(&self) -> u64 {
        self.set
    }

    /// Where those of a set stand, in the order of the request.
    pub fn places(&self, set: u64) -> impl Iterator<Item = &str> {
        let within = self.places.iter().filter(move |(feature, _)| feature.mask() & set != 0);
        within.map(|(_, place)| place.as_str())
    }
}
