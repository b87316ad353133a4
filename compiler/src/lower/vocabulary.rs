//! The words that rules and consumers share: teams, tags and time windows, each sorted and once.
//!
//! Collected in a pass of its own, because a rule's program refers to them by index. Only what a consumer has or a
//! predicate asks for is here: a team that merely owns a backend changes no decision.

use std::collections::BTreeSet;

use pointsman_schema::source::Predicate;
use pointsman_schema::source::predicate::TimeWindow;

use super::names::Texts;
use super::references::position;
use super::windows::{Span, window_row};
use super::{LowerError, body};
use crate::policy::Policy;

/// Teams, tags and windows.
pub(super) struct Vocabulary<'p> {
    teams: Vec<&'p str>,
    tags: Vec<&'p str>,
    windows: Vec<Span<'p>>,
    team_texts: Vec<u32>,
    tag_texts: Vec<u32>,
}

#[derive(Default)]
struct Words<'p> {
    teams: BTreeSet<&'p str>,
    tags: BTreeSet<&'p str>,
    windows: BTreeSet<Span<'p>>,
}

impl<'p> Vocabulary<'p> {
    /// Collects the words of a policy.
    pub(super) fn of(policy: &'p Policy<'p>) -> Result<Self, LowerError> {
        let mut words = Words::default();
        for declared in policy.consumers.values() {
            words.teams.extend(declared.owner.team());
            words.tags.extend(body(declared)?.tags.iter().map(|tag| tag.value.as_str()));
        }
        for declared in policy.chains.values() {
            let conditions = body(declared)?.rules.iter().filter_map(|rule| rule.value.condition());
            for (condition, _) in conditions {
                words.visit(condition);
            }
        }
        let Words { teams, tags, windows } = words;
        Ok(Self {
            teams: teams.into_iter().collect(),
            tags: tags.into_iter().collect(),
            windows: windows.into_iter().collect(),
            team_texts: Vec::new(),
            tag_texts: Vec::new(),
        })
    }

    /// Numbers the texts.
    pub(super) fn intern(&mut self, texts: &mut Texts<'p>) {
        self.team_texts = self.teams.iter().map(|team| texts.number(team)).collect();
        self.tag_texts = self.tags.iter().map(|tag| texts.number(tag)).collect();
    }

    /// The teams' texts, in order.
    pub(super) fn team_texts(&self) -> &[u32] {
        &self.team_texts
    }

    /// The tags' texts, in order.
    pub(super) fn tag_texts(&self) -> &[u32] {
        &self.tag_texts
    }

    /// The windows, in order.
    pub(super) fn windows(&self) -> &[Span<'p>] {
        &self.windows
    }

    /// The row of a team.
    pub(super) fn team(&self, name: &str) -> Result<u32, LowerError> {
        position("team", &self.teams, name, name)
    }

    /// The row of a tag.
    pub(super) fn tag(&self, name: &str) -> Result<u32, LowerError> {
        position("tag", &self.tags, name, name)
    }

    /// The row of a window.
    pub(super) fn window(&self, window: &TimeWindow) -> Result<u32, LowerError> {
        window_row(&self.windows, window)
    }
}

impl<'p> Words<'p> {
    fn visit(&mut self, predicate: &'p Predicate) {
        match predicate {
            Predicate::All(parts) | Predicate::Any(parts) => {
                for part in parts {
                    self.visit(&part.value);
                }
            }
            Predicate::Not(part) => self.visit(&part.value),
            Predicate::Team(teams) => self.teams.extend(teams.0.iter().map(|team| team.value.as_str())),
            Predicate::Tag(tags) => self.tags.extend(tags.0.iter().map(|tag| tag.value.as_str())),
            Predicate::Time(window) => {
                self.windows.insert(Span::of(window));
            }
            Predicate::Model(_)
            | Predicate::Attribute(..)
            | Predicate::Capability(_)
            | Predicate::InputTokens(_)
            | Predicate::Consumer(_)
            | Predicate::Protocol(_) => {}
        }
    }
}
