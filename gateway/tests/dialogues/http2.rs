//! Providers that speak HTTP/2: streams share connections up to a number, and a further connection is made past it.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use pointsman_gateway::limits::{
    IDLE_CONNECTION_AGE_MAX, STREAMS_PER_CONNECTION_MAX, UPSTREAM_PING_EVERY, UPSTREAM_PING_MAX,
};
use pointsman_gateway::upstream::LocalExecutor;
use pointsman_gateway::upstream::connect::{Connect, Connected, Connecting, Version};
use pointsman_gateway::upstream::target::Endpoint;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::stage::{Stage, all, play_over};

const WHOLE: &str = r#"{"model":"gpt","messages":[]}"#;
const STREAM: &str = r#"{"model":"gpt","stream":true,"messages":[]}"#;
const EVENTS: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\ndata: [DONE]\n\n";

/// Answers every request after a second.
#[derive(Default)]
struct Provider {
    connections: Cell<usize>,
    /// Makes all connections silent that there are.
    cut: Notify,
    asked: RefCell<Vec<String>>,
}

struct Wires(Rc<Provider>);

impl Connect for Wires {
    fn connect<'a>(&'a self, _: &'a Endpoint, _: Instant) -> Connecting<'a> {
        let (near, far) = tokio::io::duplex(1 << 20);
        let provider = Rc::clone(&self.0);
        provider.connections.set(provider.connections.get() + 1);
        let answering = Rc::clone(&provider);
        let service = service_fn(move |request| answer(Rc::clone(&answering), request));
        let serving = http2::Builder::new(LocalExecutor).serve_connection(TokioIo::new(far), service);
        tokio::task::spawn_local(async move {
            let mut serving = pin!(serving);
            tokio::select! {
                _ = serving.as_mut() => {}
                () = provider.cut.notified() => std::future::pending().await,
            }
        });
        Box::pin(async move { Ok(Connected { io: Box::new(near), version: Version::Http2 }) })
    }
}

async fn answer(
    provider: Rc<Provider>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8(body.to_vec()).unwrap();
    let authorization = head.headers["authorization"].to_str().unwrap().to_owned();
    provider.asked.borrow_mut().push(format!("{} {authorization} {text}", head.uri));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let streams = text.contains("stream");
    let (media, body) = if streams { ("text/event-stream", EVENTS) } else { ("application/json", "{}") };
    Ok(Response::builder()
        .header("content-type", media)
        .body(Full::new(Bytes::from_static(body.as_bytes())))
        .unwrap())
}

/// So many requests at once need so many connections, and so many more of the same need none.
async fn check(requests: usize, connections: usize) {
    let provider = Rc::new(Provider::default());
    play_over(Rc::new(Wires(Rc::clone(&provider))), |stage: Stage| async move {
        // The first makes a connection that the others find.
        assert_eq!(stage.asks("main", WHOLE).await.body, "{}");
        for _ in 0..2 {
            let asking = (0..requests).map(|at| {
                let stage = &stage;
                async move {
                    tokio::time::sleep(Duration::from_millis(u64::try_from(at).unwrap())).await;
                    let seen = stage.asks("main", if at % 2 == 0 { STREAM } else { WHOLE }).await;
                    assert_eq!((seen.status, &*seen.body), (200, if at % 2 == 0 { EVENTS } else { "{}" }));
                }
            });
            all(asking).await;
            assert_eq!(provider.connections.get(), connections);
        }
        let first =
            "http://one.test/v1/chat/completions Bearer sk-KEY_ONE {\"model\":\"alpha-7b\",\"messages\":[]}";
        assert_eq!(provider.asked.borrow()[0], first);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn streams_share_connections_up_to_a_number() {
    let most = usize::try_from(STREAMS_PER_CONNECTION_MAX).unwrap();
    check(7, 1).await;
    check(most, 1).await;
    check(most + 1, 2).await;
}

#[tokio::test(start_paused = true)]
async fn of_connections_opened_at_once_one_is_kept_and_not_for_long() {
    let provider = Rc::new(Provider::default());
    play_over(Rc::new(Wires(Rc::clone(&provider))), |stage: Stage| async move {
        all((0..40).map(|_| async { assert_eq!(stage.asks("main", WHOLE).await.body, "{}") })).await;
        assert_eq!(stage.worker.connections_kept(), 1);
        tokio::time::sleep(IDLE_CONNECTION_AGE_MAX).await;
        stage.worker.refresh();
        assert_eq!(stage.worker.connections_kept(), 0);
    })
    .await;
}

/// A provider that answers the first request of each connection and says of every other that it did nothing with it.
struct Refusing(Cell<usize>);

impl Connect for Refusing {
    fn connect<'a>(&'a self, _: &'a Endpoint, _: Instant) -> Connecting<'a> {
        self.0.set(self.0.get() + 1);
        let (near, far) = tokio::io::duplex(1 << 20);
        tokio::task::spawn_local(async move {
            let mut serving = h2::server::handshake(far).await.unwrap();
            let mut is_first = true;
            while let Some(Ok((_, mut respond))) = serving.accept().await {
                if std::mem::take(&mut is_first) {
                    let head =
                        Response::builder().header("content-type", "application/json").body(()).unwrap();
                    respond.send_response(head, false).unwrap().send_data("{}".into(), true).unwrap();
                } else {
                    respond.send_reset(h2::Reason::REFUSED_STREAM);
                }
            }
        });
        Box::pin(async move { Ok(Connected { io: Box::new(near), version: Version::Http2 }) })
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_provider_did_nothing_with_is_sent_again() {
    let provider = Rc::new(Refusing(Cell::new(0)));
    let connect: Rc<dyn Connect> = Rc::<Refusing>::clone(&provider);
    play_over(connect, |stage: Stage| async move {
        for asked in 1..4 {
            assert_eq!(stage.asks("main", WHOLE).await.body, "{}");
            assert_eq!((provider.0.get(), stage.worker.connections_kept()), (asked, 1));
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_went_silent_is_noticed_long_before_the_answer_is_due() {
    let provider = Rc::new(Provider::default());
    play_over(Rc::new(Wires(Rc::clone(&provider))), |stage: Stage| async move {
        assert_eq!(stage.asks("main", WHOLE).await.body, "{}");
        provider.cut.notify_waiters();
        let seen = stage.asks("main", WHOLE).await;
        let decision = "chain=main; rule=default; backend=beta; tried=alpha:server-error";
        assert_eq!((seen.status, seen.header("x-pointsman-decision")), (200, decision));
        let most = UPSTREAM_PING_EVERY + UPSTREAM_PING_MAX + Duration::from_secs(2);
        assert!(seen.took < most, "{:?}", seen.took);
        // The silent one is not used again.
        assert!(stage.asks("main", WHOLE).await.took < Duration::from_secs(2));
    })
    .await;
}
