//! How long a policy takes to compile: `cargo run --release -p pointsman-compiler --example compile_time -- DIR`.
//!
//! Deliberately one cold run, as a person waits for it. `cargo xtask generate` writes a large policy to try it on.

use std::error::Error;
use std::io::{self, Write};
use std::time::Instant;

use pointsman_compiler::check::{Options, check};
use pointsman_compiler::compile::snapshot;
use pointsman_compiler::lower::lower;
use pointsman_compiler::tree_source::Directory;
use pointsman_schema::snapshot::load::Sealed;

/// **Unit**: findings; a policy to measure should have none.
const FINDINGS_SHOWN: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    let mut out = io::stdout().lock();
    let begin = Instant::now();
    let checked = check(&Directory::new(folder), &Options::default())?;
    writeln!(out, "check    {:>6} ms, {} findings", begin.elapsed().as_millis(), checked.diagnostics.len())?;
    for found in checked.diagnostics.iter().take(FINDINGS_SHOWN) {
        writeln!(
            out,
            "  {}: {}",
            checked.sources.place(found.primary.file, found.primary.span),
            found.headline
        )?;
    }
    let policy = checked.policy().ok_or("the policy has errors")?;
    let packed = snapshot(&policy)?;
    writeln!(out, "compile  {:>6} ms, {} bytes", begin.elapsed().as_millis(), packed.bytes.len())?;
    let lowering = Instant::now();
    let tables = lower(&policy)?;
    let keys = tables.routing.keys.len();
    writeln!(out, "of which lower {} ms, {keys} keys", lowering.elapsed().as_millis())?;
    let loading = Instant::now();
    let verified = Sealed::from_packed(&packed).check()?.verify(pointsman_routing::golden::decide_digest)?;
    let vectors = verified.view().golden.vectors.len();
    writeln!(out, "load     {:>6} ms, {vectors} golden vectors", loading.elapsed().as_millis())?;
    Ok(())
}
