//! The `response` object that a whole answer is, and that a stream begins and ends with.

use super::item::{self, Ids, Item, Status, incomplete};
use super::usage;
use crate::conversation::answer::{Finish, Usage};
use crate::dialect::Frame;
use crate::json::write::Object;

/// What it is written from.
pub(super) struct Whole<'w> {
    pub(super) ids: &'w Ids,
    pub(super) frame: &'w Frame,
    pub(super) model: &'w str,
    pub(super) items: &'w [Item<'w>],
    pub(super) usage: Option<&'w Usage>,
    /// None while it goes on.
    pub(super) finish: Option<Finish>,
}

impl Whole<'_> {
    /// Writes it.
    pub(super) fn write(&self, mut out: Object<'_>) {
        let why = self.finish.and_then(incomplete);
        let status = match (self.finish, why) {
            (None, _) => Status::InProgress,
            (Some(_), None) => Status::Completed,
            (Some(_), Some(_)) => Status::Incomplete,
        };
        out.text("id", &self.ids.response()).text("object", "response");
        out.count("created_at", self.frame.created_s).text("status", status.word()).null("error");
        match why {
            Some(reason) => drop(out.object("incomplete_details").text("reason", reason)),
            None => drop(out.null("incomplete_details")),
        }
        out.text("model", self.model);
        item::write_all(out.list("output"), self.items, status);
        out.members(self.frame.echo.as_deref().unwrap_or(ECHO_LEAST)).flag("store", false);
        match self.usage {
            Some(used) => usage::write(out.object("usage"), used),
            None => drop(out.null("usage")),
        }
    }
}

/// What every answer has to repeat of its request, where nothing is known of that.
const ECHO_LEAST: &str = r#""parallel_tool_calls":true,"tool_choice":"auto","tools":[]"#;
