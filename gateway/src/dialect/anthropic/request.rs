//! Reading a request: every member is taken, or is in the request's needs by its name.

use pointsman_schema::feature::Feature;

use super::{message, settings, tools};
use crate::conversation::message::Part;
use crate::conversation::{Conversation, Needs};
use crate::json::fields::{Fields, Malformed, Place};

const WHOLE: Place<'static> = Place::WHOLE;

/// Reads a request.
pub fn read(body: &str) -> Result<Conversation<'_>, Malformed> {
    let mut all = Fields::read(body, &WHOLE)?;
    let mut needs = Needs::default();
    // Routing has read it.
    let _model = all.raw("model");
    let stream = all.flag("stream", &WHOLE)?.unwrap_or(false);
    needs.add_if(stream, Feature::Streaming, &WHOLE.member("stream"));
    let mut conversation = Conversation {
        stream,
        // Every stream of this protocol ends with it.
        wants_usage: true,
        messages: message::read_all(&mut all, &mut needs)?,
        tools: tools::read(&mut all, &mut needs)?,
        output_tokens: Some(output_tokens(&mut all, &mut needs)?),
        stop: settings::stop(&mut all, &mut needs)?,
        sampling: settings::sampling(&mut all, &mut needs)?,
        user: settings::user(&mut all, &mut needs)?,
        ..Conversation::default()
    };
    (conversation.tool_choice, conversation.parallel_tool_calls) = tools::choice(&mut all, &mut needs)?;
    (conversation.reasoning, conversation.format) = settings::thinking_and_format(&mut all, &mut needs)?;
    mark_the_end(&mut all, &mut conversation, &mut needs)?;
    for name in ["container", "mcp_servers"] {
        needs.add_if(all.raw(name).is_some(), Feature::HostedTools, &WHOLE.member(name));
    }
    needs.add_rest(all.rest(), &WHOLE);
    Ok(Conversation { needs, ..conversation })
}

/// They have to be said. None at all only fills the provider's cache, which no other protocol knows.
fn output_tokens(all: &mut Fields<'_>, needs: &mut Needs) -> Result<u64, Malformed> {
    let place = WHOLE.member("max_tokens");
    let tokens = all.count("max_tokens", &WHOLE)?;
    let tokens = tokens.ok_or_else(|| place.missing())?;
    needs.add_if(tokens == 0, Feature::Other, &place);
    Ok(tokens)
}

/// A mark on the whole request is one at the end of what can be cached of it.
fn mark_the_end(
    all: &mut Fields<'_>,
    conversation: &mut Conversation<'_>,
    needs: &mut Needs,
) -> Result<(), Malformed> {
    let Some(mark) = message::cache(all, &WHOLE, needs)? else { return Ok(()) };
    if let Some(last) = conversation.messages.last_mut()
        && !matches!(last.parts.last(), Some(Part::CacheMark(_)))
    {
        last.parts.push(Part::CacheMark(mark));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
