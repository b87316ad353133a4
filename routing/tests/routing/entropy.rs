//! Small random policies, requests and worlds out of a run of bytes, so that shorter and smaller bytes mean simpler cases.

use pointsman_routing::{Report, Verdict};
use pointsman_schema::dialect::Dialect;
use pointsman_schema::feature::{self, Feature};
use pointsman_schema::outcome::{Outcome, RETRYABLE};

use crate::oracle::Moment;
use crate::policy::{
    Ask, Chain, Consumer, Key, Model, Name, Policy, Rule, Sticky, Target, Tongue, When, Window, Zone,
};

pub(crate) const BACKENDS: [Name; 6] = ["b0", "b1", "b2", "b3", "b4", "b5"];
pub(crate) const MODELS: [Name; 4] = ["claude", "gpt-4o", "gpt-4o-mini", "llama"];
const CHAINS: [Name; 4] = ["c0", "c1", "c2", "c3"];
const RULES: [Name; 3] = ["first", "second", "third"];
const SEED: u64 = Feature::Seed.mask();
const TIER: u64 = Feature::ServiceTier.mask();
/// May not be left out.
const TOOLS: u64 = Feature::Tools.mask();
const CHANGE_S: i64 = 1_750_000_000;

pub(crate) struct Entropy {
    bytes: std::vec::IntoIter<u8>,
}

