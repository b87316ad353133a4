//! Reading a request: every member is taken, or is in the request's needs by its name.

use std::borrow::Cow;

use pointsman_schema::feature::Feature;

use super::contents::Contents;
use super::settings::Settings;
use super::{member, message, repeated, tools};
use crate::conversation::message::{Message, Role};
use crate::conversation::settings::Extras;
use crate::conversation::{Conversation, Needs};
use crate::json::fields::{Fields, Malformed, Place};

const WHOLE: Place<'static> = Place::WHOLE;

/// Reads a request. Whether it streams is not said in it: whoever knows the path sets that.
pub fn read(body: &str) -> Result<Conversation<'_>, Malformed> {
    let mut all = Fields::read(body, &WHOLE)?.in_camel_case(&WHOLE)?;
    let mut needs = Needs::default();
    // The path has it, too, and counts.
    let _model = all.raw("model");
    let messages = messages(&mut all, &mut needs)?;
    let functions = tools::read(&mut all, &mut needs)?;
    let extras = extras(&mut all, &mut needs)?;
    let Settings { format, output_tokens, stop, sampling, reasoning, answers, top_logprobs } =
        Settings::read(&mut all, &mut needs)?;
    needs.add_if(
        all.raw("cachedContent").is_some(),
        Feature::StoredConversation,
        &WHOLE.member("cachedContent"),
    );
    let safety = repeated(&mut all, "safetySettings", &WHOLE)?;
    needs.add_if(!safety.is_empty(), Feature::SafetySettings, &WHOLE.member("safetySettings"));
    needs.add_rest(all.rest(), &WHOLE);
    Ok(Conversation {
        // It is never left out in this protocol.
        wants_usage: true,
        messages,
        tools: functions.tools,
        tool_choice: functions.choice,
        format,
        output_tokens,
        stop,
        sampling,
        reasoning,
        answers,
        extras: Extras { top_logprobs, ..extras },
        needs,
        ..Conversation::default()
    })
}

fn messages<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Vec<Message<'a>>, Malformed> {
    let mut contents = Contents::new(needs);
    if let Some(instructions) = member(all, "systemInstruction", &WHOLE)? {
        contents.add(instructions, &WHOLE.member("systemInstruction"), Some(Role::System))?;
    }
    let place = WHOLE.member("contents");
    let list = repeated(all, "contents", &WHOLE)?;
    if list.iter().any(|content| !content.get().starts_with('{')) {
        return Err(place.expected("a list of objects with `parts`"));
    }
    let count = list.len();
    for (at, raw) in list.into_iter().enumerate() {
        let place = place.element(at);
        contents.add(message(raw, &place)?, &place, None)?;
    }
    let messages = contents.messages;
    let ends_with_answer = messages.last().is_some_and(|last| last.role == Role::Assistant);
    needs.add_if(ends_with_answer, Feature::Prefill, &place.element(count.saturating_sub(1)));
    Ok(messages)
}

fn extras<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Extras<'a>, Malformed> {
    let metadata = all.raw("labels");
    needs.add_if(metadata.is_some(), Feature::Metadata, &WHOLE.member("labels"));
    let store = all.flag("store", &WHOLE)?;
    needs.add_if(store.is_some(), Feature::Store, &WHOLE.member("store"));
    let tier = all.text("serviceTier", &WHOLE)?.map(|tier| match &*tier.to_ascii_lowercase() {
        "unspecified" => Cow::Borrowed("auto"),
        "standard" => Cow::Borrowed("default"),
        other => Cow::Owned(other.to_owned()),
    });
    needs.add_if(tier.is_some(), Feature::ServiceTier, &WHOLE.member("serviceTier"));
    Ok(Extras { metadata, store, service_tier: tier, ..Extras::default() })
}

#[cfg(test)]
mod tests;
