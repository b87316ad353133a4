//! Every primary that a request of a chain can come to, with all that would take over after it, in their order.
//!
//! Deliberately follows first targets only: what stands behind them is tried after something failed, and has its own turn
//! as part of what takes over. The invariant: a way holds nothing unknown; one that would is left out.
//!
//! Read next: [`crate::rules::fallback_lacks_capability`].

use pointsman_schema::limits::CHAIN_DEPTH_MAX;

use super::roads::{Roads, Targets, Whole};
use super::{Goal, Hop};

/// One way.
#[derive(Debug, Clone)]
pub struct Way<'w> {
    /// The rules that the request takes, each as the places of its chain and of itself, the first in the chain that it asks.
    pub links: Vec<(usize, usize)>,
    /// Where it begins: the chain's place, the target, the backend.
    pub primary: (usize, Hop<'w>, Whole<'w>),
    /// What takes over: first what the last rule says, then what those before it say.
    pub after: Vec<Stop<'w>>,
}

/// A target that takes over.
#[derive(Debug, Clone)]
pub struct Stop<'w> {
    /// The place of the chain that says so.
    pub chain: usize,
    /// The target.
    pub hop: Hop<'w>,
    /// The backends that it can come to.
    pub backends: Vec<Whole<'w>>,
}

/// The ways of a chain, in the order of its rules; nothing when there are too many.
pub fn ways<'w>(
    targets: &[Vec<Option<Targets<'w>>>],
    roads: &Roads<'w>,
    chain: usize,
) -> Option<Vec<Way<'w>>> {
    let mut search = Search { targets, roads, looked_at: 0, found: Vec::new() };
    search.chain(chain, &[], &[])?;
    Some(search.found)
}

struct Search<'s, 'w> {
    targets: &'s [Vec<Option<Targets<'w>>>],
    roads: &'s Roads<'w>,
    looked_at: usize,
    found: Vec<Way<'w>>,
}

impl<'w> Search<'_, 'w> {
    fn chain(&mut self, chain: usize, links: &[(usize, usize)], after: &[Stop<'w>]) -> Option<()> {
        if links.len() >= CHAIN_DEPTH_MAX {
            return Some(());
        }
        for targets in self.targets.get(chain).into_iter().flatten().flatten() {
            let Some(mut later) = self.stops(chain, targets) else { continue };
            later.extend_from_slice(after);
            let mut longer = links.to_vec();
            longer.push((chain, targets.at));
            for hop in &targets.first {
                self.looked_at = self.looked_at.saturating_add(1);
                if self.looked_at > WAYS_MAX {
                    return None;
                }
                match hop.goal {
                    Goal::Backend(name) => {
                        let Some(whole) = self.roads.whole(name) else { continue };
                        self.found.push(Way {
                            links: longer.clone(),
                            primary: (chain, *hop, *whole),
                            after: later.clone(),
                        });
                    }
                    Goal::Chain(next) => self.chain(next, &longer, &later)?,
                }
            }
        }
        Some(())
    }

    fn stops(&self, chain: usize, targets: &Targets<'w>) -> Option<Vec<Stop<'w>>> {
        let stop = |hop: &Hop<'w>| Some(Stop { chain, hop: *hop, backends: self.roads.below(hop)? });
        targets.after.iter().map(stop).collect()
    }
}

/// As many as 256 rules of 16 arms have. **Unit**: targets looked at for one chain.
const WAYS_MAX: usize = 4096;
