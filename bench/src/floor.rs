//! The floor: the least that an AI gateway in Rust can do, in about a hundred lines of hyper.
//!
//! It hashes the key, looks it up, reads `model` and `stream` from the body, swaps the credential and forwards. No rules,
//! no fallback, no limits, no errors worth the name: it is what Pointsman is measured against, and never a product.
//!
//! Read next: [`crate::gateway`], which runs it as a process of its own.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::{
    body::Incoming, client::conn::http1 as client, server::conn::http1 as server, service::service_fn,
};
use hyper_util::rt::TokioIo;
use pointsman_schema::digest::Digest;
use serde::Deserialize;
use tokio::net::{TcpListener, TcpStream};

type Body = UnsyncBoxBody<Bytes, hyper::Error>;
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What one core serves requests with.
struct Floor {
    upstream: SocketAddr,
    /// Consumers by the digest of their key.
    keys: BTreeMap<Digest, String>,
    idle: Mutex<Vec<client::SendRequest<Full<Bytes>>>>,
}

/// The two fields that any gateway has to read.
#[derive(Deserialize)]
struct Asked<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    #[serde(default)]
    stream: bool,
}

/// Serves on one thread until it is killed.
pub(crate) fn run(listen: SocketAddr, upstream: SocketAddr, key_digest: &str) -> io::Result<()> {
    let known = Digest::parse(key_digest).map_err(io::Error::other)?;
    let keys = BTreeMap::from([(known, "bench".to_owned())]);
    let floor = Arc::new(Floor { upstream, keys, idle: Mutex::default() });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let floor = Arc::clone(&floor);
            tokio::spawn(async move {
                let answer = service_fn(|request| forward(&floor, request));
                // A connection that fails is the client's to report.
                drop(server::Builder::new().serve_connection(TokioIo::new(stream), answer).await);
            });
        }
    })
}

async fn forward(floor: &Floor, request: Request<Incoming>) -> Result<Response<Body>, Failure> {
    let (mut head, body) = request.into_parts();
    let key = head.headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    let key = key.strip_prefix(b"Bearer ").unwrap_or_default();
    if !floor.keys.contains_key(&Digest::of(key)) {
        return Ok(plain(401, "who are you?"));
    }
    let body = body.collect().await?.to_bytes();
    let asked: Asked<'_> = serde_json::from_slice(&body)?;
    if asked.model.is_empty() || (asked.stream && body.is_empty()) {
        return Ok(plain(400, "which model?"));
    }
    head.headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer upstream"));
    let request = Request::from_parts(head, Full::new(body));
    let mut sender = floor.sender().await?;
    let response = sender.send_request(request).await?;
    floor.idle().push(sender);
    Ok(response.map(BodyExt::boxed_unsync))
}

impl Floor {
    /// A connection to the upstream that nobody uses at the moment.
    async fn sender(&self) -> Result<client::SendRequest<Full<Bytes>>, Failure> {
        {
            let mut idle = self.idle();
            idle.retain(|sender| !sender.is_closed());
            if let Some(at) = idle.iter().position(client::SendRequest::is_ready) {
                return Ok(idle.swap_remove(at));
            }
        }
        let stream = TcpStream::connect(self.upstream).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = client::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<client::SendRequest<Full<Bytes>>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn plain(status: u16, text: &'static str) -> Response<Body> {
    let mut response = Response::new(
        Full::new(Bytes::from_static(text.as_bytes())).map_err(|never| match never {}).boxed_unsync(),
    );
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response
}
