//! What one backend can serve and another cannot, and which requests notice.
//!
//! Deliberately what a gateway knows before it tries: capabilities, as far as the provider's protocol carries them from the
//! client's, the context window and the output limit. A model that does not say how large these are is not held to them.
//! How much output a request asks for is no axis of the analysis: any request may ask for more.
//!
//! Read next: [`pointsman_schema::feature`], what protocols carry; [`super::wonder`], which looks for such a request.

use pointsman_schema::capability::{Asked, Capability};
use pointsman_schema::feature::{Support, support};
use pointsman_schema::protocol::{Protocol, ProviderProtocol};
use pointsman_schema::tree::Span;

use super::formula::{Formula, Part};
use super::question::Question;
use crate::reach::roads::Whole;

/// Something that a backend lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// A capability that the model has not got.
    Capability(Capability),
    /// A capability that the model has and its provider's protocol does not carry.
    Carried(Capability, ProviderProtocol),
    /// A larger context window than this. **Unit**: tokens.
    ContextWindow(u32),
    /// A larger output limit than this. **Unit**: tokens.
    OutputLimit(u32),
}

impl Lack {
    /// Which capability, if it is one.
    pub fn capability(self) -> Option<Capability> {
        match self {
            Self::Capability(capability) | Self::Carried(capability, _) => Some(capability),
            Self::ContextWindow(_) | Self::OutputLimit(_) => None,
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

/// What a fallback lacks of what a primary has.
pub fn lacks(primary: &Whole<'_>, fallback: &Whole<'_>) -> Vec<Lack> {
    let is_lost = |capability: &Capability| {
        Protocol::ALL
            .iter()
            .any(|client| can(primary, *client, *capability) && !can(fallback, *client, *capability))
    };
    let mut found: Vec<Lack> = asked().filter(is_lost).map(|lost| capability(fallback, lost)).collect();
    let less = |of: fn(&Whole<'_>) -> Option<u32>| {
        of(fallback).filter(|tokens| of(primary).is_some_and(|primary| primary > *tokens))
    };
    found.extend(less(context_window_tokens).map(Lack::ContextWindow));
    found.extend(less(output_limit_tokens).map(Lack::OutputLimit));
    found
}

/// What a request can ask for.
fn asked() -> impl Iterator<Item = Capability> {
    Capability::ALL.iter().copied().filter(|capability| Asked::from_word(capability.word()).is_some())
}

fn capability(fallback: &Whole<'_>, lost: Capability) -> Lack {
    if has(fallback, lost) {
        return Lack::Carried(lost, fallback.provider.1.protocol.value);
    }
    Lack::Capability(lost)
}

/// The requests that a backend can serve; how much output they ask for is left open.
pub fn served<'p>(backend: &Whole<'p>) -> Formula<'p> {
    let lacking = asked().filter_map(|capability| unserved(backend, capability));
    let tokens = context_window_tokens(backend).and_then(beyond);
    not(any(lacking.chain(tokens).collect()))
}

/// The requests that notice what a backend lacks.
pub fn noticing<'p>(backend: &Whole<'p>, lack: Lack) -> Formula<'p> {
    match lack {
        Lack::Capability(capability) | Lack::Carried(capability, _) => {
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

fn can(backend: &Whole<'_>, client: Protocol, capability: Capability) -> bool {
    let (_, provider) = backend.provider;
    let is_carried = support(client, capability, provider.protocol.value) != Support::Refused;
    is_carried && has(backend, capability)
}

fn has(backend: &Whole<'_>, capability: Capability) -> bool {
    backend.model.capabilities & capability.bit() != 0
}

/// The requests that ask for a capability where the backend has it not; nothing when it has it for all clients.
fn unserved<'p>(backend: &Whole<'_>, capability: Capability) -> Option<Formula<'p>> {
    let lacking: Vec<Protocol> =
        Protocol::ALL.iter().copied().filter(|client| !can(backend, *client, capability)).collect();
    let asks = Formula::Ask(Question::Capability(capability));
    match lacking.len() {
        0 => None,
        all if all == Protocol::ALL.len() => Some(asks),
        _ => {
            let clients = lacking.into_iter().map(|client| Formula::Ask(Question::Protocol(client)));
            Some(all(vec![any(clients.collect()), asks]))
        }
    }
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
