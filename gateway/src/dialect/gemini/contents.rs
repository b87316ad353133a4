//! Reading what was said: the contents of a request, part by part.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};

use pointsman_schema::feature::Feature;
use serde_json::value::RawValue;

use super::{member, message, repeated};
use crate::conversation::Needs;
use crate::conversation::message::{
    Document, Image, Message, Part, Role, Source, Thought, ToolCall, ToolResult,
};
use crate::conversation::proof::Kind;
use crate::json::fields::{Fields, Malformed, Place};
use crate::provider::gemini::UNSIGNED;

/// What was said so far.
pub(super) struct Contents<'a, 'n> {
    pub(super) messages: Vec<Message<'a>>,
    needs: &'n mut Needs,
    /// Ids of the calls of the last turn that have no result yet, by the name of their function: a result that names no
    /// call is that of the oldest.
    waiting: HashMap<Cow<'a, str>, VecDeque<Cow<'a, str>>>,
    /// Calls without an id have been given so many.
    named: usize,
}

impl<'a, 'n> Contents<'a, 'n> {
    pub(super) fn new(needs: &'n mut Needs) -> Self {
        Self { messages: Vec::new(), needs, waiting: HashMap::new(), named: 0 }
    }

    /// Reads one of the contents.
    pub(super) fn add(
        &mut self,
        mut content: Fields<'a>,
        place: &Place<'_>,
        role: Option<Role>,
    ) -> Result<(), Malformed> {
        let said = match content.text("role", place)?.as_deref() {
            // Results were once said by `function`.
            None | Some("" | "user" | "function") => Role::User,
            Some("model") => Role::Assistant,
            // Instructions may bear the name, and nothing else may.
            Some("system") if role.is_some() => Role::System,
            Some(_) => return Err(place.member("role").expected("`user` or `model`")),
        };
        let role = role.unwrap_or(said);
        // A turn of the model's may come in several contents.
        if role == Role::Assistant && self.messages.last().is_none_or(|last| last.role != Role::Assistant) {
            self.waiting = HashMap::new();
        }
        let mut parts = Vec::new();
        let list = place.member("parts");
        for (at, raw) in repeated(&mut content, "parts", place)?.into_iter().enumerate() {
            let place = list.element(at);
            let mut fields = message(raw, &place)?;
            self.part(&mut parts, &mut fields, (role, &place))?;
            self.needs.add_rest(fields.rest(), &place);
        }
        self.needs.add_rest(content.rest(), place);
        self.messages.push(Message { role, name: None, parts });
        Ok(())
    }

    fn part(
        &mut self,
        parts: &mut Vec<Part<'a>>,
        fields: &mut Fields<'a>,
        (role, place): (Role, &Place<'_>),
    ) -> Result<(), Malformed> {
        if let Some(call) = member(fields, "functionCall", place)? {
            let signature = self.signature(fields, place)?;
            let call = self.call(call, &place.member("functionCall"))?;
            parts.push(Part::ToolCall(ToolCall { signature, ..call }));
        } else if let Some(response) = member(fields, "functionResponse", place)? {
            parts.push(Part::ToolResult(self.result(response, &place.member("functionResponse"))?));
        } else if let Some(blob) = member(fields, "inlineData", place)? {
            parts.extend(inline(blob, &place.member("inlineData"), self.needs)?);
        } else if let Some(file) = member(fields, "fileData", place)? {
            parts.extend(by_address(file, &place.member("fileData"), self.needs)?);
        } else {
            self.words(parts, fields, (role, place))?;
        }
        Ok(())
    }

    /// A part that is no thing: words or a thought, of which there may be only the signature.
    fn words(
        &mut self,
        parts: &mut Vec<Part<'a>>,
        fields: &mut Fields<'a>,
        (role, place): (Role, &Place<'_>),
    ) -> Result<(), Malformed> {
        // Code that was run, and calls of what the provider runs.
        for name in HOSTED {
            self.needs.add_if(fields.raw(name).is_some(), Feature::HostedTools, &place.member(name));
        }
        let text = fields.text("text", place)?;
        let is_thought = fields.flag("thought", place)? == Some(true);
        let signature = self.signature(fields, place)?;
        if text.is_none() && signature.is_none() {
            return Ok(());
        }
        let text = text.unwrap_or_default();
        if is_thought {
            thought(parts, text, signature);
        } else {
            words(parts, (role, text), signature);
        }
        Ok(())
    }

    fn signature(
        &mut self,
        fields: &mut Fields<'a>,
        place: &Place<'_>,
    ) -> Result<Option<Cow<'a, str>>, Malformed> {
        let found = fields.text("thoughtSignature", place)?.filter(|signature| !is_absent(signature));
        self.needs.add_if(found.is_some(), Feature::ReasoningContent, &place.member("thoughtSignature"));
        Ok(found)
    }

    fn call(&mut self, mut call: Fields<'a>, place: &Place<'_>) -> Result<ToolCall<'a>, Malformed> {
        self.needs.add(Feature::Tools, place);
        let name = call.need_text("name", place)?;
        let arguments = call.raw("args").map_or("", RawValue::get);
        if !arguments.is_empty() && !arguments.starts_with('{') {
            return Err(place.member("args").expected("an object"));
        }
        let id = call.text("id", place)?.filter(|id| !id.is_empty()).unwrap_or_else(|| {
            self.named += 1;
            Cow::Owned(format!("call_{}", self.named - 1))
        });
        self.needs.add_rest(call.rest(), place);
        self.waiting.entry(name.clone()).or_default().push_back(id.clone());
        Ok(ToolCall { id, name, arguments: Cow::Borrowed(arguments), signature: None })
    }

