//! Random chains over a small world, against every request of that world one by one.

use std::rc::Rc;
use std::sync::Arc;

use pointsman_schema::capability::Capability;
use pointsman_schema::read::scalar::Glob;
use pointsman_schema::source::Workspace;
use proptest::prelude::*;

use super::formula::Part;
use super::question::{Axis, Point, Question};
use super::wonder::{Wonder, answers};
use super::*;
use crate::file::FileAnalysis;
use crate::index::Index;
use crate::source_map::SourceMap;

const WORKSPACE: &str = "pointsman: 1\nattributes: { tier: { header: x-tier, values: [gold, free] } }\n";
/// What conditions begin and end with.
const TOKENS: [u32; 6] = [0, 9, 10, 20, 21, u32::MAX];
/// One number of each part into which they cut the line.
const PARTS: [u32; 9] = [0, 1, 9, 10, 11, 20, 21, 22, u32::MAX];
const MODELS: [&str; 3] = ["gpt-4o", "gpt-4o-mini", "o4-mini"];
const TIERS: [&str; 3] = ["none", "gold", "free"];

/// One request: a point of each axis.
#[derive(Debug, Clone, Copy)]
struct Request {
    model: &'static str,
    tier: &'static str,
    tools: bool,
    tokens: u32,
}

impl Request {
    fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for model in MODELS {
            for tier in TIERS {
                for tools in [false, true] {
                    all.extend(PARTS.map(|tokens| Self { model, tier, tools, tokens }));
                }
            }
        }
        all
    }

    fn point(self, axis: Axis<'_>) -> Point<'static> {
        match axis {
            Axis::Model => Point::Model(self.model),
            Axis::Attribute(_) => Point::Value(self.tier),
            Axis::Capability(_) => Point::Asked(self.tools),
            Axis::InputTokens => Point::Tokens(self.tokens),
            other => panic!("no test asks about {other:?}"),
        }
    }

    /// The plain meaning, with the parts at some places left out.
    fn is_taken(self, formula: &Formula<'_>, without: &[Span]) -> bool {
        let kept = |part: &&Part<'_>| !without.contains(&part.span);
        match formula {
            Formula::Ask(question) => question.holds(self.point(question.axis())),
            Formula::All(parts) => {
                parts.iter().filter(kept).all(|part| self.is_taken(&part.formula, without))
            }
            Formula::Any(parts) => {
                parts.iter().filter(kept).any(|part| self.is_taken(&part.formula, without))
            }
            Formula::Not(part) => !self.is_taken(&part.formula, without),
            Formula::Shared(formula) => self.is_taken(formula, without),
        }
    }
}

fn question() -> impl Strategy<Value = Question<'static>> {
    let glob = |text: &str| -> &'static Glob { Box::leak(Box::new(Glob::parse(text).unwrap())) };
    let globs = ["gpt-4o", "gpt-*", "*-mini", "*", "claude"].map(glob);
    prop_oneof![
        prop::sample::select(globs.to_vec()).prop_map(Question::Model),
        prop::sample::select(TIERS.to_vec()).prop_map(|tier| Question::Attribute("tier", tier)),
        Just(Question::Capability(Capability::Tools)),
        (prop::sample::select(TOKENS.to_vec()), prop::sample::select(TOKENS.to_vec()))
            .prop_map(|(min, max)| Question::InputTokens(min, max)),
    ]
}

fn formula() -> impl Strategy<Value = Formula<'static>> {
    let part = |formula| Part { formula, span: Span::default() };
    question().prop_map(Formula::Ask).prop_recursive(3, 12, 3, move |inner| {
        let parts = prop::collection::vec(inner.clone().prop_map(part), 0..3);
        prop_oneof![
            parts.clone().prop_map(Formula::All),
            parts.prop_map(Formula::Any),
            inner.clone().prop_map(move |inner| Formula::Not(Box::new(part(inner)))),
            inner.prop_map(Formula::shared),
        ]
    })
}

