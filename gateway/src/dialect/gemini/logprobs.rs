//! Probabilities of tokens in Google's form, from OpenAI's.

use serde::Deserialize;

use crate::conversation::answer::Opaque;
use crate::json::Text;
use crate::json::write::{List, Object};

#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(borrow, default)]
    content: Option<Vec<Token<'a>>>,
}

#[derive(Deserialize)]
struct Token<'a> {
    #[serde(borrow, default, rename = "token")]
    text: Text<'a>,
    #[serde(default)]
    logprob: f64,
    #[serde(borrow, default)]
    top_logprobs: Option<Vec<Token<'a>>>,
}

/// Writes `logprobsResult`, if there are any in a form that we know.
pub(super) fn write(out: &mut Object<'_>, logprobs: Opaque<'_>) {
    let Ok(whole) = serde_json::from_str::<Whole<'_>>(logprobs.0.get()) else { return };
    let Some(tokens) = whole.content else { return };
    let mut result = out.object("logprobsResult");
    let mut chosen = result.list("chosenCandidates");
    for one in &tokens {
        token(&mut chosen, one);
    }
    drop(chosen);
    let mut tops = result.list("topCandidates");
    for one in &tokens {
        let mut top = tops.object();
        let mut list = top.list("candidates");
        for other in one.top_logprobs.iter().flatten() {
            token(&mut list, other);
        }
    }
}

fn token(list: &mut List<'_>, token: &Token<'_>) {
    let mut out = list.object();
    // It was JSON before, so it is finite.
    out.text("token", &token.text.0).json("logProbability", &token.logprob.to_string());
}
