//! Reading what was said: instructions and messages, block by block.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pointsman_schema::feature::Feature;
use serde_json::value::RawValue;

use crate::conversation::Needs;
use crate::conversation::message::{
    CacheFor, Document, Image, Leading, Message, Part, Role, Source, Thought, ToolCall, ToolResult,
};
use crate::conversation::proof;
use crate::dialect::chat::message::check_address;
use crate::json::fields::{Fields, Malformed, Place, list, text};

/// All of it, in order, instructions first.
pub(super) fn read_all<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Vec<Message<'a>>, Malformed> {
    let mut messages = Vec::new();
    if let Some(raw) = all.raw("system") {
        let parts = instructions(raw, &Place::WHOLE.member("system"), needs)?;
        messages.push(Message { role: Role::System, name: None, parts });
    }
    let mut leading = Leading::default();
    let place = Place::WHOLE.member("messages");
    let raws = all.raw("messages").ok_or_else(|| place.missing())?;
    let raws = list(raws, &place)?;
    let end = raws.len();
    for (at, raw) in raws.into_iter().enumerate() {
        let place = place.element(at);
        let message = read(raw, &place, needs)?;
        let is_late = leading.is_passed(&messages, message.role);
        needs.add_if(is_late, Feature::LateInstructions, &place);
        needs.add_if(at + 1 == end && message.role == Role::Assistant, Feature::Prefill, &place);
        messages.push(message);
    }
    Ok(messages)
}

fn read<'a>(raw: &'a RawValue, place: &Place<'_>, needs: &mut Needs) -> Result<Message<'a>, Malformed> {
    let mut fields = Fields::read(raw.get(), place)?;
    let role = fields.need_text("role", place)?;
    let inner = place.member("content");
    let content = fields.raw("content").ok_or_else(|| inner.expected(CONTENT))?;
    let (role, parts) = match &*role {
        "user" => (Role::User, blocks(content, &inner, needs, said)?),
        "assistant" => (Role::Assistant, blocks(content, &inner, needs, said)?),
        "system" => (Role::System, instructions(content, &inner, needs)?),
        _ => return Err(place.member("role").expected("`user`, `assistant` or `system`")),
    };
    needs.add_rest(fields.rest(), place);
    Ok(Message { role, name: None, parts })
}

/// Instructions are words.
fn instructions<'a>(
    raw: &'a RawValue,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Vec<Part<'a>>, Malformed> {
    let parts = blocks(raw, place, needs, thing)?;
    let are_words = parts.iter().all(|part| matches!(part, Part::Text(_) | Part::CacheMark(_)));
    if are_words { Ok(parts) } else { Err(place.expected("a string or a list of text blocks")) }
}

/// Reads the members of one block by its type. None for one that no other protocol has.
type Block = for<'a, 'f> fn(
    &str,
    &'f mut Fields<'a>,
    &'f Place<'f>,
    &'f mut Needs,
) -> Result<Option<Part<'a>>, Malformed>;

/// One text, or blocks.
fn blocks<'a>(
    raw: &'a RawValue,
    place: &Place<'_>,
    needs: &mut Needs,
    block: Block,
) -> Result<Vec<Part<'a>>, Malformed> {
    if raw.get().starts_with('"') {
        return Ok(vec![Part::Text(text(raw, place)?)]);
    }
    if !raw.get().starts_with('[') {
        return Err(place.expected(CONTENT));
    }
    let mut parts = Vec::new();
    for (at, raw) in list(raw, place)?.into_iter().enumerate() {
        let place = place.element(at);
        let mut fields = Fields::read(raw.get(), &place)?;
        let kind = fields.need_text("type", &place)?;
        let Some(part) = block(&kind, &mut fields, &place, needs)? else { continue };
        parts.push(part);
        parts.extend(cache(&mut fields, &place, needs)?.map(Part::CacheMark));
        needs.add_rest(fields.rest(), &place);
    }
    Ok(parts)
}

/// A block of a message.
fn said<'a>(
    kind: &str,
    fields: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Option<Part<'a>>, Malformed> {
    let part = match kind {
        "thinking" => {
            needs.add(Feature::ReasoningContent, place);
            let signature =
                fields.text("signature", place)?.filter(|signature| !proof::is_nobodys(signature));
            Part::Thought(Thought { text: fields.need_text("thinking", place)?, signature, redacted: None })
        }
        "redacted_thinking" => {
            needs.add(Feature::ReasoningContent, place);
            let redacted = Some(fields.need_text("data", place)?);
            Part::Thought(Thought { redacted, ..Thought::default() })
        }
        "tool_use" => Part::ToolCall(call(fields, place, needs)?),
        "tool_result" => Part::ToolResult(result(fields, place, needs)?),
        _ => return thing(kind, fields, place, needs),
    };
    Ok(Some(part))
}

/// A block that can stand in a message and in what a function gave back: so deep, and no deeper.
fn thing<'a>(
    kind: &str,
    fields: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Option<Part<'a>>, Malformed> {
    match kind {
        "text" => {
            let cited = fields.list("citations", place)?;
            needs.add_if(!cited.is_empty(), Feature::Citations, &place.member("citations"));
            Ok(Some(Part::Text(fields.need_text("text", place)?)))
        }
        "image" => {
            let source = source(fields, place, needs, (Feature::ImageData, Feature::ImageUrl))?;
            Ok(source.map(|source| Part::Image(Image { source, detail: None })))
        }
        "document" => {
            let source = source(fields, place, needs, (Feature::DocumentData, Feature::DocumentUrl))?;
            let name = fields.text("title", place)?;
            citations(fields, place, needs)?;
            Ok(source.map(|source| Part::Document(Document { source, name })))
        }
        "search_result" => search_result(fields, place, needs).map(Some),
        _ => {
            needs.add(elsewhere(kind), place);
            Ok(None)
        }
    }
}

