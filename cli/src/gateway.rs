//! `pointsman gateway`: arguments into the gateway's options.

use std::time::Duration;

use pointsman_gateway::drain::DrainTimes;
use pointsman_gateway::options::{TlsFiles, Trust};
use pointsman_gateway::{Options, RunError};
use tracing_subscriber::EnvFilter;

use crate::args::{Format, Gateway};
use crate::exit::{Exit, undecided};

/// Serves until it is told to stop.
pub(crate) fn run(arguments: Gateway) -> Exit {
    start_log(arguments.log);
    match pointsman_gateway::run(options(arguments)) {
        Ok(()) => Exit::Clean,
        Err(error @ RunError::NoFolder { flag: "--snapshots", .. }) => undecided(&format!(
            "{error}\n\nhint: `pointsman compile POLICY -o FOLDER` makes it and publishes a first snapshot"
        )),
        Err(error) => undecided(&error),
    }
}

fn options(arguments: Gateway) -> Options {
    let defaults = Options::new(arguments.snapshots);
    Options {
        listen: arguments.listen,
        admin: arguments.admin,
        state: arguments.state,
        trust: arguments.trust.map_or(Trust::OnLoopback, Trust::File),
        secrets: arguments.secrets,
        tls: arguments
            .tls_cert
            .zip(arguments.tls_key)
            .map(|(certificate, key)| TlsFiles { certificate, key }),
        upstream_ca: arguments.upstream_ca,
        workers: arguments.workers,
        drain: DrainTimes {
            wait: Duration::from_secs(arguments.drain_wait),
            timeout: Duration::from_secs(arguments.drain_timeout),
        },
        connections_max: arguments.max_connections.unwrap_or(defaults.connections_max),
        requests_max: arguments.max_requests.unwrap_or(defaults.requests_max),
        ..defaults
    }
}

/// The log goes to standard error; `RUST_LOG` chooses what is in it.
pub(crate) fn start_log(format: Format) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(filter)
        .with_target(false)
        // Where whoever read the log has gone, saying so would panic the thread that has something to log.
        .log_internal_errors(false);
    // A second start keeps the first log, which is as good.
    drop(match format {
        Format::Human => log.with_ansi(crate::output::log_wants_colour()).try_init(),
        Format::Json => log.json().try_init(),
    });
}
