//! Counts over keys, consumers and snapshots: all or none, exact under any interleaving, kept by name.

use std::thread;

use pointsman_schema::archive::money::{self, Money};
use pointsman_schema::archive::names::Names;
use pointsman_schema::archive::routing::{Consumer, Key, Routing};
use pointsman_schema::archive::{NONE, Rows};
use pointsman_schema::snapshot::Tables;
use pointsman_schema::snapshot::pack::Draft;

use super::*;

/// Consumer `a` has the keys `b` and `c`; each falls under these limits, called `d`, `e` and so on.
fn draft(limits: &[money::Limit]) -> Draft {
    let count = u32::try_from(limits.len()).unwrap();
    let names: Vec<_> = ('a'..='z').collect();
    let names = Names { text: names.iter().collect(), ends: (1..=26).collect() };
    let key =
        |name, start| Key { name, limits: Rows { start, len: count }, expires_s: i64::MAX, ..Key::default() };
    let routing = Routing {
        consumers: vec![Consumer { name: 0, team: NONE, tags: Rows::default() }],
        keys: vec![key(1, 0), key(2, count)],
        key_limits: (0..count).chain(0..count).collect(),
        ..Routing::default()
    };
    let limits = (3..).zip(limits).map(|(name, limit)| money::Limit { name, ..limit.clone() }).collect();
    let money = Money { limits, ..Money::default() };
    Draft::new(&Tables { names, routing, money, ..Tables::default() }).unwrap()
}

fn requests(count: u64, per: u8) -> money::Limit {
    money::Limit { requests: count, burst: count, window_s: 60, per, ..money::Limit::default() }
}

fn tokens(count: u64) -> money::Limit {
    money::Limit { tokens: count, window_s: 60, ..money::Limit::default() }
}

fn concurrent(count: u32) -> money::Limit {
    money::Limit { concurrent: count, ..money::Limit::default() }
}

/// Some limits in force, and the moment at which all happens.
struct World {
    draft: Draft,
    registry: Arc<Registry>,
    limiting: Limiting,
    now: Instant,
}

impl World {
    fn of(limits: &[money::Limit]) -> Self {
        Self::after(limits, Arc::default())
    }

    fn after(limits: &[money::Limit], registry: Arc<Registry>) -> Self {
        let draft = draft(limits);
        let limiting = registry.limiting(&draft.view().unwrap());
        Self { draft, registry, limiting, now: Instant::now() }
    }

    fn asks(&self, key: u32, tokens: u64) -> Result<Admission, Scarce> {
        let admitted = self.limiting.admit(&self.draft.view().unwrap(), KeyIx(key), (tokens, self.now));
        admitted.map(Option::unwrap).map_err(|limited| limited.scarce)
    }

    /// How many of so many requests of a key pass, one after the other.
    fn passing(&self, key: u32, asked: usize) -> usize {
        (0..asked).filter(|_| self.asks(key, 0).is_ok()).count()
    }
}

const SHARED: u8 = 0;
const CONSUMER: u8 = 1;
const KEY: u8 = 2;

#[test]
fn each_counts_for_whom_it_says() {
    let passing = |per| {
        let world = World::of(&[requests(5, per)]);
        (world.passing(0, 9), world.passing(1, 9))
    };
    assert_eq!(passing(SHARED), (5, 0));
    assert_eq!(passing(CONSUMER), (5, 0));
    assert_eq!(passing(KEY), (5, 5));
}

#[test]
fn a_key_without_limits_is_asked_nothing() {
    let world = World::of(&[]);
    let view = world.draft.view().unwrap();
    assert!(world.limiting.admit(&view, KeyIx(0), (u64::MAX, world.now)).unwrap().is_none());
}

