//! Whole gateways on loopback: what an operator can get wrong, and a life from start to end.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::*;
use crate::drain::DrainTimes;
use crate::follow::published::{Published, snapshot};

fn options(folder: &Published) -> Options {
    let free = "127.0.0.1:0".parse().unwrap();
    Options {
        listen: free,
        admin: free,
        workers: std::num::NonZeroUsize::new(2),
        drain: DrainTimes { wait: Duration::ZERO, timeout: Duration::from_secs(5) },
        ..Options::new(folder.path().to_owned())
    }
}

fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Asks until the answer begins so; a gateway that never comes to that fails the test.
fn until(address: SocketAddr, path: &str, expected: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = get(address, path);
        if answer.starts_with(expected) {
            return;
        }
        assert!(Instant::now() < deadline, "{answer}");
        std::thread::yield_now();
    }
}

/// What starting says when an option is wrong.
fn check(change: impl FnOnce(&mut Options), expected: &str) {
    let folder = Published::new();
    let mut options = options(&folder);
    change(&mut options);
    let said = Gateway::start(options).and_then(Gateway::shutdown).map_err(|error| error.to_string());
    assert!(said.as_ref().is_err_and(|said| said.contains(expected)), "{said:?} does not say `{expected}`");
}

#[test]
fn mistakes_are_named() {
    let missing = || PathBuf::from("/nonexistent/folder");
    check(
        |options| options.snapshots = missing(),
        "--snapshots /nonexistent/folder: there is no such folder",
    );
    check(|options| options.secrets = Some(missing()), "--secrets /nonexistent/folder");
    check(|options| options.upstream_ca = Some(missing()), "cannot read /nonexistent/folder");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    check(|options| options.listen = address, "--listen 127.0.0.1:");
    check(|options| options.admin = address, "another process listens on this address");
}

#[test]
fn a_second_gateway_gets_neither_the_port_nor_the_state() {
    let (folder, state) = (Published::new(), Published::new());
    let mut first = options(&folder);
    first.state = Some(state.path().to_owned());
    let gateway = Gateway::start(first).unwrap();
    let address = gateway.data_addr();
    check(|options| options.listen = address, "another process listens on this address");
    check(|options| options.state = Some(state.path().to_owned()), "another gateway uses this folder");
    gateway.shutdown().unwrap();
}

#[test]
fn a_life() {
    let (folder, state) = (Published::new(), Published::new());
    let mut wanted = options(&folder);
    wanted.state = Some(state.path().to_owned());
    let gateway = Gateway::start(wanted.clone()).unwrap();
    let (data, admin) = (gateway.data_addr(), gateway.admin_addr());
    until(admin, "/livez", "HTTP/1.1 200");
    until(admin, "/readyz", "HTTP/1.1 503");
    until(data, "/v1/models", "HTTP/1.1 503");
    folder.publish(1, &snapshot("first"));
    until(admin, "/readyz", "HTTP/1.1 200");
    until(data, "/v1/models", "HTTP/1.1 401");
    assert_eq!(gateway.generation(), Some(1));
    folder.publish(2, &snapshot("second"));
    let deadline = Instant::now() + Duration::from_secs(20);
    while gateway.generation() != Some(2) && Instant::now() < deadline {
        std::thread::yield_now();
    }
    assert_eq!(gateway.generation(), Some(2));
    gateway.shutdown().unwrap();
    assert!(TcpStream::connect(data).is_err(), "nobody listens any more");

    // The next process finds nothing published, only its state.
    std::fs::remove_file(folder.current()).unwrap();
    let gateway = Gateway::start(wanted).unwrap();
    until(gateway.admin_addr(), "/readyz", "HTTP/1.1 200");
    assert_eq!(gateway.generation(), Some(2));
    gateway.shutdown().unwrap();
}

