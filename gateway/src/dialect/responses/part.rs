//! Reading what a message or the result of a function holds: one text, or parts.

use pointsman_schema::feature::Feature;
use serde_json::value::RawValue;

use crate::conversation::Needs;
use crate::conversation::message::{Document, Image, Part, Source};
use crate::dialect::chat::message::{audio, cache, check_address, document_data, image_source};
use crate::json::fields::{Fields, Malformed, Place, list, text};

/// All of it.
pub(super) fn read_all<'a>(
    raw: &'a RawValue,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Vec<Part<'a>>, Malformed> {
    if raw.get().starts_with('"') {
        return Ok(vec![Part::Text(text(raw, place)?)]);
    }
    if !raw.get().starts_with('[') {
        return Err(place.expected("a string or a list of parts"));
    }
    let mut parts = Vec::new();
    for (at, raw) in list(raw, place)?.into_iter().enumerate() {
        read(raw, &place.element(at), &mut parts, needs)?;
    }
    Ok(parts)
}

fn read<'a>(
    raw: &'a RawValue,
    place: &Place<'_>,
    parts: &mut Vec<Part<'a>>,
    needs: &mut Needs,
) -> Result<(), Malformed> {
    let mut fields = Fields::read(raw.get(), place)?;
    match &*fields.need_text("type", place)? {
        "input_text" | "text" => parts.push(Part::Text(fields.need_text("text", place)?)),
        "output_text" => {
            parts.push(Part::Text(fields.need_text("text", place)?));
            // What was said about the answer when it was given, which the model does not read again.
            let _about = (fields.raw("annotations"), fields.raw("logprobs"));
        }
        "refusal" => parts.push(Part::Refusal(fields.need_text("refusal", place)?)),
        "input_image" => parts.extend(image(&mut fields, place, needs)?),
        "input_file" => parts.extend(file(&mut fields, place, needs)?),
        "input_audio" => parts.push(audio(&mut fields, place, needs)?),
        _ => {
            needs.add(Feature::Other, place);
            return Ok(());
        }
    }
    parts.extend(cache(&mut fields, place, needs)?.map(Part::CacheMark));
    needs.add_rest(fields.rest(), place);
    Ok(())
}

/// What was uploaded before has no place in a conversation: only its provider knows it.
fn image<'a>(
    fields: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Option<Part<'a>>, Malformed> {
    let detail = fields.text("detail", place)?.filter(|detail| detail != "auto");
    needs.add_if(detail.is_some(), Feature::ImageDetail, &place.member("detail"));
    let uploaded = fields.raw("file_id");
    let Some(url) = fields.text("image_url", place)? else {
        let Some(_) = uploaded else { return Err(place.member("image_url").missing()) };
        needs.add(Feature::FileReference, &place.member("file_id"));
        return Ok(None);
    };
    let source = image_source(url, &place.member("image_url"), needs)?;
    Ok(Some(Part::Image(Image { source, detail })))
}

fn file<'a>(
    fields: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Option<Part<'a>>, Malformed> {
    let name = fields.text("filename", place)?;
    let detail = fields.text("detail", place)?.filter(|detail| detail != "auto");
    needs.add_if(detail.is_some(), Feature::Other, &place.member("detail"));
    let uploaded = fields.raw("file_id");
    let address = fields.text("file_url", place)?;
    let source = match (fields.text("file_data", place)?, address) {
        (Some(data), _) => document_data(data, &place.member("file_data"), needs),
        (None, Some(address)) => {
            check_address(&address, &place.member("file_url"))?;
            needs.add(Feature::DocumentUrl, &place.member("file_url"));
            Source::Url(address)
        }
        (None, None) => {
            let Some(_) = uploaded else { return Err(place.member("file_data").missing()) };
            needs.add(Feature::FileReference, &place.member("file_id"));
            return Ok(None);
        }
    };
    Ok(Some(Part::Document(Document { source, name })))
}