/// Gives every part a place of its own.
fn number(formula: &mut Formula<'_>, next: &mut u32) {
    let place = |part: &mut Part<'_>, next: &mut u32| {
        part.span = Span { start: *next, end: *next + 1 };
        *next += 1;
        number(&mut part.formula, next);
    };
    match formula {
        Formula::Ask(_) => {}
        Formula::All(parts) | Formula::Any(parts) => parts.iter_mut().for_each(|part| place(part, next)),
        Formula::Not(part) => place(part, next),
        Formula::Shared(formula) => number(Rc::make_mut(formula), next),
    }
}

/// An answer over the space that some formulas cut.
fn over<'f, T>(
    asked: impl Iterator<Item = &'f Formula<'static>>,
    answer: impl FnOnce(&mut Space<'_>) -> T,
) -> T {
    let mut map = SourceMap::new();
    let file = map.add("pointsman.yaml", WORKSPACE, pointsman_schema::tree::Syntax::Yaml);
    let files = [Arc::new(FileAnalysis::of("pointsman.yaml", WORKSPACE.as_bytes()))];
    let absent = Workspace::empty();
    let index = Index::of(&files, (&absent, file), &map);
    let models = MODELS.into_iter().collect();
    let world = World { index: &index, callers: None, models: Some(&models) };
    let mut questions = Questions::default();
    asked.for_each(|formula| questions.add(formula));
    answer(&mut Space::new(world, &questions.found).unwrap().unwrap())
}

/// Each wonder against all requests that reach its rule, one by one.
fn check_wonders(formulas: &[Option<Formula<'static>>], wonders: &[Wonder<'static>]) {
    let likes = wonders.iter().flat_map(|wonder| wonder.details.iter().chain([&wonder.like]));
    let asked = formulas.iter().flatten().chain(likes);
    let answers = over(asked, |space| answers(space, formulas, wonders).unwrap());
    assert_eq!(answers.len(), wonders.len());
    for (wonder, answer) in wonders.iter().zip(answers) {
        let takes = |request: Request, at: usize| {
            formulas[at].as_ref().is_none_or(|formula| request.is_taken(formula, &[]))
        };
        let reaches = |request: &Request| {
            (0..formulas.len()).find(|at| takes(*request, *at)) == Some(wonder.rule)
                && request.is_taken(&wonder.like, &[])
        };
        let such: Vec<Request> = Request::all().into_iter().filter(reaches).collect();
        let detail = |detail| such.iter().any(|request| request.is_taken(detail, &[]));
        let expected = (!such.is_empty()).then(|| wonder.details.iter().map(detail).collect::<Vec<_>>());
        assert_eq!(answer.map(|noticed| noticed.details), expected, "{wonder:#?} of {formulas:#?}");
    }
}