#[test]
fn all_let_it_pass_or_none_is_touched() {
    let world = World::of(&[requests(9, SHARED), tokens(100), concurrent(9), requests(2, SHARED)]);
    let left = world.asks(0, 10).unwrap().left;
    assert_eq!(left.requests.map(|gauge| (gauge.limit, gauge.remaining)), Some((2, 1)));
    assert_eq!(left.tokens.map(|gauge| (gauge.limit, gauge.remaining)), Some((100, 90)));
    assert_eq!(world.passing(0, 9), 1);
    // Seven times the last one said no, and the first gave back what it had given.
    let view = world.draft.view().unwrap();
    let limited = world.limiting.admit(&view, KeyIx(0), (10, world.now)).unwrap_err();
    assert_eq!((limited.limit, limited.scarce, limited.wait), (3, Scarce::Requests, Duration::from_secs(30)));
    assert_eq!(limited.left.tokens.map(|gauge| gauge.remaining), Some(100));
    let first = &world.limiting.counts[0];
    let rate = Rate::of(9, 60, 9).unwrap();
    assert_eq!(first.requests.gauge((rate, world.registry.at_ns(world.now))).remaining, 7);
}

#[test]
fn a_request_is_open_until_its_admission_is_dropped() {
    let world = World::of(&[concurrent(2)]);
    let (one, other) = (world.asks(0, 0).unwrap(), world.asks(1, 0).unwrap());
    assert_eq!(world.asks(0, 0).unwrap_err(), Scarce::Concurrent);
    drop(one);
    let next = world.asks(0, 0).unwrap();
    assert_eq!(world.asks(1, 0).unwrap_err(), Scarce::Concurrent);
    drop((other, next));
    assert_eq!(world.limiting.counts[0].open.load(Relaxed), 0);
}

#[test]
fn tokens_are_settled_by_what_was_used() {
    let world = World::of(&[tokens(1_000)]);
    let left = || world.asks(0, 0).map(|admission| admission.left.tokens.unwrap().remaining);
    let asked = world.asks(0, 900).unwrap();
    assert_eq!(left(), Ok(100));
    assert_eq!(world.asks(0, 200).unwrap_err(), Scarce::Tokens);
    asked.used(250);
    asked.used(50);
    drop(asked);
    assert_eq!(left(), Ok(700));
    // Nothing was sent.
    drop(world.asks(0, 700).unwrap());
    assert_eq!(left(), Ok(700));
    // Nobody knows.
    let asked = world.asks(0, 400).unwrap();
    asked.used_unknown();
    drop(asked);
    assert_eq!(left(), Ok(300));
    // More than was foreseen.
    let asked = world.asks(0, 100).unwrap();
    asked.used(800);
    drop(asked);
    assert_eq!(world.asks(0, 1).unwrap_err(), Scarce::Tokens);
}

#[test]
fn what_is_larger_than_the_window_passes_alone() {
    let world = World::of(&[tokens(100)]);
    let asked = world.asks(0, 5_000).unwrap();
    assert_eq!(world.asks(0, 5_000).unwrap_err(), Scarce::Tokens);
    drop(asked);
    assert!(world.asks(0, 5_000).is_ok());
}

#[test]
fn a_count_goes_on_in_the_next_snapshot_and_is_forgotten_with_the_last() {
    let first = World::of(&[requests(5, KEY)]);
    assert_eq!(first.passing(0, 3), 3);
    // The same limit with other numbers, beside another.
    let next = World::after(&[requests(10, KEY), concurrent(1)], Arc::clone(&first.registry));
    // Three of five are 36 s of the minute; so are six of ten.
    assert_eq!((next.passing(0, 9), next.passing(1, 20)), (4, 10));
    let registry = Arc::clone(&first.registry);
    drop((first, next));
    let again = World::after(&[requests(5, KEY)], registry);
    assert_eq!(again.passing(0, 9), 5);
}

#[test]
fn many_at_once_get_no_more_than_there_is() {
    let world = World::of(&[requests(100, SHARED), concurrent(1_000), tokens(1_000_000)]);
    let passed = thread::scope(|scope| {
        let ask = || (0..250).filter(|_| world.asks(0, 1).is_ok()).count();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    assert_eq!(passed, 100);
    assert_eq!(world.limiting.counts[0].open.load(Relaxed), 0);
}
