//! Where something was written, as `file:line`.

use pointsman_schema::archive::places::ArchivedPlace;
use pointsman_schema::snapshot::View;

/// The text of a place; empty where there is none.
pub(crate) fn text(view: &View<'_>, place: Option<&ArchivedPlace>) -> String {
    let file = |place: &ArchivedPlace| view.places.files.get(usize::try_from(place.file.to_native()).ok()?);
    place
        .and_then(|place| Some(format!("{}:{}", file(place)?.as_str(), place.line.to_native())))
        .unwrap_or_default()
}
