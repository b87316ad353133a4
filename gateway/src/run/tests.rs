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
    let said = Gateway::start(options).map(Gateway::shutdown).map_err(|error| error.to_string());
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
    gateway.shutdown();
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
    gateway.shutdown();
    assert!(TcpStream::connect(data).is_err(), "nobody listens any more");

    // The next process finds nothing published, only its state.
    std::fs::remove_file(folder.current()).unwrap();
    let gateway = Gateway::start(wanted).unwrap();
    until(gateway.admin_addr(), "/readyz", "HTTP/1.1 200");
    assert_eq!(gateway.generation(), Some(2));
    gateway.shutdown();
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
    gateway.shutdown();
    assert!(TcpStream::connect(admin).is_err(), "nobody listens any more");
}
