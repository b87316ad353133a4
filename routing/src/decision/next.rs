//! The choice of each attempt, one function a reason to make one. In the order in which they are considered:
//!
//! 1. [`first`](Decision::first): the first candidate that is available; if all that suit are behind open breakers, the
//!    one due soonest.
//! 2. [`retry`](Decision::retry): an extra try on the backend that just failed, as its rule says.
//! 3. [`fall_back`](Decision::fall_back): the next candidate that is available and has retry budget left.
//! 4. [`overdraw`](Decision::overdraw): once a decision, an available candidate whose retry budget is spent. So an
//!    outage costs each request two attempts when budgets are spent, not one for each backend.
//! 5. [`wait_out`](Decision::wait_out): once a backend, the pause that it asked for.
//!
//! Nothing here looks at rules' predicates or models: candidates are final.

use pointsman_schema::limits::ATTEMPTS_MAX;
use pointsman_schema::outcome::Outcome;
use pointsman_schema::snapshot::view::{BackendIx, View};

use super::{
    Attempt, BACK_OFF_FIRST_MS, BACK_OFF_MS_MAX, Decision, Paused, Phase, RETRY_AFTER_MS_MAX, Report, Step,
};
use crate::admission::{outgrows, shortage};
use crate::explain::{Candidate, PassedOver, Pause, State};
use crate::outcome::{Again, consequence};
use crate::refusal::Refusal;
use crate::world::{Verdict, World};

impl Decision {
    /// The first attempt of all.
    pub(super) fn first(&mut self, world: &impl World) -> Step {
        let mut soonest: Option<(u32, usize)> = None;
        let mut chosen = None;
        for (at, candidate) in waiting(self.found.candidates.rows_mut()) {
            match world.verdict(candidate.backend) {
                Verdict::Available => {
                    chosen = Some(at);
                    break;
                }
                Verdict::BreakerOpen { due_ms } => {
                    candidate.state = State::PassedOver(PassedOver::BreakerOpen { due_ms });
                    if soonest.is_none_or(|(least_ms, _)| due_ms < least_ms) {
                        soonest = Some((due_ms, at));
                    }
                }
                Verdict::NoCredential => candidate.state = State::PassedOver(PassedOver::NoCredential),
            }
        }
        let chosen = chosen.or(soonest.map(|(_, at)| at));
        match chosen.and_then(|at| self.attempt(at)) {
            Some(attempt) => Step::Attempt(attempt),
            None => self.refuse(Refusal::NoCandidate(shortage(self.candidates()))),
        }
    }

    /// An extra try on the same backend.
    pub(super) fn retry(
        &mut self,
        view: &View<'_>,
        (at, failed): (usize, Candidate),
        report: Report,
        world: &impl World,
    ) -> Option<Step> {
        let rule = view.rule(self.path().get(usize::from(failed.passage))?.rule?);
        let tries = tries(&failed);
        let named = rule.retry_on.to_native() & report.outcome.bit() != 0;
        let offered = named && consequence(report.outcome).again == Again::AsTheRuleSays;
        if !offered || tries > rule.retry_attempts || !can_return(failed.backend, world) {
            return None;
        }
        let ms = match report.retry_after_ms {
            Some(asked_ms) if asked_ms > RETRY_AFTER_MS_MAX => return None,
            Some(asked_ms) => asked_ms,
            None => back_off_ms(tries, world.dice()),
        };
        self.attempt(at).map(|then| Step::Wait { ms, then })
    }

    /// The next candidate in line.
    pub(super) fn fall_back(&mut self, view: &View<'_>, world: &impl World) -> Option<Step> {
        if self.spent() {
            return None;
        }
        let too_small_tokens = self.too_small_tokens;
        let mut chosen = None;
        for (at, candidate) in waiting(self.found.candidates.rows_mut()) {
            let backend = candidate.backend;
            let reason = if too_small_tokens.is_some_and(|tokens| !outgrows(view, backend, tokens)) {
                PassedOver::SmallerContext
            } else {
                match world.verdict(backend) {
                    Verdict::BreakerOpen { due_ms } => PassedOver::BreakerOpen { due_ms },
                    Verdict::NoCredential => PassedOver::NoCredential,
                    Verdict::Available if !world.retry_allowed(backend) => PassedOver::RetryBudget,
                    Verdict::Available => {
                        chosen = Some(at);
                        break;
                    }
                }
            };
            candidate.state = State::PassedOver(reason);
        }
        chosen.and_then(|at| self.attempt(at)).map(Step::Attempt)
    }

