//! Masking secrets in the words of findings: a finding may repeat a name or a value, and that may be a secret.
//!
//! Deliberately the last pass: no rule needs to think of it. The invariant: past it, no word of a finding holds a secret
//! that was found anywhere in the tree, and no fix would write one or its mask.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, MatchKind};

use super::{MASK, masked};
use crate::diagnostic::Diagnostic;
use crate::rules::{literal_secret, possible_secret};

/// Masks the secrets in all words; `secrets` are those found in the tree, as they are written and as they are meant.
pub fn mask(found: &mut Vec<Diagnostic>, secrets: &BTreeSet<String>) {
    match Search::of(secrets) {
        Search::Needless => {}
        Search::With(finder) => found.iter_mut().for_each(|diagnostic| mask_one(diagnostic, &finder)),
        Search::TooMany => {
            // More than anyone puts into a policy: then only the findings about secrets are told, which repeat nothing.
            let about_secrets = [literal_secret::RULE.slug, possible_secret::RULE.slug];
            found.retain(|diagnostic| about_secrets.contains(&diagnostic.slug));
        }
    }
}

/// How known secrets are found again.
#[derive(Debug)]
pub enum Search {
    /// There are none.
    Needless,
    /// Each of them is found.
    With(AhoCorasick),
    /// There are too many to search for: what could hold one must not be shown.
    TooMany,
}

impl Search {
    /// How these secrets are found again.
    pub fn of(secrets: &BTreeSet<String>) -> Self {
        if secrets.is_empty() {
            return Self::Needless;
        }
        if secrets.len() > SECRETS_MAX {
            return Self::TooMany;
        }
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(secrets);
        finder.map_or(Self::TooMany, Self::With)
    }
}

fn mask_one(diagnostic: &mut Diagnostic, finder: &AhoCorasick) {
    let Diagnostic { slug: _, severity: _, headline, primary, holder, context, consequence, help, notes } =
        diagnostic;
    let texts = std::iter::once(headline)
        .chain(std::iter::once(&mut primary.text))
        .chain(holder.iter_mut())
        .chain(context.iter_mut().map(|label| &mut label.text))
        .chain(consequence.iter_mut())
        .chain(notes.iter_mut().map(|note| &mut note.text));
    for text in texts {
        mask_text(text, finder);
    }
    for help in help {
        mask_text(&mut help.text, finder);
        let writes_one =
            |text: &str| finder.is_match(text) || matches!(masked(text), std::borrow::Cow::Owned(_));
        help.fix.take_if(|fix| fix.edits.iter().any(|edit| writes_one(&edit.replacement)));
    }
}

fn mask_text(text: &mut String, finder: &AhoCorasick) {
    if finder.is_match(text.as_str()) {
        let masks = vec![MASK; finder.patterns_len()];
        *text = finder.replace_all(text, &masks);
    }
    if let std::borrow::Cow::Owned(safe) = masked(text) {
        *text = safe;
    }
}

/// **Unit**: different secrets of one tree.
const SECRETS_MAX: usize = 10_000;
