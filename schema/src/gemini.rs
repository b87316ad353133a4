//! What Google's models take, by their names.

use crate::feature::Feature;

/// Whether it is Gemini 3 or later.
pub fn is_since_3(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    name.strip_prefix("gemini-").is_some_and(|rest| !rest.starts_with(['1', '2']))
}

/// Those of a request's features that a model takes, but not beside others of them, as masks: up to Gemini 2, JSON is no form
/// of an answer beside functions.
pub fn beside(model: &str, features: u64) -> u64 {
    if features & Feature::Tools.mask() == 0 || is_since_3(model) {
        return 0;
    }
    features & (Feature::JsonObject.mask() | Feature::JsonSchema.mask())
}
