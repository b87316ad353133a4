//! Refusals and reasons, one readable case each.

use pointsman_routing::{
    Decision, PassedOver, Refusal, Report, Shortage, State, Step, Verdict, golden, split,
};
use pointsman_schema::dialect::Dialect;
use pointsman_schema::digest::Digest;
use pointsman_schema::feature::Feature;
use pointsman_schema::outcome::Outcome;

use crate::lowering::Loaded;
use crate::oracle::{Moment, Want};
use crate::play::{self, Scripted};
use crate::policy::{Ask, Chain, Consumer, Key, Model, Name, Policy, Rule, Target, Tongue, When};

/// Of the canonical form.
const VERSION: u32 = 2;
const TOOLS: u32 = 1;
const VISION: u32 = 2;
const ASK: Ask = Ask {
    key: "any",
    model: "best",
    attributes: vec![],
    capabilities: 0,
    dialect: Dialect::Chat,
    features: 0,
    input: 0,
    output: 0,
    time_s: 0,
    id: 0,
};

/// `east` and `west` serve the large model, `local` the small one; the chain tries them in this order.
fn policy() -> Policy {
    let key = |name, chain, models: &[Name]| Key { name, consumer: "people", chain, models: models.to_vec() };
    let order = ["east", "west", "local"].map(Target::Backend);
    let chain =
        |name, rule| Chain { name, models: vec!["large", "small"], aliases: vec!["best"], rules: vec![rule] };
    let never = When::Any(vec![]);
    Policy {
        consumers: vec![Consumer { name: "people", ..Consumer::default() }],
        keys: vec![
            key("any", "assistant", &[]),
            key("small-only", "assistant", &["small"]),
            key("other-only", "assistant", &["other"]),
            key("closed", "closed", &[]),
            key("hollow", "hollow", &[]),
        ],
        chains: vec![
            chain("assistant", Rule::to("default", &order)),
            chain("closed", Rule { when: never, ..Rule::to("never", &order) }),
            chain("hollow", Rule::to("elsewhere", &[Target::Chain("closed")])),
        ],
        models: vec![
            Model { name: "large", context: 128_000, output: 4_000, capabilities: TOOLS },
            Model { name: "small", context: 8_000, output: 1_000, capabilities: VISION },
            Model { name: "other", ..Model::default() },
        ],
        backends: vec![("east", "large"), ("west", "large"), ("local", "small")],
        ..Policy::default()
    }
}

fn down(names: &[(Name, Verdict)]) -> Moment {
    Moment { down: names.to_vec(), ..Moment::default() }
}

/// The steps of a request in a world that stays the same.
fn check(ask: &Ask, moment: &Moment, reports: &[Report], expected: &[Want]) -> Decision {
    let loaded = Loaded::new(policy());
    let moments = vec![moment.clone(); reports.len() + 1];
    assert_eq!(play::check(&loaded, ask, &moments, reports), expected);
    play::play(&loaded, ask, &moments, reports).0
}

fn check_refusal(ask: &Ask, refusal: Refusal, word: &str) {
    let decision = check(ask, &Moment::default(), &[], &[Want::Refuse(refusal)]);
    assert_eq!((decision.refusal(), refusal.word()), (Some(refusal), word));
}

#[test]
fn a_refusal_names_its_cause() {
    let short = Refusal::NoCandidate;
    check_refusal(&Ask { model: "bes", ..ASK }, Refusal::ModelNotFound, "model-not-found");
    check_refusal(&Ask { model: "other", ..ASK }, Refusal::ModelNotFound, "model-not-found");
    check_refusal(
        &Ask { key: "small-only", model: "large", ..ASK },
        Refusal::ModelNotAllowed,
        "model-not-allowed",
    );
    check_refusal(&Ask { key: "closed", ..ASK }, Refusal::NoRule, "no-rule");
    check_refusal(&Ask { key: "hollow", ..ASK }, short(Shortage::Empty), "no-candidate");
    check_refusal(&Ask { key: "other-only", ..ASK }, short(Shortage::ModelNotAllowed), "model-not-allowed");
    let missing = |missing| short(Shortage::LacksCapability { missing });
    check_refusal(&Ask { capabilities: TOOLS | VISION, ..ASK }, missing(TOOLS | VISION), "lacks-capability");
    check_refusal(&Ask { capabilities: TOOLS | VISION | 4, ..ASK }, missing(4), "lacks-capability");
    check_refusal(&Ask { key: "small-only", capabilities: TOOLS, ..ASK }, missing(TOOLS), "lacks-capability");
    let limit = short(Shortage::OutputLimit { limit_tokens: 4_000 });
    check_refusal(&Ask { output: 4_001, ..ASK }, limit, "output-limit");
}