    fn result(&mut self, mut result: Fields<'a>, place: &Place<'_>) -> Result<ToolResult<'a>, Malformed> {
        self.needs.add(Feature::Tools, place);
        let name = result.text("name", place)?.unwrap_or_default();
        let id = match result.text("id", place)?.filter(|id| !id.is_empty()) {
            Some(id) => id,
            None => self
                .waiting
                .get_mut(&name)
                .and_then(VecDeque::pop_front)
                .ok_or_else(|| place.expected("the result of a call in the turn before, by its name"))?,
        };
        let (text, is_error) = outcome(result.raw("response"), &place.member("response"))?;
        let mut parts = vec![Part::Text(text)];
        let list = place.member("parts");
        for (at, raw) in repeated(&mut result, "parts", place)?.into_iter().enumerate() {
            let place = list.element(at);
            let mut fields = message(raw, &place)?;
            if let Some(blob) = member(&mut fields, "inlineData", &place)? {
                parts.extend(inline(blob, &place.member("inlineData"), self.needs)?);
            } else if let Some(file) = member(&mut fields, "fileData", &place)? {
                parts.extend(by_address(file, &place.member("fileData"), self.needs)?);
            }
            self.needs.add_rest(fields.rest(), &place);
        }
        self.needs.add_rest(result.rest(), place);
        Ok(ToolResult { id, parts, is_error })
    }
}

/// What a function gave back, in words, and whether it failed: of an object with nothing but `output` or `error` that is
/// a text, the text; of any other, the JSON.
fn outcome<'a>(response: Option<&'a RawValue>, place: &Place<'_>) -> Result<(Cow<'a, str>, bool), Malformed> {
    let Some(response) = response else { return Ok((Cow::Borrowed(""), false)) };
    let whole = Cow::Borrowed(response.get());
    // A result may have any names.
    let Ok(mut fields) = Fields::read(response.get(), place) else {
        return if response.get().starts_with('{') {
            Ok((whole, false))
        } else {
            Err(place.expected("an object"))
        };
    };
    for (member, is_error) in [("output", false), ("error", true)] {
        let is_alone = fields.rest().eq([member]);
        if is_alone && let Ok(Some(text)) = fields.text(member, place) {
            return Ok((text, is_error));
        }
    }
    Ok((whole, false))
}

/// What stands for no signature: nothing, or what clients write where no model of Google's made the call. Types of bytes, as
/// those of Google's own client, write that in Base64.
fn is_absent(signature: &str) -> bool {
    const UNSIGNED_BYTES: &str = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=";
    signature.is_empty() || signature == UNSIGNED || signature == UNSIGNED_BYTES
}

