//! Clients at the door, over loopback: good ones, rude ones, too many, and those that come while it closes.

use std::net::SocketAddr;
use std::rc::Rc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::options::TlsFiles;
use crate::upstream::LocalExecutor;

struct Rig {
    shared: Arc<Shared>,
    certificate: Option<Arc<Certificate>>,
    listener: std::net::TcpListener,
}

impl Rig {
    fn new() -> Self {
        let listener = crate::listen::socket::listen("127.0.0.1:0".parse().unwrap(), 1).unwrap().remove(0);
        Self { shared: Arc::new(Shared::for_tests()), certificate: None, listener }
    }

    fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// Opens the door, whose service answers with the request's path, and runs a test beside it.
    fn run<T>(self, test: impl AsyncFnOnce(SocketAddr, &Shared) -> T) -> T {
        let address = self.address();
        let runtime = crate::threads::local_runtime().unwrap();
        runtime.block_on(async {
            let (shared, certificate) = (Arc::clone(&self.shared), self.certificate);
            let listener = TcpListener::from_std(self.listener).unwrap();
            let door = Door { listener, certificate, shared: Arc::clone(&shared) };
            let echo = service_fn(|request: Request<Incoming>| async move {
                Ok(Response::new(Full::<Bytes>::from(request.uri().path().to_owned())))
            });
            let open = tokio::task::spawn_local(door.run(echo));
            let result = test(address, &shared).await;
            shared.drain.advance(Phase::Closing);
            open.await.unwrap().unwrap();
            assert_eq!(shared.connections.taken(), 0);
            result
        })
    }
}

async fn ask(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    read(stream).await
}

async fn read(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset after the answer is the refused client's problem; what came before counts.
    stream.read_to_end(&mut answer).await.ok();
    String::from_utf8(answer).unwrap()
}

fn check(request: &[u8], expected: &str) {
    let answer = Rig::new().run(async |address, _| ask(address, request).await);
    assert!(answer.starts_with(expected), "{answer}");
}

const LAST: &[u8] = b"GET /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

#[test]
fn heads_within_the_limits_are_served_and_others_refused() {
    let fields = |count: usize, bytes: usize| {
        let value = "x".repeat(bytes);
        let fields: Vec<String> = (0..count).map(|at| format!("x-{at}: {value}\r\n")).collect();
        let fields = fields.concat();
        format!("GET /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{fields}\r\n")
    };
    check(LAST, "HTTP/1.1 200 OK\r\n");
    check(fields(90, 100).as_bytes(), "HTTP/1.1 200 OK\r\n");
    check(fields(110, 1).as_bytes(), "HTTP/1.1 431 ");
    check(fields(2, 40_000).as_bytes(), "HTTP/1.1 431 ");
    check(b"nonsense\r\n\r\n", "HTTP/1.1 400 ");
    check(b"GET /a HTTP/1.1\r\nhost: x\r\n y: folded\r\n\r\n", "HTTP/1.1 400 ");
}

#[test]
fn http_2_by_prior_knowledge() {
    let version = Rig::new().run(async |address, _| {
        let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
        let (mut send, connection) =
            hyper::client::conn::http2::handshake(LocalExecutor, stream).await.unwrap();
        tokio::task::spawn_local(connection);
        let request = Request::get("http://x/b").body(Full::<Bytes>::default()).unwrap();
        send.send_request(request).await.unwrap().version()
    });
    assert_eq!(version, http::Version::HTTP_2);
}

#[test]
fn both_versions_over_tls() {
    for (offered, expected) in [("h2", http::Version::HTTP_2), ("http/1.1", http::Version::HTTP_11)] {
        let (folder, mut rig) = (tempfile::tempdir().unwrap(), Rig::new());
        let pair = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let files = TlsFiles { certificate: folder.path().join("c"), key: folder.path().join("k") };
        std::fs::write(&files.certificate, pair.cert.pem()).unwrap();
        std::fs::write(&files.key, pair.signing_key.serialize_pem()).unwrap();
        rig.certificate = Some(Arc::new(Certificate::read(files).unwrap()));
        let mut roots = rustls::RootCertStore::empty();
        roots.add(pair.cert.der().clone()).unwrap();
        let mut config = Arc::unwrap_or_clone(crate::upstream::tls::client_config(Arc::new(roots)).unwrap());
        config.alpn_protocols = vec![offered.as_bytes().to_vec()];
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let version = rig.run(async |address, _| {
            let stream = TcpStream::connect(address).await.unwrap();
            let name = ServerName::try_from("localhost").unwrap();
            let stream = TokioIo::new(connector.connect(name, stream).await.unwrap());
            let request = Request::get("https://localhost/b").header("host", "localhost");
            let request = request.body(Full::<Bytes>::default()).unwrap();
            if offered == "h2" {
                let (mut send, connection) =
                    hyper::client::conn::http2::handshake(LocalExecutor, stream).await.unwrap();
                tokio::task::spawn_local(connection);
                return send.send_request(request).await.unwrap().version();
            }
            let (mut send, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
            tokio::task::spawn_local(connection);
            send.send_request(request).await.unwrap().version()
        });
        assert_eq!(version, expected);
    }
}

#[test]
fn one_connection_too_many_is_told_so() {
    let answer = Rig::new().run(async |address, shared| {
        let mut held = Vec::new();
        for _ in 0..shared.connections.seats() {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
            stream.readable().await.unwrap();
            held.push(stream);
        }
        read(TcpStream::connect(address).await.unwrap()).await
    });
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after: 1"), "{answer}");
}

#[test]
fn who_is_in_the_queue_when_the_door_closes_is_served() {
    let rig = Rig::new();
    rig.shared.drain.advance(Phase::Closing);
    let clients: Rc<Vec<std::net::TcpStream>> = Rc::new(
        (0..3)
            .map(|_| {
                let mut client = std::net::TcpStream::connect(rig.address()).unwrap();
                std::io::Write::write_all(&mut client, b"GET /queued HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
                client
            })
            .collect(),
    );
    rig.run(async |_, _| {});
    for client in clients.iter() {
        let answer = std::io::read_to_string(client).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("/queued"), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
}

#[test]
fn who_connected_before_the_drain_is_still_answered() {
    let answer = Rig::new().run(async |address, shared| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /late HTTP/1.1\r\n").await.unwrap();
        while shared.connections.taken() == 0 {
            tokio::task::yield_now().await;
        }
        shared.drain.advance(Phase::Closing);
        stream.write_all(b"host: x\r\n\r\n").await.unwrap();
        read(stream).await
    });
    assert!(answer.ends_with("/late") && answer.contains("connection: close"), "{answer}");
}
