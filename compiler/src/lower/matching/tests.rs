//! A program decides what the formula and the predicate decide, for every request of a small world.

use pointsman_schema::read::scalar::Whole;
use pointsman_schema::tree::Span;
use proptest::prelude::*;

use super::*;
use crate::policy::Policy;

/// A request of the small world: the model asked for, and the estimated input tokens.
type Request = (&'static str, u32);

const MODELS: [&str; 5] = ["gpt-4o", "gpt-4o-mini", "o3-mini", "mini", "claude"];
const GLOBS: [&str; 7] = ["*", "gpt-4o", "gpt-*", "*mini", "o*mini", "min*mini", "none"];
const TOKENS: [u32; 4] = [0, 9, 10, 11];

fn written<T>(value: T) -> Spanned<T> {
    Spanned::new(value, Span::default())
}

/// What the predicate means, read off the source.
fn holds(predicate: &Predicate, request: Request) -> bool {
    match predicate {
        Predicate::All(parts) => parts.iter().all(|part| holds(&part.value, request)),
        Predicate::Any(parts) => parts.iter().any(|part| holds(&part.value, request)),
        Predicate::Not(part) => !holds(&part.value, request),
        Predicate::Model(globs) => globs.0.iter().any(|glob| glob.value.matches(request.0)),
        Predicate::InputTokens(TokenRange { min, max }) => {
            min.as_ref().is_none_or(|min| min.value.0 <= request.1)
                && max.as_ref().is_none_or(|max| request.1 <= max.value.0)
        }
        other => panic!("not of the small world: {other:?}"),
    }
}

/// Runs a program as a gateway does; panics when it jumps backwards.
fn run(program: &[Test], texts: &[String], request: Request) -> bool {
    let text = |number: u32| texts[usize::try_from(number).unwrap()].as_str();
    let mut at = 0;
    while let Some(test) = program.get(usize::from(at)) {
        let holds = match test.code {
            TEST_MODEL_IS => request.0 == text(test.a),
            TEST_MODEL_GLOB => {
                Glob::Around(text(test.a).to_owned(), text(test.b).to_owned()).matches(request.0)
            }
            TEST_INPUT_TOKENS => (test.a..=test.b).contains(&request.1),
            TEST_PROTOCOL => test.a == 0,
            other => panic!("not of the small world: {other}"),
        };
        let next = if holds { test.on_true } else { test.on_false };
        match next {
            ACCEPT => return true,
            REJECT => return false,
            next => assert!(next > at, "a jump from {at} to {next}"),
        }
        at = next;
    }
    assert!(program.is_empty(), "a jump out of the program");
    true
}

fn lowered(predicate: &Spanned<Predicate>) -> (Vec<Test>, Vec<String>) {
    let mut map = crate::source_map::SourceMap::new();
    let file = map.add("pointsman.yaml", "", pointsman_schema::tree::Syntax::Yaml);
    let workspace = pointsman_schema::source::Workspace::empty();
    let policy = Policy::empty(&workspace, file, &map);
    let references = References::of(&policy);
    let vocabulary = Vocabulary::of(&policy).unwrap();
    let mut texts = Texts::default();
    let attributes = Attributes::of(&workspace, &mut texts).unwrap();
    let scope = Scope {
        owner: &Owner::Platform,
        references: &references,
        vocabulary: &vocabulary,
        attributes: &attributes,
    };
    let mut program = program(Some(&predicate.value), scope, &mut texts).unwrap();
    let (names, places) = texts.finish();
    for test in program.iter_mut().filter(|test| matches!(test.code, TEST_MODEL_IS | TEST_MODEL_GLOB)) {
        test.a = places[usize::try_from(test.a).unwrap()];
        if test.code == TEST_MODEL_GLOB {
            test.b = places[usize::try_from(test.b).unwrap()];
        }
    }
    let mut start = 0;
    let mut cut = |end: &u32| {
        let end = usize::try_from(*end).unwrap();
        let text = names.text[start..end].to_owned();
        start = end;
        text
    };
    (program, names.ends.iter().map(&mut cut).collect())
}

fn check(predicate: &Spanned<Predicate>) {
    let (program, texts) = lowered(predicate);
    for model in MODELS {
        for tokens in TOKENS {
            let request = (model, tokens);
            assert_eq!(
                run(&program, &texts, request),
                holds(&predicate.value, request),
                "{request:?}: {program:?}"
            );
        }
    }
}

fn models(globs: &[&str]) -> Predicate {
    Predicate::Model(OneOrMore(globs.iter().map(|glob| written(Glob::parse(glob).unwrap())).collect()))
}

fn predicates() -> impl Strategy<Value = Spanned<Predicate>> {
    let bound =
        || prop::option::of(prop::sample::select(TOKENS.to_vec()).prop_map(|tokens| written(Whole(tokens))));
    let leaf = prop_oneof![
        prop::collection::vec(prop::sample::select(GLOBS.to_vec()), 1..3).prop_map(|globs| models(&globs)),
        (bound(), bound()).prop_map(|(min, max)| Predicate::InputTokens(TokenRange { min, max })),
    ];
    let tree = leaf.prop_recursive(4, 24, 4, |inner| {
        let parts = || prop::collection::vec(inner.clone().prop_map(written), 0..4);
        prop_oneof![
            parts().prop_map(Predicate::All),
            parts().prop_map(Predicate::Any),
            inner.clone().prop_map(|part| Predicate::Not(Box::new(written(part)))),
        ]
    });
    tree.prop_map(written)
}

proptest! {
    #[test]
    fn a_program_takes_what_its_predicate_takes(predicate in predicates()) {
        check(&predicate);
    }

    #[test]
    fn the_order_of_parts_changes_no_program(
        parts in prop::collection::vec(predicates(), 0..4).prop_shuffle(),
        turn in 0_usize..4,
    ) {
        let mut turned = parts.clone();
        let by = turn.min(turned.len());
        turned.rotate_left(by);
        let all = |parts| lowered(&written(Predicate::All(parts))).0;
        prop_assert_eq!(all(parts), all(turned));
    }
}

#[test]
fn constants_fold_into_their_programs() {
    let program = |predicate| lowered(&written(predicate)).0;
    assert_eq!(program(Predicate::All(Vec::new())), []);
    assert_eq!(program(models(&["gpt-4o", "*"])), []);
    let never = Test { code: TEST_PROTOCOL, a: 0, b: 0, on_true: REJECT, on_false: REJECT };
    assert_eq!(program(Predicate::Any(Vec::new())), [never]);
}