#[test]
fn a_second_word_ends_a_long_drain_at_once() {
    let folder = Published::new();
    let mut wanted = options(&folder);
    wanted.drain = DrainTimes { wait: Duration::from_hours(1), timeout: Duration::from_hours(1) };
    let gateway = Gateway::start(wanted).unwrap();
    let admin = gateway.admin_addr();
    gateway.leave.try_send(()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while !get(admin, "/readyz").contains("draining") {
        assert!(Instant::now() < deadline, "still ready");
    }
    gateway.shutdown().unwrap();
    assert!(TcpStream::connect(admin).is_err(), "nobody listens any more");
}

/// How a gateway ends whose control thread ends so.
fn ended_by(control: fn() -> Result<(), RunError>) -> Result<(), RunError> {
    let folder = Published::new();
    let mut gateway = Gateway::start(options(&folder)).unwrap();
    let real = gateway.control.replace(std::thread::spawn(control)).unwrap();
    // Dropping the gateway tells the real one to leave.
    let ended = gateway.wait();
    real.join().unwrap().unwrap();
    ended
}

#[test]
fn a_control_thread_that_fails_is_no_good_end() {
    assert!(ended_by(|| Ok(())).is_ok());
    let failed = ended_by(|| Err(io::Error::other("no signals").into()));
    assert!(matches!(failed, Err(RunError::System(_))), "{failed:?}");
    let panicked = ended_by(|| std::panic::resume_unwind(Box::new(())));
    assert!(matches!(panicked, Err(RunError::Defect)), "{panicked:?}");
}

#[test]
fn without_a_worker_the_process_ends() {
    let control = |alive: Option<_>, listeners| {
        let (told_leave, told) = tokio::sync::mpsc::channel(2);
        let (kept, ended) = tokio::sync::mpsc::channel(1);
        // Nobody is left, or somebody who is told to leave.
        let kept = alive.map(|()| kept);
        if kept.is_some() {
            told_leave.try_send(()).unwrap();
            told_leave.try_send(()).unwrap();
        }
        let report = Arc::new(Report::new(Keeping::MemoryAlone));
        let admin = Admin { shared: Arc::new(Shared::for_tests()), report, certificate: None };
        let times = DrainTimes { wait: Duration::ZERO, timeout: Duration::ZERO };
        let tokens = Tokens {
            keeper: Arc::default(),
            secrets: Sources { folder: None, environment: |_| None },
            providers: client_config(Arc::new(rustls::RootCertStore::empty())).unwrap(),
        };
        let control = Control { admin: Arc::new(admin), tokens, leave: Leave::WhenTold, told, ended, times };
        let ended = control.run(listeners);
        drop(told_leave);
        ended
    };
    assert!(control(Some(()), Vec::new()).is_ok());
    assert!(matches!(control(None, Vec::new()), Err(RunError::NoWorkers)));
    let broken = vec![threads::broken_listener()];
    assert!(
        matches!(control(Some(()), broken), Err(RunError::System(_))),
        "an endpoint that cannot be served"
    );
}

#[test]
fn a_gateway_that_others_can_reach_knows_who_may_publish() {
    let folder = tempfile::tempdir().unwrap();
    let check = |listen: &str, trust: Trust, expected: &str| {
        let listen = listen.parse().unwrap();
        let found = check_trust(&Options { listen, trust, ..Options::new(folder.path().to_owned()) });
        let said = found.map_or_else(|error| error.to_string(), |()| String::new());
        assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{said}");
    };
    let file = folder.path().join("trust");
    check("127.0.0.1:0", Trust::OnLoopback, "");
    check("[::1]:0", Trust::OnLoopback, "");
    check("0.0.0.0:0", Trust::OnLoopback, "give it --trust FILE");
    check("0.0.0.0:0", Trust::Folder, "");
    check("0.0.0.0:0", Trust::File(file.clone()), "--trust");
    std::fs::write(&file, "threshold 1\n").unwrap();
    check("127.0.0.1:0", Trust::File(file.clone()), "0 keys are named");
    let key = pointsman_schema::snapshot::signing::PublicKey([1; 32]);
    std::fs::write(&file, format!("ed25519 {key} ci\n")).unwrap();
    check("0.0.0.0:0", Trust::File(file), "");
}