impl Entropy {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.into_iter() }
    }

    /// A number below `count`; 0 when the bytes are used up.
    fn below(&mut self, count: usize) -> usize {
        usize::from(self.bytes.next().unwrap_or(0)) % count
    }

    fn one<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn some<T: Copy>(&mut self, choices: &[T], one_in: usize) -> Vec<T> {
        choices.iter().copied().filter(|_| self.below(one_in) == 1).collect()
    }

    fn list<T>(&mut self, most: usize, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = self.below(most + 1);
        (0..count).map(|_| make(self)).collect()
    }

    pub(crate) fn policy(&mut self) -> Policy {
        let models = MODELS.map(|name| Model {
            name,
            context: self.one(&[0, 8_000, 32_000, 128_000]),
            output: self.one(&[0, 0, 100, 1_000]),
            capabilities: self.one(&[7, 7, 7, 3, 5, 1]),
        });
        Policy {
            attributes: vec![("task", vec!["chat", "code"]), ("tier", vec!["free", "gold"])],
            consumers: vec![
                Consumer { name: "support/web", team: Some("support"), tags: vec!["eu"] },
                Consumer { name: "batch", team: None, tags: vec!["eu", "vip"] },
            ],
            keys: ["k0", "k1"]
                .map(|name| Key {
                    name,
                    consumer: self.one(&["support/web", "batch"]),
                    chain: self.one(&["c0", "c0", "c1"]),
                    models: self.some(&MODELS, 4),
                })
                .to_vec(),
            chains: (0..CHAINS.len()).map(|at| self.chain(at)).collect(),
            models: models.to_vec(),
            backends: BACKENDS.map(|name| (name, self.one(&MODELS))).to_vec(),
            tongues: BACKENDS.map(|name| (name, self.tongue())).to_vec(),
            zones: vec![Zone { name: "Europe/Here", offset_s: 3_600, changes: vec![(CHANGE_S, 7_200)] }],
        }
    }

    fn tongue(&mut self) -> Tongue {
        let reworded = Feature::Unreadable.mask();
        let sets =
            [0, 0, 0, SEED, SEED | reworded, TOOLS | reworded, TIER, SEED | TIER | reworded, feature::ALL];
        Tongue {
            silent: self.one(&[None, None, None, Some(Dialect::Embeddings), Some(Dialect::Messages)]),
            refused: (self.one(&sets), self.one(&sets)),
        }
    }

    fn chain(&mut self, at: usize) -> Chain {
        // Only chains behind this one, so that there is no cycle.
        let inner = CHAINS[at + 1..].iter().map(|name| Target::Chain(name));
        let targets: Vec<Target> = BACKENDS.map(Target::Backend).into_iter().chain(inner).collect();
        let rules = RULES[..=self.below(3)].iter().map(|name| self.rule(name, &targets)).collect();
        Chain { name: CHAINS[at], models: MODELS[..3].to_vec(), aliases: vec!["best", "gpt"], rules }
    }

    fn rule(&mut self, name: Name, targets: &[Target]) -> Rule {
        let mut split: Vec<(Target, u32)> =
            self.list(3, |random| (random.one(targets), random.one(&[70, 30, 1, 0])));
        split.sort_unstable();
        split.dedup_by_key(|(target, _)| *target);
        if split.iter().all(|(_, weight)| *weight == 0) {
            split.clear();
        }
        let mut fallback = self.list(4, |random| random.one(targets));
        if split.is_empty() && fallback.is_empty() {
            fallback.push(targets[0]);
        }
        Rule {
            name,
            when: if self.below(2) == 0 { When::All(Vec::new()) } else { self.when(2) },
            split,
            sticky: self.one(&[Sticky::No, Sticky::Consumer, Sticky::Key, Sticky::Attribute("tier")]),
            fallback,
            retry: self.one(&[0, 0, 1, 2, 7]),
            retry_on: self.some(RETRYABLE, 2),
            dropped: self.one(&[0, 0, SEED, SEED | TIER, feature::DROPPABLE]),
        }
    }

    pub(crate) fn when(&mut self, depth: usize) -> When {
        match self.below(if depth == 0 { 9 } else { 14 }) {
            0 => When::Model(self.one(&["gpt-4o", "gpt-*", "*", "*-mini", "gpt-4o*o-mini", "g*t"])),
            1 => When::Attribute("tier", self.one(&[None, Some("gold"), Some("free")])),
            2 => When::Attribute("task", self.one(&[None, Some("code")])),
            3 => When::Capability(self.one(&[0, 1, 2, 5])),
            4 => When::Tokens(self.one(&[0, 1, 10]), self.one(&[10, 9_000, u32::MAX])),
            5 => When::Team("support"),
            6 => When::Consumer(self.one(&["batch", "support/web"])),
            7 => When::Tag(self.one(&["vip", "eu"])),
            8 => match self.below(4) {
                0 => When::Protocol(self.one(&[0, 1])),
                _ => When::Time(self.window()),
            },
            9 | 10 => When::All(self.list(3, |random| random.when(depth - 1))),
            11 | 12 => When::Any(self.list(3, |random| random.when(depth - 1))),
            _ => When::Not(Box::new(self.when(depth - 1))),
        }
    }

    pub(crate) fn window(&mut self) -> Window {
        let minutes = [0, 1, 9 * 60, 17 * 60 + 30, 1439];
        let (from, to) =
            (self.one(&minutes), self.one(&minutes).max(1) + u16::try_from(self.below(2)).unwrap());
        Window { zone: "Europe/Here", days: self.one(&[0x1F, 0x60, 0x7F, 1]), from, to }
    }

    pub(crate) fn ask(&mut self) -> Ask {
        let mut attributes = Vec::new();
        attributes.extend(self.one(&[None, Some(("tier", "gold")), Some(("tier", "free"))]));
        attributes.extend(self.one(&[None, Some(("task", "code"))]));
        Ask {
            key: self.one(&["k0", "k1"]),
            model: self.one(&["best", "best", "gpt-4o", "claude", "gpt-4o-mini", "gpt", "unheard-of"]),
            attributes,
            capabilities: self.one(&[0, 0, 0, 1, 2, 4, 7]),
            dialect: self.one(&[Dialect::Chat, Dialect::Chat, Dialect::Messages, Dialect::Embeddings]),
            features: self.one(&[0, 0, SEED, TOOLS, SEED | TIER, SEED | TOOLS, feature::ALL]),
            input: self.one(&[0, 10, 9_000]),
            output: self.one(&[0, 0, 50, 500, 5_000]),
            time_s: self.time_s(),
            id: self.bytes.next().unwrap_or(0),
        }
    }

    pub(crate) fn time_s(&mut self) -> i64 {
        let quarters = self.below(200) * 256 + self.below(256);
        CHANGE_S - 250 * 86_400 + i64::try_from(quarters).unwrap() * 900 + self.one(&[0, 1, 899])
    }

    pub(crate) fn report(&mut self) -> Report {
        let failures = [Outcome::ServerError, Outcome::RateLimited, Outcome::ContextLength, Outcome::Timeout];
        let outcome = if self.below(4) == 0 { self.one(Outcome::ALL) } else { self.one(&failures) };
        Report {
            outcome,
            retry_after_ms: self.one(&[None, None, Some(0), Some(500), Some(10_000), Some(10_001)]),
        }
    }

    pub(crate) fn moment(&mut self) -> Moment {
        let mut moment = Moment { spent: self.some(&BACKENDS, 4), ..Moment::default() };
        for name in self.some(&BACKENDS, 4) {
            let due_ms = u32::try_from(self.below(3)).unwrap();
            moment.down.push((name, self.one(&[Verdict::BreakerOpen { due_ms }, Verdict::NoCredential])));
        }
        moment.dice = u64::from(self.bytes.next().unwrap_or(0)) << 56;
        moment
    }
}
