//! How a gateway process starts, and how it ends.
//!
//! Starting checks what an operator can get wrong and says which it was. Ending is a drain: first not ready, then no
//! new connections, then the end of what has begun; a second signal ends it at once.
//!
//! Read next: `control` for what runs beside the requests.

mod control;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use pointsman_schema::snapshot::Admission;

use crate::admin::Admin;
use crate::breaker::registry::Registry;
use crate::capacity::Capacity;
use crate::drain::{Drain, Phase};
use crate::follow::Follower;
use crate::follow::folder::Folder;
use crate::follow::load::Loader;
use crate::follow::report::{Keeping, Report};
use crate::follow::trust::{TrustFile, TrustFileError};
use crate::limits::{BODIES_BYTES_MAX, FOLLOW_END_MAX};
use crate::listen::socket;
use crate::listen::tls::{Certificate, TlsError, authorities};
use crate::metrics::Metrics;
use crate::options::{Options, Trust};
use crate::room::Room;
use crate::secrets::Sources;
use crate::shared::Shared;
use crate::slot::Slot;
use crate::state::disk::LocalDisk;
use crate::state::{self, StateError, StateFolder};
use crate::threads::{self, Station};
use crate::upstream::tls::client_config;
use control::{Control, Leave, Tokens};

/// Why a gateway did not start, or ended without being told to. The operator's to mend, but for a defect.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Another process listens there.
    #[error("{flag} {address}: another process listens on this address")]
    AddressInUse {
        /// Which option gave it.
        flag: &'static str,
        /// The address.
        address: SocketAddr,
    },
    /// The address is not this machine's, or needs a permission.
    #[error("{flag} {address}: cannot listen there: {source}")]
    Listen {
        /// Which option gave it.
        flag: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A folder that must exist does not.
    #[error("{flag} {}: there is no such folder", path.display())]
    NoFolder {
        /// Which option gave it.
        flag: &'static str,
        /// The folder.
        path: PathBuf,
    },
    /// Others can reach it, and it would serve whatever lies in the folder.
    #[error(
        "--listen {0}: others can reach this address, so the gateway must know who may publish: give it --trust FILE \
         (`pointsman signer new` makes a key, `pointsman compile --sign-key` signs with it)"
    )]
    NoTrust(SocketAddr),
    /// The file of `--trust`.
    #[error(transparent)]
    Trust(#[from] TrustFileError),
    /// Two gateways would overwrite each other's last good copy.
    #[error("--state {}: another gateway uses this folder", .0.display())]
    StateInUse(PathBuf),
    /// A certificate, key or authority file.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The system gave no thread, socket or timer.
    #[error("the system refused what a gateway needs: {0}")]
    System(#[from] io::Error),
    /// Nobody was left to serve requests; the log says why each worker ended.
    #[error("all workers ended without being told to")]
    NoWorkers,
    /// A defect of this program.
    #[error("the control thread ended by a defect of the gateway; please report it with its log")]
    Defect,
}

/// Runs a gateway until a signal ends it.
pub fn run(options: Options) -> Result<(), RunError> {
    let gateway = Gateway::begin(options, Leave::OnSignal)?;
    gateway.wait()
}

/// A running gateway inside another program.
pub struct Gateway {
    data: SocketAddr,
    admin: SocketAddr,
    shared: Arc<Shared>,
    leave: tokio::sync::mpsc::Sender<()>,
    control: Option<JoinHandle<Result<(), RunError>>>,
    following: Option<Following>,
}

impl Gateway {
    /// Starts a gateway that ends with [`Gateway::shutdown`]; signals are left to the caller.
    pub fn start(options: Options) -> Result<Self, RunError> {
        Self::begin(options, Leave::WhenTold)
    }

    fn begin(options: Options, leave: Leave) -> Result<Self, RunError> {
        let (state, keeping) = claim_state(&options)?;
        check_folders(&options, state.as_ref())?;
        check_trust(&options)?;
        let certificate = options.tls.clone().map(Certificate::read).transpose()?.map(Arc::new);
        let shared = Arc::new(shared(&options)?);
        let providers = client_config(Arc::clone(&shared.authorities)).map_err(TlsError::from)?;
        let workers = threads::worker_count(options.workers);
        let data = socket::listen(options.listen, workers).map_err(refused("--listen", options.listen))?;
        let admin = socket::listen(options.admin, 1).map_err(refused("--admin", options.admin))?;
        let report = Arc::new(Report::new(keeping));
        let times = options.drain;
        let tokens = Tokens {
            keeper: Arc::default(),
            secrets: Sources::of_process(options.secrets.clone()),
            providers: Arc::clone(&providers),
        };
        let follower = follower(options, state, &shared, &report, &tokens);
        let admin_state = Admin { shared: Arc::clone(&shared), report, certificate: certificate.clone() };
        // Room for two messages: to leave, and to leave at once.
        let (tell, told) = tokio::sync::mpsc::channel(2);
        let gateway = Self {
            data: local(&data)?,
            admin: local(&admin)?,
            shared,
            leave: tell,
            control: None,
            following: None,
        };
        gateway.launch(Launch {
            data,
            admin,
            certificate,
            providers,
            admin_state,
            tokens,
            follower,
            leave,
            told,
            times,
        })
    }

    /// Starts the threads. What fails here ends those that were started, by dropping `self`.
    fn launch(mut self, launch: Launch) -> Result<Self, RunError> {
        let Launch { data, admin, certificate, providers, admin_state, tokens, follower, leave, told, times } =
            launch;
        self.following = Some(Following::start(follower)?);
        let (alive, ended) = tokio::sync::mpsc::channel(1);
        let station = Station { shared: Arc::clone(&self.shared), certificate, providers, alive };
        threads::start_workers(data, &station)?;
        drop(station);
        let control = Control { admin: Arc::new(admin_state), tokens, leave, told, ended, times };
        let work = move || {
            control.run(admin).inspect_err(|error| tracing::error!(%error, "the control thread ended"))
        };
        self.control = Some(std::thread::Builder::new().name("pointsman-control".to_owned()).spawn(work)?);
        tracing::info!(listen = %self.data, admin = %self.admin, "listening");
        Ok(self)
    }

    /// Where clients connect.
    pub fn data_addr(&self) -> SocketAddr {
        self.data
    }

    /// Where operators connect.
    pub fn admin_addr(&self) -> SocketAddr {
        self.admin
    }

    /// The generation in force; `None` until the first snapshot was verified.
    pub fn generation(&self) -> Option<u64> {
        self.shared.slot.current().map(|serving| serving.generation)
    }

    /// Says that something was published. The gateway would notice by itself a moment later.
    pub fn look_now(&self) {
        if let Some(following) = &self.following {
            // The thread is gone only when the gateway ends.
            following.hints.send(()).ok();
        }
    }

    /// Drains, and returns when all that had begun has ended or the drain's time is over.
    ///
    /// **Errors**: what ended it before that, when something did.
    pub fn shutdown(self) -> Result<(), RunError> {
        // A full channel means that it was told already.
        self.leave.try_send(()).ok();
        self.wait()
    }

    /// Waits for the control thread, which ends last.
    fn wait(mut self) -> Result<(), RunError> {
        let control = self.control.take().map_or(Ok(Ok(())), JoinHandle::join);
        if let Some(following) = self.following.take() {
            following.stop();
        }
        control.unwrap_or(Err(RunError::Defect))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.shared.drain.advance(Phase::Over);
        self.following = None;
        if self.control.take().is_some() {
            // Ends the control thread without a drain: two words, as two signals.
            self.leave.try_send(()).ok();
            self.leave.try_send(()).ok();
        }
    }
}

/// The following thread.
struct Following {
    /// The word to look now; dropping it is the word to stop.
    hints: mpsc::Sender<()>,
    ended: mpsc::Receiver<()>,
}

impl Following {
    fn start(follower: Follower) -> io::Result<Self> {
        let (hints, hinted) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        std::thread::Builder::new().name("pointsman-follow".to_owned()).spawn(move || {
            follower.run(&hinted);
            drop(end);
        })?;
        Ok(Self { hints, ended })
    }

    /// Waits for what is being written, but not for a file system that hangs.
    fn stop(self) {
        let Self { hints, ended } = self;
        drop(hints);
        ended.recv_timeout(FOLLOW_END_MAX).ok();
    }
}

/// What was opened and is handed to its threads.
struct Launch {
    data: Vec<TcpListener>,
    admin: Vec<TcpListener>,
    certificate: Option<Arc<Certificate>>,
    providers: Arc<rustls::ClientConfig>,
    admin_state: Admin,
    tokens: Tokens,
    follower: Follower,
    leave: Leave,
    told: tokio::sync::mpsc::Receiver<()>,
    times: crate::drain::DrainTimes,
}

fn shared(options: &Options) -> Result<Shared, RunError> {
    Ok(Shared {
        slot: Arc::new(Slot::default()),
        metrics: Arc::new(Metrics::default()),
        requests: Capacity::new(options.requests_max),
        bodies: Room::new(BODIES_BYTES_MAX),
        connections: Capacity::new(crate::open_files::connections_within(options.connections_max)),
        drain: Arc::new(Drain::default()),
        backends: Arc::new(Registry::default()),
        limits: Arc::default(),
        authorities: Arc::new(authorities(options.upstream_ca.as_deref())?),
    })
}

fn follower(
    options: Options,
    state: Option<Kept>,
    shared: &Arc<Shared>,
    report: &Arc<Report>,
    tokens: &Tokens,
) -> Follower {
    let loader = Loader {
        trust: trust_file(&options),
        admission: Admission::PreferSealed,
        secrets: tokens.secrets.clone(),
        backends: Arc::clone(&shared.backends),
        limits: Arc::clone(&shared.limits),
        tokens: Arc::clone(&tokens.keeper),
    };
    let (state, lock) = state.map_or((None, None), |kept| (Some(kept.folder), kept.lock));
    Follower {
        shared: Arc::clone(shared),
        report: Arc::clone(report),
        loader,
        source: Folder::new(options.snapshots),
        state,
        lock,
    }
}

/// The state folder, and the lock that keeps other gateways out of it.
struct Kept {
    folder: StateFolder<LocalDisk>,
    lock: Option<std::fs::File>,
}

/// Takes the state folder. One that cannot be written to is reported, and may still hold a good copy.
fn claim_state(options: &Options) -> Result<(Option<Kept>, Keeping), RunError> {
    let Some(path) = options.state.clone() else { return Ok((None, Keeping::MemoryAlone)) };
    let keeping = |trouble| Keeping::Folder { generation: None, trouble };
    let folder = StateFolder::new(path.clone(), LocalDisk);
    match state::claim(&path) {
        Ok(lock) => Ok((Some(Kept { folder, lock: Some(lock) }), keeping(None))),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(RunError::StateInUse(path)),
        Err(source) => {
            let error = StateError::Disk { what: "take", path, source };
            tracing::error!(%error, "the last good snapshot will not be kept");
            let trouble = crate::follow::report::Trouble::now(error.to_string());
            Ok((Some(Kept { folder, lock: None }), keeping(Some(trouble))))
        }
    }
}

/// Refuses folders that an operator named and that are not there, except where a good copy can do without.
fn check_folders(options: &Options, state: Option<&Kept>) -> Result<(), RunError> {
    if let Some(path) = options.secrets.clone().filter(|path| !path.is_dir()) {
        return Err(RunError::NoFolder { flag: "--secrets", path });
    }
    let kept = state.is_some_and(|kept| Folder::new(kept.folder.path().to_owned()).announced().is_ok());
    if !kept && !options.snapshots.is_dir() {
        return Err(RunError::NoFolder { flag: "--snapshots", path: options.snapshots.clone() });
    }
    Ok(())
}

/// Where it stands who may publish, if that is not anybody.
fn trust_file(options: &Options) -> Option<TrustFile> {
    match &options.trust {
        Trust::File(path) => Some(TrustFile(path.clone())),
        Trust::OnLoopback | Trust::Folder => None,
    }
}

/// Unsigned publications are for a machine's own use.
fn check_trust(options: &Options) -> Result<(), RunError> {
    if options.trust == Trust::OnLoopback && !options.listen.ip().is_loopback() {
        return Err(RunError::NoTrust(options.listen));
    }
    trust_file(options).map_or(Ok(()), |file| file.read().map(drop).map_err(RunError::from))
}

fn refused(flag: &'static str, address: SocketAddr) -> impl FnOnce(io::Error) -> RunError {
    move |source| match source.kind() {
        io::ErrorKind::AddrInUse => RunError::AddressInUse { flag, address },
        _ => RunError::Listen { flag, address, source },
    }
}

fn local(listeners: &[TcpListener]) -> io::Result<SocketAddr> {
    listeners.first().ok_or(io::ErrorKind::NotConnected)?.local_addr()
}

#[cfg(test)]
mod tests;
