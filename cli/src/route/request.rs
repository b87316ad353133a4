//! The arguments of `route` as the facts of a request.

use pointsman_routing::Facts;
use pointsman_schema::capability::Asked;
use pointsman_schema::dialect::Dialect;
use pointsman_schema::feature::Feature;
use pointsman_schema::limits::ATTRIBUTES_MAX;
use pointsman_schema::snapshot::View;
use pointsman_schema::snapshot::view::run;

use crate::args::Route;
use crate::output;

/// The facts, or what is wrong with the arguments.
pub(super) fn facts<'a>(view: &View<'_>, arguments: &'a Route) -> Result<Facts<'a>, String> {
    let key = view.key_named(&arguments.key).ok_or_else(|| unknown_key(view, &arguments.key))?;
    let time = arguments.at.unwrap_or_else(jiff::Timestamp::now);
    let dialect = dialect(&arguments.dialect)?;
    Ok(Facts {
        key,
        model: &arguments.model,
        attributes: attributes(view, &arguments.attribute)?,
        capabilities: capabilities(&arguments.capability)? | dialect.capabilities(),
        input_tokens: arguments.input_tokens,
        output_tokens: arguments.output_tokens,
        dialect,
        features: features(&arguments.feature)?,
        time_s: time.as_second(),
        request_id: arguments.request_id.as_deref().map_or(Ok([0; 16]), request_id)?,
    })
}

/// **Unit**: names listed in a hint.
const LISTED_MAX: usize = 10;

fn unknown_key(view: &View<'_>, name: &str) -> String {
    if pointsman_schema::api_key::find(name).is_some() {
        return "--key takes the name of a key, such as support/web, and this is a key itself".to_owned();
    }
    let all = view.routing.keys.len();
    let mut known: Vec<_> =
        view.routing.keys.iter().take(LISTED_MAX).map(|key| view.text(key.name)).collect();
    if all > LISTED_MAX {
        known.push("…");
    }
    format!("the snapshot has no key `{name}`\n\nhint: it has {all}: {}", known.join(", "))
}

fn attributes(view: &View<'_>, arguments: &[String]) -> Result<[u16; ATTRIBUTES_MAX], String> {
    let mut values = [0; ATTRIBUTES_MAX];
    let declared = &view.routing.attributes;
    for argument in arguments {
        let (name, value) = argument
            .split_once('=')
            .ok_or_else(|| format!("`{argument}` is not an attribute: write --attribute NAME=VALUE"))?;
        let at =
            declared.iter().position(|attribute| view.text(attribute.name) == name).ok_or_else(|| {
                let known: Vec<_> = declared.iter().map(|attribute| view.text(attribute.name)).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                format!("the workspace declares no attribute `{name}`\n\nhint: it declares {known}")
            })?;
        let rows = declared.get(at).map(|attribute| run(&view.routing.attribute_values, &attribute.values));
        let row = rows.unwrap_or_default().iter().position(|text| view.text(*text) == value);
        if row.is_none() && value != "none" {
            output::warning(&format!(
                "the workspace declares no value `{value}` of the attribute `{name}`, so it counts as `none`"
            ));
        }
        let value = row.and_then(|row| u16::try_from(row).ok()).map_or(0, |row| row.saturating_add(1));
        if let Some(slot) = values.get_mut(at) {
            *slot = value;
        }
    }
    Ok(values)
}

fn capabilities(arguments: &[String]) -> Result<u32, String> {
    arguments.iter().try_fold(0, |bits, word| {
        let capability = Asked::from_word(word);
        let capability = capability.ok_or_else(|| {
            let asked = Asked::WORDS.join(", ");
            format!("`{word}` is not a capability that a request can ask for\n\nhint: there are {asked}")
        })?;
        Ok(bits | capability.0.bit())
    })
}

fn dialect(word: &str) -> Result<Dialect, String> {
    Dialect::from_word(word).ok_or_else(|| {
        format!("`{word}` is not a way to ask\n\nhint: there are {}", Dialect::WORDS.join(", "))
    })
}

fn features(arguments: &[String]) -> Result<u64, String> {
    arguments.iter().try_fold(0, |set, word| {
        let feature = Feature::from_word(word).ok_or_else(|| {
            let all = Feature::WORDS.join(", ");
            format!("`{word}` is nothing that a translation has to carry\n\nhint: there are {all}")
        })?;
        Ok(set | feature.mask())
    })
}

fn request_id(text: &str) -> Result<[u8; 16], String> {
    let text = text.replace('-', "");
    let number = u128::from_str_radix(&text, 16).ok().filter(|_| text.len() == 32);
    number.map(u128::to_be_bytes).ok_or_else(|| "a request id is 32 hexadecimal digits".to_owned())
}
