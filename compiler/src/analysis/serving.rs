//! What one backend can serve and another cannot, and which requests notice.
//!
//! Deliberately what a gateway knows before it tries: capabilities, as far as the provider's protocol carries them from the
//! client's and its rule does not let it be left out, the context window and the output limit. A model that does not say how large these are is not held to them.
//! How much output a request asks for is no axis of the analysis: any request may ask for more.
//!
//! Read next: [`pointsman_schema::feature`], what protocols carry; [`super::wonder`], which looks for such a request.

use pointsman_schema::capability::{Asked, Capability};
use pointsman_schema::feature::{Feature, Support, carried, dialect, forms, lacking, may_be_dropped, spoken};
use pointsman_schema::protocol::{Protocol, ProviderProtocol};
use pointsman_schema::source::{Lossy, Rule};
use pointsman_schema::tree::Span;

use super::formula::{Formula, Part};
use super::question::Question;
use crate::reach::roads::Whole;

/// A backend where some rule lists it.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'w> {
    /// The backend.
    pub backend: Whole<'w>,
    /// What becomes there of what its protocol does not carry.
    pub lossy: Lossy,
}

impl<'w> Listed<'w> {
    /// One in a rule.
    pub fn new(backend: Whole<'w>, rule: &Rule) -> Self {
        Self { backend, lossy: rule.lossy.as_ref().map_or(Lossy::Refuse, |lossy| lossy.value) }
    }
}

/// Something that a backend lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// A capability that the model has not got.
    Capability(Capability),
    /// A capability that the model has and its provider's protocol does not carry from a client's, or from no client's.
    Carried(Capability, ProviderProtocol, Option<Protocol>),
    /// The same of one feature by which the capability can be asked for, where others are carried.
    Form(Capability, Feature, ProviderProtocol, Option<Protocol>),
    /// A larger context window than this. **Unit**: tokens.
    ContextWindow(u32),
    /// A larger output limit than this. **Unit**: tokens.
    OutputLimit(u32),
}

impl Lack {
    /// Which capability, if it is all of one.
    pub fn capability(self) -> Option<Capability> {
        match self {
            Self::Capability(capability) | Self::Carried(capability, ..) => Some(capability),
            Self::Form(..) | Self::ContextWindow(_) | Self::OutputLimit(_) => None,
        }
    }

    /// Which capability and by which feature, if it is a part of one.
    pub fn form(self) -> Option<(Capability, Feature)> {
        if let Self::Form(capability, form, ..) = self { Some((capability, form)) } else { None }
    }

    /// Whose clients lack it, if it is a capability that only some of them lack.
    pub fn client(self) -> Option<Protocol> {
        if let Self::Carried(_, _, client) | Self::Form(_, _, _, client) = self { client } else { None }
    }

    /// The same, whoever the client is.
    #[must_use]
    pub fn of_any(self) -> Self {
        match self {
            Self::Carried(capability, provider, _) => Self::Carried(capability, provider, None),
            Self::Form(capability, form, provider, _) => Self::Form(capability, form, provider, None),
            other => other,
        }
    }

    /// How large the context window is, if it is that. **Unit**: tokens.
    pub fn context_window_tokens(self) -> Option<u32> {
        if let Self::ContextWindow(tokens) = self { Some(tokens) } else { None }
    }

    /// How much it may answer, if it is that. **Unit**: tokens.
    pub fn output_limit_tokens(self) -> Option<u32> {
        if let Self::OutputLimit(tokens) = self { Some(tokens) } else { None }
    }
}

/// Whether a backend has a capability for every client.
pub fn can_all(listed: &Listed<'_>, capability: Capability) -> bool {
    Protocol::ALL.iter().all(|client| can(listed, *client, capability))
}

/// What a fallback lacks of what a primary has.
pub fn lacks(primary: &Listed<'_>, fallback: &Listed<'_>) -> Vec<Lack> {
    let mut found: Vec<Lack> = Vec::new();
    for capability in asked() {
        found.extend(lacks_of(primary, fallback, capability));
    }
    let less = |of: fn(&Whole<'_>) -> Option<u32>| {
        of(&fallback.backend).filter(|tokens| of(&primary.backend).is_some_and(|primary| primary > *tokens))
    };
    found.extend(less(context_window_tokens).map(Lack::ContextWindow));
    found.extend(less(output_limit_tokens).map(Lack::OutputLimit));
    found
}

/// What a fallback lacks of one capability: all of it for some clients, or some of the features by which it is asked for.
fn lacks_of(primary: &Listed<'_>, fallback: &Listed<'_>, capability: Capability) -> Vec<Lack> {
    let provider = fallback.backend.provider.1.protocol.value;
    let (mut whole, mut parts) = (Vec::new(), Vec::new());
    for client in Protocol::ALL {
        let has =
            forms(*client, capability).iter().filter(|form| carries(primary, (*client, capability), **form));
        let has: Vec<Feature> = has.copied().collect();
        let lost: Vec<Feature> =
            has.iter().copied().filter(|form| !carries(fallback, (*client, capability), *form)).collect();
        match lost.len() {
            0 => {}
            all if all == has.len() => whole.push(*client),
            _ => parts.extend(lost.into_iter().map(|form| (form, *client))),
        }
    }
    if !whole.is_empty() && !has(&fallback.backend, capability) {
        return vec![Lack::Capability(capability)];
    }
    // Where some lose a part, that part is what all lose.
    if !parts.is_empty() {
        let of_client = |client: Protocol| forms(client, capability).iter().map(move |form| (*form, client));
        let lost = whole.drain(..).flat_map(of_client);
        parts.extend(lost.filter(|(form, client)| carries(primary, (*client, capability), *form)));
    }
    let mut found = Vec::new();
    if whole.len() == Protocol::ALL.len() {
        found.push(Lack::Carried(capability, provider, None));
    } else {
        found.extend(whole.into_iter().map(|client| Lack::Carried(capability, provider, Some(client))));
    }
    parts.sort_unstable();
    for of_form in parts.chunk_by(|(one, _), (other, _)| one == other) {
        let lack =
            |(form, client): &(Feature, Protocol)| Lack::Form(capability, *form, provider, Some(*client));
        match of_form.first() {
            Some(first) if of_form.len() == Protocol::ALL.len() => found.push(lack(first).of_any()),
            _ => found.extend(of_form.iter().map(lack)),
        }
    }
    found
}

