//! A running demo: folder, upstream, gateway, and the loop that compiles what is saved.
//!
//! The gateway is the real one: it follows the published snapshots like any replica. What is special is only that
//! everything lives in one process and that the upstream is ours.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pointsman_compiler::check::Options as CheckOptions;
use pointsman_compiler::render::human::{HumanOptions, render};
use pointsman_compiler::rule::Severity;
use pointsman_gateway::drain::DrainTimes;
use pointsman_gateway::options::Trust;
use pointsman_gateway::{Gateway, Options as GatewayOptions, RunError};
use pointsman_schema::digest::Digest;
use pointsman_sync::build::{BuildError, Built};
use pointsman_sync::publish::Novelty;
use pointsman_sync::watch::{Next, Stop, Watch};

use crate::folder::{Folder, FolderError};
use crate::hosting::{Hosting, HostingError};

/// Where the demo runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The demo's folder.
    pub folder: PathBuf,
    /// Where clients connect.
    pub listen: SocketAddr,
    /// Where operators connect.
    pub admin: SocketAddr,
}

/// Why a demo could not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No folder to run on.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The upstream could not start.
    #[error(transparent)]
    Hosting(#[from] HostingError),
    /// Nothing could be compiled or published.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The policy in the folder has errors, and no snapshot was published before.
    #[error("{0}\nThe policy does not compile, and there is no earlier snapshot to serve.")]
    Broken(String),
    /// The gateway did not take up the snapshot.
    #[error("the gateway does not serve the published snapshot; RUST_LOG=info shows why")]
    NotReady,
    /// The gateway could not start, or ended by itself.
    #[error(transparent)]
    Gateway(#[from] RunError),
}

/// How long the gateway may take to verify its first snapshot.
const READY_MAX: Duration = Duration::from_secs(30);
/// How long streams may go on after the demo was told to end.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// What a client and an operator need.
#[derive(Debug, Clone)]
pub struct Address {
    /// For OpenAI's clients.
    pub base_url: String,
    /// The API key.
    pub key: String,
    /// The operators' endpoints.
    pub admin_url: String,
    /// The embedded upstream.
    pub upstream_url: String,
    /// The policy repository.
    pub folder: PathBuf,
    /// Where snapshots are published.
    pub snapshots: PathBuf,
}

/// What happened to the folder.
#[derive(Debug)]
pub enum Event {
    /// A new snapshot was published, and the gateway takes it up.
    Published {
        /// Its generation.
        generation: u64,
        /// Its digest.
        snapshot: Digest,
    },
    /// The files changed and the snapshot did not.
    Unchanged,
    /// The policy had errors and is again the one that is served.
    Mended,
    /// The policy has errors, as text for people.
    Broken {
        /// The findings.
        findings: String,
    },
    /// The policy has warnings and was published.
    Warnings {
        /// The findings.
        findings: String,
    },
    /// It could not be compiled or published.
    Failed {
        /// Why.
        error: BuildError,
    },
    /// The system gives no notifications.
    PollingOnly {
        /// Why.
        reason: String,
    },
}

/// A running demo.
pub struct Session {
    address: Address,
    watch: Watch,
    /// What the policy was found to be at the start, when it is not the one that is served.
    broken: Option<String>,
    gateway: Gateway,
    folder: Folder,
    // Last, so that the gateway drains while there still is an upstream.
    hosting: Hosting,
}

impl Session {
    /// Makes or opens the folder, publishes its policy, and starts upstream and gateway.
    pub fn start(options: &Options) -> Result<Self, SessionError> {
        let mut folder = Folder::open_or_make(&options.folder)?;
        let hosting = Hosting::start(folder.upstream())?;
        if hosting.upstream() != folder.upstream() {
            folder.move_upstream(hosting.upstream())?;
        }
        // Before the first compilation, so that no save in between is missed.
        let watch = Watch::new(folder.policy());
        let built = build(folder.policy(), &folder.snapshots())?;
        if built.published.is_none() && !folder.snapshots().join("current").exists() {
            return Err(SessionError::Broken(findings(&built)));
        }
        let broken = built.published.is_none().then(|| findings(&built));
        let gateway = Gateway::start(GatewayOptions {
            listen: options.listen,
            admin: options.admin,
            secrets: Some(folder.secrets()),
            // The demo publishes into its own folder, wherever its clients are.
            trust: Trust::Folder,
            // Nobody else has to notice that the demo ends.
            drain: DrainTimes { wait: Duration::ZERO, timeout: DRAIN_MAX },
            ..GatewayOptions::new(folder.snapshots())
        })?;
        // A gateway listens before its first snapshot is verified; nobody is sent to it until then.
        if !hosting.wait_until(READY_MAX, || gateway.generation().is_some()) {
            return Err(SessionError::NotReady);
        }
        let address = Address {
            base_url: format!("http://{}/v1", gateway.data_addr()),
            key: folder.key().to_owned(),
            admin_url: format!("http://{}", gateway.admin_addr()),
            upstream_url: format!("http://{}", hosting.upstream()),
            folder: folder.policy().to_owned(),
            snapshots: folder.snapshots(),
        };
        Ok(Self { address, watch, broken, gateway, folder, hosting })
    }

    /// Where everything is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// A handle that ends [`Session::follow`], as a signal does.
    pub fn stop_handle(&self) -> Stop {
        self.watch.stop_handle()
    }

    /// Compiles what is saved and tells about it, until the process is told to stop.
    pub fn follow(self, tell: &mut dyn FnMut(&Event)) -> Result<(), SessionError> {
        let Self { address, watch, broken, gateway, folder, hosting } = self;
        if let Some(reason) = watch.polling_only() {
            tell(&Event::PollingOnly { reason });
        }
        hosting.stop_on_signal(watch.stop_handle())?;
        let mut is_broken = broken.is_some();
        if let Some(findings) = broken {
            tell(&Event::Broken { findings });
        }
        let mut told = Told::default();
        while watch.next() == Next::Look {
            let mut events = events(build(&address.folder, &address.snapshots));
            gateway.look_now();
            if is_broken && matches!(events.as_slice(), [.., Event::Unchanged]) {
                events = vec![Event::Mended];
            }
            is_broken =
                events.iter().any(|event| matches!(event, Event::Broken { .. } | Event::Failed { .. }));
            told.news(&events).for_each(&mut *tell);
        }
        let ended = gateway.shutdown();
        drop((hosting, folder));
        Ok(ended?)
    }
}

/// What was told. A save may be noticed twice, and a poll finds nothing new: once is enough.
#[derive(Default)]
struct Told {
    events: String,
    warnings: Option<String>,
}

impl Told {
    /// Those of the events of one look that say something new.
    fn news<'e>(&mut self, events: &'e [Event]) -> impl Iterator<Item = &'e Event> {
        let said = format!("{events:?}");
        let is_known = self.events == said;
        let warnings = events.iter().find_map(|event| match event {
            Event::Warnings { findings } => Some(findings.clone()),
            _ => None,
        });
        // Those of a snapshot that is published already were told with it.
        let are_known = self.warnings == warnings && matches!(events, [.., Event::Unchanged]);
        *self = Self { events: said, warnings };
        events.iter().filter(move |event| match event {
            _ if is_known => false,
            Event::Unchanged => false,
            Event::Warnings { .. } => !are_known,
            _ => true,
        })
    }
}

