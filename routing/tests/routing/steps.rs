//! A small world, exhaustively: every sequence of outcomes under every combination of verdicts and budgets.

use pointsman_routing::{Report, Verdict};
use pointsman_schema::outcome::Outcome;

use crate::lowering::Loaded;
use crate::oracle::{Moment, Want};
use crate::play::check;
use crate::policy::{Ask, Chain, Consumer, Key, Model, Name, Policy, Rule, Target};

const NAMES: [Name; 3] = ["large", "medium", "small"];

/// Two backends in the key's chain, one of which is tried again; the third in a chain of its own.
fn policy() -> Policy {
    let own = Rule {
        retry: 1,
        retry_on: vec![Outcome::RateLimited],
        ..Rule::to("own", &[Target::Backend("small"), Target::Chain("inner"), Target::Backend("large")])
    };
    let inner = Rule::to("inner", &[Target::Backend("medium"), Target::Backend("small")]);
    let chain = |name, rule| Chain { name, aliases: vec!["best"], rules: vec![rule], ..Chain::default() };
    let contexts = [128_000, 32_000, 8_000];
    Policy {
        consumers: vec![Consumer { name: "consumer", ..Consumer::default() }],
        keys: vec![Key { name: "key", consumer: "consumer", chain: "own", ..Key::default() }],
        chains: vec![chain("own", own), chain("inner", inner)],
        models: NAMES
            .into_iter()
            .zip(contexts)
            .map(|(name, context)| Model { name, context, ..Model::default() })
            .collect(),
        backends: NAMES.map(|name| (name, name)).to_vec(),
        ..Policy::default()
    }
}

fn reports() -> Vec<Report> {
    let asks = |ms| Report { outcome: Outcome::RateLimited, retry_after_ms: Some(ms) };
    let plain = [Outcome::ServerError, Outcome::RateLimited, Outcome::ContextLength, Outcome::ClientError];
    plain.map(Report::from).into_iter().chain([asks(2_000), asks(10_001)]).collect()
}

fn moments() -> Vec<Moment> {
    let verdicts = [Verdict::Available, Verdict::BreakerOpen { due_ms: 9 }, Verdict::NoCredential];
    let mut moments = Vec::new();
    for code in 0..27_usize * 8 {
        let digit = |at: u32| code / 3_usize.pow(at) % 3;
        let down = NAMES.into_iter().zip(0..).map(|(name, at)| (name, verdicts[digit(at)]));
        let spent =
            NAMES.into_iter().zip(0..).filter(|(_, at)| ((code / 27) >> at) & 1 == 1).map(|(name, _)| name);
        moments.push(Moment { down: down.collect(), spent: spent.collect(), dice: u64::MAX / 2 });
    }
    moments
}

/// Every continuation of a run of reports, and how many runs came to an end.
fn explore(loaded: &Loaded, moment: &Moment, so_far: &mut Vec<Report>) -> usize {
    let ask = Ask { key: "key", model: "best", ..Ask::default() };
    let world = vec![moment.clone(); so_far.len() + 1];
    let steps = check(loaded, &ask, &world, so_far);
    if matches!(steps.last(), Some(Want::Refuse(_) | Want::Done)) {
        return 1;
    }
    let mut ended = 0;
    for report in reports() {
        so_far.push(report);
        ended += explore(loaded, moment, so_far);
        so_far.pop();
    }
    ended
}

#[test]
fn every_run_of_a_small_world_is_decided_as_the_oracle_does() {
    let loaded = Loaded::new(policy());
    let ended: usize = moments().iter().map(|moment| explore(&loaded, moment, &mut Vec::new())).sum();
    assert!(ended > 10_000, "only {ended} runs");
}
