//! Reading the messages of a chat request.

use std::borrow::Cow;

use pointsman_schema::feature::Feature;
use serde_json::value::RawValue;

use crate::conversation::Needs;
use crate::conversation::message::{
    CacheFor, Document, Image, Leading, Message, Part, Role, Source, Thought, ToolCall, ToolResult,
};
use crate::conversation::proof::{self, Kind, Maker};
use crate::json::fields::{Fields, Malformed, Place, list, text};

/// All of them, in order.
pub(super) fn read_all<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Vec<Message<'a>>, Malformed> {
    let mut leading = Leading::default();
    let place = Place::WHOLE.member("messages");
    let raws = all.list("messages", &Place::WHOLE)?;
    let mut messages: Vec<Message<'a>> = Vec::with_capacity(raws.len());
    for (at, raw) in raws.into_iter().enumerate() {
        let place = place.element(at);
        let message = read(raw, &place, needs)?;
        let is_late = leading.is_passed(&messages, message.role);
        needs.add_if(is_late, Feature::LateInstructions, &place);
        messages.push(message);
    }
    Ok(messages)
}

fn read<'a>(raw: &'a RawValue, place: &Place<'_>, needs: &mut Needs) -> Result<Message<'a>, Malformed> {
    let mut fields = Fields::read(raw.get(), place)?;
    let role = fields.need_text("role", place)?;
    let (role, parts) = match &*role {
        "system" | "developer" => (Role::System, need_content(&mut fields, place, needs)?),
        "user" => (Role::User, need_content(&mut fields, place, needs)?),
        "assistant" => (Role::Assistant, assistant(&mut fields, place, needs)?),
        "tool" => {
            let id = fields.need_text("tool_call_id", place)?;
            let parts = need_content(&mut fields, place, needs)?;
            needs.add(Feature::Tools, place);
            (Role::User, vec![Part::ToolResult(ToolResult { id, parts, is_error: false })])
        }
        _ => {
            return Err(place
                .member("role")
                .expected("`system`, `developer`, `user`, `assistant` or `tool`"));
        }
    };
    let name = fields.text("name", place)?;
    // Of a result it is the function's, which the call has, too.
    let name = name.filter(|_| !matches!(*parts, [Part::ToolResult(_)]));
    needs.add_if(name.is_some(), Feature::ParticipantName, &place.member("name"));
    needs.add_rest(fields.rest(), place);
    Ok(Message { role, name, parts })
}

/// What only the model may leave out, when it calls functions.
fn need_content<'a>(
    fields: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Vec<Part<'a>>, Malformed> {
    content(fields, place, needs)?.ok_or_else(|| place.member("content").expected(CONTENT))
}

const CONTENT: &str = "a string or a list of parts";

/// The words and things of a message: one text, or parts; nothing where it has no member for them.
fn content<'a>(
    fields: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Option<Vec<Part<'a>>>, Malformed> {
    let Some(raw) = fields.raw("content") else { return Ok(None) };
    let place = place.member("content");
    if raw.get().starts_with('"') {
        let words = text(raw, &place)?;
        let mut parts = vec![Part::Text(words)];
        parts.extend(cache(fields, &place, needs)?.map(Part::CacheMark));
        return Ok(Some(parts));
    }
    if !raw.get().starts_with('[') {
        return Err(place.expected(CONTENT));
    }
    let mut parts = Vec::new();
    for (at, raw) in list(raw, &place)?.into_iter().enumerate() {
        part(raw, &place.element(at), &mut parts, needs)?;
    }
    Ok(Some(parts))
}

fn part<'a>(
    raw: &'a RawValue,
    place: &Place<'_>,
    parts: &mut Vec<Part<'a>>,
    needs: &mut Needs,
) -> Result<(), Malformed> {
    let mut fields = Fields::read(raw.get(), place)?;
    let kind = fields.need_text("type", place)?;
    match &*kind {
        "text" => parts.push(Part::Text(fields.need_text("text", place)?)),
        "refusal" => parts.push(Part::Refusal(fields.need_text("refusal", place)?)),
        "image_url" => parts.push(image(&mut fields, place, needs)?),
        "input_audio" => parts.push(audio(&mut fields, place, needs)?),
        "file" => parts.extend(file(&mut fields, place, needs)?),
        _ => {
            needs.add(Feature::Other, place);
            return Ok(());
        }
    }
    parts.extend(cache(&mut fields, place, needs)?.map(Part::CacheMark));
    needs.add_rest(fields.rest(), place);
    Ok(())
}

