//! The backends below each chain, whatever the conditions on the way.
//!
//! Deliberately sets without roads. The invariant: what many chains have in common is stored once, so a chain costs what it
//! adds to the chains that it goes on to.
//!
//! Read next: [`super::sets`]; [`super::roads`] for what the backends are made of.

use pointsman_schema::source::Backend;

use super::Graph;
use super::sets::{Draft, Set, Sets};
use crate::policy::{Declared, Policy};

/// The backends below each chain.
#[derive(Debug)]
pub struct Below<'w> {
    policy: &'w Policy<'w>,
    sets: Sets,
    /// By the place of the chain.
    of_chains: Vec<Set>,
}

impl<'w> Below<'w> {
    /// Those of a policy that are wanted; chains that go in circles have none.
    pub fn of(
        policy: &'w Policy<'w>,
        graph: &Graph<'w>,
        is_wanted: impl Fn(&Declared<'w, Backend>) -> bool,
    ) -> Self {
        let mut draft = Draft::new(policy.backends.len());
        let of_chains = graph.union_below(&mut draft, |backend| is_wanted(backend).then_some(backend.at));
        Self { policy, sets: draft.finish(), of_chains }
    }

    /// What is below a chain; equal sets are equal.
    pub fn set(&self, chain: usize) -> Set {
        self.of_chains.get(chain).copied().unwrap_or(Set::EMPTY)
    }

    /// The backends below a chain, in the order of their names.
    pub fn backends(&self, chain: usize) -> impl Iterator<Item = &'w Declared<'w, Backend>> + '_ {
        let policy = self.policy;
        self.sets.iter(self.set(chain)).filter_map(move |at| policy.backends.at(at))
    }

    /// Whether a backend is below a chain.
    pub fn has(&self, chain: usize, backend: &Declared<'_, Backend>) -> bool {
        self.sets.contains(self.set(chain), backend.at)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::index::indexed;

    /// Chains that each have a backend of their own and go on to one chain of many others.
    pub(crate) fn hub(backends: usize, chains: usize, targets: &str) -> String {
        let mut text = "providers: { p: { protocol: openai-compatible, base-url: \"https://p.example/v1\" } }\n\
             models: { m: { capabilities: [streaming] }, n: { capabilities: [streaming, vision] } }\nbackends:\n"
            .to_owned();
        for at in 0..backends {
            writeln!(text, "  h{at}: {{ model: m, provider: p }}").unwrap();
        }
        for at in 0..chains {
            writeln!(text, "  own{at}: {{ model: n, provider: p }}").unwrap();
        }
        text += "chains:\n  hub:\n    rules:\n";
        for at in 0..backends {
            writeln!(
                text,
                "      - {{ name: r{at}, match: {{ input-tokens: {{ max: {at} }} }}, fallback: [h{at}] }}"
            )
            .unwrap();
        }
        for at in 0..chains {
            let targets = targets.replace("OWN", &format!("own{at}"));
            writeln!(text, "  c{at}: {{ rules: [{{ name: all, fallback: [{targets}] }}] }}").unwrap();
        }
        text
    }

    #[test]
    fn a_chain_costs_what_it_adds_to_the_chain_that_it_goes_on_to() {
        let size = |backends, chains| {
            indexed(&hub(backends, chains, "OWN, chain/hub"), |index| {
                let graph = Graph::of(index);
                let below = Below::of(&index.policy, &graph, |_| true);
                let first = below.backends(graph.place("c0").unwrap());
                assert_eq!(first.count(), backends + 1);
                below.sets.size()
            })
        };
        let (one, many) = (size(250, 1), size(250, 251));
        // A set of 501 backends is a way of 4 nodes; that of the own backend alone, and that of both together.
        assert!(many - one <= 250 * 8 + 16, "{one} {many}");
    }
}
