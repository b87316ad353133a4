//! Reading `generationConfig`: how the answer is to be made.

use std::borrow::Cow;

use pointsman_schema::feature::Feature;
use serde_json::value::RawValue;

use super::{member, repeated, schema};
use crate::conversation::Needs;
use crate::conversation::settings::{Format, Reasoning, Sampling};
use crate::dialect::effort;
use crate::dialect::sampling::{self, Bounds};
use crate::json::fields::{Fields, Malformed, Place, text};

/// What is said there.
#[derive(Default)]
pub(super) struct Settings<'a> {
    pub(super) format: Option<Format<'a>>,
    pub(super) output_tokens: Option<u64>,
    pub(super) stop: Vec<Cow<'a, str>>,
    pub(super) sampling: Sampling<'a>,
    pub(super) reasoning: Option<Reasoning<'a>>,
    pub(super) answers: Option<u64>,
    pub(super) top_logprobs: Option<u64>,
}

impl<'a> Settings<'a> {
    pub(super) fn read(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Self, Malformed> {
        let Some(mut config) = member(all, "generationConfig", &Place::WHOLE)? else {
            return Ok(Self::default());
        };
        let place = Place::WHOLE.member("generationConfig");
        let found = Self {
            format: format(&mut config, &place, needs)?,
            output_tokens: positive(&mut config, "maxOutputTokens", &place)?,
            stop: stop(&mut config, &place, needs)?,
            sampling: sampling(&mut config, &place, needs)?,
            reasoning: reasoning(&mut config, &place, needs)?,
            answers: positive(&mut config, "candidateCount", &place)?,
            top_logprobs: logprobs(&mut config, &place, needs)?,
        };
        let several = found.answers.is_some_and(|answers| answers > 1);
        needs.add_if(several, Feature::SeveralAnswers, &place.member("candidateCount"));
        modalities(&mut config, &place, needs)?;
        needs.add_rest(config.rest(), &place);
        Ok(found)
    }
}

/// A whole number, which may be written as a text or with a fraction of nothing.
///
/// **Source**: `ProtoJSON`, `int32`.
fn count(config: &mut Fields<'_>, name: &str, place: &Place<'_>) -> Result<Option<u64>, Malformed> {
    let Some(raw) = config.raw(name) else { return Ok(None) };
    let digits = raw.get().trim_matches('"');
    let whole = digits.split_once('.').filter(|(_, rest)| rest.bytes().all(|digit| digit == b'0'));
    let number = whole.map_or(digits, |(whole, _)| whole).parse();
    number.map(Some).map_err(|_| place.member(name).expected("a whole number that is not negative"))
}

/// The same, of at least one.
fn positive(config: &mut Fields<'_>, name: &str, place: &Place<'_>) -> Result<Option<u64>, Malformed> {
    match count(config, name, place)? {
        Some(0) => Err(place.member(name).expected("at least 1")),
        count => Ok(count),
    }
}

fn stop<'a>(
    config: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Vec<Cow<'a, str>>, Malformed> {
    let list = repeated(config, "stopSequences", place)?;
    let place = place.member("stopSequences");
    needs.add_if(!list.is_empty(), Feature::Stop, &place);
    list.into_iter().enumerate().map(|(at, raw)| text(raw, &place.element(at))).collect()
}

fn sampling<'a>(
    config: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Sampling<'a>, Malformed> {
    let mut number = |name, feature, bounds| sampling::number(config, needs, (name, feature, bounds), place);
    let found = Sampling {
        temperature: number("temperature", Feature::Temperature, Bounds::Temperature)?,
        top_p: number("topP", Feature::TopP, Bounds::Share)?,
        // The official SDK writes it with a fraction, and it is a whole number everywhere else.
        top_k: number("topK", Feature::TopK, Bounds::Count)?.map(crate::json::fields::Number::without_zeros),
        frequency_penalty: number("frequencyPenalty", Feature::FrequencyPenalty, Bounds::Penalty)?,
        presence_penalty: number("presencePenalty", Feature::PresencePenalty, Bounds::Penalty)?,
        seed: number("seed", Feature::Seed, Bounds::Whole)?,
    };
    sampling::note_high(found.temperature, needs, place);
    Ok(found)
}

