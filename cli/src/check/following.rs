//! `pointsman check --watch`: checks again whenever a file changes.
//!
//! Only files whose bytes changed are read again. It ends with an interrupt and the exit code of the last check.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use pointsman_compiler::check::Options;
use pointsman_compiler::file::cache::Cache;
use pointsman_sync::checkout::checkout;
use pointsman_sync::watch::{Next, Watch};
use tokio::signal::unix::{SignalKind, signal};

use super::{Judged, judge};
use crate::allocator;
use crate::args::Check;
use crate::exit::{Exit, undecided};
use crate::output;

/// Runs the command.
pub(super) fn run(arguments: &Check, options: Options) -> Exit {
    let watch = Watch::new(&arguments.policy);
    if let Some(why) = watch.polling_only() {
        output::remark(&format!("no notifications of changes ({why}); looking every 30 s"));
    }
    if let Err(error) = stop_on_interrupt(&watch) {
        return undecided(&format!("interrupts cannot be heard: {error}"));
    }
    let tree = checkout(&arguments.policy);
    let mut cache = Cache::new();
    let mut last = None;
    let mut began = Instant::now();
    loop {
        let Judged { exit, text } = judge(arguments, &tree, options, &mut cache);
        let is_half = watch.is_outrun() && began.elapsed() < UNTOLD_MAX;
        // Looking for nothing new is no news.
        if !is_half && last.as_ref() != Some(&text) {
            if std::io::stdout().is_terminal() {
                output::data("\x1b[2J\x1b[H");
            }
            output::data(&text);
            let took = began.elapsed().as_millis();
            output::remark(&format!("checked in {took} ms; waiting for changes (Ctrl-C ends)"));
            last = Some(text);
        }
        allocator::give_back();
        if watch.next() == Next::Stopped {
            return exit;
        }
        if !is_half {
            began = Instant::now();
        }
    }
}

/// For how long nothing is told of files that go on changing while they are checked: it may be half of what somebody does.
const UNTOLD_MAX: Duration = Duration::from_secs(1);

fn stop_on_interrupt(watch: &Watch) -> std::io::Result<()> {
    let stop = watch.stop_handle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let guard = runtime.enter();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    drop(guard);
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        });
        stop.stop();
    })?;
    Ok(())
}
