//! From which chains a request can reach a backend that it has to be translated for, or that refuses something of it.
//!
//! Such a request is read wholly before it is routed, so that what a backend does not take is known. All others are read
//! shallowly and forwarded. Worked out once for each snapshot.

use pointsman_schema::archive::providers::ArchivedBackend;
use pointsman_schema::archive::routing::{ArchivedTarget, TARGET_BACKEND, TARGET_CHAIN};
use pointsman_schema::dialect::Dialect;
use pointsman_schema::limits::CHAIN_DEPTH_MAX;
use pointsman_schema::snapshot::View;
use pointsman_schema::snapshot::view::{ChainIx, run};

/// For each chain the dialects of which some backend that it leads to refuses something.
#[derive(Debug, Default)]
pub struct Translating {
    chains: Vec<Dialects>,
}

/// Dialects as bits.
type Dialects = u32;

impl Translating {
    /// Looks at every chain of a snapshot.
    pub fn new(view: &View<'_>) -> Self {
        let own: Vec<Dialects> = view.providers.backends.iter().map(refusing).collect();
        let mut chains = vec![0; view.routing.chains.len()];
        // A chain leads to another at most so often, so after as many rounds nothing changes any more.
        for _ in 0..CHAIN_DEPTH_MAX {
            for at in 0..chains.len() {
                let found = u32::try_from(at).map_or(0, |at| beyond(view, ChainIx(at), &own, &chains));
                if let Some(slot) = chains.get_mut(at) {
                    *slot |= found;
                }
            }
        }
        Self { chains }
    }

    /// Whether something of a request in this dialect may be refused by a backend when it begins in this chain.
    pub fn may(&self, chain: ChainIx, dialect: Dialect) -> bool {
        self.chains.get(chain.at()).is_some_and(|dialects| dialects & dialect.bit() != 0)
    }
}

/// The dialects of conversations of which a backend refuses something: no protocol can carry all of another's.
fn refusing(backend: &ArchivedBackend) -> Dialects {
    let is_refusing = |dialect: &&Dialect| {
        dialect.is_conversation()
            && backend.refused.get(usize::from(dialect.code())).is_none_or(|set| set.to_native() != 0)
    };
    Dialect::ALL.iter().filter(is_refusing).fold(0, |all, dialect| all | dialect.bit())
}

/// What the targets of a chain's rules have.
fn beyond(view: &View<'_>, chain: ChainIx, backends: &[Dialects], chains: &[Dialects]) -> Dialects {
    let of = |target: &ArchivedTarget| {
        let at = usize::try_from(target.index.to_native()).unwrap_or(usize::MAX);
        let table = match target.kind {
            TARGET_BACKEND => backends,
            TARGET_CHAIN => chains,
            _ => &[],
        };
        table.get(at).copied().unwrap_or(0)
    };
    let rules = run(&view.routing.rules, &view.chain(chain).rules);
    rules.iter().fold(0, |all, rule| {
        let arms = run(&view.routing.arms, &rule.arms).iter().map(|arm| of(&arm.target));
        let fallbacks = run(&view.routing.fallbacks, &rule.fallbacks).iter().map(of);
        arms.chain(fallbacks).fold(all, |all, one| all | one)
    })
}
