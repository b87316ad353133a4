//! "Did you mean": the nearest of the names that exist.
//!
//! Deliberately a hint and never a decision. The invariant: the work of one run is bounded, however many names are
//! wrong, and the answer does not depend on the order of the candidates.
//!
//! Read next: [`crate::resolve`], which asks for references; the rules about words and fields ask directly.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The nearest candidate, if any is near: by edit distance, then by its text.
pub fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let far = wrong.chars().count().div_ceil(3).min(DISTANCE_MAX);
    let near = |candidate: &'a str| {
        if candidate.len().abs_diff(wrong.len()) > far {
            return None;
        }
        let distance = strsim::osa_distance(wrong, candidate);
        (distance <= far && distance > 0).then_some((distance, candidate))
    };
    candidates.into_iter().filter_map(near).min().map(|(_, candidate)| candidate)
}

/// How many comparisons a run may still make. One thread at a time spends it, or else suggestions would depend on luck.
#[derive(Debug)]
pub struct Patience {
    comparisons_left: AtomicUsize,
}

impl Default for Patience {
    fn default() -> Self {
        Self { comparisons_left: AtomicUsize::new(COMPARISONS_MAX) }
    }
}

impl Patience {
    /// Takes from what is left; `false` when it does not suffice, and then nothing is suggested any more.
    pub fn spend(&self, comparisons: usize) -> bool {
        let left = self.comparisons_left.load(Relaxed).checked_sub(comparisons);
        self.comparisons_left.store(left.unwrap_or(0), Relaxed);
        left.is_some()
    }
}

/// **Unit**: edits between a name and one that is meant.
const DISTANCE_MAX: usize = 4;
/// **Unit**: names compared in one run.
const COMPARISONS_MAX: usize = 2_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wrong: &str, expected: Option<&str>) {
        let names = ["openai-gpt-4o", "openai-gpt-4o-mini", "anthropic-eu", "vllm", "azure"];
        assert_eq!(nearest(wrong, names), expected, "{wrong}");
        assert_eq!(nearest(wrong, names.into_iter().rev()), expected, "{wrong}");
    }

    #[test]
    fn near_names_are_found() {
        check("anthropic-us", Some("anthropic-eu"));
        check("openai-gpt4o", Some("openai-gpt-4o"));
        check("vlm", Some("vllm"));
        check("x", None);
        check("something-else", None);
        check("vllm", None);
    }

    #[test]
    fn patience_ends() {
        let patience = Patience::default();
        assert!(patience.spend(COMPARISONS_MAX));
        assert!(!patience.spend(1));
    }
}
