//! Reading how tokens are drawn, which every dialect writes as numbers.

use pointsman_schema::feature::Feature;

use crate::conversation::Needs;
use crate::json::fields::{Fields, Malformed, Number, Place};

/// A number, and the feature that it is.
pub(super) fn number<'a>(
    fields: &mut Fields<'a>,
    needs: &mut Needs,
    (name, feature): (&str, Feature),
    place: &Place<'_>,
) -> Result<Option<Number<'a>>, Malformed> {
    let found = fields.number(name, place)?;
    Ok(needs.noted(found, feature, &place.member(name)))
}

/// A temperature above 1 is more than some providers take.
pub(super) fn note_high(temperature: Option<Number<'_>>, needs: &mut Needs, place: &Place<'_>) {
    let is_high = temperature.is_some_and(|temperature| temperature.is_above(1));
    needs.add_if(is_high, Feature::HighTemperature, &place.member("temperature"));
}
