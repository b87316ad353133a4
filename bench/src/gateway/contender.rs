//! Who is compared, and how each is started.
//!
//! A contender that is not installed is left out with the reason; one that is there and does not start is an error.

use std::{
    fs,
    io::{self, Read},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::{
    core::Cores,
    exchange::{Connection, Request},
    free_address, limits, policy,
    process::Process,
};

/// Who is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contender {
    /// No proxy at all.
    Direct,
    /// nginx as a plain reverse proxy.
    Nginx,
    /// The bare hyper proxy of [`crate::floor`].
    Floor,
    /// Pointsman with keys, rules and fallback in force.
    Pointsman,
}

/// Where the comparison takes place.
#[derive(Debug)]
pub(crate) struct Field<'a> {
    pub(crate) upstream: SocketAddr,
    pub(crate) pointsman: &'a Path,
    pub(crate) cores: &'a Cores,
}

/// A contender that answers requests.
#[derive(Debug)]
pub(crate) struct Running {
    /// Where the load goes.
    pub(crate) addr: SocketAddr,
    /// The key that the load sends.
    pub(crate) key: String,
    /// Ends before the folder that it uses is removed: fields are dropped in order.
    process: Option<Process>,
    _folder: TempDir,
}

impl Contender {
    /// All of them, in the order of the table.
    pub(crate) const ALL: [Self; 4] = [Self::Direct, Self::Nginx, Self::Floor, Self::Pointsman];

    /// What the table calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Direct => "upstream alone",
            Self::Nginx => "nginx",
            Self::Floor => "bare hyper proxy",
            Self::Pointsman => "Pointsman",
        }
    }

    /// Pointsman's command, as it is compared.
    pub(crate) fn command_of_pointsman(
        field: &Field<'_>,
        (listen, folder): (SocketAddr, &Path),
    ) -> io::Result<Command> {
        pointsman(field.pointsman, listen, field.upstream, folder)
    }

    /// Starts it and waits until it answers. The inner error says what is not installed.
    pub(crate) async fn start(self, field: &Field<'_>) -> io::Result<Result<Running, String>> {
        let folder = TempDir::with_prefix("pointsman-bench-")?;
        let listen = free_address()?;
        let command = match self {
            Self::Direct => None,
            Self::Nginx => match find(&["/usr/sbin/nginx", "/usr/bin/nginx"]) {
                Some(binary) => Some(nginx(&binary, listen, field.upstream, folder.path())?),
                None => return Ok(Err("nginx is not installed (apt-get install nginx-light)".to_owned())),
            },
            Self::Floor => Some(floor(listen, field.upstream)?),
            Self::Pointsman if !field.pointsman.is_file() => {
                let path = field.pointsman.display();
                return Ok(Err(format!("{path} is not there (cargo build --release --package pointsman)")));
            }
            Self::Pointsman => Some(pointsman(field.pointsman, listen, field.upstream, folder.path())?),
        };
        let Some(mut command) = command else {
            let addr = field.upstream;
            return Ok(Ok(Running { addr, key: policy::key(), process: None, _folder: folder }));
        };
        let log = folder.path().join("log");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(&log)?);
        let mut process = Process::new(field.cores.start(&mut command)?);
        if let Err(error) = answers(listen, &mut process).await {
            return Err(io::Error::other(format!(
                "{} did not start: {error}\n{}",
                self.name(),
                beginning(&log)?
            )));
        }
        Ok(Ok(Running { addr: listen, key: policy::key(), process: Some(process), _folder: folder }))
    }
}

impl Running {
    /// CPU time since the start. **Unit**: seconds.
    pub(crate) fn cpu_seconds(&self) -> io::Result<f64> {
        self.process.as_ref().map_or(Ok(0.0), Process::cpu_seconds)
    }

    /// Memory held. **Unit**: KiB.
    pub(crate) fn memory_kib(&self) -> io::Result<u64> {
        self.process.as_ref().map_or(Ok(0), Process::memory_kib)
    }
}

fn nginx(binary: &Path, listen: SocketAddr, upstream: SocketAddr, folder: &Path) -> io::Result<Command> {
    let configuration = folder.join("nginx.conf");
    fs::write(&configuration, policy::nginx(listen, upstream, &folder.display().to_string()))?;
    let mut command = Command::new(binary);
    command.arg("-p").arg(folder).arg("-e").arg("stderr").arg("-c").arg(configuration);
    Ok(command)
}

fn floor(listen: SocketAddr, upstream: SocketAddr) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("floor").args([listen.to_string(), upstream.to_string(), policy::key_digest().to_string()]);
    Ok(command)
}

fn pointsman(binary: &Path, listen: SocketAddr, upstream: SocketAddr, folder: &Path) -> io::Result<Command> {
    let (repository, snapshots) = (folder.join("policy"), folder.join("snapshots"));
    for (path, text) in policy::files(upstream) {
        let path = repository.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&repository))?;
        fs::write(path, text)?;
    }
    let compiled = Command::new(binary).arg("compile").arg(&repository).arg("-o").arg(&snapshots).output()?;
    if !compiled.status.success() {
        let said = String::from_utf8_lossy(&compiled.stderr);
        return Err(io::Error::other(format!("the policy of the comparison does not compile:\n{said}")));
    }
    let admin = free_address()?;
    let mut command = Command::new(binary);
    command.arg("gateway").arg("--snapshots").arg(snapshots).arg("--state").arg(folder.join("state"));
    command.args(["--listen", &listen.to_string(), "--admin", &admin.to_string()]);
    command.env(policy::SECRET_VARIABLE, "upstream");
    Ok(command)
}

/// Waits until a request is answered.
pub(super) async fn answers(addr: SocketAddr, process: &mut Process) -> io::Result<()> {
    let request = Request::new(addr, &policy::key(), limits::SMALL_BYTES);
    let end = Instant::now() + limits::START_MAX;
    loop {
        let attempt = async { Connection::open(&request).await?.exchange(&request).await };
        match attempt.await {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() > end || process.ended()? => return Err(error),
            Err(_) => sleep(limits::START_RETRY).await,
        }
    }
}

/// The first of these files that exists.
fn find(places: &[&str]) -> Option<PathBuf> {
    places.iter().map(PathBuf::from).find(|path| path.is_file())
}

/// The beginning of a log.
fn beginning(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(4096).read_to_string(&mut text)?;
    Ok(text)
}
