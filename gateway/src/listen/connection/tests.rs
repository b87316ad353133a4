//! Clients that ask and do not read: each loses what it does not take, and no answer waits for it for ever.

use std::cell::Cell;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::task::LocalSet;
use tokio::time::Instant;

use super::*;
use crate::upstream::LocalExecutor;

/// So many pieces, and a note of its end.
struct Pieces(usize, Rc<Cell<bool>>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(left) = self.0.checked_sub(1) else { return Poll::Ready(None) };
        self.0 = left;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; PIECE])))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        self.1.set(true);
    }
}

const PIECE: usize = 1 << 10;

/// Serves one connection whose answers have so many pieces; `/short` has one.
fn begin(version: Version, pieces: usize) -> (DuplexStream, tokio::task::JoinHandle<()>, Rc<Cell<bool>>) {
    let (near, far) = tokio::io::duplex(4 << 10);
    let ended = Rc::new(Cell::new(false));
    let note = Rc::clone(&ended);
    let service = service_fn(move |request: Request<Incoming>| {
        let is_short = request.uri().path() == "/short";
        let body = if is_short { Pieces(1, Rc::default()) } else { Pieces(pieces, Rc::clone(&note)) };
        async move { Ok(Response::new(body)) }
    });
    let io = TokioIo::new(Patience::new(far));
    let serving = tokio::task::spawn_local(http(io, version, service, Arc::new(Shared::for_tests())));
    (near, serving, ended)
}

/// A client that reads a piece after each of these pauses, then everything; whether it got all of it.
async fn check(pauses_s: &[u64], expected: bool) {
    LocalSet::new()
        .run_until(async {
            let (mut client, serving, ended) = begin(Version::One, 64);
            client.write_all(b"GET /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
            let mut seen = Vec::new();
            for pause in pauses_s {
                tokio::time::sleep(Duration::from_secs(*pause)).await;
                client.read_buf(&mut seen).await.unwrap();
            }
            drop(client.read_to_end(&mut seen).await);
            serving.await.unwrap();
            assert!(ended.get());
            assert_eq!(seen.ends_with(b"\r\n0\r\n\r\n"), expected, "{pauses_s:?}");
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_nothing_is_cut_off_and_a_slow_one_is_not() {
    let max_s = CLIENT_STALL_MAX.as_secs();
    check(&[], true).await;
    check(&[max_s - 1; 4], true).await;
    check(&[max_s + 1], false).await;
    check(&[max_s - 1, max_s + 1], false).await;
}

#[tokio::test(start_paused = true)]
async fn a_stalled_stream_is_reset_and_its_neighbours_are_not() {
    LocalSet::new()
        .run_until(async {
            let (client, serving, ended) = begin(Version::Two, 1 << 10);
            let (mut send, connection) = hyper::client::conn::http2::Builder::new(LocalExecutor)
                .initial_stream_window_size(16 << 10)
                .handshake(TokioIo::new(client))
                .await
                .unwrap();
            tokio::task::spawn_local(connection);
            let get = |uri: &str| Request::get(uri).body(Full::<Bytes>::default()).unwrap();
            let began = Instant::now();
            let stalled = send.send_request(get("http://x/long")).await.unwrap();
            while !ended.get() {
                tokio::time::sleep(Duration::from_secs(1)).await;
                assert!(began.elapsed() < 2 * CLIENT_STALL_MAX, "never given up");
            }
            assert!(began.elapsed() >= CLIENT_STALL_MAX);
            assert!(stalled.into_body().collect().await.is_err());
            let short = send.send_request(get("http://x/short")).await.unwrap();
            assert_eq!(short.into_body().collect().await.unwrap().to_bytes().len(), PIECE);
            serving.abort();
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn what_no_client_takes_does_not_keep_a_connection_open_that_was_asked_to_end() {
    LocalSet::new()
        .run_until(async {
            let (client, serving, ended) = begin(Version::Two, 8);
            // The answer fits what waits for a slow client, so that its task ends long before the client takes it.
            let (mut send, connection) = hyper::client::conn::http2::Builder::new(LocalExecutor)
                .initial_stream_window_size(1 << 10)
                .handshake(TokioIo::new(client))
                .await
                .unwrap();
            tokio::task::spawn_local(connection);
            let request = Request::get("http://x/long").body(Full::<Bytes>::default()).unwrap();
            let held = send.send_request(request).await.unwrap();
            let began = Instant::now();
            serving.await.unwrap();
            assert!(ended.get() && began.elapsed() < 2 * CLIENT_QUIET_MAX + 3 * CLIENT_END_MAX);
            drop(held);
        })
        .await;
}

/// A plain client that sends this and no more: when its connection ends, with a drain from 3 s on.
async fn silent(sent: &[u8], drains: bool) -> Duration {
    LocalSet::new()
        .run_until(async {
            let (mut near, far) = tokio::io::duplex(64);
            near.write_all(sent).await.unwrap();
            let shared = Arc::new(Shared::for_tests());
            let service =
                service_fn(|_: Request<Incoming>| async { Ok(Response::new(Full::<Bytes>::default())) });
            let serving = tokio::task::spawn_local(plain(far, service, Arc::clone(&shared)));
            let began = Instant::now();
            tokio::time::sleep(Duration::from_secs(3)).await;
            if drains {
                shared.drain.advance(Phase::Closing);
            }
            serving.await.unwrap();
            began.elapsed()
        })
        .await
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_waited_for_only_so_long_and_hardly_in_a_drain() {
    for sent in ["", "P", "PRI * HTTP/2.0\r\n"] {
        let (quiet, drained) = (silent(sent.as_bytes(), false).await, silent(sent.as_bytes(), true).await);
        assert!(quiet >= HEAD_READ_MAX && quiet < HEAD_READ_MAX * 2, "{sent:?}: {quiet:?}");
        assert!(drained < Duration::from_secs(3) + LAST_HEAD_READ_MAX * 2, "{sent:?}: {drained:?}");
    }
}