/// What a block belongs to that has no form elsewhere.
fn elsewhere(kind: &str) -> Feature {
    let is_hosted = kind.ends_with("_tool_use")
        || kind.ends_with("_tool_result")
        || matches!(kind, "tool_reference" | "browser_state");
    match kind {
        "container_upload" => Feature::FileReference,
        _ if is_hosted => Feature::HostedTools,
        _ => Feature::Other,
    }
}

/// Where the bytes of a picture or a document are; none where only Anthropic can say.
fn source<'a>(
    fields: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
    (data, url): (Feature, Feature),
) -> Result<Option<Source<'a>>, Malformed> {
    let inner = fields.object("source", place)?;
    let place = place.member("source");
    let mut inner = inner.ok_or_else(|| place.missing())?;
    let (feature, source) = match &*inner.need_text("type", &place)? {
        "base64" => {
            let media_type = inner.need_text("media_type", &place)?;
            (data, Source::Data { media_type, base64: inner.need_text("data", &place)? })
        }
        "text" => {
            let base64 = Cow::Owned(STANDARD.encode(&*inner.need_text("data", &place)?));
            let media_type = inner.text("media_type", &place)?;
            (data, Source::Data { media_type: media_type.unwrap_or(Cow::Borrowed("text/plain")), base64 })
        }
        "url" => {
            let address = inner.need_text("url", &place)?;
            check_address(&address, &place.member("url"))?;
            (url, Source::Url(address))
        }
        kind => {
            needs.add(if kind == "file" { Feature::FileReference } else { Feature::Other }, &place);
            return Ok(None);
        }
    };
    needs.add(feature, &place);
    needs.add_rest(inner.rest(), &place);
    Ok(Some(source))
}

/// Whether the answer is to say where it has something from.
fn citations(fields: &mut Fields<'_>, place: &Place<'_>, needs: &mut Needs) -> Result<(), Malformed> {
    let Some(mut citations) = fields.object("citations", place)? else { return Ok(()) };
    let place = place.member("citations");
    let is_on = citations.flag("enabled", &place)? == Some(true);
    needs.add_if(is_on, Feature::Citations, &place);
    Ok(())
}

/// Something that a search found, to be cited: its words at least are what everyone can read.
fn search_result<'a>(
    fields: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Part<'a>, Malformed> {
    needs.add(Feature::Citations, place);
    let mut words: Vec<Cow<'a, str>> = Vec::new();
    words.extend(fields.text("title", place)?);
    words.extend(fields.text("source", place)?);
    let inner = place.member("content");
    for (at, raw) in fields.list("content", place)?.into_iter().enumerate() {
        let place = inner.element(at);
        words.push(Fields::read(raw.get(), &place)?.need_text("text", &place)?);
    }
    let _citations = fields.raw("citations");
    Ok(Part::Text(Cow::Owned(words.join("\n"))))
}

fn call<'a>(
    fields: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<ToolCall<'a>, Malformed> {
    needs.add(Feature::Tools, place);
    of_a_set(fields, place, needs)?;
    let caller = fields.object("caller", place)?;
    let caller = caller.map(|mut caller| caller.need_text("type", &place.member("caller"))).transpose()?;
    let is_program = caller.is_some_and(|kind| kind != "direct");
    needs.add_if(is_program, Feature::HostedTools, &place.member("caller"));
    let input = fields.raw("input").map_or("", RawValue::get);
    if !input.is_empty() && !input.starts_with('{') {
        return Err(place.member("input").expected("an object"));
    }
    Ok(ToolCall {
        id: fields.need_text("id", place)?,
        name: fields.need_text("name", place)?,
        arguments: Cow::Borrowed(input),
        signature: None,
    })
}

fn result<'a>(
    fields: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<ToolResult<'a>, Malformed> {
    needs.add(Feature::Tools, place);
    of_a_set(fields, place, needs)?;
    let inner = place.member("content");
    let content = fields.raw("content");
    Ok(ToolResult {
        id: fields.need_text("tool_use_id", place)?,
        parts: content.map_or_else(|| Ok(Vec::new()), |raw| blocks(raw, &inner, needs, thing))?,
        is_error: fields.flag("is_error", place)?.unwrap_or(false),
    })
}

/// A tool of a set that Anthropic defines.
fn of_a_set(fields: &mut Fields<'_>, place: &Place<'_>, needs: &mut Needs) -> Result<(), Malformed> {
    let is_one = fields.text("toolset_name", place)?.is_some();
    needs.add_if(is_one, Feature::HostedTools, &place.member("toolset_name"));
    Ok(())
}

/// A mark of where the prompt may be cached.
pub(super) fn cache(
    fields: &mut Fields<'_>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Option<CacheFor>, Malformed> {
    let Some(mut mark) = fields.object("cache_control", place)? else { return Ok(None) };
    let place = place.member("cache_control");
    needs.add(Feature::CacheMarkers, &place);
    let kind = mark.text("type", &place)?;
    if kind.is_some_and(|kind| kind != "ephemeral") {
        return Err(place.member("type").expected("`ephemeral`"));
    }
    let time = match mark.text("ttl", &place)?.as_deref() {
        None | Some("5m") => CacheFor::Default,
        Some("1h") => CacheFor::Hour,
        Some(_) => return Err(place.member("ttl").expected("`5m` or `1h`")),
    };
    needs.add_rest(mark.rest(), &place);
    Ok(Some(time))
}

const CONTENT: &str = "a string or a list of content blocks";