fn build(policy: &Path, snapshots: &Path) -> Result<Built, BuildError> {
    pointsman_sync::build::build(policy, snapshots, (&CheckOptions::default(), Severity::Error), &[])
}

fn findings(built: &Built) -> String {
    render(&built.checked.diagnostics, &built.checked.sources, HumanOptions::default())
}

fn events(built: Result<Built, BuildError>) -> Vec<Event> {
    match built {
        Err(error) => vec![Event::Failed { error }],
        Ok(built) => {
            let findings = findings(&built);
            let Some(published) = built.published else { return vec![Event::Broken { findings }] };
            let mut events = Vec::new();
            if !findings.is_empty() {
                events.push(Event::Warnings { findings });
            }
            events.push(match published.novelty {
                Novelty::AlreadyCurrent => Event::Unchanged,
                Novelty::Announced => {
                    Event::Published { generation: published.generation, snapshot: published.snapshot }
                }
            });
            events
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_told_once() {
        let mut told = Told::default();
        let mut check = |events: &[Event], expected: &[&str]| {
            let news: Vec<String> = told.news(events).map(|event| format!("{event:?}")).collect();
            let begins = news.iter().zip(expected).all(|(news, begin)| news.starts_with(begin));
            assert!(news.len() == expected.len() && begins, "{news:?}, not {expected:?}");
        };
        let warnings = |text: &str| Event::Warnings { findings: text.to_owned() };
        let published = |generation| Event::Published { generation, snapshot: Digest::of(b"") };
        let broken = || Event::Broken { findings: "an error".to_owned() };
        check(&[warnings("one"), published(2)], &["Warnings", "Published { generation: 2"]);
        check(&[warnings("one"), Event::Unchanged], &[]);
        check(&[warnings("one"), Event::Unchanged], &[]);
        check(&[warnings("two"), Event::Unchanged], &["Warnings"]);
        check(&[warnings("two"), published(3)], &["Warnings", "Published { generation: 3"]);
        check(&[broken()], &["Broken"]);
        check(&[broken()], &[]);
        check(&[Event::Mended], &["Mended"]);
        check(&[Event::Unchanged], &[]);
    }
}
