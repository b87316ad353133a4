//! S23: bombs, floods and clients that never end take bounded room and bounded time.

use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame};
use pointsman_gateway::limits::{BODY_BYTES_MAX, BODY_READ_MAX, HEADERS_MAX};
use pointsman_gateway::pipeline;
use tokio::time::Instant;

use super::route::{HOSTS, asking, body, request, with_body};
use crate::policy;
use crate::stage::{Stage, play};
use crate::upstream::answers;

/// A body of which a piece comes now and then, for ever.
struct Endless {
    piece: Bytes,
    every: Duration,
    timer: Pin<Box<tokio::time::Sleep>>,
}

impl Endless {
    fn new(bytes: usize, every: Duration) -> Self {
        let timer = Box::pin(tokio::time::sleep(every));
        Self { piece: Bytes::from(vec![b' '; bytes]), every, timer }
    }
}

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if !self.every.is_zero() {
            if self.timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            let next = Instant::now() + self.every;
            self.timer.as_mut().reset(next);
        }
        Poll::Ready(Some(Ok(Frame::data(self.piece.clone()))))
    }
}

/// What becomes of a body that never ends.
async fn endless(path: &str, body: Endless) -> (u16, Duration) {
    let path = path.to_owned();
    play(|stage: Stage| async move {
        let began = Instant::now();
        let request = Request::post(path)
            .header("authorization", format!("Bearer {}", policy::key("zoo")))
            .body(body)
            .unwrap();
        let response = pipeline::handle(Rc::clone(&stage.worker), request).await;
        let status = response.status().as_u16();
        drop(response.into_body().collect().await);
        assert_eq!((stage.shared.requests.taken(), stage.shared.bodies.taken()), (0, 0));
        assert!(stage.upstream.hosts().is_empty());
        (status, began.elapsed())
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_ends() {
    for (_, path) in asking() {
        let (status, _) = endless(&path, Endless::new(BODY_BYTES_MAX / 8, Duration::ZERO)).await;
        assert_eq!(status, 413, "{path}");
        let (status, took) = endless(&path, Endless::new(1, Duration::from_secs(1))).await;
        assert_eq!((status, took), (408, BODY_READ_MAX), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_compressed_is_not_unpacked() {
    // Ten bytes that begin like gzip.
    let packed = Bytes::from_static(b"\x1f\x8b\x08\0\0\0\0\0\0\x03");
    for (operation, path) in asking() {
        let path = &*path;
        let (content_type, said) = body(operation);
        let packed = packed.clone();
        play(|stage: Stage| async move {
            let headers = [("content-encoding", "gzip"), ("accept-encoding", "gzip, br")];
            let seen = stage.sends(with_body(path, content_type, &headers, packed)).await;
            assert_eq!(seen.status, 400, "{path}: {}", seen.body);
            assert!(stage.upstream.hosts().is_empty());
            for host in HOSTS {
                stage.says(host, answers("200 OK", "content-encoding: gzip\r\n", "\u{1f}\u{8}\u{0}bomb"));
            }
            let seen = stage.sends(with_body(path, content_type, &headers, said)).await;
            assert!(operation.gives_media() || matches!(seen.status, 404 | 502), "{path}: {}", seen.status);
            for asked in stage.upstream.asked() {
                assert!(asked.contains("accept-encoding: identity\r\n"), "{asked}");
            }
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_headers_or_members_is_refused() {
    for (operation, path) in asking() {
        let path = &*path;
        let names: Vec<String> = (0..HEADERS_MAX).map(|at| format!("x-{at}")).collect();
        let many: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "1")).collect();
        let deep = format!("{{\"model\":\"gpt\",\"x\":{}1{}}}", "[".repeat(200), "]".repeat(200));
        let wide = (0..200).map(|at| format!(",\"m{at}\":1")).collect::<Vec<_>>().concat();
        let wide = format!("{{\"model\":\"gpt\"{wide}}}");
        play(|stage: Stage| async move {
            let seen = stage.sends(request(path, operation, &many)).await;
            assert_eq!(seen.status, 431, "{path}");
            if !operation.takes_form() {
                for said in [deep, wide] {
                    let seen = stage.sends(with_body(path, "application/json", &[], said)).await;
                    assert_eq!(seen.status, 400, "{path}: {}", seen.body);
                }
            }
            assert!(stage.upstream.hosts().is_empty());
        })
        .await;
    }
}