fn format<'a>(
    config: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Option<Format<'a>>, Malformed> {
    let media_type = config.text("responseMimeType", place)?;
    let schema = schema::either(config, ("responseJsonSchema", "responseSchema"), place)?;
    match media_type.as_deref() {
        None | Some("" | "text/plain" | "application/json") => {}
        Some(_) => needs.add(Feature::Other, &place.member("responseMimeType")),
    }
    if let Some(schema) = schema {
        let is_converted = matches!(schema, Cow::Owned(_));
        let name = if is_converted { "responseSchema" } else { "responseJsonSchema" };
        needs.add(Feature::JsonSchema, &place.member(name));
        return Ok(Some(Format::Schema { name: None, description: None, schema, strict: None }));
    }
    let is_json = media_type.as_deref() == Some("application/json");
    needs.add_if(is_json, Feature::JsonObject, &place.member("responseMimeType"));
    Ok(is_json.then_some(Format::Json))
}

fn reasoning<'a>(
    config: &mut Fields<'a>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Option<Reasoning<'a>>, Malformed> {
    let Some(mut thinking) = member(config, "thinkingConfig", place)? else { return Ok(None) };
    let place = place.member("thinkingConfig");
    let level = thinking.text("thinkingLevel", &place)?.map(|level| level.to_ascii_lowercase());
    let is_shown = thinking.flag("includeThoughts", &place)?.unwrap_or(false);
    let budget = thinking.raw("thinkingBudget").map(RawValue::get);
    // The provider refuses both.
    let is_double = level.is_some() && budget.is_some();
    needs.add_if(is_double, Feature::Other, &place.member("thinkingBudget"));
    needs.add_rest(thinking.rest(), &place);
    let level = level.filter(|level| level != "thinking_level_unspecified").map(Cow::Owned);
    let found = match (effort::known(level, &effort::GEMINI, &place.member("thinkingLevel"))?, budget) {
        (Some(level), _) => Some(Reasoning::Effort(level)),
        (None, Some("-1")) => Some(Reasoning::Adaptive),
        (None, Some("0")) => Some(Reasoning::Off),
        (None, Some(budget)) => {
            let expected = || place.member("thinkingBudget").expected("a whole number, -1 or above");
            Some(Reasoning::Budget(budget.trim_matches('"').parse().map_err(|_| expected())?))
        }
        (None, None) => is_shown.then_some(Reasoning::Adaptive),
    };
    needs.add_if(found.is_some(), Feature::Reasoning, &place);
    Ok(found)
}

/// How many other tokens' probabilities are wanted beside each one's own.
fn logprobs(config: &mut Fields<'_>, place: &Place<'_>, needs: &mut Needs) -> Result<Option<u64>, Malformed> {
    let top = count(config, "logprobs", place)?;
    if config.flag("responseLogprobs", place)? != Some(true) {
        return Ok(None);
    }
    needs.add(Feature::Logprobs, &place.member("responseLogprobs"));
    Ok(Some(top.unwrap_or(0)))
}

fn modalities(config: &mut Fields<'_>, place: &Place<'_>, needs: &mut Needs) -> Result<(), Malformed> {
    let list = repeated(config, "responseModalities", place)?;
    let place = place.member("responseModalities");
    for (at, raw) in list.into_iter().enumerate() {
        let place = place.element(at);
        match &*text(raw, &place)?.to_ascii_uppercase() {
            "TEXT" | "MODALITY_UNSPECIFIED" => {}
            "AUDIO" => needs.add(Feature::AudioOutput, &place),
            _ => needs.add(Feature::Other, &place),
        }
    }
    Ok(())
}
