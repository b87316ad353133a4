//! Writing functions that the model may call.

use super::message::mark;
use crate::conversation::message::{Tool, ToolChoice};
use crate::conversation::{Conversation, arguments};
use crate::json::write::{List, Object};

/// Whether there is a function that may be called. To call none can only be said by offering none.
pub(super) fn are_offered(conversation: &Conversation<'_>) -> bool {
    !conversation.tools.is_empty() && conversation.tool_choice != Some(ToolChoice::None)
}

/// Writes them, if there are any.
pub(super) fn write(whole: &mut Object<'_>, conversation: &Conversation<'_>) {
    if !are_offered(conversation) {
        return;
    }
    let mut config = whole.object("toolConfig");
    let mut list = config.list("tools");
    for one in &conversation.tools {
        tool(&mut list, one);
    }
    drop(list);
    let Some(choice) = &conversation.tool_choice else { return };
    let mut out = config.object("toolChoice");
    match choice {
        ToolChoice::Auto | ToolChoice::None => drop(out.object("auto")),
        ToolChoice::Required => drop(out.object("any")),
        ToolChoice::Named(name) => {
            out.object("tool").text("name", name);
        }
    }
}

fn tool(list: &mut List<'_>, tool: &Tool<'_>) {
    let Tool { name, description, parameters, strict, cache } = tool;
    let mut whole = list.object();
    let mut out = whole.object("toolSpec");
    out.text("name", name);
    out.text_if("description", description.as_deref().filter(|text| !text.is_empty()));
    out.object("inputSchema")
        .json("json", &arguments::schema(parameters.as_ref().map_or("{}", |parameters| parameters.get())));
    // That it need not be is what is taken for granted, and not every model knows the word.
    if *strict == Some(true) {
        out.flag("strict", true);
    }
    drop(out);
    drop(whole);
    if let Some(time) = cache {
        mark(list.object(), *time);
    }
}