/// What a request can ask for.
fn asked() -> impl Iterator<Item = Capability> {
    Capability::ALL.iter().copied().filter(|capability| Asked::from_word(capability.word()).is_some())
}

/// The requests that a backend can serve; how much output they ask for is left open.
pub fn served<'p>(backend: &Listed<'p>) -> Formula<'p> {
    let lacking = asked().filter_map(|capability| unserved(backend, capability));
    let tokens = context_window_tokens(&backend.backend).and_then(beyond);
    not(any(lacking.chain(tokens).collect()))
}

/// The requests that notice what a backend lacks.
pub fn noticing<'p>(backend: &Listed<'p>, lack: Lack) -> Formula<'p> {
    match lack {
        Lack::Form(capability, form, _, Some(client)) => all(vec![
            Formula::Ask(Question::Protocol(client)),
            Formula::Ask(Question::Form(capability, form)),
        ]),
        Lack::Form(capability, form, _, None) => Formula::Ask(Question::Form(capability, form)),
        Lack::Carried(capability, _, Some(client)) => all(vec![
            Formula::Ask(Question::Protocol(client)),
            Formula::Ask(Question::Capability(capability)),
        ]),
        Lack::Capability(capability) | Lack::Carried(capability, _, None) => {
            unserved(backend, capability).unwrap_or_else(|| any(Vec::new()))
        }
        Lack::ContextWindow(tokens) => beyond(tokens).unwrap_or_else(|| any(Vec::new())),
        Lack::OutputLimit(_) => all(Vec::new()),
    }
}

/// Every one holds.
pub fn all(formulas: Vec<Formula<'_>>) -> Formula<'_> {
    Formula::All(formulas.into_iter().map(part).collect())
}

/// Some one holds.
pub fn any(formulas: Vec<Formula<'_>>) -> Formula<'_> {
    Formula::Any(formulas.into_iter().map(part).collect())
}

/// It does not hold.
pub fn not(formula: Formula<'_>) -> Formula<'_> {
    Formula::Not(Box::new(part(formula)))
}

fn part(formula: Formula<'_>) -> Part<'_> {
    Part { formula, span: Span::default() }
}

fn can(listed: &Listed<'_>, client: Protocol, capability: Capability) -> bool {
    forms(client, capability).iter().any(|form| carries(listed, (client, capability), *form))
}

/// Whether a backend serves what asks for a capability by a feature.
fn carries(listed: &Listed<'_>, (client, capability): (Protocol, Capability), form: Feature) -> bool {
    let Listed { backend, lossy } = listed;
    let of_provider = &backend.provider.1;
    let provider = spoken(of_provider.protocol.value, backend.body.upstream_model());
    let refused = of_provider.preset.as_ref().map_or(0, |preset| preset.value.refused())
        | lacking(of_provider.protocol.value, provider);
    let is_carried = (carried(dialect(client, capability), form, provider) != Support::Refused
        && refused & form.mask() == 0)
        // Left out, the request is served all the same.
        || (*lossy == Lossy::Allow && may_be_dropped(form));
    is_carried && has(backend, capability)
}

fn has(backend: &Whole<'_>, capability: Capability) -> bool {
    backend.model.capabilities & capability.bit() != 0
}

/// The requests that ask for a capability where the backend has it not; nothing when it has it for all clients.
fn unserved<'p>(backend: &Listed<'_>, capability: Capability) -> Option<Formula<'p>> {
    let (lacking, able): (Vec<Protocol>, Vec<Protocol>) =
        Protocol::ALL.iter().partition(|client| !can(backend, **client, capability));
    let asks = Formula::Ask(Question::Capability(capability));
    if able.is_empty() {
        return Some(asks);
    }
    let of_client =
        |client: Protocol, asks: Formula<'p>| all(vec![Formula::Ask(Question::Protocol(client)), asks]);
    let mut parts: Vec<_> = lacking.into_iter().map(|client| of_client(client, asks.clone())).collect();
    for client in able {
        let lost =
            forms(client, capability).iter().filter(|form| !carries(backend, (client, capability), **form));
        let lost = lost.map(|form| Formula::Ask(Question::Form(capability, *form)));
        parts.extend(lost.map(|lost| of_client(client, lost)));
    }
    (!parts.is_empty()).then(|| any(parts))
}

/// The requests of more than so many tokens.
fn beyond<'p>(tokens: u32) -> Option<Formula<'p>> {
    Some(Formula::Ask(Question::InputTokens(tokens.checked_add(1)?, u32::MAX)))
}

fn context_window_tokens(backend: &Whole<'_>) -> Option<u32> {
    backend.model.context_window
}

fn output_limit_tokens(backend: &Whole<'_>) -> Option<u32> {
    backend.model.output_limit
}
