//! What a translated request costs beside a forwarded one, in one run of one gateway.
//!
//! The load asks the same of the same upstream in its own protocol and in another, turn and turn about, so that what else the
//! machine does meets both. Then, where valgrind is installed, instructions are counted: as the difference of two runs that
//! differ only in how many requests they answer.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use super::contender::{Contender, Field, Running, answers};
use super::core::Cores;
use super::exchange::{Connection, Protocol, Request};
use super::load::Load;
use super::process::Process;
use super::samples::Samples;
use super::upstream::Upstream;
use super::{Throughput, free_address, limits, policy, saturate};

/// What was measured in one protocol.
#[derive(Debug, Default)]
struct Figures {
    small: Throughput,
    large: Throughput,
    streams: Throughput,
    /// Latency of large requests at a fixed rate.
    paced: Samples,
}

/// One kind of request: its row, how it is made of a small one, and how many are counted.
type Kind = (&'static str, fn(&Request) -> Request, [u32; 2]);

const KINDS: [Kind; 3] = [
    ("1 KB", Request::clone, [300, 3_000]),
    ("64 KB", large, [100, 1_000]),
    ("stream", Request::streamed, [6, 60]),
];

/// Runs the comparison and prints its tables.
pub(crate) fn run(pointsman: &Path) -> io::Result<()> {
    let cores = Cores::take()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let upstream = Upstream::start().await?;
        let field = Field { upstream: upstream.addr(), pointsman, cores: &cores };
        let running = Contender::Pointsman.start(&field).await?.map_err(io::Error::other)?;
        let mut figures = [Figures::default(), Figures::default()];
        for round in 1..=ROUNDS {
            for (figures, protocol) in figures.iter_mut().zip(PROTOCOLS) {
                crate::complain(&format!("round {round} of {ROUNDS}: {protocol:?}"));
                measure(&running, protocol, figures).await?;
            }
        }
        drop(running);
        print(&figures)?;
        count_all(&field).await
    })
}

async fn measure(running: &Running, protocol: Protocol, figures: &mut Figures) -> io::Result<()> {
    let small = Request::new(running.addr, &running.key, limits::SMALL_BYTES).in_protocol(protocol);
    let large = large(&small);
    figures.small.add(&saturate(running, &small).await?);
    figures.large.add(&saturate(running, &large).await?);
    figures.streams.add(&saturate(running, &small.streamed()).await?);
    figures.paced.merge(Load::paced(&large).await?);
    Ok(())
}

fn large(small: &Request) -> Request {
    small.of_size(limits::LARGE_BYTES)
}

impl Throughput {
    fn add(&mut self, other: &Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.cpu_seconds += other.cpu_seconds;
    }
}

fn print([forwarded, translated]: &[Figures; 2]) -> io::Result<()> {
    let micros = |of: &Throughput| of.cpu_per(1e6).unwrap_or_default();
    let of_event = |of: &Throughput| micros(of) / f64::from(limits::EVENTS);
    let paced = |of: &Figures, percent| of.paced.percentile(percent).unwrap_or_default();
    let mut out = io::stdout().lock();
    writeln!(out, "| | forwarded | translated | compared | aim |\n|---|---:|---:|---:|---|")?;
    for (row, of) in
        [("1 KB", [&forwarded.small, &translated.small]), ("64 KB", [&forwarded.large, &translated.large])]
    {
        let [one, other] = of.map(micros);
        writeln!(out, "| {row}: CPU µs per request | {one:.1} | {other:.1} | × {:.2} | × 2 |", other / one)?;
    }
    let [one, other] = [&forwarded.streams, &translated.streams].map(of_event);
    writeln!(out, "| streams: CPU µs per event | {one:.2} | {other:.2} | + {:.2} | + 2 |", other - one)?;
    for (percent, aim) in [(50, "+ 300"), (99, "")] {
        let [one, other] = [forwarded, translated].map(|of| paced(of, percent));
        let row = format!("64 KB, {} requests/s: p{percent} µs", limits::RATE);
        writeln!(out, "| {row} | {one:.0} | {other:.0} | + {:.0} | {aim} |", other - one)?;
    }
    Ok(())
}

/// Counts instructions of every kind in both protocols.
async fn count_all(field: &Field<'_>) -> io::Result<()> {
    if Command::new(VALGRIND).arg("--version").output().is_err() {
        crate::complain("leaving out instructions: valgrind is not installed");
        return Ok(());
    }
    let mut rows = Vec::new();
    for (name, kind, [few, many]) in KINDS {
        let mut counted = [0, 0];
        for (slot, protocol) in counted.iter_mut().zip(PROTOCOLS) {
            crate::complain(&format!("counting instructions: {name}, {protocol:?}"));
            let more = count(field, (protocol, kind), many).await?;
            let less = count(field, (protocol, kind), few).await?;
            *slot = more.saturating_sub(less) / u64::from(many - few);
        }
        rows.push((name, counted));
    }
    let mut out = io::stdout().lock();
    writeln!(out, "\n| instructions per request | forwarded | translated | more |\n|---|---:|---:|---:|")?;
    for (name, [one, other]) in rows {
        writeln!(out, "| {name} | {one} | {other} | {} |", other.saturating_sub(one))?;
    }
    Ok(())
}

/// Instructions of a gateway from its start to its end that answers so many requests over one connection.
async fn count(
    field: &Field<'_>,
    (protocol, kind): (Protocol, fn(&Request) -> Request),
    requests: u32,
) -> io::Result<u64> {
    let folder = tempfile::TempDir::with_prefix("pointsman-bench-")?;
    let listen = free_address()?;
    let plain = Contender::command_of_pointsman(field, (listen, folder.path()))?;
    let mut command = Command::new(VALGRIND);
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    command.arg(plain.get_program()).args(plain.get_args()).env(policy::SECRET_VARIABLE, "upstream");
    let log = folder.path().join("log");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(std::fs::File::create(&log)?);
    let mut process = Process::new(field.cores.start(&mut command)?);
    answers(listen, &mut process).await?;
    let request = kind(&Request::new(listen, &policy::key(), limits::SMALL_BYTES).in_protocol(protocol));
    let mut connection = Connection::open(&request).await?;
    for _ in 0..requests {
        connection.exchange(&request).await?;
    }
    drop(connection);
    process.stop()?;
    collected(&std::fs::read_to_string(&log)?)
        .ok_or_else(|| io::Error::other("valgrind did not say what it counted"))
}

/// What callgrind says at the end that it counted.
fn collected(log: &str) -> Option<u64> {
    let line = log.lines().rev().find_map(|line| line.split_once("Collected :"))?;
    line.1.trim().parse().ok()
}

const PROTOCOLS: [Protocol; 2] = [Protocol::Chat, Protocol::Messages];
const ROUNDS: u32 = 3;
const VALGRIND: &str = "valgrind";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(log: &str, expected: Option<u64>) {
        assert_eq!(collected(log), expected);
    }

    #[test]
    fn callgrinds_count_is_read() {
        check("==1== Events    : Ir\n==1== Collected : 8453\n==1== \n", Some(8453));
        check("==1== Collected : x\n", None);
        check("", None);
    }
}
