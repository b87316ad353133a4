//! What runs beside the requests, on a runtime of its own: the operators' endpoints, the certificate's files, tokens of
//! providers, the end.

use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::RunError;
use crate::admin::Admin;
use crate::drain::{DrainTimes, Phase};
use crate::limits::{CERTIFICATE_EVERY, DRAIN_LAST_WORDS, SIGNAL_GRACE};
use crate::listen::tls::Certificate;
use crate::request_id::Dice;
use crate::secrets::Sources;
use crate::threads::{self, Infallible};
use crate::token::keeper::{Desk, Keeper};
use crate::upstream::connect::Network;

/// What makes a gateway leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// SIGTERM or SIGINT.
    OnSignal,
    /// The program that it is part of.
    WhenTold,
}

/// What tokens of providers are asked for with.
pub(super) struct Tokens {
    pub(super) keeper: Arc<Keeper>,
    pub(super) secrets: Sources,
    /// How certificates are checked.
    pub(super) providers: Arc<rustls::ClientConfig>,
}

/// The control thread's work.
pub(super) struct Control {
    pub(super) admin: Arc<Admin>,
    pub(super) tokens: Tokens,
    pub(super) leave: Leave,
    /// One message to leave, a second to leave at once.
    pub(super) told: mpsc::Receiver<()>,
    /// Closed when all workers have ended.
    pub(super) ended: mpsc::Receiver<Infallible>,
    pub(super) times: DrainTimes,
}

impl Control {
    /// Runs until the gateway has left.
    ///
    /// **Errors**: `System` when it cannot do its work, `NoWorkers` when all workers ended before they were told to.
    pub(super) fn run(self, listeners: Vec<TcpListener>) -> Result<(), RunError> {
        let runtime = threads::local_runtime()?;
        let left = runtime.block_on(self.serve(listeners));
        // A certificate on a file system that hangs must not hold the process.
        runtime.shutdown_background();
        left
    }

    async fn serve(self, listeners: Vec<TcpListener>) -> Result<(), RunError> {
        let Self { admin, tokens, leave, told, mut ended, times } = self;
        for listener in listeners {
            tokio::spawn(Arc::clone(&admin).run(tokio::net::TcpListener::from_std(listener)?));
        }
        if let Some(certificate) = admin.certificate.clone() {
            tokio::spawn(watch(certificate));
        }
        tokio::task::spawn_local(tokens.keep());
        let mut wishes = Wishes::new(leave, told)?;
        tokio::select! {
            () = wishes.next() => {}
            // Nobody sends: all ends of the channel are gone. In a drain that somebody else began, that is as it should be.
            _ = ended.recv() => if admin.shared.drain.is_running() { return Err(RunError::NoWorkers) },
        }
        tracing::info!("leaving: not ready any more");
        tokio::select! {
            () = depart(&admin, ended, times) => tracing::info!("everything that had begun has ended"),
            () = wishes.again() => tracing::warn!("leaving at once"),
        }
        admin.shared.drain.advance(Phase::Over);
        Ok(())
    }
}

impl Tokens {
    /// Asks for tokens until the task is dropped.
    async fn keep(self) {
        let Self { keeper, secrets, providers } = self;
        let connect = Rc::new(Network::new(providers));
        keeper.run(Rc::new(Desk { connect, secrets, dice: Dice::from_system() })).await;
    }
}

/// The drain, from not being ready to the end of the last worker.
async fn depart(admin: &Admin, mut ended: mpsc::Receiver<Infallible>, times: DrainTimes) {
    let drain = &admin.shared.drain;
    drain.advance(Phase::Leaving);
    tokio::time::sleep(times.wait).await;
    drain.advance(Phase::Closing);
    if tokio::time::timeout(times.timeout, ended.recv()).await.is_err() {
        tracing::warn!(connections = admin.shared.connections.taken(), "the drain's time is over");
        drain.advance(Phase::Over);
        drop(tokio::time::timeout(DRAIN_LAST_WORDS * 2, ended.recv()).await);
    }
}

/// Takes a changed certificate into use. Reading blocks, so it is done beside the runtime.
async fn watch(certificate: Arc<Certificate>) {
    loop {
        tokio::time::sleep(CERTIFICATE_EVERY).await;
        let certificate = Arc::clone(&certificate);
        drop(tokio::task::spawn_blocking(move || certificate.look()).await);
    }
}

/// Wishes that the gateway leave.
struct Wishes {
    signals: Option<[Signal; 2]>,
    told: mpsc::Receiver<()>,
}

impl Wishes {
    fn new(leave: Leave, told: mpsc::Receiver<()>) -> io::Result<Self> {
        let signals = match leave {
            Leave::WhenTold => None,
            Leave::OnSignal => Some([signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?]),
        };
        Ok(Self { signals, told })
    }

    /// The next wish that is one of its own: whoever ends a process group may signal the same process twice.
    async fn again(&mut self) {
        if let Some([terminate, interrupt]) = &mut self.signals {
            let grace = tokio::time::sleep(SIGNAL_GRACE);
            tokio::pin!(grace);
            loop {
                tokio::select! {
                    () = &mut grace => break,
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            }
        }
        self.next().await;
    }

    async fn next(&mut self) {
        let Some([terminate, interrupt]) = &mut self.signals else {
            self.told.recv().await;
            return;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = self.told.recv() => {}
        }
    }
}
