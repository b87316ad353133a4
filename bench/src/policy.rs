//! A large policy: how long it compiles, how long its snapshot loads, how long one decision on it takes.
//!
//! In one process and one run; each figure is the median of several tries, with the fastest beside it, because the
//! machine is shared. Allocations of a decision are not measured here: a test of `pointsman-routing` counts that there
//! are none.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use pointsman_compiler::check::Options;
use pointsman_compiler::compile::compile;
use pointsman_compiler::tree_source::Directory;
use pointsman_routing::golden::decide_digest;
use pointsman_routing::{Calm, Decision, Facts, Step};
use pointsman_schema::dialect::Dialect;
use pointsman_schema::limits::ATTRIBUTES_MAX;
use pointsman_schema::snapshot::view::{KeyIx, run as rows};
use pointsman_schema::snapshot::{Admission, Packed, Sealed, Verified, View};

/// Measures the policy in a folder and prints a Markdown table.
pub(crate) fn run(folder: &Path) -> io::Result<()> {
    let mut compiled = Vec::new();
    let mut packed = None;
    for _ in 0..COMPILE_TRIES {
        let began = Instant::now();
        packed = Some(compiled_once(folder)?);
        compiled.push(began.elapsed());
    }
    let packed = packed.ok_or_else(|| io::Error::other("nothing was compiled"))?;
    let file = tempfile::NamedTempFile::new()?;
    file.as_file().write_all(&packed.bytes)?;
    let mut loaded = Vec::new();
    let mut snapshot = None;
    for _ in 0..LOAD_TRIES {
        let began = Instant::now();
        snapshot = Some(load(file.path(), &packed)?);
        loaded.push(began.elapsed());
    }
    let snapshot = snapshot.ok_or_else(|| io::Error::other("nothing was loaded"))?;
    let view = snapshot.view();
    let decided = decisions(&view);
    let mut out = io::stdout().lock();
    let counts = (view.routing.keys.len(), view.routing.chains.len(), packed.bytes.len() >> 20);
    writeln!(out, "{} keys, {} chains, a snapshot of {} MiB\n", counts.0, counts.1, counts.2)?;
    writeln!(out, "| what | median | fastest | tries |\n|---|---|---|---|")?;
    for (what, mut times) in
        [("compile, cold", compiled), ("load and verify", loaded), ("one decision", decided)]
    {
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        let fastest = times.first().copied().unwrap_or_default();
        writeln!(out, "| {what} | {median:.2?} | {fastest:.2?} | {} |", times.len())?;
    }
    Ok(())
}

const COMPILE_TRIES: usize = 3;
const LOAD_TRIES: usize = 9;
/// Decisions timed together, so that reading the clock does not count.
const DECISIONS_TOGETHER: u32 = 256;
/// Such groups.
const GROUPS: usize = 2000;

fn compiled_once(folder: &Path) -> io::Result<Packed> {
    let compiled = compile(&Directory::new(folder), &Options::default()).map_err(io::Error::other)?;
    compiled.snapshot.ok_or_else(|| io::Error::other("the policy has errors"))
}

fn load(path: &Path, packed: &Packed) -> io::Result<Verified> {
    let size = u64::try_from(packed.bytes.len()).map_err(io::Error::other)?;
    let sealed = Sealed::read(&mut File::open(path)?, packed.digest, size, Admission::PreferSealed);
    let checked = sealed.and_then(Sealed::check).map_err(io::Error::other)?;
    checked.verify(decide_digest).map_err(io::Error::other)
}

/// The mean of each group of decisions, over keys spread through the whole policy.
fn decisions(view: &View<'_>) -> Vec<Duration> {
    let keys = u32::try_from(view.routing.keys.len()).unwrap_or(u32::MAX).max(1);
    let mut times = Vec::with_capacity(GROUPS);
    let mut next = 0_u32;
    for group in 0..GROUPS {
        let facts: Vec<_> = (0..DECISIONS_TOGETHER)
            .map(|_| {
                // A step that is prime to most sizes visits keys far apart, so that caches help as little as they would.
                next = next.wrapping_add(7_919) % keys;
                facts(view, KeyIx(next), group)
            })
            .collect();
        let began = Instant::now();
        for facts in &facts {
            let (decision, step) = Decision::start(view, facts, &Calm);
            std::hint::black_box((&decision, matches!(step, Step::Attempt(_))));
        }
        times.push(began.elapsed() / DECISIONS_TOGETHER);
    }
    times
}

fn facts<'a>(view: &View<'a>, key: KeyIx, group: usize) -> Facts<'a> {
    let accepted = rows(&view.routing.accepted, &view.chain(view.key(key).chain.into()).accepted);
    let model = accepted.get(group % accepted.len().max(1)).map_or("", |accepted| view.text(accepted.name));
    Facts {
        key,
        model,
        attributes: [1; ATTRIBUTES_MAX],
        capabilities: 0,
        input_tokens: 1000,
        output_tokens: 0,
        dialect: Dialect::Chat,
        features: 0,
        time_s: 1_800_000_000,
        request_id: u128::try_from(group).unwrap_or_default().to_be_bytes(),
    }
}
