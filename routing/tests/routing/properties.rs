//! What holds for every policy, request and world: the oracle agrees, the attempts end, nothing depends on luck.

use std::collections::BTreeMap;

use pointsman_routing::{Decision, Refusal, Report, Step, accepted_models, golden};
use pointsman_schema::archive::golden::Golden;
use pointsman_schema::limits::ATTEMPTS_MAX;
use proptest::prelude::*;

use crate::entropy::{Entropy, MODELS};
use crate::lowering::Loaded;
use crate::oracle::{Moment, Want};
use crate::play::{Scripted, check, play};
use crate::policy::{Ask, Name};

struct Case {
    loaded: Loaded,
    ask: Ask,
    moments: Vec<Moment>,
    reports: Vec<Report>,
}

impl Case {
    fn new(bytes: Vec<u8>) -> Self {
        let mut random = Entropy::new(bytes);
        // Reports first: they are the shortest, and so keep their meaning while the rest shrinks.
        let reports = (0..12).map(|_| random.report()).collect();
        Self {
            reports,
            ask: random.ask(),
            loaded: Loaded::new(random.policy()),
            moments: (0..13).map(|_| random.moment()).collect(),
        }
    }
}

fn cases() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..700)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decides_as_the_oracle_does(bytes in cases()) {
        let case = Case::new(bytes);
        check(&case.loaded, &case.ask, &case.moments, &case.reports);
    }

    #[test]
    fn ends_within_its_bounds(bytes in cases()) {
        let case = Case::new(bytes);
        let (decision, steps) = play(&case.loaded, &case.ask, &case.moments, &case.reports);
        let mut tries: BTreeMap<Name, usize> = BTreeMap::new();
        for step in &steps {
            if let Want::Try(name) | Want::Wait(_, name) = step {
                *tries.entry(name).or_default() += 1;
            }
        }
        prop_assert!(tries.values().sum::<usize>() <= ATTEMPTS_MAX);
        prop_assert_eq!(tries.values().sum::<usize>(), usize::from(decision.attempts()));
        prop_assert!(matches!(steps.last(), Some(Want::Refuse(_) | Want::Done)), "twelve reports end every decision");
        for candidate in decision.candidates() {
            let name = case.loaded.backend(candidate.backend);
            let rule = decision.path()[usize::from(candidate.passage)].rule.unwrap();
            // The first, the rule's extra ones, and one after a pause that the provider asked for.
            let most = 2 + usize::from(case.loaded.view().rule(rule).retry_attempts);
            prop_assert!(tries.get(name).copied().unwrap_or(0) <= most);
        }
    }

    #[test]
    fn is_the_same_each_time(bytes in cases()) {
        let case = Case::new(bytes);
        let once = play(&case.loaded, &case.ask, &case.moments, &case.reports);
        let again = play(&case.loaded, &case.ask, &case.moments, &case.reports);
        prop_assert_eq!(format!("{once:?}"), format!("{again:?}"));
    }

    #[test]
    fn a_golden_vector_is_decided_alike_before_and_after_packing(bytes in cases()) {
        let case = Case::new(bytes);
        let vector = case.loaded.vector(&case.ask);
        case.loaded.with_golden(&Golden { vectors: vec![vector] }, |view| {
            let vector = view.golden.vectors.first().unwrap();
            assert_eq!(golden::decide_digest(view, vector).0, vector.decision);
        });
    }

    #[test]
    fn lists_exactly_the_models_that_it_accepts(bytes in cases()) {
        let case = Case::new(bytes);
        let view = case.loaded.view();
        let key = view.key_named(case.ask.key).unwrap();
        let listed: Vec<&str> = accepted_models(&view, key).map(|accepted| accepted.name).collect();
        prop_assert!(listed.is_sorted());
        for model in MODELS.into_iter().chain(["best", "gpt", "", "gpt-4o-", "unheard-of"]) {
            let facts = case.loaded.facts(&Ask { model, ..case.ask.clone() });
            let (_, step) = Decision::start(&view, &facts, &Scripted(&case.loaded, &case.moments[0]));
            let unaccepted = matches!(step, Step::Refuse(Refusal::ModelNotFound | Refusal::ModelNotAllowed));
            prop_assert_eq!(listed.contains(&model), !unaccepted, "{}", model);
        }
    }

    #[test]
    fn nothing_more_is_decided_when_it_is_over(bytes in cases()) {
        let case = Case::new(bytes);
        let (mut decision, steps) = play(&case.loaded, &case.ask, &case.moments, &case.reports);
        let before = format!("{decision:?}");
        let step = decision.after(&case.loaded.view(), case.reports[0], &Scripted(&case.loaded, &case.moments[0]));
        let last = match step {
            Step::Refuse(refusal) => Want::Refuse(refusal),
            Step::Done => Want::Done,
            Step::Attempt(_) | Step::Wait { .. } => panic!("an attempt after the end"),
        };
        prop_assert_eq!(Some(&last), steps.last());
        prop_assert_eq!(format!("{decision:?}"), before);
    }
}
