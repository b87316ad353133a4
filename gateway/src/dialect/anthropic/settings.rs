//! Reading how an answer is to be made.

use std::borrow::Cow;

use pointsman_schema::feature::Feature;

use crate::conversation::Needs;
use crate::conversation::settings::{Format, Reasoning, Sampling};
use crate::dialect::effort;
use crate::dialect::sampling::{self, Bounds};
use crate::json::fields::{Fields, Malformed, Place, text};

const WHOLE: Place<'static> = Place::WHOLE;

/// Texts that end the answer.
pub(super) fn stop<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Vec<Cow<'a, str>>, Malformed> {
    let place = WHOLE.member("stop_sequences");
    let texts = all.list("stop_sequences", &WHOLE)?.into_iter().enumerate();
    let stop = texts.map(|(at, raw)| text(raw, &place.element(at))).collect::<Result<Vec<_>, _>>()?;
    needs.add_if(!stop.is_empty(), Feature::Stop, &place);
    Ok(stop)
}

/// What the newer version of the API has no longer, but the older one takes.
pub(super) fn sampling<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Sampling<'a>, Malformed> {
    let mut number = |name, feature, bounds| sampling::number(all, needs, (name, feature, bounds), &WHOLE);
    Ok(Sampling {
        temperature: number("temperature", Feature::Temperature, Bounds::Share)?,
        top_p: number("top_p", Feature::TopP, Bounds::Share)?,
        top_k: number("top_k", Feature::TopK, Bounds::Count)?,
        ..Sampling::default()
    })
}

/// The end user. Of the two classes of service, `auto` is what everyone does; the other is left for the needs.
pub(super) fn user<'a>(all: &mut Fields<'a>, needs: &mut Needs) -> Result<Option<Cow<'a, str>>, Malformed> {
    let tier = all.text("service_tier", &WHOLE)?;
    needs.add_if(tier.is_some_and(|tier| tier != "auto"), Feature::Other, &WHOLE.member("service_tier"));
    let Some(mut metadata) = all.object("metadata", &WHOLE)? else { return Ok(None) };
    let place = WHOLE.member("metadata");
    let user = metadata.text("user_id", &place)?;
    needs.add_if(user.is_some(), Feature::User, &place.member("user_id"));
    needs.add_rest(metadata.rest(), &place);
    Ok(user)
}

/// How much to think, which two members say together, and the form of the answer, which stands in one of them.
pub(super) fn thinking_and_format<'a>(
    all: &mut Fields<'a>,
    needs: &mut Needs,
) -> Result<(Option<Reasoning<'a>>, Option<Format<'a>>), Malformed> {
    let thinking = thinking(all, needs)?;
    // Where the form stood while it was new.
    let mut format = format(all.object("output_format", &WHOLE)?, &WHOLE.member("output_format"), needs)?;
    let Some(mut config) = all.object("output_config", &WHOLE)? else { return Ok((thinking, format)) };
    let place = WHOLE.member("output_config");
    let newer = self::format(config.object("format", &place)?, &place.member("format"), needs)?;
    format = newer.or(format);
    let effort = config.text("effort", &place)?;
    needs.add_rest(config.rest(), &place);
    let place = place.member("effort");
    let effort = effort::known(effort, &effort::ANTHROPIC, &place)?;
    let reasoning = match (thinking, effort) {
        (None | Some(Reasoning::Adaptive), Some(effort)) => {
            needs.add(Feature::Reasoning, &place);
            Some(Reasoning::Effort(effort))
        }
        // No other protocol has both: what is said of the thoughts alone counts.
        (thinking, effort) => {
            needs.add_rest(effort.is_some().then_some("effort").into_iter(), &WHOLE.member("output_config"));
            thinking
        }
    };
    Ok((reasoning, format))
}

/// Not to think needs nothing of anybody.
fn thinking(all: &mut Fields<'_>, needs: &mut Needs) -> Result<Option<Reasoning<'static>>, Malformed> {
    let Some(mut fields) = all.object("thinking", &WHOLE)? else { return Ok(None) };
    let place = WHOLE.member("thinking");
    let reasoning = match &*fields.need_text("type", &place)? {
        // Newer models can be told no less than the second.
        "disabled" | "between_tools" => Reasoning::Off,
        "enabled" => {
            let budget = fields.positive("budget_tokens", &place)?;
            Reasoning::Budget(budget.ok_or_else(|| place.member("budget_tokens").missing())?)
        }
        "adaptive" => Reasoning::Adaptive,
        _ => {
            needs.add_rest(["type"].into_iter(), &place);
            Reasoning::Adaptive
        }
    };
    needs.add_if(reasoning != Reasoning::Off, Feature::Reasoning, &place);
    // In short is how everybody shows thoughts.
    let display = fields.text("display", &place)?;
    let is_other = display.is_some_and(|display| display != "summarized");
    needs.add_if(is_other, Feature::Other, &place.member("display"));
    needs.add_rest(fields.rest(), &place);
    Ok(Some(reasoning))
}

fn format<'a>(
    fields: Option<Fields<'a>>,
    place: &Place<'_>,
    needs: &mut Needs,
) -> Result<Option<Format<'a>>, Malformed> {
    let Some(mut fields) = fields else { return Ok(None) };
    if fields.need_text("type", place)? != "json_schema" {
        return Err(place.member("type").expected("`json_schema`"));
    }
    needs.add(Feature::JsonSchema, place);
    let schema = fields
        .raw_object("schema", place)?
        .map(Cow::Borrowed)
        .ok_or_else(|| place.member("schema").missing())?;
    needs.add_rest(fields.rest(), place);
    // It is always obeyed here.
    Ok(Some(Format::Schema { name: None, description: None, schema, strict: Some(true) }))
}
