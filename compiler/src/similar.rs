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

    /// The nearest candidate, as long as patience lasts for all of them.
    pub fn nearest<'a>(&self, wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        let mut lasts = true;
        let candidates = candidates.into_iter().take_while(|_| {
            lasts = self.spend(1);
            lasts
        });
        nearest(wrong, candidates).filter(|_| lasts)
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

    #[test]
    fn candidates_are_looked_at_as_long_as_patience_lasts() {
        let patience = Patience { comparisons_left: AtomicUsize::new(10) };
        let looked_at = AtomicUsize::new(0);
        let names = || {
            ["vllm", "azure", "a", "b"].into_iter().inspect(|_| {
                looked_at.fetch_add(1, Relaxed);
            })
        };
        let answers: Vec<_> = (0..100).map(|_| patience.nearest("vlm", names())).collect();
        assert_eq!(answers.iter().flatten().collect::<Vec<_>>(), [&"vllm", &"vllm"]);
        // One more each time, to find that there is no patience left.
        assert_eq!(looked_at.into_inner(), 10 + 98);
    }
}
