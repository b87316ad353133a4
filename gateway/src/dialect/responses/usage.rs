//! What an answer used, as the Responses API counts: cached input within the input, reasoning within the output.

use crate::conversation::answer::Usage;
use crate::json::write::Object;

/// Writes the members of `usage`.
pub(super) fn write(mut out: Object<'_>, usage: &Usage) {
    let Usage { input, cached, cache_written, cache_written_hour: _, output, reasoning } = *usage;
    out.count("input_tokens", input);
    let mut details = out.object("input_tokens_details");
    details.count("cached_tokens", cached).count("cache_write_tokens", cache_written);
    drop(details);
    out.count("output_tokens", output);
    out.object("output_tokens_details").count("reasoning_tokens", reasoning);
    out.count("total_tokens", input.saturating_add(output));
}