/// The same policy, where `east` refuses the first feature and `west` the first two, and none can be asked for embeddings.
/// All refuse these others besides.
fn tongued(dropped: u64, others: u64) -> Loaded {
    let mut policy = policy();
    let tongue = |refused| Tongue { silent: Some(Dialect::Embeddings), refused: (refused | others, 0) };
    policy.tongues = vec![("east", tongue(1)), ("west", tongue(3)), ("local", tongue(0))];
    // The list that holds the backends decides, whatever the rules that lead to it allow.
    policy.chains[0].rules[0].dropped = dropped;
    policy.chains[2].rules[0].fallback = vec![Target::Chain("assistant")];
    policy.chains[2].rules[0].dropped = u64::MAX;
    Loaded::new(policy)
}

/// What becomes of the three backends.
fn check_tongues(dropped: u64, ask: &Ask, first: Want, expected: [Result<u64, PassedOver>; 3]) {
    check_loaded(&tongued(dropped, Feature::Unreadable.mask()), ask, first, expected);
}

fn check_loaded(loaded: &Loaded, ask: &Ask, first: Want, expected: [Result<u64, PassedOver>; 3]) {
    let moments = [Moment::default()];
    assert_eq!(play::check(loaded, ask, &moments, &[]), [first]);
    let (decision, _) = play::play(loaded, ask, &moments, &[]);
    let found = decision.candidates().iter().map(|at| match at.state {
        State::PassedOver(reason) => Err(reason),
        State::Waiting | State::Tried { .. } => Ok(at.dropped),
    });
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[test]
fn a_backend_that_cannot_carry_the_request_is_passed_over_or_carries_less() {
    let passes = |features| Err(PassedOver::RefusesFeatures { features });
    let holding = |features| Ask { features, ..ASK };
    check_tongues(0, &holding(4), Want::Try("east"), [Ok(0), Ok(0), Ok(0)]);
    check_tongues(0, &holding(1), Want::Try("local"), [passes(1), passes(1), Ok(0)]);
    check_tongues(0, &holding(3), Want::Try("local"), [passes(1), passes(3), Ok(0)]);
    check_tongues(1, &holding(3), Want::Try("east"), [Ok(1), passes(2), Ok(0)]);
    check_tongues(3, &holding(3), Want::Try("east"), [Ok(1), Ok(3), Ok(0)]);
    // In another dialect the same requests are carried.
    let messages = Ask { dialect: Dialect::Messages, ..holding(3) };
    check_tongues(0, &messages, Want::Try("east"), [Ok(0), Ok(0), Ok(0)]);
    // A rule on the way there allows nothing.
    let behind = Ask { key: "hollow", ..holding(1) };
    check_tongues(0, &behind, Want::Try("local"), [passes(1), passes(1), Ok(0)]);
    let able = Ask { capabilities: TOOLS, ..holding(3) };
    let refusal = Refusal::NoCandidate(Shortage::RefusesFeatures { features: 1 });
    let lacks = Err(PassedOver::LacksCapability { missing: TOOLS });
    check_tongues(0, &able, Want::Refuse(refusal), [passes(1), passes(3), lacks]);
    assert_eq!(refusal.word(), "refuses-features");
    let embeddings = Ask { dialect: Dialect::Embeddings, ..ASK };
    let refusal = Refusal::NoCandidate(Shortage::NotSpoken);
    check_tongues(3, &embeddings, Want::Refuse(refusal), [Err(PassedOver::NotSpoken); 3]);
    assert_eq!(refusal.word(), "not-spoken");
}

#[test]
fn nothing_is_left_out_of_what_is_forwarded() {
    let passes = |features| Err(PassedOver::RefusesFeatures { features });
    let ask = Ask { features: 3, ..ASK };
    check_loaded(&tongued(3, 0), &ask, Want::Try("local"), [passes(1), passes(3), Ok(0)]);
}

#[test]
fn an_attempt_says_what_is_left_out() {
    let loaded = tongued(3, Feature::Unreadable.mask());
    let (view, facts) = (loaded.view(), loaded.facts(&Ask { features: 3, ..ASK }));
    let moment = Moment::default();
    let world = Scripted(&loaded, &moment);
    let (mut decision, mut step) = Decision::start(&view, &facts, &world);
    for dropped in [1, 3, 0] {
        assert!(matches!(step, Step::Attempt(attempt) if attempt.dropped == dropped), "{step:?}");
        step = decision.after(&view, Outcome::ServerError.into(), &world);
    }
}

#[test]
fn a_missing_credential_is_not_the_clients_fault() {
    let moment = down(&[("east", Verdict::NoCredential), ("west", Verdict::NoCredential)]);
    let refusal = Refusal::NoCandidate(Shortage::NoCredential);
    check(&Ask { capabilities: TOOLS, ..ASK }, &moment, &[], &[Want::Refuse(refusal)]);
    assert_eq!(refusal.word(), "no-credential");
}

fn check_states(decision: &Decision, expected: [State; 3]) {
    let states: Vec<State> = decision.candidates().iter().map(|candidate| candidate.state).collect();
    assert_eq!(states, expected);
}

#[test]
fn each_candidate_keeps_its_reason() {
    let moment = down(&[("east", Verdict::BreakerOpen { due_ms: 4_000 })]);
    let asked = Ask { capabilities: TOOLS, ..ASK };
    let exhausted = Refusal::Exhausted { last: Outcome::Timeout };
    let decision =
        check(&asked, &moment, &[Outcome::Timeout.into()], &[Want::Try("west"), Want::Refuse(exhausted)]);
    check_states(
        &decision,
        [
            State::PassedOver(PassedOver::BreakerOpen { due_ms: 4_000 }),
            State::Tried { outcome: Some(Outcome::Timeout), tries: 1 },
            State::PassedOver(PassedOver::LacksCapability { missing: TOOLS }),
        ],
    );
    assert_eq!(decision.path().len(), 1);
    assert_eq!(decision.path()[0].bucket, None);
}

#[test]
fn behind_open_breakers_the_one_due_soonest_is_tried() {
    let open = |due_ms| Verdict::BreakerOpen { due_ms };
    let moment = down(&[("east", open(900)), ("west", open(300)), ("local", open(300))]);
    check(&ASK, &moment, &[Outcome::Served.into()], &[Want::Try("west"), Want::Done]);
}

#[test]
fn an_input_too_long_goes_only_to_a_larger_window() {
    let long = Outcome::ContextLength;
    let refused = Want::Refuse(Refusal::Exhausted { last: long });
    let decision = check(&ASK, &Moment::default(), &[long.into()], &[Want::Try("east"), refused]);
    let smaller = State::PassedOver(PassedOver::SmallerContext);
    check_states(&decision, [State::Tried { outcome: Some(long), tries: 1 }, smaller, smaller]);
}

#[test]
fn a_spent_retry_budget_is_overdrawn_once() {
    let moment = Moment { spent: vec!["west", "local"], ..Moment::default() };
    let failed = Report::from(Outcome::ServerError);
    let refused = Want::Refuse(Refusal::Exhausted { last: Outcome::ServerError });
    let decision = check(&ASK, &moment, &[failed, failed], &[Want::Try("east"), Want::Try("west"), refused]);
    let tried = State::Tried { outcome: Some(Outcome::ServerError), tries: 1 };
    check_states(&decision, [tried, tried, State::PassedOver(PassedOver::RetryBudget)]);
}

#[test]
fn a_pause_is_waited_out_when_no_other_backend_is_left() {
    let asks = |ms| Report { outcome: Outcome::RateLimited, retry_after_ms: Some(ms) };
    let steps = [
        Want::Try("east"),
        Want::Try("west"),
        Want::Try("local"),
        Want::Wait(1_000, "west"),
        Want::Wait(3_000, "east"),
        Want::Refuse(Refusal::Exhausted { last: Outcome::RateLimited }),
    ];
    let reports = [asks(3_000), asks(1_000), asks(10_001), asks(1_000), asks(1)];
    check(&ASK, &Moment::default(), &reports, &steps);
}

/// All three fail and ask to be left alone, east for the shortest time. What follows its pause in this world.
fn check_resumed(after_pause: &Moment, expected: Want, states: [State; 3]) {
    let loaded = Loaded::new(policy());
    let view = loaded.view();
    let report = |ms| Report { outcome: Outcome::Overloaded, retry_after_ms: Some(ms) };
    let reports = [report(1_000), report(2_000), report(3_000)];
    let moments = vec![Moment::default(); 4];
    let (mut decision, steps) = play::play(&loaded, &ASK, &moments, &reports);
    assert_eq!(steps.last(), Some(&Want::Wait(1_000, "east")));
    let resumed = play::want(&loaded, decision.resume(&view, &Scripted(&loaded, after_pause)));
    assert_eq!(resumed, expected);
    check_states(&decision, states);
    let made = decision.candidates().iter().map(|row| match row.state {
        State::Tried { tries, .. } => tries,
        _ => 0,
    });
    assert_eq!(made.sum::<u8>(), decision.attempts());
}

#[test]
fn after_a_pause_the_world_is_asked_again() {
    let open = Verdict::BreakerOpen { due_ms: 4_000 };
    let tried = |tries| State::Tried { outcome: Some(Outcome::Overloaded), tries };
    let again = State::Tried { outcome: None, tries: 2 };
    check_resumed(&Moment::default(), Want::Try("east"), [again, tried(1), tried(1)]);
    check_resumed(&down(&[("east", open)]), Want::Wait(2_000, "west"), [tried(1), again, tried(1)]);
    let all = down(&[("east", open), ("west", open), ("local", open)]);
    let refused = Want::Refuse(Refusal::Exhausted { last: Outcome::Overloaded });
    check_resumed(&all, refused, [tried(1), tried(1), tried(1)]);
}

#[test]
fn what_is_the_clients_is_returned() {
    for outcome in [
        Outcome::Served,
        Outcome::RejectedCredential,
        Outcome::ContentFilter,
        Outcome::ClientError,
        Outcome::Cancelled,
    ] {
        check(&ASK, &Moment::default(), &[outcome.into()], &[Want::Try("east"), Want::Done]);
    }
}

#[test]
fn a_chain_that_names_itself_ends() {
    let mut policy = policy();
    policy.chains[0].rules[0].fallback = vec![Target::Chain("assistant"), Target::Backend("east")];
    let loaded = Loaded::new(policy);
    let moment = Moment::default();
    let (decision, step) = Decision::start(&loaded.view(), &loaded.facts(&ASK), &Scripted(&loaded, &moment));
    assert!(matches!(step, Step::Attempt(attempt) if loaded.backend(attempt.backend) == "east"));
    assert_eq!(decision.path().len(), 1);
}

#[test]
fn a_chain_too_deep_is_left_out_and_said_so() {
    const NAMES: [Name; 5] = ["c1", "c2", "c3", "c4", "c5"];
    let mut policy = policy();
    for (at, name) in NAMES.into_iter().enumerate() {
        let inner = NAMES.get(at + 1).map(|inner| Target::Chain(inner));
        let targets: Vec<Target> = inner.into_iter().chain([Target::Backend("east")]).collect();
        policy.chains.push(Chain { name, rules: vec![Rule::to("rule", &targets)], ..Chain::default() });
    }
    policy.chains[0].rules[0].fallback = vec![Target::Chain("c2"), Target::Backend("west")];
    let loaded = Loaded::new(policy);
    let moment = Moment::default();
    let (decision, _) = Decision::start(&loaded.view(), &loaded.facts(&ASK), &Scripted(&loaded, &moment));
    let names: Vec<Name> = decision.candidates().iter().map(|row| loaded.backend(row.backend)).collect();
    assert_eq!((names, decision.truncated()), (vec!["east", "west"], true));
}

/// The documented form, byte by byte: it may change only together with its version, since snapshots hold digests of it.
#[test]
fn the_canonical_form_is_the_documented_one() {
    let mut policy = policy();
    policy.chains[0].rules[0].split = vec![(Target::Backend("local"), 1)];
    policy.chains[0].rules[0].retry = 1;
    policy.chains[0].rules[0].retry_on = vec![Outcome::ServerError];
    let loaded = Loaded::new(policy);
    let facts = loaded.facts(&Ask { capabilities: TOOLS, ..ASK });
    let mut form = Vec::new();
    let number = |form: &mut Vec<u8>, number: u32| form.extend_from_slice(&number.to_le_bytes());
    let text = |form: &mut Vec<u8>, text: &str| {
        number(form, u32::try_from(text.len()).unwrap());
        form.extend_from_slice(text.as_bytes());
    };
    // Attempt the second candidate, wait 0 ms and attempt it again, the same with the third, refuse.
    for part in [VERSION, 1, 1, 2, 0, 1, 1, 2, 2, 0, 2, 3] {
        number(&mut form, part);
    }
    text(&mut form, "exhausted");
    number(&mut form, 1);
    text(&mut form, "assistant");
    text(&mut form, "default");
    number(&mut form, split::bucket("assistant", "default", &facts.request_id));
    number(&mut form, 3);
    let states = [
        ("local", "lacks-capability", [TOOLS, u32::MAX]),
        ("east", "tried", [5, 2]),
        ("west", "tried", [5, 2]),
    ];
    for (backend, state, operands) in states {
        text(&mut form, backend);
        for part in [0, 0, 0] {
            number(&mut form, part);
        }
        text(&mut form, state);
        for operand in operands {
            number(&mut form, operand);
        }
    }
    assert_eq!(golden::digest(&loaded.view(), &facts), Digest::of(&form));
}
