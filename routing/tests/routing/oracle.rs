//! The slow oracle: decides on the description of a policy, from the first request to the last report, each time anew.
//!
//! It shares no code with the crate, only the words of its answers. Written for being obviously right: lists are
//! copied, names are compared, and nothing is remembered that can be counted again.

use pointsman_routing::{Refusal, Report, Shortage, Verdict};
use pointsman_schema::dialect::Dialect;
use pointsman_schema::feature::Feature;
use pointsman_schema::outcome::Outcome;

use crate::policy::{Ask, Chain, Model, Name, Policy, Rule, Sticky, Target, When, Window, shares};
use crate::siphash::siphash_1_3;

/// What the oracle expects next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    Try(Name),
    Wait(u32, Name),
    Refuse(Refusal),
    Done,
}

/// The world at one step.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moment {
    /// Those that are not available.
    pub(crate) down: Vec<(Name, Verdict)>,
    /// Those with a spent retry budget.
    pub(crate) spent: Vec<Name>,
    pub(crate) dice: u64,
}

impl Moment {
    pub(crate) fn verdict(&self, backend: Name) -> Verdict {
        self.down
            .iter()
            .find(|(name, _)| *name == backend)
            .map_or(Verdict::Available, |(_, verdict)| *verdict)
    }

    fn free(&self, backend: Name) -> bool {
        self.verdict(backend) == Verdict::Available
    }

    fn takes_back(&self, backend: Name) -> bool {
        self.free(backend) && !self.spent.contains(&backend)
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Oracle<'p> {
    pub(crate) policy: &'p Policy,
    pub(crate) ask: &'p Ask,
}

type Candidates<'p> = Vec<(Name, &'p Rule)>;

impl<'p> Oracle<'p> {
    /// Every step from the start to the one after the last report. `moments` holds the world of each step.
    pub(crate) fn steps(self, moments: &[Moment], reports: &[Report]) -> Vec<Want> {
        let usable = match self.usable() {
            Ok(usable) => usable,
            Err(refusal) => return vec![Want::Refuse(refusal)],
        };
        let Some((first, mut queue)) = first(&usable, &moments[0]) else {
            return vec![Want::Refuse(Refusal::NoCandidate(Shortage::NoCredential))];
        };
        let mut story = Story {
            oracle: self,
            usable,
            wants: vec![Want::Try(first)],
            reports: Vec::new(),
            late: Vec::new(),
        };
        for (report, moment) in reports.iter().zip(&moments[1..]) {
            story.reports.push(*report);
            let want = story.next(&mut queue, moment);
            story.wants.push(want);
            if matches!(want, Want::Refuse(_) | Want::Done) {
                break;
            }
        }
        story.wants
    }

