//! Plays a scripted world against the decision and holds it to the oracle.

use pointsman_routing::{Attempt, Decision, Report, State, Step, Verdict, World};
use pointsman_schema::snapshot::view::BackendIx;

use crate::lowering::Loaded;
use crate::oracle::{Moment, Oracle, Want};
use crate::policy::Ask;

/// The world of one step, told by name.
pub(crate) struct Scripted<'a>(pub(crate) &'a Loaded, pub(crate) &'a Moment);

impl World for Scripted<'_> {
    fn verdict(&self, backend: BackendIx) -> Verdict {
        self.1.verdict(self.0.backend(backend))
    }

    fn retry_allowed(&self, backend: BackendIx) -> bool {
        !self.1.spent.contains(&self.0.backend(backend))
    }

    fn dice(&self) -> u64 {
        self.1.dice
    }
}

/// A step by the names of its backends.
pub(crate) fn want(loaded: &Loaded, step: Step) -> Want {
    match step {
        Step::Attempt(Attempt { backend, .. }) => Want::Try(loaded.backend(backend)),
        Step::Wait { ms, then: Attempt { backend, .. } } => Want::Wait(ms, loaded.backend(backend)),
        Step::Refuse(refusal) => Want::Refuse(refusal),
        Step::Done => Want::Done,
    }
}

/// Every step that the decision takes, and the decision as it is then.
pub(crate) fn play(
    loaded: &Loaded,
    ask: &Ask,
    moments: &[Moment],
    reports: &[Report],
) -> (Decision, Vec<Want>) {
    let view = loaded.view();
    let facts = loaded.facts(ask);
    let want = |step| want(loaded, step);
    let (mut decision, step) = Decision::start(&view, &facts, &Scripted(loaded, &moments[0]));
    let mut steps = vec![want(step)];
    for (report, moment) in reports.iter().zip(&moments[1..]) {
        if matches!(steps.last(), Some(Want::Refuse(_) | Want::Done)) {
            break;
        }
        steps.push(want(decision.after(&view, *report, &Scripted(loaded, moment))));
    }
    (decision, steps)
}

/// Plays, and checks every step, the order of the candidates and the reasons.
pub(crate) fn check(loaded: &Loaded, ask: &Ask, moments: &[Moment], reports: &[Report]) -> Vec<Want> {
    let oracle = Oracle { policy: &loaded.policy, ask };
    let (decision, steps) = play(loaded, ask, moments, reports);
    assert_eq!(steps, oracle.steps(moments, reports), "steps after {reports:?}");
    let expected = oracle.candidates().unwrap_or_default();
    let found: Vec<_> = decision.candidates().iter().map(|row| loaded.backend(row.backend)).collect();
    assert_eq!(found, expected.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "candidates");
    for (candidate, (name, rule)) in decision.candidates().iter().zip(expected) {
        let contributor = decision.path()[usize::from(candidate.passage)].rule.unwrap();
        assert_eq!(loaded.view().text(loaded.view().rule(contributor).name), rule.name);
        let tried =
            steps.iter().filter(|want| matches!(want, Want::Try(at) | Want::Wait(_, at) if *at == name));
        let told = match candidate.state {
            State::Tried { tries, .. } => usize::from(tries),
            State::Waiting | State::PassedOver(_) => 0,
        };
        assert_eq!(told, tried.count(), "tries of {name}");
    }
    assert!(!decision.truncated());
    steps
}