fn image<'a>(fields: &mut Fields<'a>, place: &Place<'_>, needs: &mut Needs) -> Result<Part<'a>, Malformed> {
    let inner = fields.object("image_url", place)?;
    let place = place.member("image_url");
    let mut inner = inner.ok_or_else(|| place.missing())?;
    let detail = inner.text("detail", &place)?.filter(|detail| detail != "auto");
    needs.add_if(detail.is_some(), Feature::ImageDetail, &place.member("detail"));
    let source = image_source(inner.need_text("url", &place)?, &place, needs)?;
    needs.add_rest(inner.rest(), &place);
    Ok(Part::Image(Image { source, detail }))
}

/// A recording, as both of OpenAI's endpoints have it.
pub(in crate::dialect) fn audio<'a>(
    fields: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Part<'a>, Malformed> {
    let inner = fields.object("input_audio", place)?;
    let place = place.member("input_audio");
    let mut inner = inner.ok_or_else(|| place.missing())?;
    needs.add(Feature::AudioInput, &place);
    let data = inner.need_text("data", &place)?;
    let format = inner.need_text("format", &place)?;
    needs.add_rest(inner.rest(), &place);
    Ok(Part::Audio { data, format })
}

/// A file that was uploaded before has no place in a conversation: only its provider knows it.
fn file<'a>(
    fields: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Option<Part<'a>>, Malformed> {
    let inner = fields.object("file", place)?;
    let place = place.member("file");
    let mut inner = inner.ok_or_else(|| place.missing())?;
    let name = inner.text("filename", &place)?;
    let Some(data) = inner.text("file_data", &place)? else {
        needs.add(Feature::FileReference, &place);
        return Ok(None);
    };
    needs.add_rest(inner.rest(), &place);
    let source = document_data(data, &place, needs);
    Ok(Some(Part::Document(Document { source, name })))
}

/// Where a picture is, which `place` says.
pub(in crate::dialect) fn image_source<'a>(
    url: Cow<'a, str>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Source<'a>, Malformed> {
    let source = source(url);
    let feature = match &source {
        Source::Url(url) => {
            check_address(url, place)?;
            Feature::ImageUrl
        }
        Source::Data { .. } => Feature::ImageData,
    };
    needs.add(feature, place);
    Ok(source)
}

/// Whether it is an address that a provider can fetch something from.
pub(in crate::dialect) fn check_address(url: &str, place: &Place<'_>) -> Result<(), Malformed> {
    let is_one = ["https://", "http://"].iter().any(|scheme| {
        url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && url.len() > scheme.len()
    });
    if is_one { Ok(()) } else { Err(place.expected("an address with `https://`, or `data:` with Base64")) }
}

/// A document within the request: a `data:` address, or the Base64 of a PDF.
pub(in crate::dialect) fn document_data<'a>(
    data: Cow<'a, str>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Source<'a> {
    needs.add(Feature::DocumentData, place);
    match source(data) {
        Source::Url(base64) => Source::Data { media_type: Cow::Borrowed("application/pdf"), base64 },
        data @ Source::Data { .. } => data,
    }
}

/// An address, or what a `data:` address holds (RFC 2397).
fn source(url: Cow<'_, str>) -> Source<'_> {
    let cut = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    let Some((media_type, base64)) = cut else { return Source::Url(url) };
    let (start, end) = (5 + media_type.len(), url.len() - base64.len());
    match url {
        Cow::Borrowed(url) => Source::Data {
            media_type: Cow::Borrowed(url.get(5..start).unwrap_or_default()),
            base64: Cow::Borrowed(url.get(end..).unwrap_or_default()),
        },
        Cow::Owned(url) => Source::Data {
            media_type: Cow::Owned(url.get(5..start).unwrap_or_default().to_owned()),
            base64: Cow::Owned(url.get(end..).unwrap_or_default().to_owned()),
        },
    }
}

/// What the model said and did: its thoughts first, as they came first.
fn assistant<'a>(
    fields: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Vec<Part<'a>>, Malformed> {
    let mut parts = thoughts(fields, place, needs)?;
    parts.extend(content(fields, place, needs)?.unwrap_or_default());
    parts.extend(fields.text("refusal", place)?.map(Part::Refusal));
    let calls = place.member("tool_calls");
    for (at, raw) in fields.list("tool_calls", place)?.into_iter().enumerate() {
        parts.extend(call(raw, &calls.element(at), needs)?.map(Part::ToolCall));
    }
    // What some servers put into every message of theirs, and clients give back.
    let _given_back = (fields.list("annotations", place)?.is_empty(), fields.raw("reasoning"));
    Ok(parts)
}

