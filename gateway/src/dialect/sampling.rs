//! Reading how tokens are drawn, which every dialect writes as numbers.
//!
//! What a protocol's own provider would not take is refused here: another would say so in words that its client does not
//! know.

use pointsman_schema::feature::Feature;

use crate::conversation::Needs;
use crate::json::fields::{Fields, Malformed, Number, Place};

/// Which numbers a member may be.
#[derive(Clone, Copy)]
pub(super) enum Bounds {
    /// A share of something.
    Share,
    /// Temperatures up to 2.
    Temperature,
    /// What is taken off a token for having been there, or given to it.
    Penalty,
    /// A whole number.
    Whole,
    /// A whole number that is not negative.
    Count,
}

impl Bounds {
    fn has(self, number: Number<'_>) -> bool {
        match self {
            Self::Share => number.is_within(0.0, 1.0),
            Self::Temperature => number.is_within(0.0, 2.0),
            Self::Penalty => number.is_within(-2.0, 2.0),
            Self::Whole => number.is_whole(),
            Self::Count => number.is_whole() && number.is_within(0.0, f64::MAX),
        }
    }

    const fn said(self) -> &'static str {
        match self {
            Self::Share => "a number from 0 to 1",
            Self::Temperature => "a number from 0 to 2",
            Self::Penalty => "a number from -2 to 2",
            Self::Whole => "a whole number",
            Self::Count => "a whole number that is not negative",
        }
    }
}

/// A number, and the feature that it is. All of the chance, all of the mass and no penalty are what those do by themselves
/// who have no form for it.
pub(super) fn number<'a>(
    fields: &mut Fields<'a>,
    needs: &mut Needs,
    (name, feature, bounds): (&str, Feature, Bounds),
    place: &Place<'_>,
) -> Result<Option<Number<'a>>, Malformed> {
    let found = fields.number(name, place)?;
    if found.is_some_and(|number| !bounds.has(number)) {
        return Err(place.member(name).expected(bounds.said()));
    }
    let usual = match feature {
        Feature::Temperature | Feature::TopP => Some(1.0),
        Feature::FrequencyPenalty | Feature::PresencePenalty => Some(0.0),
        _ => None,
    };
    let is_usual = found.zip(usual).is_some_and(|(found, usual)| found.is_within(usual, usual));
    needs.add_if(found.is_some() && !is_usual, feature, &place.member(name));
    Ok(found)
}

/// A temperature above 1 is more than some providers take.
pub(super) fn note_high(temperature: Option<Number<'_>>, needs: &mut Needs, place: &Place<'_>) {
    let is_high = temperature.is_some_and(|temperature| temperature.is_above(1));
    needs.add_if(is_high, Feature::HighTemperature, &place.member("temperature"));
}
