//! Ten thousand snapshots, one after the other, under load: no request may fail, and memory may not grow.
//!
//! The gateway runs in this process and follows a folder as always; it is only told to look instead of waiting for its
//! next look. Files are not flushed to the disk here, because the disk is not what is measured.

use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pointsman_compiler::check::Options as CheckOptions;
use pointsman_compiler::compile::compile;
use pointsman_compiler::tree_source::Memory;
use pointsman_gateway::{Gateway, Options};
use pointsman_schema::snapshot::announcement::{Blob, DigestText};
use pointsman_schema::snapshot::{Announcement, Envelope, Packed};

use super::exchange::{Connection, Request};
use super::policy;
use super::upstream::Upstream;

/// How many.
const SWAPS: u64 = 10_000;
/// Memory is compared from here on, when pools and caches are filled.
const SETTLED: u64 = 1_000;
/// Connections that are kept busy meanwhile.
const CONNECTIONS: usize = 4;
/// How long one snapshot may take to come into force.
const SWAP_MAX: Duration = Duration::from_secs(10);
const REQUEST_BYTES: usize = 1024;

/// Swaps, and prints what happened.
pub(crate) fn run() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let upstream = runtime.block_on(Upstream::start())?;
    let folder = tempfile::tempdir()?;
    let snapshots = [snapshot(upstream.addr(), "70")?, snapshot(upstream.addr(), "71")?];
    for packed in &snapshots {
        fs::write(folder.path().join(format!("{}.pms", packed.digest)), &packed.bytes)?;
    }
    fs::write(folder.path().join("secret"), "upstream")?;
    announce(folder.path(), &snapshots, 1)?;
    let gateway = Gateway::start(options(folder.path())).map_err(io::Error::other)?;
    runtime.block_on(in_force(&gateway, 1))?;
    let stop = Arc::new(AtomicBool::new(false));
    let request = Request::new(gateway.data_addr(), &policy::key(), REQUEST_BYTES);
    let load: Vec<_> =
        (0..CONNECTIONS).map(|_| runtime.spawn(busy(request.clone(), Arc::clone(&stop)))).collect();
    let began = Instant::now();
    let mut settled_kib = 0;
    for generation in 2..=SWAPS + 1 {
        announce(folder.path(), &snapshots, generation)?;
        gateway.look_now();
        runtime.block_on(in_force(&gateway, generation))?;
        if generation == SETTLED {
            settled_kib = resident_kib()?;
        }
    }
    let (elapsed, end_kib) = (began.elapsed(), resident_kib()?);
    stop.store(true, Ordering::Relaxed);
    let mut requests = 0_u64;
    for worker in load {
        // A request that fails ends its worker with the error.
        requests = requests.saturating_add(runtime.block_on(worker).map_err(io::Error::other)??);
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{SWAPS} swaps in {elapsed:.1?} under {requests} requests, none of which failed")?;
    writeln!(out, "resident memory: {settled_kib} KiB after {SETTLED} swaps, {end_kib} KiB after all")
}

fn options(folder: &Path) -> Options {
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    Options {
        listen: free,
        admin: free,
        secrets: Some(folder.to_owned()),
        workers: std::num::NonZeroUsize::new(1),
        ..Options::new(folder.to_owned())
    }
}

/// The policy of the comparison with another weight, so that the snapshot is another.
fn snapshot(upstream: SocketAddr, weight: &str) -> io::Result<Packed> {
    let mut tree = Memory::default();
    for (path, text) in policy::files(upstream) {
        let secret = format!("env:{}", policy::SECRET_VARIABLE);
        let text = text.replace(&secret, "file:secret").replace("alpha: 70", &format!("alpha: {weight}"));
        tree.insert(path, text);
    }
    let compiled = compile(&tree, &CheckOptions::default()).map_err(io::Error::other)?;
    compiled.snapshot.ok_or_else(|| io::Error::other("the policy has errors"))
}

fn announce(folder: &Path, snapshots: &[Packed; 2], generation: u64) -> io::Result<()> {
    let [even, odd] = snapshots;
    let packed = if generation.is_multiple_of(2) { even } else { odd };
    let announcement = Announcement {
        generation,
        snapshot: Blob {
            sha256: DigestText(packed.digest),
            size: u64::try_from(packed.bytes.len()).map_err(io::Error::other)?,
        },
        decisions: DigestText(packed.decisions),
        parent: generation.checked_sub(1),
        source: None,
        audit_head: None,
        time: "2026-01-01T00:00:00Z".to_owned(),
    };
    let text = Envelope::unsigned(&announcement).and_then(|envelope| envelope.to_text());
    fs::write(folder.join("next"), text.map_err(io::Error::other)?)?;
    fs::rename(folder.join("next"), folder.join("current"))
}

async fn in_force(gateway: &Gateway, generation: u64) -> io::Result<()> {
    let began = Instant::now();
    while gateway.generation() != Some(generation) {
        if began.elapsed() > SWAP_MAX {
            return Err(io::Error::other(format!("generation {generation} does not come into force")));
        }
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    Ok(())
}

async fn busy(request: Request, stop: Arc<AtomicBool>) -> io::Result<u64> {
    let mut connection = Connection::open(&request).await?;
    let mut answered = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        connection.exchange(&request).await?;
        answered = answered.saturating_add(1);
    }
    Ok(answered)
}

fn resident_kib() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number =
        line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|number| number.trim().parse().ok());
    number.ok_or_else(|| io::Error::other("/proc/self/status has no VmRSS"))
}