/// In blocks with their signatures, or as mere words: then the blocks say the same, and more.
fn thoughts<'a>(
    fields: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Vec<Part<'a>>, Malformed> {
    let words = fields.text("reasoning_content", place)?;
    let blocks = place.member("thinking_blocks");
    let mut parts = Vec::new();
    for (at, raw) in fields.list("thinking_blocks", place)?.into_iter().enumerate() {
        let place = blocks.element(at);
        let mut fields = Fields::read(raw.get(), &place)?;
        let thought = Thought {
            text: fields.text("thinking", &place)?.unwrap_or_default(),
            signature: fields.text("signature", &place)?.filter(|signature| !signature.is_empty()),
            redacted: fields.text("data", &place)?,
        };
        needs.add(Feature::ReasoningContent, &place);
        parts.push(Part::Thought(thought));
    }
    if let Some(text) = words.filter(|words| parts.is_empty() && !words.is_empty()) {
        // Nobody takes back thoughts that nobody signed, so nothing is lost with them.
        parts.push(Part::Thought(Thought { text, ..Thought::default() }));
    }
    Ok(parts)
}

fn call<'a>(
    raw: &'a RawValue,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Option<ToolCall<'a>>, Malformed> {
    let mut fields = Fields::read(raw.get(), place)?;
    let Some(mut function) = fields.object("function", place)? else {
        needs.add(Feature::CustomTools, place);
        return Ok(None);
    };
    needs.add(Feature::Tools, place);
    let inner = place.member("function");
    let signature = signature(&mut fields, place)?;
    needs.add_if(signature.is_some(), Feature::ReasoningContent, &place.member("extra_content"));
    let call = ToolCall {
        id: fields.need_text("id", place)?,
        name: function.need_text("name", &inner)?,
        arguments: function.text("arguments", &inner)?.unwrap_or_default(),
        signature,
    };
    let _known = (fields.raw("type"), fields.raw("index"));
    needs.add_rest(fields.rest(), place);
    needs.add_rest(function.rest(), &inner);
    Ok(Some(call))
}

/// Where Google's own servers of this protocol put it.
fn signature<'a>(fields: &mut Fields<'a>, place: &Place<'_>) -> Result<Option<Cow<'a, str>>, Malformed> {
    let Some(mut extra) = fields.object("extra_content", place)? else { return Ok(None) };
    let place = place.member("extra_content");
    let Some(mut google) = extra.object("google", &place)? else { return Ok(None) };
    let signature = google.text("thought_signature", &place.member("google"))?;
    let signature = signature.filter(|signature| !signature.is_empty());
    // Where there is no mark, the place says whose it is.
    let own = |bare: Cow<'a, str>| Cow::Owned(proof::marked(Kind::Call, Maker::Gemini, &bare));
    Ok(signature.map(|signature| if proof::is_marked(&signature) { signature } else { own(signature) }))
}

/// OpenAI's mark of where a prompt may be cached, or Anthropic's, which many clients send in this protocol, too.
pub(in crate::dialect) fn cache(
    fields: &mut Fields<'_>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Option<CacheFor>, Malformed> {
    let mut found = None;
    for name in ["prompt_cache_breakpoint", "cache_control"] {
        let Some(mut mark) = fields.object(name, place)? else { continue };
        let place = place.member(name);
        needs.add(Feature::CacheMarkers, &place);
        let ttl = mark.text("ttl", &place)?;
        let _known = (mark.raw("type"), mark.raw("mode"));
        needs.add_rest(mark.rest(), &place);
        let is_long = matches!(ttl.as_deref(), Some("1h" | "12h"));
        found = Some(if is_long { CacheFor::Hour } else { CacheFor::Default });
    }
    Ok(found)
}