/// The first rule that takes each request, once with all parts and once without the idle ones.
fn check(mut formulas: Vec<Option<Formula<'static>>>) {
    let mut next = 0;
    formulas.iter_mut().flatten().for_each(|formula| number(formula, &mut next));
    let asked = formulas.iter().flatten();
    let decided = over(asked, |space| in_order(space, &formulas).unwrap());

    let idle: Vec<Vec<Span>> = decided
        .rules
        .iter()
        .map(|verdict| match verdict {
            Verdict::Reached { idle, .. } => idle.iter().map(|idle| idle.span).collect(),
            _ => Vec::new(),
        })
        .collect();
    let takes = |request: Request, at: usize, without: &[Span]| {
        formulas[at].as_ref().is_none_or(|formula| request.is_taken(formula, without))
    };
    let rules = 0..formulas.len();
    let mut first = vec![0; formulas.len()];
    let mut matching = vec![0; formulas.len()];
    let mut falls = 0;
    for request in Request::all() {
        rules.clone().filter(|at| takes(request, *at, &[])).for_each(|at| matching[at] += 1);
        let first_of_all = rules.clone().find(|at| takes(request, *at, &[]));
        assert_eq!(
            first_of_all,
            rules.clone().find(|at| takes(request, *at, &idle[*at])),
            "{request:?} {formulas:#?}"
        );
        match first_of_all {
            Some(at) => first[at] += 1,
            None => falls += 1,
        }
    }
    for (at, verdict) in decided.rules.iter().enumerate() {
        let expected = match verdict {
            Verdict::Reached { takes_the_rest, .. } => {
                let later: usize = first[at + 1..].iter().sum::<usize>() + falls;
                assert_eq!(*takes_the_rest, later == 0, "rule {at} of {formulas:#?}");
                first[at] > 0
            }
            Verdict::NeverMatches => matching[at] == 0,
            Verdict::Shadowed { by } => {
                let covered = |request: &Request| by.iter().any(|other| takes(*request, *other, &[]));
                let is_covered =
                    Request::all().iter().filter(|request| takes(**request, at, &[])).all(covered);
                first[at] == 0 && matching[at] > 0 && is_covered
            }
        };
        assert!(expected, "rule {at} of {formulas:#?}: {verdict:?}");
    }
    assert_eq!(decided.falls_through.is_some(), falls > 0, "{formulas:#?}");
}

proptest! {
    #[test]
    fn every_verdict_is_that_of_all_requests(
        rules in prop::collection::vec(prop::option::weighted(0.9, formula()), 1..5)
    ) {
        check(rules);
    }

    #[test]
    fn every_wonder_is_answered_by_all_requests(
        rules in prop::collection::vec(prop::option::weighted(0.7, formula()), 1..5),
        wonders in prop::collection::vec((any::<prop::sample::Index>(), formula(), prop::collection::vec(formula(), 0..3)), 1..4)
    ) {
        let mut wonders: Vec<_> = wonders
            .into_iter()
            .map(|(rule, like, details)| Wonder { rule: rule.index(rules.len()), like, details })
            .collect();
        wonders.sort_by_key(|wonder| wonder.rule);
        check_wonders(&rules, &wonders);
    }
}

#[test]
fn windows_are_told_by_the_minute() {
    use pointsman_schema::read::scalar::MinuteOfDay;
    use pointsman_schema::source::predicate::{Day, TimeWindow};
    use pointsman_schema::tree::Spanned;

    let window = |days: &[Day], from, to| TimeWindow {
        days: days.iter().map(|day| Spanned::new(*day, Span::default())).collect(),
        from: Spanned::new(MinuteOfDay(from), Span::default()),
        to: Spanned::new(MinuteOfDay(to), Span::default()),
        zone: Spanned::new("UTC".to_owned(), Span::default()),
    };
    let day = 1440;
    let check = |window: &TimeWindow, inside: &[u16], outside: &[u16]| {
        let holds = |minute: &u16| Question::Time(window).holds(Point::Minute(*minute));
        assert!(inside.iter().all(holds), "{window:?} {inside:?}");
        assert!(!outside.iter().any(holds), "{window:?} {outside:?}");
    };
    check(&window(&[Day::Monday], 60, 120), &[60, 119], &[59, 120, day + 60]);
    check(&window(&[], 60, 120), &[60, day * 6 + 119], &[59, day * 6 + 120]);
    // Into the next day, and from Sunday into Monday.
    check(&window(&[Day::Sunday], 1380, 60), &[day * 6 + 1380, 0, 59], &[60, day * 6 + 1379, day + 30]);
    // The same minute twice is a whole day; 24:00 is the end of it.
    check(&window(&[Day::Tuesday], 600, 600), &[day + 600, day * 2 + 599], &[day + 599, day * 2 + 600]);
    check(&window(&[Day::Sunday], 0, 1440), &[day * 6, day * 7 - 1], &[0, day * 6 - 1]);
    check(&window(&[Day::Sunday], 1440, 60), &[0, 59], &[60, day * 6]);
}