/// Adds a thought. Its pieces come back as they were streamed, the signature last.
fn thought<'a>(parts: &mut Vec<Part<'a>>, text: Cow<'a, str>, signature: Option<Cow<'a, str>>) {
    let is_redacted = signature.as_deref().and_then(Kind::of) == Some(Kind::Redacted);
    if is_redacted && text.is_empty() {
        parts.push(Part::Thought(Thought { redacted: signature, ..Thought::default() }));
        return;
    }
    match parts.last_mut() {
        Some(Part::Thought(Thought { text: before, signature: open @ None, redacted: None })) => {
            before.to_mut().push_str(&text);
            *open = signature;
        }
        _ if text.is_empty() && signature.is_none() => {}
        _ => parts.push(Part::Thought(Thought { text, signature, redacted: None })),
    }
}

/// Adds words, and what proves them as a thought of no words. The model's words come back as they were streamed.
fn words<'a>(parts: &mut Vec<Part<'a>>, (role, text): (Role, Cow<'a, str>), signature: Option<Cow<'a, str>>) {
    match parts.last_mut() {
        Some(Part::Text(before)) if role == Role::Assistant => before.to_mut().push_str(&text),
        _ if text.is_empty() && signature.is_some() => {}
        _ => parts.push(Part::Text(text)),
    }
    if signature.is_some() {
        parts.push(Part::Thought(Thought { signature, ..Thought::default() }));
    }
}

/// A picture, a recording or a document within the request.
fn inline<'a>(
    mut blob: Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Option<Part<'a>>, Malformed> {
    let media_type = blob.need_text("mimeType", place)?;
    let base64 = standard_base64(blob.need_text("data", place)?);
    let name = blob.text("displayName", place)?;
    needs.add_rest(blob.rest(), place);
    let kind = media_type.split('/').next().unwrap_or_default().to_ascii_lowercase();
    Ok(match &*kind {
        "image" => {
            needs.add(Feature::ImageData, place);
            Some(Part::Image(Image { source: Source::Data { media_type, base64 }, detail: None }))
        }
        "audio" => {
            needs.add(Feature::AudioInput, place);
            Some(Part::Audio { data: base64, format: audio_format(&media_type) })
        }
        "application" | "text" => {
            needs.add(Feature::DocumentData, place);
            Some(Part::Document(Document { source: Source::Data { media_type, base64 }, name }))
        }
        _ => {
            needs.add(Feature::Other, place);
            None
        }
    })
}

/// The same at an address, if it is one that others can fetch: what was uploaded to Google is nowhere else.
fn by_address<'a>(
    mut file: Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Option<Part<'a>>, Malformed> {
    let address = file.need_text("fileUri", place)?;
    let media_type = file.text("mimeType", place)?.unwrap_or_default();
    let name = file.text("displayName", place)?;
    needs.add_rest(file.rest(), place);
    let is_public = ["https://", "http://"].iter().any(|scheme| address.starts_with(scheme))
        && !address.contains("googleapis.com/");
    if is_public && media_type.starts_with("image/") {
        needs.add(Feature::ImageUrl, place);
        return Ok(Some(Part::Image(Image { source: Source::Url(address), detail: None })));
    }
    if is_public && (media_type == "application/pdf" || media_type.starts_with("text/")) {
        needs.add(Feature::DocumentUrl, place);
        return Ok(Some(Part::Document(Document { source: Source::Url(address), name })));
    }
    needs.add(Feature::FileReference, place);
    Ok(None)
}

/// Base64 in the alphabet that all other protocols want, padded.
///
/// **Source**: RFC 4648, sections 4 and 5; `ProtoJSON`, `bytes`.
fn standard_base64(data: Cow<'_, str>) -> Cow<'_, str> {
    let is_standard = memchr::memchr2(b'-', b'_', data.as_bytes()).is_none();
    if is_standard && data.len().is_multiple_of(4) {
        return data;
    }
    let mut data = data.replace('-', "+").replace('_', "/");
    while !data.len().is_multiple_of(4) {
        data.push('=');
    }
    Cow::Owned(data)
}

/// What others call the format of a recording.
fn audio_format<'a>(media_type: &str) -> Cow<'a, str> {
    match media_type.split(['/', ';']).nth(1).unwrap_or_default() {
        "mpeg" | "mp3" | "mpga" => Cow::Borrowed("mp3"),
        "wav" | "x-wav" | "wave" | "vnd.wave" => Cow::Borrowed("wav"),
        other => Cow::Owned(other.to_owned()),
    }
}

const HOSTED: [&str; 4] = ["executableCode", "codeExecutionResult", "toolCall", "toolResponse"];
