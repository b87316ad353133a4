//! A small policy as plain values, told by name: what a test writes and what the oracle reads.
//!
//! Not the policy language; it has exactly what the decision can read. Read next: `lowering` for its tables.

use pointsman_schema::dialect::{DIALECTS, Dialect};
use pointsman_schema::outcome::Outcome;

pub(crate) type Name = &'static str;

#[derive(Debug, Clone, Default)]
pub(crate) struct Policy {
    /// Declared attributes with their values.
    pub(crate) attributes: Vec<(Name, Vec<Name>)>,
    pub(crate) consumers: Vec<Consumer>,
    pub(crate) keys: Vec<Key>,
    pub(crate) chains: Vec<Chain>,
    pub(crate) models: Vec<Model>,
    /// Backends with their models.
    pub(crate) backends: Vec<(Name, Name)>,
    /// What the protocols of some backends cannot do.
    pub(crate) tongues: Vec<(Name, Tongue)>,
    pub(crate) zones: Vec<Zone>,
}

impl Policy {
    /// What a backend's protocol cannot do: nothing, unless that is said.
    pub(crate) fn tongue(&self, backend: Name) -> Tongue {
        let found = self.tongues.iter().find(|(name, _)| *name == backend);
        found.map(|(_, tongue)| *tongue).unwrap_or_default()
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Consumer {
    pub(crate) name: Name,
    pub(crate) team: Option<Name>,
    pub(crate) tags: Vec<Name>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Key {
    pub(crate) name: Name,
    pub(crate) consumer: Name,
    pub(crate) chain: Name,
    /// Empty allows all.
    pub(crate) models: Vec<Name>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Chain {
    pub(crate) name: Name,
    pub(crate) models: Vec<Name>,
    pub(crate) aliases: Vec<Name>,
    pub(crate) rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) name: Name,
    pub(crate) when: When,
    pub(crate) split: Vec<(Target, u32)>,
    pub(crate) sticky: Sticky,
    pub(crate) fallback: Vec<Target>,
    pub(crate) retry: u8,
    pub(crate) retry_on: Vec<Outcome>,
    /// Features that may be left out.
    pub(crate) dropped: u64,
}

impl Rule {
    /// A rule that always matches and tries these in order.
    pub(crate) fn to(name: Name, fallback: &[Target]) -> Self {
        let fallback = fallback.to_vec();
        Self {
            name,
            when: When::All(Vec::new()),
            split: Vec::new(),
            sticky: Sticky::No,
            fallback,
            retry: 0,
            retry_on: Vec::new(),
            dropped: 0,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sticky {
    No,
    Consumer,
    Key,
    Attribute(Name),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    Backend(Name),
    Chain(Name),
}

impl Target {
    pub(crate) fn name(self) -> Name {
        match self {
            Self::Backend(name) | Self::Chain(name) => name,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) name: Name,
    pub(crate) context: u32,
    pub(crate) output: u32,
    pub(crate) capabilities: u32,
}

/// What a backend's protocol cannot do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tongue {
    /// A dialect that it cannot be asked in.
    pub(crate) silent: Option<Dialect>,
    /// The features that it refuses, in chat completions and in messages.
    pub(crate) refused: (u64, u64),
}

impl Tongue {
    /// As a backend's row holds them.
    pub(crate) fn dialects(self) -> u16 {
        ((1 << DIALECTS) - 1) & !self.silent.map_or(0, Dialect::place)
    }

    /// As a backend's row holds them.
    pub(crate) fn sets(self) -> [u64; DIALECTS] {
        let mut sets = [0; DIALECTS];
        sets[usize::from(Dialect::Chat.code())] = self.refused.0;
        sets[usize::from(Dialect::Messages.code())] = self.refused.1;
        sets
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Zone {
    pub(crate) name: Name,
    pub(crate) offset_s: i32,
    pub(crate) changes: Vec<(i64, i32)>,
}

#[derive(Debug, Clone)]
pub(crate) enum When {
    All(Vec<When>),
    Any(Vec<When>),
    Not(Box<When>),
    Model(Name),
    Attribute(Name, Option<Name>),
    Capability(u32),
    Tokens(u32, u32),
    Team(Name),
    Consumer(Name),
    Tag(Name),
    Protocol(u32),
    Time(Window),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) zone: Name,
    pub(crate) days: u8,
    pub(crate) from: u16,
    pub(crate) to: u16,
}

/// A request, told by name.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) key: Name,
    pub(crate) model: Name,
    /// Those that are not none.
    pub(crate) attributes: Vec<(Name, Name)>,
    pub(crate) capabilities: u32,
    pub(crate) dialect: Dialect,
    pub(crate) features: u64,
    pub(crate) input: u32,
    pub(crate) output: u32,
    pub(crate) time_s: i64,
    pub(crate) id: u8,
}

impl Default for Ask {
    /// A small chat completion.
    fn default() -> Self {
        Self {
            key: "",
            model: "",
            attributes: Vec::new(),
            capabilities: 0,
            dialect: Dialect::Chat,
            features: 0,
            input: 0,
            output: 0,
            time_s: 0,
            id: 0,
        }
    }
}

/// How many of 1,000,000 buckets each arm has, in the order of the arms' names: whole shares first, what is left to the
/// largest remainders.
pub(crate) fn shares(split: &[(Target, u32)]) -> Vec<(Target, u32)> {
    let total: u64 = split.iter().map(|(_, weight)| u64::from(*weight)).sum();
    let mut arms: Vec<(Target, u64, u64)> = split
        .iter()
        .filter(|(_, weight)| *weight > 0)
        .map(|(target, weight)| (u64::from(*weight) * 1_000_000, *target))
        .map(|(scaled, target)| (target, scaled / total, scaled % total))
        .collect();
    arms.sort_by_key(|(target, ..)| target.name());
    let given: u64 = arms.iter().map(|(_, share, _)| share).sum();
    let mut order: Vec<usize> = (0..arms.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(arms[*at].2));
    for at in order.into_iter().take(usize::try_from(1_000_000 - given).unwrap()) {
        arms[at].1 += 1;
    }
    arms.into_iter().map(|(target, share, _)| (target, u32::try_from(share).unwrap())).collect()
}
