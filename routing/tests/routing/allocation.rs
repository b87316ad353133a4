//! A decision allocates nothing, counted by the allocator itself.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use pointsman_routing::{Decision, Report, Step, accepted_models};
use pointsman_schema::outcome::Outcome;

use crate::entropy::Entropy;
use crate::lowering::Loaded;
use crate::oracle::Moment;
use crate::play::Scripted;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[expect(unsafe_code, reason = "a global allocator cannot be written without; it only counts and passes on")]
// SAFETY: every call goes to the system's allocator unchanged, whose contract is ours. Counting touches a thread-local
// cell that needs no allocation and has no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: `at` came from `System` by way of `alloc`.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn counted<T>(run: impl FnOnce() -> T) -> (T, u64) {
    let before = ALLOCATIONS.get();
    let result = run();
    (result, ALLOCATIONS.get() - before)
}

#[test]
fn the_allocator_counts() {
    let (list, count) = counted(|| black_box(vec![1_u8]));
    assert_eq!((list, count), (vec![1], 1));
}

#[test]
fn a_decision_allocates_nothing() {
    let mut attempts = 0;
    for seed in 0..800_u32 {
        // A multiplicative sequence is random enough to reach every part of a policy.
        let bytes = (1..700_u32)
            .map(|at| (seed.wrapping_mul(0x9E37_79B9) ^ at.wrapping_mul(0x85EB_CA6B)).to_le_bytes()[2]);
        let mut random = Entropy::new(bytes.collect());
        let (loaded, ask) = (Loaded::new(random.policy()), random.ask());
        let moment = Moment::default();
        let (view, facts, world) = (loaded.view(), loaded.facts(&ask), Scripted(&loaded, &moment));
        let report = Report { outcome: Outcome::RateLimited, retry_after_ms: Some(5) };
        let (tried, count) = counted(|| {
            black_box(accepted_models(&view, facts.key).count());
            let (mut decision, mut step) = Decision::start(&view, &facts, &world);
            while !matches!(step, Step::Refuse(_) | Step::Done) {
                step = decision.after(&view, report, &world);
            }
            black_box(decision.candidates().len());
            decision.attempts()
        });
        assert_eq!(count, 0, "seed {seed}");
        attempts += u32::from(tried);
    }
    assert!(attempts > 1_000, "only {attempts} attempts were decided");
}
