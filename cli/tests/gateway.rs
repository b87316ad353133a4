//! The gateway as a process: ready by a published folder, told to stop by a signal.

#![cfg(test)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A process that is ended when the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already, which is what most tests want.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Publishes the example and starts a gateway on free ports; returns where operators connect. Nobody reads its log after
/// that: a gateway goes on, and drains, without anybody to tell.
fn start(folder: &Path) -> (Running, String) {
    let program = env!("CARGO_BIN_EXE_pointsman");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies-example");
    let compiled = Command::new(program).arg("compile").arg(example).arg("-o").arg(folder).output().unwrap();
    assert!(compiled.status.success());
    let free = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--drain-wait", "0", "--workers", "1"];
    let mut process = Command::new(program)
        .args(["gateway", "--log", "json", "--snapshots"])
        .arg(folder)
        .args(free)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = BufReader::new(process.stderr.take().unwrap());
    let running = Running(process);
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        if let Some(admin) = line["fields"]["admin"].as_str() {
            return (running, admin.to_owned());
        }
    }
    panic!("the gateway ended before it listened");
}

/// Asks an operator endpoint and returns its whole answer.
fn ask(admin: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(admin).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_gateway_serves_a_published_folder_and_ends_cleanly_on_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let (mut gateway, admin) = start(folder.path());
    assert!(ask(&admin, "/livez").starts_with("HTTP/1.1 200"));
    let ready = (0..200).any(|_| ask(&admin, "/readyz").starts_with("HTTP/1.1 200"));
    assert!(ready, "{}", ask(&admin, "/status"));
    assert!(ask(&admin, "/version").contains("0.1.0"));
    assert!(ask(&admin, "/metrics").contains("pointsman"));
    let process = rustix::process::Pid::from_child(&gateway.0);
    rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    assert_eq!(gateway.0.wait().unwrap().code(), Some(0));
}