    /// A candidate that was passed over for its retry budget alone, when no other is left.
    pub(super) fn overdraw(&mut self, view: &View<'_>, world: &impl World) -> Option<Step> {
        if self.budget_overdrawn || self.spent() {
            return None;
        }
        let at = self.candidates().iter().position(|candidate| {
            candidate.state == State::PassedOver(PassedOver::RetryBudget)
                && self.suits(view, candidate.backend)
                && world.verdict(candidate.backend) == Verdict::Available
        })?;
        self.budget_overdrawn = true;
        self.attempt(at).map(Step::Attempt)
    }

    /// The failed candidate that asked for the shortest pause, after that pause.
    pub(super) fn wait_out(&mut self, view: &View<'_>, world: &impl World) -> Option<Step> {
        if self.spent() {
            return None;
        }
        let asked =
            self.candidates().iter().enumerate().filter_map(|(at, candidate)| match candidate.pause {
                Pause::Asked(ms)
                    if self.suits(view, candidate.backend) && can_return(candidate.backend, world) =>
                {
                    Some((ms, at))
                }
                Pause::Asked(_) | Pause::None | Pause::WaitedOut => None,
            });
        let (ms, at) = asked.min()?;
        self.found.candidates.rows_mut().get_mut(at)?.pause = Pause::WaitedOut;
        self.attempt(at).map(|then| Step::Wait { ms, then })
    }

    /// Makes an attempt, unless all are used up.
    fn attempt(&mut self, at: usize) -> Option<Attempt> {
        if self.spent() {
            return None;
        }
        let candidate = self.found.candidates.rows_mut().get_mut(at)?;
        let before = match candidate.state {
            State::Tried { outcome, .. } => outcome,
            State::Waiting | State::PassedOver(_) => None,
        };
        candidate.state = State::Tried { outcome: None, tries: tries(candidate).saturating_add(1) };
        self.attempts = self.attempts.saturating_add(1);
        self.phase = Phase::Trying { at, before };
        Some(attempt_of(at, candidate, self.attempts))
    }

    /// Whether the attempt that was paused for may be made. One without a try before it was not paused for.
    pub(super) fn paused(&mut self, at: usize, before: Option<Outcome>, world: &impl World) -> Paused {
        let attempts = self.attempts;
        let taken_back = Paused::TakenBack(before.unwrap_or(Outcome::ServerError));
        let Some(candidate) = self.found.candidates.rows_mut().get_mut(at) else { return taken_back };
        if before.is_none() || world.verdict(candidate.backend) == Verdict::Available {
            return Paused::MayBeMade(attempt_of(at, candidate, attempts));
        }
        candidate.state = State::Tried { outcome: before, tries: tries(candidate).saturating_sub(1) };
        self.attempts = attempts.saturating_sub(1);
        taken_back
    }

    fn spent(&self) -> bool {
        usize::from(self.attempts) >= ATTEMPTS_MAX
    }

    /// Whether the input may still fit the backend.
    fn suits(&self, view: &View<'_>, backend: BackendIx) -> bool {
        self.too_small_tokens.is_none_or(|tokens| outgrows(view, backend, tokens))
    }
}

fn waiting(candidates: &mut [Candidate]) -> impl Iterator<Item = (usize, &mut Candidate)> {
    candidates.iter_mut().enumerate().filter(|(_, candidate)| candidate.state == State::Waiting)
}

fn attempt_of(at: usize, candidate: &Candidate, attempt: u8) -> Attempt {
    Attempt { candidate: at, backend: candidate.backend, attempt, dropped: candidate.dropped }
}

fn tries(candidate: &Candidate) -> u8 {
    match candidate.state {
        State::Tried { tries, .. } => tries,
        State::Waiting | State::PassedOver(_) => 0,
    }
}

/// Whether a backend that was tried may be tried once more at this moment.
fn can_return(backend: BackendIx, world: &impl World) -> bool {
    world.verdict(backend) == Verdict::Available && world.retry_allowed(backend)
}

/// Full jitter: anything from 0 to a bound that doubles with each extra try. `tries` is how many were made, 1 or more.
fn back_off_ms(tries: u8, dice: u64) -> u32 {
    let doublings = u32::from(tries.saturating_sub(1)).min(8);
    let bound_ms = (BACK_OFF_FIRST_MS << doublings).min(BACK_OFF_MS_MAX);
    let ms = (u128::from(dice) * (u128::from(bound_ms) + 1)) >> 64;
    u32::try_from(ms).unwrap_or(bound_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tries: u8, most_ms: u32) {
        assert_eq!((back_off_ms(tries, 0), back_off_ms(tries, u64::MAX)), (0, most_ms));
    }

    #[test]
    fn back_off_doubles_to_its_bound() {
        check(1, 250);
        check(2, 500);
        check(3, 1_000);
        check(4, 2_000);
        check(5, 2_000);
        check(u8::MAX, 2_000);
    }
}
