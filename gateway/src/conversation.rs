//! A request and its answer in no provider's words: what every translation goes through.
//!
//! Each client dialect reads its requests into a [`Conversation`] and writes answers from [`answer::Answer`] and
//! [`answer::Delta`]; each provider does the opposite. So a new protocol is written once, not once for each other. All
//! texts are borrowed from the body that they were read from. What a request holds and not every protocol can express is
//! in its [`Needs`], with its place; nothing is left out without being there.
//!
//! Only translation passes here. Where both sides speak one protocol, bytes are forwarded.
//!
//! Read next: [`message`] for what is said, [`settings`] for how to answer, [`answer`] for the way back.

pub mod answer;
pub mod arguments;
pub mod message;
pub mod needs;
pub mod proof;
pub mod settings;
pub mod turns;

use std::borrow::Cow;
use std::collections::HashMap;

use pointsman_schema::feature::Feature;

use self::message::{Message, Part, Tool, ToolChoice};
pub use self::needs::Needs;
use self::settings::{Extras, Format, Reasoning, Sampling, is_nearly_all};

/// A request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conversation<'a> {
    /// Whether the answer is to come in pieces.
    pub stream: bool,
    /// Whether a stream is to end with what it used, to be shown to the client.
    pub wants_usage: bool,
    /// What was said so far, instructions among it where they stood.
    pub messages: Vec<Message<'a>>,
    /// Functions that the model may call.
    pub tools: Vec<Tool<'a>>,
    /// Whether it must.
    pub tool_choice: Option<ToolChoice<'a>>,
    /// Whether one answer may call several.
    pub parallel_tool_calls: Option<bool>,
    /// What the answer must look like.
    pub format: Option<Format<'a>>,
    /// At most so much answer. **Unit**: tokens.
    pub output_tokens: Option<u64>,
    /// Texts that end the answer.
    pub stop: Vec<Cow<'a, str>>,
    /// How tokens are drawn.
    pub sampling: Sampling<'a>,
    /// How much to think before.
    pub reasoning: Option<Reasoning<'a>>,
    /// How many answers; 1 where nothing is said.
    pub answers: Option<u64>,
    /// Who the end user is.
    pub user: Option<Cow<'a, str>>,
    /// What only OpenAI's relatives know.
    pub extras: Extras<'a>,
    /// What not every protocol can express.
    pub needs: Needs,
}

impl<'a> Conversation<'a> {
    /// For a model that reasons or does not. Not to think is nothing that one could be told which does not anyway, and some
    /// refuse to be.
    pub fn fit(&mut self, reasons: bool) {
        if self.reasoning == Some(Reasoning::Off) && !reasons {
            self.reasoning = None;
        }
    }

    /// What it holds that not every provider can be told, as [`Feature::mask`]s: its needs, without those that ask for
    /// nothing.
    pub fn features(&self) -> u64 {
        let is_off = match &self.reasoning {
            Some(Reasoning::Off | Reasoning::Budget(0)) => true,
            Some(Reasoning::Effort(word)) => word == "none",
            Some(Reasoning::Budget(_) | Reasoning::Adaptive) | None => false,
        };
        let is_beside = self.reasoning.is_some() && !is_off && self.sampling.top_p.is_some_and(is_nearly_all);
        let empty = [
            (is_off, Feature::Reasoning),
            (is_beside, Feature::TopP),
            (self.tools.is_empty(), Feature::ForcedTool),
        ];
        let empty = empty.iter().filter(|(is_empty, _)| *is_empty);
        empty.fold(self.needs.set(), |set, (_, feature)| set & !feature.mask())
    }

    /// The name of the function that was called, by the id of the call: some protocols name it again beside the result.
    pub fn called(&self) -> HashMap<&str, &str> {
        let parts = self.messages.iter().flat_map(|message| &message.parts);
        let mut names = HashMap::new();
        for part in parts {
            if let Part::ToolCall(call) = part {
                names.entry(&*call.id).or_insert(&*call.name);
            }
        }
        names
    }

    /// Instructions that stand before everything else, and the rest of what was said.
    pub fn split_instructions(&self) -> (&[Message<'a>], &[Message<'a>]) {
        let first = self.messages.iter().position(|message| message.role != message::Role::System);
        self.messages.split_at(first.unwrap_or(self.messages.len()))
    }
}