    /// The candidates in order with the rules that contributed them.
    pub(crate) fn candidates(self) -> Result<Candidates<'p>, Refusal> {
        let key = self.policy.keys.iter().find(|key| key.name == self.ask.key).unwrap();
        let chain = self.chain(key.chain);
        let is_model = chain.models.contains(&self.ask.model);
        if !is_model && !chain.aliases.contains(&self.ask.model) {
            return Err(Refusal::ModelNotFound);
        }
        if is_model && !self.may_use(self.ask.model) {
            return Err(Refusal::ModelNotAllowed);
        }
        self.rule(chain).ok_or(Refusal::NoRule)?;
        let mut unique: Candidates<'p> = Vec::new();
        for (backend, rule) in self.expand(chain) {
            if !unique.iter().any(|(known, _)| *known == backend) {
                unique.push((backend, rule));
            }
        }
        Ok(unique)
    }

    pub(crate) fn holds(self, when: &When) -> bool {
        let consumer = self.consumer();
        match when {
            When::All(parts) => parts.iter().all(|part| self.holds(part)),
            When::Any(parts) => parts.iter().any(|part| self.holds(part)),
            When::Not(part) => !self.holds(part),
            When::Model(pattern) => match pattern.split_once('*') {
                None => self.ask.model == *pattern,
                Some((head, tail)) => {
                    self.ask.model.len() >= head.len() + tail.len()
                        && self.ask.model.starts_with(head)
                        && self.ask.model.ends_with(tail)
                }
            },
            When::Attribute(name, value) => self.attribute(name) == *value,
            When::Capability(bits) => (0..32).all(|bit| bits >> bit & 1 <= self.ask.capabilities >> bit & 1),
            When::Tokens(from, to) => *from <= self.ask.input && self.ask.input <= *to,
            When::Team(team) => consumer.team == Some(team),
            When::Consumer(name) => consumer.name == *name,
            When::Tag(tag) => consumer.tags.contains(tag),
            When::Protocol(code) => *code == u32::from(self.ask.dialect.protocol().code()),
            When::Time(window) => self.inside(*window),
        }
    }

    pub(crate) fn may_use(self, model: Name) -> bool {
        let key = self.policy.keys.iter().find(|key| key.name == self.ask.key).unwrap();
        key.models.is_empty() || key.models.contains(&model)
    }

    fn usable(self) -> Result<Candidates<'p>, Refusal> {
        let all = self.candidates()?;
        let allowed: Vec<_> =
            all.iter().copied().filter(|(name, _)| self.may_use(self.model(name).name)).collect();
        let is_silent = |name| self.policy.tongue(name).silent == Some(self.ask.dialect);
        let heard: Vec<_> = allowed.iter().copied().filter(|(name, _)| !is_silent(name)).collect();
        let missing = |name| self.ask.capabilities & !self.model(name).capabilities;
        let able: Vec<_> = heard.iter().copied().filter(|(name, _)| missing(name) == 0).collect();
        let fits = |name| self.model(name).output == 0 || self.ask.output <= self.model(name).output;
        let lost = |(name, rule): &(Name, &Rule)| self.lost(name, rule);
        let whole: Vec<_> = able.iter().copied().filter(|at| lost(at) == 0).collect();
        let usable: Vec<_> = whole.iter().copied().filter(|(name, _)| fits(name)).collect();
        let shortage = if !usable.is_empty() {
            return Ok(usable);
        } else if let Some(limit_tokens) = whole.iter().map(|(name, _)| self.model(name).output).max() {
            Shortage::OutputLimit { limit_tokens }
        } else if !able.is_empty() {
            let common = able.iter().fold(u64::MAX, |set, at| set & lost(at));
            let any = able.iter().fold(0, |set, at| set | lost(at));
            Shortage::RefusesFeatures { features: if common == 0 { any } else { common } }
        } else if !heard.is_empty() {
            let common = heard.iter().fold(u32::MAX, |bits, (name, _)| bits & missing(name));
            let any = heard.iter().fold(0, |bits, (name, _)| bits | missing(name));
            Shortage::LacksCapability { missing: if common == 0 { any } else { common } }
        } else if all.is_empty() {
            Shortage::Empty
        } else if !allowed.is_empty() {
            Shortage::NotSpoken
        } else {
            Shortage::ModelNotAllowed
        };
        Err(Refusal::NoCandidate(shortage))
    }

    /// With repetitions.
    fn expand(self, chain: &'p Chain) -> Candidates<'p> {
        let Some(rule) = self.rule(chain) else { return Vec::new() };
        let drawn = self.drawn(chain, rule);
        let targets = drawn.into_iter().chain(rule.fallback.iter().copied());
        targets
            .flat_map(|target| match target {
                Target::Backend(name) => vec![(name, rule)],
                Target::Chain(name) => self.expand(self.chain(name)),
            })
            .collect()
    }

    fn drawn(self, chain: &Chain, rule: &Rule) -> Option<Target> {
        let mut bytes = [chain.name.as_bytes(), &[0xFF], rule.name.as_bytes(), &[0xFF]].concat();
        let id = [self.ask.id; 16];
        let subject = match rule.sticky {
            Sticky::No => None,
            Sticky::Consumer => Some(self.consumer().name),
            Sticky::Key => Some(self.ask.key),
            Sticky::Attribute(name) => self.attribute(name),
        };
        bytes.extend_from_slice(subject.map_or(&id, |subject| subject.as_bytes()));
        let hash = u128::from(siphash_1_3(*b"pointsman/split1", &bytes));
        let mut left = u32::try_from(hash * 1_000_000 / (1 << 64)).unwrap();
        for (target, share) in shares(&rule.split) {
            if left < share {
                return Some(target);
            }
            left -= share;
        }
        None
    }

    fn rule(self, chain: &'p Chain) -> Option<&'p Rule> {
        chain.rules.iter().find(|rule| self.holds(&rule.when))
    }

    fn inside(self, window: Window) -> bool {
        let zone = self.policy.zones.iter().find(|zone| zone.name == window.zone).unwrap();
        let mut passed = zone.changes.iter().filter(|(at_s, _)| *at_s <= self.ask.time_s);
        let offset_s = passed.next_back().map_or(zone.offset_s, |(_, offset_s)| *offset_s);
        let local_s = self.ask.time_s + i64::from(offset_s);
        let length =
            if window.to > window.from { window.to - window.from } else { window.to + 1440 - window.from };
        // Monday, 5 January 1970, was day 4.
        [0, 1].into_iter().any(|days_ago| {
            let day = local_s.div_euclid(86_400) - days_ago;
            let begin_s = day * 86_400 + i64::from(window.from) * 60;
            let weekday = (day - 4).rem_euclid(7);
            window.days >> weekday & 1 == 1 && (begin_s..begin_s + i64::from(length) * 60).contains(&local_s)
        })
    }

    fn attribute(self, name: Name) -> Option<Name> {
        self.ask.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    fn consumer(self) -> &'p crate::policy::Consumer {
        let key = self.policy.keys.iter().find(|key| key.name == self.ask.key).unwrap();
        self.policy.consumers.iter().find(|consumer| consumer.name == key.consumer).unwrap()
    }

    fn chain(self, name: Name) -> &'p Chain {
        self.policy.chains.iter().find(|chain| chain.name == name).unwrap()
    }

    /// What a backend refuses of the request. A rule lets something be left out unless the backend takes even what nobody can
    /// read.
    fn lost(self, backend: Name, rule: &Rule) -> u64 {
        let set = match (self.ask.dialect, self.policy.tongue(backend).refused) {
            (Dialect::Chat, (chat, _)) => chat,
            (Dialect::Messages, (_, messages)) => messages,
            _ => 0,
        };
        let kept = if set & Feature::Unreadable.mask() == 0 { u64::MAX } else { !rule.dropped };
        set & self.ask.features & kept
    }

    fn model(self, backend: Name) -> &'p Model {
        let (_, model) = self.policy.backends.iter().find(|(name, _)| *name == backend).unwrap();
        self.policy.models.iter().find(|row| row.name == *model).unwrap()
    }
}

