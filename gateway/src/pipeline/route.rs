//! From a body to the facts that it is routed by.
//!
//! Rules see declared attributes and what a decision needs to know, and nothing else of a request.

use http::HeaderMap;
use pointsman_routing::Facts;
use pointsman_schema::archive::routing::ArchivedAttribute;
use pointsman_schema::dialect::Dialect;
use pointsman_schema::feature::Feature;
use pointsman_schema::limits::ATTRIBUTES_MAX;
use pointsman_schema::snapshot::View;
use pointsman_schema::snapshot::view::{ChainIx, KeyIx, ModelIx, run};

use super::Arrival;
use crate::json::{BadRequest, Request};
use crate::limits::ALIAS_TOKEN_MILLIBYTES;
use crate::translate;

/// The facts of a request.
pub(super) fn facts<'f>(
    view: &View<'_>,
    key: KeyIx,
    (arrived, headers): (&Arrival, &HeaderMap),
    (asked, dialect, features): (&'f Request<'_>, Dialect, u64),
) -> Result<Facts<'f>, BadRequest> {
    Ok(Facts {
        key,
        model: &asked.model,
        attributes: attributes(view, headers, asked)?,
        capabilities: asked.capabilities,
        input_tokens: tokens(asked.input_bytes, token_millibytes(view, key, &asked.model)),
        output_tokens: asked.output_tokens,
        dialect,
        features,
        time_s: arrived.unix_s(),
        request_id: arrived.id.0,
    })
}

fn attributes(
    view: &View<'_>,
    headers: &HeaderMap,
    asked: &Request<'_>,
) -> Result<[u16; ATTRIBUTES_MAX], BadRequest> {
    let mut found = [0; ATTRIBUTES_MAX];
    let declared = &view.routing.attributes;
    let mut in_metadata = false;
    for (slot, attribute) in found.iter_mut().zip(declared.iter()) {
        if attribute.origin == IN_HEADER {
            let header = headers.get(view.text(attribute.field)).and_then(|value| value.to_str().ok());
            *slot = header.map_or(0, |text| value(view, attribute, text.trim()));
        } else {
            in_metadata = true;
        }
    }
    if in_metadata {
        asked.each_metadata(|name, text| {
            for (slot, attribute) in found.iter_mut().zip(declared.iter()) {
                if attribute.origin != IN_HEADER && view.text(attribute.field) == name {
                    *slot = value(view, attribute, text);
                }
            }
        })?;
    }
    Ok(found)
}

/// What a request holds that not every protocol can carry. One that cannot be read goes to whoever takes it as it is.
pub(super) fn features(view: &View<'_>, asked: &Request<'_>, dialect: Dialect) -> u64 {
    let Ok(conversation) = translate::read(dialect, asked.text) else { return Feature::Unreadable.mask() };
    let all = conversation.features();
    if has_only_attributes(view, asked) { all & !Feature::Metadata.mask() } else { all }
}

/// Whether the request's metadata holds declared attributes alone: they are the gateway's, so no provider misses them.
fn has_only_attributes(view: &View<'_>, asked: &Request<'_>) -> bool {
    let declared = &view.routing.attributes;
    asked.has_only_metadata(|name| {
        declared.iter().any(|one| one.origin != IN_HEADER && view.text(one.field) == name)
    })
}

/// Which declared value a text is: 0 when none.
fn value(view: &View<'_>, attribute: &ArchivedAttribute, text: &str) -> u16 {
    let values = run(&view.routing.attribute_values, &attribute.values);
    let at = values.binary_search_by(|row| view.text(*row).cmp(text));
    at.ok().and_then(|at| u16::try_from(at + 1).ok()).unwrap_or(0)
}

/// Of the model that is asked for by its own name; an alias has a fixed one.
fn token_millibytes(view: &View<'_>, key: KeyIx, asked: &str) -> u64 {
    let chain = view.chain(ChainIx::from(view.key(key).chain));
    let accepted = run(&view.routing.accepted, &chain.accepted);
    let at = accepted.binary_search_by(|row| view.text(row.name).cmp(asked)).ok();
    let model = at.and_then(|at| accepted.get(at)).and_then(|row| ModelIx::optional(row.model));
    model.map_or(ALIAS_TOKEN_MILLIBYTES, |model| view.model(model).token_millibytes.to_native().into())
}

fn tokens(bytes: usize, token_millibytes: u64) -> u32 {
    let millibytes = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(1000);
    u32::try_from(millibytes.div_ceil(token_millibytes.max(1))).unwrap_or(u32::MAX)
}

/// [`pointsman_schema::archive::routing::Attribute::origin`]: a header.
const IN_HEADER: u8 = 0;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: usize, token_millibytes: u64, expected: u32) {
        assert_eq!(tokens(bytes, token_millibytes), expected, "{bytes} / {token_millibytes}");
    }

    #[test]
    fn tokens_are_rounded_up_and_never_overflow() {
        check(0, 4000, 0);
        check(1, 4000, 1);
        check(4000, 4000, 1000);
        check(4001, 4000, 1001);
        check(10, 0, 10_000);
        check(usize::MAX, 1, u32::MAX);
    }
}
