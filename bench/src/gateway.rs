//! Pointsman beside nginx, a bare hyper proxy and the upstream alone, in one go on one machine.
//!
//! The proxy under test has one core to itself; the load and the upstream share another. Each contender gets the same
//! bytes at the same pace, one after the other, and is a process of its own, so that its CPU time and its memory are its
//! own. What is compared is the ratio within one run: the figures of two machines, or of two days, are not.
//!
//! Read next: [`contender`], who is compared; [`load`], how; [`report`], what is printed.

mod contender;
mod core;
mod exchange;
mod limits;
mod load;
mod message;
mod policy;
mod process;
mod report;
mod samples;
pub(crate) mod swaps;
pub(crate) mod translation;
mod upstream;

use std::{io, net::SocketAddr, path::Path};

use self::{
    contender::{Contender, Field},
    core::Cores,
    exchange::Request,
    load::Load,
    report::Report,
    samples::Samples,
    upstream::Upstream,
};

/// What was measured of one contender.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    small: Throughput,
    large: Throughput,
    streams: Throughput,
    /// Latency of small requests at a fixed rate.
    paced: Samples,
    memory_idle_kib: u64,
    memory_after_kib: u64,
}

/// What a load without pauses showed.
#[derive(Debug, Default)]
pub(crate) struct Throughput {
    requests: u64,
    per_second: f64,
    /// CPU time of the contender's process; zero for the upstream alone, which has none of its own.
    cpu_seconds: f64,
    first_byte: Samples,
}

/// Runs the comparison and prints its table.
pub(crate) fn run(pointsman: &Path) -> io::Result<()> {
    let cores = Cores::take()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let upstream = Upstream::start().await?;
        let mut report = Report::default();
        for contender in Contender::ALL {
            let field = Field { upstream: upstream.addr(), pointsman, cores: &cores };
            match contender.start(&field).await? {
                Ok(running) => {
                    crate::complain(&format!("measuring {}", contender.name()));
                    report.add(contender, measure(&running).await?);
                }
                Err(missing) => crate::complain(&format!("leaving out {}: {missing}", contender.name())),
            }
        }
        report.print(&mut io::stdout().lock())
    })
}

/// Everything about one contender, in about a dozen seconds.
async fn measure(running: &contender::Running) -> io::Result<Figures> {
    let small = Request::new(running.addr, &running.key, limits::SMALL_BYTES);
    let large = Request::new(running.addr, &running.key, limits::LARGE_BYTES);
    let stream = small.streamed();
    Load::warm_up(&small).await?;
    tokio::time::sleep(limits::SETTLE).await;
    let memory_idle_kib = running.memory_kib()?;
    Ok(Figures {
        small: saturate(running, &small).await?,
        large: saturate(running, &large).await?,
        streams: saturate(running, &stream).await?,
        paced: Load::paced(&small).await?,
        memory_idle_kib,
        memory_after_kib: running.memory_kib()?,
    })
}

/// A load without pauses, and the CPU time that it cost.
async fn saturate(running: &contender::Running, request: &Request) -> io::Result<Throughput> {
    Load::warm_up(request).await?;
    let cpu_before = running.cpu_seconds()?;
    let load = Load::saturating(request).await?;
    let cpu_seconds = running.cpu_seconds()? - cpu_before;
    Ok(Throughput {
        requests: load.requests,
        per_second: load.per_second(),
        cpu_seconds,
        first_byte: load.first_byte,
    })
}

/// A free port on loopback. It is free for a moment only; nothing else on a benchmark machine wants it.
fn free_address() -> io::Result<SocketAddr> {
    std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()
}
