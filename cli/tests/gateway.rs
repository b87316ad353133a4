//! The gateway as a process: ready by a published folder, told to stop by a signal.

#![cfg(test)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

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
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies-example");
    let (running, log) = begin(&example, folder);
    let admin = log.lines().find_map(|line| field(&line.unwrap(), "admin"));
    (running, admin.expect("the gateway ended before it listened"))
}

/// Publishes a policy and starts a gateway on it; returns its log.
fn begin(policy: &Path, folder: &Path) -> (Running, BufReader<ChildStderr>) {
    let program = env!("CARGO_BIN_EXE_pointsman");
    let compiled = Command::new(program).arg("compile").arg(policy).arg("-o").arg(folder).output().unwrap();
    assert!(compiled.status.success(), "{compiled:?}");
    let free = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--drain-wait", "0", "--workers", "1"];
    let mut process = Command::new(program)
        .args(["gateway", "--log", "json", "--snapshots"])
        .arg(folder)
        .args(free)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = BufReader::new(process.stderr.take().unwrap());
    (Running(process), log)
}

/// A field of a line of the log.
fn field(line: &str, name: &str) -> Option<String> {
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    line["fields"][name].as_str().map(str::to_owned)
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
fn the_log_names_what_is_missing_and_what_fails() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy");
    std::fs::create_dir(&policy).unwrap();
    std::fs::write(policy.join("pointsman.yaml"), "pointsman: 1\n").unwrap();
    let key = pointsman_schema::api_key::assemble(&[b'0'; 30]);
    let digest = pointsman_schema::api_key::digest(key.as_bytes());
    // Nobody listens on the first port of all.
    let text = format!(
        "providers:\n  away: {{ protocol: openai-compatible, base-url: http://127.0.0.1:1/v1 }}\n  \
         openai: {{ protocol: openai, base-url: https://api.openai.com/v1 }}\n\
         credentials: {{ openai: {{ provider: openai, secret: env:POINTSMAN_TEST_NOT_SET }} }}\n\
         models: {{ m: {{}} }}\n\
         backends:\n  away-m: {{ model: m, provider: away }}\n  \
         openai-m: {{ model: m, provider: openai, credential: openai }}\n\
         chains: {{ main: {{ rules: [{{ name: all, fallback: [away-m, openai-m] }}] }} }}\n\
         consumers: {{ app: {{}} }}\n\
         keys: {{ app: {{ consumer: app, chain: main, digests: [\"sha256:{digest}\"] }} }}\n"
    );
    std::fs::write(policy.join("all.yaml"), text).unwrap();
    let (_running, log) = begin(&policy, &folder.path().join("snapshots"));
    let (mut listen, mut is_missing_told) = (None, false);
    for line in log.lines() {
        let line = line.unwrap();
        is_missing_told |= line.contains("POINTSMAN_TEST_NOT_SET");
        listen = listen.or_else(|| field(&line, "listen"));
        if let (Some(listen), true) = (&listen, is_missing_told) {
            is_missing_told = false;
            let body = r#"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#;
            let mut stream = TcpStream::connect(listen).unwrap();
            let length = body.len();
            write!(
                stream,
                "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-length: {length}\r\n\r\n{body}"
            )
            .unwrap();
            // Open until the answer is there.
            drop(std::thread::spawn(move || stream.read_to_end(&mut Vec::new())));
        }
        if line.contains("an attempt failed") {
            let told = |name| field(&line, name).unwrap();
            assert_eq!((&*told("backend"), &*told("outcome")), ("away-m", "connect"), "{line}");
            assert!(told("why").starts_with("no connection"), "{line}");
            return;
        }
    }
    panic!("the log ended");
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
