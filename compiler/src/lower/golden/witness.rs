//! A request that reaches a rule, if one is found quickly.
//!
//! Walks the ways through the rule's branch program; each way that ends in acceptance is a list of wishes, from which a
//! request is made field by field and then put to the real matcher. Deliberately blind to the rules before: where one of
//! them takes the request, the next way is tried.

use pointsman_routing::Facts;
use pointsman_routing::matching::{Matcher, window};
use pointsman_schema::archive::routing::{
    ACCEPT, ArchivedTest, REJECT, TEST_ATTRIBUTE, TEST_CAPABILITY, TEST_INPUT_TOKENS, TEST_MODEL_GLOB,
    TEST_MODEL_IS, TEST_PROTOCOL, TEST_TIME,
};
use pointsman_schema::dialect::Dialect;
use pointsman_schema::read::scalar::Glob;
use pointsman_schema::snapshot::view::{ChainIx, KeyIx, RuleIx, View, run, slot};

use super::{PATHS_MAX, plain};

/// A request of the key that a rule of the key's chain takes.
pub(super) fn witness<'v>(
    view: &View<'v>,
    key: KeyIx,
    (chain, rule): (ChainIx, RuleIx),
) -> Option<Facts<'v>> {
    let plain = plain(view, key);
    // No model that the key may ask for: refused before any rule.
    pointsman_routing::accepted_models(view, key).next()?;
    let reaches = |facts: &Facts<'v>| Matcher::new(view, facts).first_match(chain) == Some(rule);
    if reaches(&plain) {
        return Some(plain);
    }
    let program = run(&view.routing.tests, &view.rule(rule).tests);
    let mut ways = Ways { program, found: Vec::new(), steps_left: STEPS_MAX };
    ways.walk(0, &mut Vec::new());
    ways.found.iter().filter_map(|way| request(view, plain, way)).find(reaches)
}

/// **Unit**: instructions looked at for one rule; ways can be many more than instructions.
const STEPS_MAX: usize = 1024;

/// A test and how it must come out.
type Wish<'v> = (&'v ArchivedTest, bool);

struct Ways<'v> {
    program: &'v [ArchivedTest],
    found: Vec<Vec<Wish<'v>>>,
    steps_left: usize,
}

impl<'v> Ways<'v> {
    /// Follows both branches of an instruction; jumps go forward, so the depth is at most the program's length.
    fn walk(&mut self, at: u16, way: &mut Vec<Wish<'v>>) {
        let Some(test) = self.program.get(usize::from(at)) else { return };
        for (holds, next) in [(true, test.on_true.to_native()), (false, test.on_false.to_native())] {
            if self.found.len() >= PATHS_MAX || self.steps_left == 0 {
                return;
            }
            self.steps_left = self.steps_left.saturating_sub(1);
            way.push((test, holds));
            match next {
                ACCEPT => self.found.push(way.clone()),
                REJECT => {}
                next if next > at => self.walk(next, way),
                _ => {}
            }
            way.pop();
        }
    }
}

/// A request that grants every wish it can grant; who asks is not among them.
fn request<'v>(view: &View<'v>, plain: Facts<'v>, way: &[Wish<'_>]) -> Option<Facts<'v>> {
    let mut facts = plain;
    let mut names = pointsman_routing::accepted_models(view, plain.key).map(|accepted| accepted.name);
    facts.model = names.find(|name| granted(way, |test| model_fits(view, test, name)))?;
    for (slot, at) in facts.attributes.iter_mut().zip(0_u32..) {
        *slot = attribute(view, way, at)?;
    }
    for (test, _) in way.iter().filter(|(test, wanted)| test.code == TEST_CAPABILITY && *wanted) {
        facts.capabilities |= test.a.to_native();
    }
    facts.input_tokens = tokens(way)?;
    facts.dialect = *Dialect::ALL.iter().filter(|dialect| dialect.is_conversation()).find(|dialect| {
        let code = u32::from(dialect.protocol().code());
        granted(way, |test| (test.code == TEST_PROTOCOL).then(|| test.a == code))
    })?;
    facts.time_s = time(view, way, plain.time_s)?;
    Some(facts)
}

/// Whether every wish that the closure knows comes out as wanted.
fn granted(way: &[Wish<'_>], holds: impl Fn(&ArchivedTest) -> Option<bool>) -> bool {
    way.iter().all(|(test, wanted)| holds(test).is_none_or(|holds| holds == *wanted))
}

fn model_fits(view: &View<'_>, test: &ArchivedTest, name: &str) -> Option<bool> {
    match test.code {
        TEST_MODEL_IS => Some(view.text(test.a) == name),
        TEST_MODEL_GLOB => {
            Some(Glob::Around(view.text(test.a).to_owned(), view.text(test.b).to_owned()).matches(name))
        }
        _ => None,
    }
}

fn attribute(view: &View<'_>, way: &[Wish<'_>], at: u32) -> Option<u16> {
    let values =
        view.routing.attributes.get(slot(at)).map_or(0, |attribute| attribute.values.len.to_native());
    let fits = |value: &u32| {
        granted(way, |test| (test.code == TEST_ATTRIBUTE && test.a == at).then(|| test.b == *value))
    };
    (0..=values).find(fits).and_then(|value| u16::try_from(value).ok())
}

/// The smallest number that fits lies at the beginning of a wanted range or behind an unwanted one.
fn tokens(way: &[Wish<'_>]) -> Option<u32> {
    let ranges = way.iter().filter(|(test, _)| test.code == TEST_INPUT_TOKENS);
    let edges = ranges.map(
        |(test, wanted)| {
            if *wanted { test.a.to_native() } else { test.b.to_native().saturating_add(1) }
        },
    );
    let fits = |tokens: &u32| {
        granted(way, |test| {
            (test.code == TEST_INPUT_TOKENS)
                .then(|| (test.a.to_native()..=test.b.to_native()).contains(tokens))
        })
    };
    edges.chain([0]).filter(fits).min()
}

/// **Unit**: s between two times that are tried.
const STEP_S: i64 = 15 * 60;
/// **Unit**: steps of a week.
const WEEK_STEPS: i64 = 7 * 24 * 4;

/// A time in the week before: windows are weekly, and a key's last second must not be passed.
fn time(view: &View<'_>, way: &[Wish<'_>], latest_s: i64) -> Option<i64> {
    let inside = |time_s: i64| {
        granted(way, |test| {
            let row = view.routing.windows.get(slot(test.a.to_native())).filter(|_| test.code == TEST_TIME);
            row.map(|row| window::contains(view, row, time_s))
        })
    };
    (0..WEEK_STEPS)
        .map(|step| latest_s.saturating_sub(step.saturating_mul(STEP_S)))
        .find(|time_s| inside(*time_s))
}
