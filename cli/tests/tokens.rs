//! A gateway whose provider wants a token: a policy, an issuer and a deployment on Azure, all on loopback.

#![cfg(test)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use pointsman_schema::api_key;
use pointsman_schema::digest::Digest;

/// On a machine with much else to do.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// A process that is ended when the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A server that gives the same answer to every request and tells what it was asked.
fn scripted(answer: &'static str) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut head, mut length) = (String::new(), 0);
            while !head.ends_with("\r\n\r\n") {
                let begun = head.len();
                assert_ne!(stream.read_line(&mut head).unwrap(), 0);
                let value = head[begun..].strip_prefix("content-length: ");
                length = value.map_or(length, |value| value.trim_end().parse().unwrap());
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let stream = stream.get_mut();
            let length = answer.len();
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{answer}").unwrap();
            if tell.send(head + std::str::from_utf8(&body).unwrap()).is_err() {
                return;
            }
        }
    });
    (port, told)
}

/// Sends a request and gives its whole answer.
fn ask(address: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(stream, "{head}\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Compiles a policy and starts a gateway on it; where clients and operators connect.
fn start(folder: &Path, policy: &str) -> (Running, [String; 2]) {
    let program = env!("CARGO_BIN_EXE_pointsman");
    std::fs::create_dir_all(folder.join("policy")).unwrap();
    std::fs::create_dir_all(folder.join("secrets/azure")).unwrap();
    std::fs::write(folder.join("policy/pointsman.yaml"), "pointsman: 1\n").unwrap();
    std::fs::write(folder.join("policy/all.yaml"), policy).unwrap();
    std::fs::write(folder.join("secrets/azure/client"), "client-secret-1\n").unwrap();
    let compile = Command::new(program).current_dir(folder).args(["compile", "policy", "-o", "out"]).output();
    let compiled = compile.unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let free = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--workers", "1"];
    let mut process = Command::new(program)
        .current_dir(folder)
        .args(["gateway", "--log", "json", "--snapshots", "out", "--secrets", "secrets"])
        .args(free)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = BufReader::new(process.stderr.take().unwrap());
    let running = Running(process);
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        let address = |name: &str| line["fields"][name].as_str().map(str::to_owned);
        if let (Some(listen), Some(admin)) = (address("listen"), address("admin")) {
            return (running, [listen, admin]);
        }
    }
    panic!("the gateway ended before it listened");
}

#[test]
fn a_deployment_is_opened_by_a_token_of_entra() {
    let (issuer, asked_for) =
        scripted(r#"{"token_type":"Bearer","expires_in":3599,"access_token":"token-1"}"#);
    let (azure, asked) = scripted(r#"{"id":"1","choices":[{"message":{"content":"hello"}}]}"#);
    let key = api_key::assemble(&[b'7'; api_key::RANDOM_CHARS]);
    let policy = format!(
        r#"
providers:
  azure: {{ protocol: azure-openai, base-url: "http://127.0.0.1:{azure}", api-version: 2024-10-21 }}
credentials:
  azure:
    provider: azure
    secret: "entra:http://127.0.0.1:{issuer}/tenant"
    token: {{ identity: app-1, key: "file:azure/client" }}
models:
  gpt: {{}}
backends:
  azure: {{ model: gpt, provider: azure, credential: azure, upstream-model: west }}
chains:
  main: {{ rules: [{{ name: all, fallback: [azure] }}] }}
consumers:
  app: {{}}
keys:
  app: {{ consumer: app, chain: main, digests: ["sha256:{}"] }}
"#,
        Digest::of(key.as_bytes())
    );
    let folder = tempfile::tempdir().unwrap();
    let (_running, [listen, admin]) = start(folder.path(), &policy);
    let until = Instant::now() + READY_WITHIN;
    while !ask(&admin, "GET /readyz HTTP/1.1", "").starts_with("HTTP/1.1 200") && Instant::now() < until {}
    let status = ask(&admin, "GET /status HTTP/1.1", "");
    // The snapshot waited for it.
    let form = asked_for.recv().unwrap();
    assert!(form.starts_with("POST /tenant/oauth2/v2.0/token HTTP/1.1\r\n"), "{form}");
    assert!(form.contains("client_secret=client-secret-1"), "{form}");
    for part in
        ["\"credential\": \"azure\"", "\"issuer\": \"entra\"", "\"good_for_s\": 3", "\"available\": true"]
    {
        assert!(status.contains(part), "{part}: {status}");
    }
    let head = format!("POST /v1/chat/completions HTTP/1.1\r\nauthorization: Bearer {key}");
    let answer = ask(&listen, &head, r#"{"model":"gpt","messages":[]}"#);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("hello"), "{answer}");
    let asked = asked.recv().unwrap();
    let path = "POST /openai/deployments/west/chat/completions?api-version=2024-10-21 HTTP/1.1\r\n";
    assert!(asked.starts_with(path), "{asked}");
    assert!(asked.contains("\r\nauthorization: Bearer token-1\r\n") && !asked.contains("api-key"), "{asked}");
    for shown in [status, ask(&admin, "GET /metrics HTTP/1.1", ""), answer] {
        assert!(!shown.contains("token-1") && !shown.contains("client-secret-1"), "{shown}");
    }
}