/// The first attempt, and the candidates that are left in line behind it.
fn first<'p>(usable: &Candidates<'p>, moment: &Moment) -> Option<(Name, Candidates<'p>)> {
    if let Some(at) = usable.iter().position(|(name, _)| moment.free(name)) {
        return Some((usable[at].0, usable[at + 1..].to_vec()));
    }
    let due = |name: Name| match moment.verdict(name) {
        Verdict::BreakerOpen { due_ms } => Some((due_ms, name)),
        Verdict::Available | Verdict::NoCredential => None,
    };
    let soonest = usable.iter().filter_map(|(name, _)| due(name)).min_by_key(|(due_ms, _)| *due_ms)?;
    Some((soonest.1, Vec::new()))
}

/// What has happened so far.
struct Story<'p> {
    oracle: Oracle<'p>,
    usable: Candidates<'p>,
    wants: Vec<Want>,
    reports: Vec<Report>,
    /// Candidates that were passed over for their retry budget, in their order.
    late: Vec<Name>,
}

impl Story<'_> {
    fn next(&mut self, queue: &mut Candidates<'_>, moment: &Moment) -> Want {
        let report = *self.reports.last().unwrap();
        let goes_on = [
            Outcome::Connect,
            Outcome::Timeout,
            Outcome::RateLimited,
            Outcome::Overloaded,
            Outcome::ServerError,
            Outcome::DeadCredential,
            Outcome::ContextLength,
            Outcome::CutStream,
        ];
        if !goes_on.contains(&report.outcome) {
            return Want::Done;
        }
        if self.wants.len() == 8 {
            return Want::Refuse(Refusal::Exhausted { last: report.outcome });
        }
        let tried = *self.tried().last().unwrap();
        self.again(tried, report, moment)
            .or_else(|| self.next_in_line(queue, moment))
            .or_else(|| self.over_budget(moment))
            .or_else(|| self.patient(moment))
            .unwrap_or(Want::Refuse(Refusal::Exhausted { last: report.outcome }))
    }

    fn again(&self, failed: Name, report: Report, moment: &Moment) -> Option<Want> {
        let rule = self.usable.iter().find(|(name, _)| *name == failed).unwrap().1;
        let tries = self.tried().iter().filter(|name| **name == failed).count();
        let wanted = rule.retry_on.contains(&report.outcome) && tries <= usize::from(rule.retry);
        let asked = report.retry_after_ms;
        if !wanted || !moment.takes_back(failed) || asked.is_some_and(|ms| ms > 10_000) {
            return None;
        }
        let bound = [250, 500, 1_000, 2_000].get(tries - 1).copied().unwrap_or(2_000_u128);
        let jitter = u128::from(moment.dice) * (bound + 1) / (1 << 64);
        Some(Want::Wait(asked.unwrap_or(u32::try_from(jitter).unwrap()), failed))
    }

    fn next_in_line(&mut self, queue: &mut Candidates<'_>, moment: &Moment) -> Option<Want> {
        while !queue.is_empty() {
            let (name, _) = queue.remove(0);
            if !self.fits(name) || !moment.free(name) {
                continue;
            }
            if !moment.spent.contains(&name) {
                return Some(Want::Try(name));
            }
            self.late.push(name);
        }
        None
    }

    fn over_budget(&mut self, moment: &Moment) -> Option<Want> {
        if self.late.iter().any(|late| self.tried().contains(late)) {
            return None;
        }
        self.late.iter().find(|name| self.fits(name) && moment.free(name)).map(|name| Want::Try(name))
    }

    fn patient(&self, moment: &Moment) -> Option<Want> {
        let mut best: Option<(u32, Name)> = None;
        for (name, _) in &self.usable {
            let mut reports = self.tried().into_iter().zip(&self.reports).filter(|(tried, _)| tried == name);
            let Some((_, last)) = reports.next_back() else { continue };
            let Some(ms) = last.retry_after_ms else { continue };
            let mendable = pointsman_schema::outcome::RETRYABLE.contains(&last.outcome);
            let bearable = mendable && ms <= 10_000 && !self.waited().contains(name);
            if bearable
                && self.fits(name)
                && moment.takes_back(name)
                && best.is_none_or(|(least, _)| ms < least)
            {
                best = Some((ms, name));
            }
        }
        best.map(|(ms, name)| Want::Wait(ms, name))
    }

    /// The backends that were waited for as the last resort: tried again although their rule gives no try for it, or
    /// after another backend was tried in between.
    fn waited(&self) -> Vec<Name> {
        let mut waited = Vec::new();
        for (at, want) in self.wants.iter().enumerate() {
            if let Want::Wait(_, name) = want {
                let rule = self.usable.iter().find(|(known, _)| known == name).unwrap().1;
                let before = &self.tried()[..at];
                let tries = before.iter().filter(|tried| *tried == name).count();
                let by_rule = before.last() == Some(name)
                    && rule.retry_on.contains(&self.reports[at - 1].outcome)
                    && tries <= usize::from(rule.retry);
                if !by_rule {
                    waited.push(*name);
                }
            }
        }
        waited
    }

    fn fits(&self, name: &str) -> bool {
        let context = |name: &str| {
            let (_, model) = self.oracle.policy.backends.iter().find(|(known, _)| *known == name).unwrap();
            self.oracle.policy.models.iter().find(|row| row.name == *model).unwrap().context
        };
        self.tried().iter().zip(&self.reports).all(|(tried, report)| {
            let (small, large) = (context(tried), context(name));
            report.outcome != Outcome::ContextLength || (small != 0 && large > small)
        })
    }

    fn tried(&self) -> Vec<Name> {
        let name = |want: &Want| match want {
            Want::Try(name) | Want::Wait(_, name) => Some(*name),
            Want::Refuse(_) | Want::Done => None,
        };
        self.wants.iter().filter_map(name).collect()
    }
}
