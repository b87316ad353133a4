//! The table of features against the code: what it says of a client's dialect and a provider's protocol is what becomes of
//! the smallest request that uses the feature.
//!
//! One that is refused is named where it stands. One that is mapped leaves a trace in the provider's request, or stands in
//! [`is_traceless`] with the reason why it leaves none. The cases are generated from the table, and the requests are the
//! arms of a match for each dialect: a new feature has none until somebody writes it.

#[path = "table/anthropic.rs"]
mod anthropic;
#[path = "table/chat.rs"]
mod chat;
#[path = "table/gemini.rs"]
mod gemini;
#[path = "table/responses.rs"]
mod responses;

use bytes::BytesMut;
use pointsman_gateway::provider::Upstream;
use pointsman_gateway::translate::{self, Wire};
use pointsman_schema::dialect::Dialect;
use pointsman_schema::feature::{Feature, Support, carried, is_forwarded, refused, spoken};
use pointsman_schema::protocol::ProviderProtocol;
use serde_json::{Value, json};

use crate::lost;

/// Members of a request.
struct Uses {
    /// With the feature, without it, and where it stands.
    with: Value,
    without: Value,
    at: String,
}

/// A feature that stands at a place: with these members, beside others that stay without it.
#[expect(clippy::unnecessary_wraps, reason = "every arm that is not none")]
fn uses(at: impl Into<String>, beside: Value, members: Value) -> Option<Uses> {
    let mut with = beside.clone();
    merge(&mut with, members);
    Some(Uses { with, without: beside, at: at.into() })
}

/// The smallest request of a dialect that uses a feature; none where the dialect has no form for it.
fn using(dialect: Dialect, feature: Feature) -> Option<Uses> {
    let found = match dialect {
        Dialect::Chat => chat::using(feature),
        Dialect::Responses => responses::using(feature),
        Dialect::Messages => anthropic::using(feature),
        Dialect::GenerateContent => gemini::using(feature),
        _ => None,
    };
    found.map(|Uses { with, without, at }| {
        let whole = |members| {
            let mut whole = smallest(dialect);
            merge(&mut whole, members);
            whole
        };
        Uses { with: whole(with), without: whole(without), at }
    })
}

fn smallest(dialect: Dialect) -> Value {
    let said = json!([{ "role": "user", "content": "Hi" }]);
    match dialect {
        Dialect::Responses => json!({ "model": "m", "input": said }),
        Dialect::Messages => json!({ "model": "m", "max_tokens": 2000, "messages": said }),
        Dialect::GenerateContent => json!({ "contents": [{ "role": "user", "parts": [{ "text": "Hi" }] }] }),
        _ => json!({ "model": "m", "messages": said }),
    }
}

/// Objects member by member; anything else in place of what was there.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// A mapped feature of which nothing is in the body.
fn is_traceless(feature: Feature, provider: ProviderProtocol) -> bool {
    match feature {
        // All of them cache by themselves, but those that are told where.
        Feature::CacheMarkers => !matches!(provider, ProviderProtocol::Anthropic | ProviderProtocol::Bedrock),
        // It reaches its maker and is of use to nobody else.
        Feature::ReasoningContent => !is_maker(provider),
        // The path says it.
        Feature::Streaming => matches!(provider, ProviderProtocol::Gemini | ProviderProtocol::Bedrock),
        _ => false,
    }
}

/// Whether its proofs are marked as its own.
fn is_maker(provider: ProviderProtocol) -> bool {
    maker(provider) != "x"
}

/// The letter of its mark.
fn maker(provider: ProviderProtocol) -> &'static str {
    match provider {
        ProviderProtocol::Anthropic => "a",
        ProviderProtocol::Bedrock => "b",
        ProviderProtocol::Gemini => "g",
        ProviderProtocol::Mistral => "m",
        _ => "x",
    }
}

/// Providers, each with a model whose name says nothing of what it takes, but whose protocol is spoken on Vertex AI.
fn upstreams() -> impl Iterator<Item = Upstream<'static>> {
    let upstream = |(protocol, model)| Upstream { model, output_limit: None, protocol };
    let models = |protocol: &ProviderProtocol| match protocol {
        ProviderProtocol::Vertex => vec![(*protocol, "gemini"), (*protocol, "claude-opus-4")],
        other => vec![(*other, "served-model")],
    };
    ProviderProtocol::ALL.iter().flat_map(models).map(upstream)
}

/// What the provider is sent, and the places of the features that it is not told.
fn translated(dialect: Dialect, upstream: Upstream<'_>, request: &Value) -> (String, u64, Vec<String>) {
    let spoken = spoken(upstream.protocol, upstream.model);
    let request = request.to_string().replace("MAKER", maker(spoken));
    let mut conversation = translate::read(dialect, &request).unwrap();
    let wire = Wire::of(spoken).unwrap();
    let lost = lost(&conversation, dialect, upstream);
    let places = conversation.needs.places(lost).map(str::to_owned).collect();
    let held = conversation.needs.set();
    let mut out = BytesMut::new();
    translate::write(wire, &mut conversation, upstream, &mut out);
    (String::from_utf8(out.to_vec()).unwrap(), held, places)
}

/// What is wrong with a case, if something is.
fn check(dialect: Dialect, feature: Feature, upstream: Upstream<'_>) -> Option<String> {
    let Upstream { model, protocol, .. } = upstream;
    let provider = spoken(protocol, model);
    let Uses { with, without, at } = using(dialect, feature)?;
    let (sent, held, lost) = translated(dialect, upstream, &with);
    let (plain, _, _) = translated(dialect, upstream, &without);
    let is_refused = refused(protocol, model, None)[usize::from(dialect.code())] & feature.mask() != 0;
    let wrong = match if is_refused { Support::Refused } else { carried(dialect, feature, provider) } {
        _ if held & feature.mask() == 0 => "is not noted",
        Support::Native => "is forwarded",
        Support::Refused if !lost.contains(&at) => "is refused and not named",
        Support::Mapped if lost.contains(&at) => "is mapped and lost",
        Support::Mapped if sent == plain && !is_traceless(feature, provider) => "leaves no trace",
        Support::Refused | Support::Mapped => return None,
    };
    Some(format!("{feature} from {dialect} to {protocol} {wrong} ({at}, {lost:?}): {sent}"))
}

#[test]
fn the_table_says_what_the_writers_do() {
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for dialect in Dialect::ALL.iter().filter(|dialect| dialect.is_conversation()) {
        let is_translated = |one: &Upstream<'_>| !is_forwarded(*dialect, spoken(one.protocol, one.model));
        for upstream in upstreams().filter(is_translated) {
            for feature in Feature::ALL {
                checked += u32::from(using(*dialect, *feature).is_some());
                wrong.extend(check(*dialect, *feature, upstream));
            }
        }
    }
    assert!(checked > CHECKED_MIN, "only {checked}");
    assert!(wrong.is_empty(), "{} of {checked}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_feature_of_conversations_is_used_by_some_dialect() {
    let is_used = |feature: &Feature| Dialect::ALL.iter().any(|dialect| using(*dialect, *feature).is_some());
    let unused: Vec<_> = Feature::ALL.iter().filter(|feature| !is_used(feature)).collect();
    // Neither is in a conversation that can be read.
    assert_eq!(unused, [&Feature::Embeddings, &Feature::Unreadable]);
}

/// As many cases as there are at least.
const CHECKED_MIN: u32 = 900;
