//! What plays: one worker of the gateway with its policy, a client and the scripted upstream.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use pointsman_gateway::breaker::Registry;
use pointsman_gateway::capacity::Capacity;
use pointsman_gateway::drain::Drain;
use pointsman_gateway::metrics::{Metrics, Scrape};
use pointsman_gateway::pipeline::{self, Clock, Worker};
use pointsman_gateway::request_id::Dice;
use pointsman_gateway::room::Room;
use pointsman_gateway::secrets::Sources;
use pointsman_gateway::serving::Serving;
use pointsman_gateway::serving::credential::Credential;
use pointsman_gateway::serving::translating::Translating;
use pointsman_gateway::shared::Shared;
use pointsman_gateway::slot::Slot;
use pointsman_gateway::token::keeper::Keeper;
use pointsman_gateway::upstream::connect::Connect;
use pointsman_gateway::upstream::target::{Target, Times};
use pointsman_schema::snapshot::Verified;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::policy;
use crate::upstream::{Reply, Upstream, Wires};

/// See the module.
pub(crate) struct Stage {
    pub(crate) worker: Rc<Worker>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) upstream: Rc<Upstream>,
}

/// What a client sees.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// Whether the body came to its end.
    pub(crate) is_whole: bool,
    pub(crate) took: Duration,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The error's code.
    pub(crate) fn code(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        body["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Plays with another way to connect.
pub(crate) async fn play_over<F: Future>(
    connect: Rc<dyn Connect>,
    scene: impl FnOnce(Stage) -> F,
) -> F::Output {
    LocalSet::new().run_until(async { scene(Stage::new(Rc::default(), connect)).await }).await
}

/// Plays with the time of the runtime, which must be paused.
pub(crate) async fn play<F: Future>(scene: impl FnOnce(Stage) -> F) -> F::Output {
    let upstream = Rc::new(Upstream::default());
    let wires = Rc::new(Wires(Rc::clone(&upstream)));
    LocalSet::new().run_until(async { scene(Stage::new(upstream, wires)).await }).await
}

impl Stage {
    fn new(upstream: Rc<Upstream>, connect: Rc<dyn Connect>) -> Self {
        let shared = Arc::new(Shared {
            slot: Arc::new(Slot::default()),
            metrics: Arc::new(Metrics::default()),
            requests: Capacity::new(256),
            bodies: Room::new(40 << 20),
            connections: Capacity::new(8),
            drain: Arc::new(Drain::default()),
            backends: Arc::new(Registry::default()),
            limits: Arc::default(),
            authorities: Arc::new(rustls::RootCertStore::empty()),
        });
        shared.slot.publish(Arc::new(serving(&shared, policy::snapshot())));
        let clock = Clock::From { unix: Duration::from_hours(500_000), at: Instant::now() };
        let worker = Worker::with(Arc::clone(&shared), connect, Dice::seeded(7), clock);
        Self { worker, shared, upstream }
    }

    /// The upstream says; hosts are `one` to `five`.
    pub(crate) fn says(&self, host: &str, reply: Reply) -> &Self {
        self.upstream.script(&format!("{host}.test"), reply);
        self
    }

    /// From now on, the backend with this number has other times.
    pub(crate) fn times(&self, backend: usize, change: impl FnOnce(&mut Times)) -> &Self {
        self.target(backend, |target| change(&mut target.times))
    }

    /// From now on, the backend with this number is another.
    pub(crate) fn target(&self, backend: usize, change: impl FnOnce(&mut Target)) -> &Self {
        let mut serving = serving(&self.shared, policy::snapshot());
        change(&mut serving.backends[backend]);
        self.shared.slot.publish(Arc::new(serving));
        self
    }

    /// From now on, this policy is in force.
    pub(crate) fn follows(&self, snapshot: Verified) -> &Self {
        self.shared.slot.publish(Arc::new(serving(&self.shared, snapshot)));
        self
    }

    /// What the gateway has counted, as `/metrics` shows it.
    pub(crate) fn metrics(&self) -> String {
        let scrape = Scrape {
            metrics: Arc::clone(&self.shared.metrics),
            requests: Arc::clone(&self.shared.requests),
            connections: Arc::clone(&self.shared.connections),
            backends: Arc::clone(&self.shared.backends),
        };
        scrape.text().unwrap()
    }

    /// The client asks with this key's name and body.
    pub(crate) async fn asks(&self, key: &str, body: &str) -> Seen {
        self.sends(chat(key, body)).await
    }

    pub(crate) async fn sends(&self, request: Request<Full<Bytes>>) -> Seen {
        let began = Instant::now();
        let response = pipeline::handle(Rc::clone(&self.worker), request).await;
        let (head, mut body) = response.into_parts();
        let (mut text, mut is_whole) = (Vec::new(), true);
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => text.extend_from_slice(&frame.into_data().unwrap()),
                Err(_) => is_whole = false,
            }
            if !is_whole {
                break;
            }
        }
        Seen {
            status: head.status.as_u16(),
            headers: head.headers,
            body: String::from_utf8(text).unwrap(),
            is_whole,
            took: began.elapsed(),
        }
    }

    /// The client sends raw bytes through a real HTTP/1.1 connection, and sees raw bytes.
    pub(crate) async fn raw(&self, bytes: &str) -> String {
        let (mut near, far) = tokio::io::duplex(1 << 20);
        let worker = Rc::clone(&self.worker);
        let service = service_fn(move |request| {
            let worker = Rc::clone(&worker);
            async move { Ok::<_, std::convert::Infallible>(pipeline::handle(worker, request).await) }
        });
        let serving = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(far), service);
        let serving = tokio::task::spawn_local(async move { drop(serving.await) });
        near.write_all(bytes.as_bytes()).await.unwrap();
        let mut seen = Vec::new();
        // Where the connection stays open, what came until then.
        drop(tokio::time::timeout(Duration::from_secs(1), near.read_to_end(&mut seen)).await);
        serving.abort();
        String::from_utf8(seen).unwrap()
    }
}

/// Drives all futures at once.
pub(crate) async fn all<F: Future<Output = ()>>(futures: impl IntoIterator<Item = F>) {
    let mut open: Vec<_> = futures.into_iter().map(Box::pin).collect();
    std::future::poll_fn(|context| {
        open.retain_mut(|one| one.as_mut().poll(context).is_pending());
        if open.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

/// A chat request.
pub(crate) fn chat(key: &str, body: &str) -> Request<Full<Bytes>> {
    Request::post("/v1/chat/completions")
        .header("authorization", format!("Bearer {}", policy::key(key)))
        .header("cookie", "secret=1")
        .header("x-forwarded-for", "10.0.0.1")
        .header("traceparent", "00-1-2-01")
        .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
        .unwrap()
}

/// Bedrock is opened by access keys.
fn secret(variable: &str) -> String {
    if variable == "KEY_VIA" {
        format!("AKIAIOSFODNN7EXAMPLE:sk-{variable}")
    } else {
        format!("sk-{variable}")
    }
}

fn serving(shared: &Shared, snapshot: Verified) -> Serving {
    let view = snapshot.view();
    let sources = Sources { folder: None, environment: |name| Some(secret(name).into()) };
    let backends = Target::all(&view, &shared.backends.states(&view)).unwrap();
    Serving {
        signers: Vec::new(),
        credentials: Credential::all(&view, &sources, &Keeper::default()),
        translating: Translating::new(&view),
        backends,
        limiting: shared.limits.limiting(&view),
        snapshot_header: HeaderValue::from_static("abc"),
        generation: 1,
        loaded: SystemTime::UNIX_EPOCH,
        snapshot,
    }
}
