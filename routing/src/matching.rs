//! Whether a rule matches: running its branch program over a request's facts.
//!
//! The compiler turned the `match` into a list of predicates with jumps that only go forward, so a program ends after
//! at most as many steps as it has rows. A program that breaks this (none that passed loading does) matches nothing.
//!
//! Read next: [`window`] for time.

pub mod window;

use pointsman_schema::archive::routing::{
    ACCEPT, ArchivedConsumer, ArchivedTest, REJECT, TEST_ATTRIBUTE, TEST_CAPABILITY, TEST_CONSUMER,
    TEST_INPUT_TOKENS, TEST_MODEL_GLOB, TEST_MODEL_IS, TEST_PROTOCOL, TEST_TAG, TEST_TEAM, TEST_TIME,
};
use pointsman_schema::snapshot::view::{ChainIx, ConsumerIx, RuleIx, View, run, slot};

use crate::facts::Facts;

/// A request, ready to be matched against rules.
#[derive(Clone, Copy)]
pub struct Matcher<'a, 'f> {
    view: View<'a>,
    facts: &'f Facts<'f>,
    consumer: ConsumerIx,
}

impl<'a, 'f> Matcher<'a, 'f> {
    /// A matcher for one request.
    pub fn new(view: &View<'a>, facts: &'f Facts<'f>) -> Self {
        Self { view: *view, facts, consumer: ConsumerIx::from(view.key(facts.key).consumer) }
    }

    /// The first rule of a chain that matches.
    pub fn first_match(&self, chain: ChainIx) -> Option<RuleIx> {
        let rows = &self.view.chain(chain).rules;
        let mut rules = (rows.start.to_native()..).zip(run(&self.view.routing.rules, rows));
        rules
            .find(|(_, rule)| self.accepts(run(&self.view.routing.tests, &rule.tests)))
            .map(|(at, _)| RuleIx(at))
    }

    /// Whether a rule matches.
    pub fn matches(&self, rule: RuleIx) -> bool {
        self.accepts(run(&self.view.routing.tests, &self.view.rule(rule).tests))
    }

    fn accepts(&self, program: &[ArchivedTest]) -> bool {
        if program.is_empty() {
            return true;
        }
        let mut at = 0_u16;
        while let Some(test) = program.get(usize::from(at)) {
            let Some(holds) = self.holds(test) else { return false };
            let next = if holds { test.on_true.to_native() } else { test.on_false.to_native() };
            match next {
                ACCEPT => return true,
                REJECT => return false,
                // Only forward, so that the loop ends whatever the rows say.
                next if next <= at => return false,
                next => at = next,
            }
        }
        false
    }

    /// Whether a predicate holds; `None` when its code is unknown.
    fn holds(&self, test: &ArchivedTest) -> Option<bool> {
        let (a, b) = (test.a.to_native(), test.b.to_native());
        let facts = self.facts;
        Some(match test.code {
            TEST_MODEL_IS => facts.model == self.view.text(test.a),
            TEST_MODEL_GLOB => self.model_fits(test),
            TEST_ATTRIBUTE => u32::from(facts.attributes.get(slot(a)).copied().unwrap_or(0)) == b,
            TEST_CAPABILITY => facts.capabilities & a == a,
            TEST_INPUT_TOKENS => (a..=b).contains(&facts.input_tokens),
            TEST_TEAM => self.consumer().team == a,
            TEST_CONSUMER => self.consumer.0 == a,
            TEST_TAG => {
                run(&self.view.routing.consumer_tags, &self.consumer().tags).binary_search(&test.a).is_ok()
            }
            TEST_PROTOCOL => u32::from(facts.protocol().code()) == a,
            TEST_TIME => self
                .view
                .routing
                .windows
                .get(slot(a))
                .is_some_and(|row| window::contains(&self.view, row, facts.time_s)),
            _ => return None,
        })
    }

    fn model_fits(&self, test: &ArchivedTest) -> bool {
        let (head, tail) = (self.view.text(test.a), self.view.text(test.b));
        // Stripping one after the other, so that head and tail never share bytes.
        self.facts.model.strip_prefix(head).is_some_and(|rest| rest.ends_with(tail))
    }

    fn consumer(&self) -> &'a ArchivedConsumer {
        self.view.consumer(self.consumer)
    }
}
