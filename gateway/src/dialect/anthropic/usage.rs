//! What an answer used, as Anthropic counts: cached input beside the rest of it.

use crate::conversation::answer::Usage;
use crate::json::write::Object;

/// Writes the members of a message's `usage`.
pub(super) fn write(mut out: Object<'_>, usage: &Usage) {
    let mut written = out.object("cache_creation");
    written.count("ephemeral_5m_input_tokens", usage.cache_written.saturating_sub(usage.cache_written_hour));
    written.count("ephemeral_1h_input_tokens", usage.cache_written_hour);
    drop(written);
    write_so_far(out, usage);
}

/// Writes those of a `message_delta`, which has no times of what was cached.
pub(super) fn write_so_far(mut out: Object<'_>, usage: &Usage) {
    let Usage { input: _, cached, cache_written, cache_written_hour: _, output, reasoning } = *usage;
    out.count("input_tokens", usage.fresh());
    out.count("cache_creation_input_tokens", cache_written).count("cache_read_input_tokens", cached);
    out.count("output_tokens", output);
    if reasoning > 0 {
        out.object("output_tokens_details").count("thinking_tokens", reasoning);
    }
}
