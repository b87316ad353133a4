//! S23 over HTTP/2: clients that open and reset streams, or send heads that never end, are cut off, and cost a bounded number of
//! requests and bytes.
//!
//! **Source**: CVE-2023-44487 (rapid reset), CVE-2024-27316 and its like (CONTINUATION flood), CVE-2019-9512 (pings).

use std::cell::Cell;
use std::rc::Rc;

use http_body_util::Empty;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::LocalSet;

use super::*;

const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// `GET http://x/`, of HPACK's static table.
const HEAD: &[u8] = b"\x82\x86\x84\x41\x01x";

/// One frame of RFC 9113, section 4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Requests that are open, the most that ever were, and all.
#[derive(Default)]
struct Asked {
    open: Cell<u32>,
    most: Cell<u32>,
    all: Cell<u32>,
}

struct Open(Rc<Asked>);

impl Open {
    fn new(asked: &Rc<Asked>) -> Self {
        asked.open.set(asked.open.get() + 1);
        asked.most.set(asked.most.get().max(asked.open.get()));
        asked.all.set(asked.all.get() + 1);
        Self(Rc::clone(asked))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.set(self.0.open.get() - 1);
    }
}

/// Sends frames for as long as the gateway takes them, at most so many, to a service that never answers; gives how many were
/// sent until the connection ended, and what was asked.
async fn flood(frames: impl Fn(u32) -> Vec<u8>, most: u32) -> (u32, Rc<Asked>) {
    LocalSet::new()
        .run_until(async {
            let (near, far) = tokio::io::duplex(16 << 10);
            let asked = Rc::<Asked>::default();
            let counted = Rc::clone(&asked);
            let service = service_fn(move |_: Request<Incoming>| {
                let open = Open::new(&counted);
                async move {
                    std::future::pending::<()>().await;
                    drop(open);
                    Ok(Response::new(Empty::<Bytes>::new()))
                }
            });
            let serving = tokio::task::spawn_local(plain(far, service, Arc::new(Shared::for_tests())));
            let (mut read, mut write) = tokio::io::split(near);
            // Reads all that it is told, so that nothing waits for it.
            let reading = tokio::task::spawn_local(async move {
                let mut told = Vec::new();
                drop(read.read_to_end(&mut told).await);
            });
            let preface = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &frame(SETTINGS, 0, 0, b"")].concat();
            write.write_all(&preface).await.unwrap();
            let mut sent = 0;
            while sent < most && write.write_all(&frames(sent)).await.is_ok() {
                sent += 1;
            }
            drop(write);
            reading.await.unwrap();
            serving.await.unwrap();
            (sent, asked)
        })
        .await
}

#[tokio::test(start_paused = true)]
async fn streams_that_are_opened_and_reset_end_the_connection() {
    let pair = |at: u32| {
        let stream = at * 2 + 1;
        [
            frame(HEADERS, END_HEADERS | END_STREAM, stream, HEAD),
            frame(RESET, 0, stream, &8_u32.to_be_bytes()),
        ]
        .concat()
    };
    let (sent, asked) = flood(pair, 100_000).await;
    assert!(sent < 10_000, "{sent}");
    assert!(asked.most.get() <= CLIENT_STREAMS_MAX && asked.open.get() == 0, "{}", asked.most.get());
}

#[tokio::test(start_paused = true)]
async fn more_streams_than_are_allowed_are_no_requests() {
    let open = |at: u32| frame(HEADERS, END_HEADERS | END_STREAM, at * 2 + 1, HEAD);
    let (_, asked) = flood(open, 10_000).await;
    assert!(asked.all.get() <= CLIENT_STREAMS_MAX && asked.open.get() == 0, "{}", asked.all.get());
}

#[tokio::test(start_paused = true)]
async fn a_head_that_never_ends_is_given_up() {
    let piece = [&b"\x40\x01a\x7f\x7e"[..], &[b'x'; 253]].concat();
    let block = piece.repeat(32);
    let part = |at: u32| match at {
        0 => frame(HEADERS, END_STREAM, 1, HEAD),
        _ => frame(CONTINUATION, 0, 1, &block),
    };
    let (sent, asked) = flood(part, 100_000).await;
    // A frame has 8 KiB; what the pipe holds was sent, too.
    assert!(sent < 100, "{sent}");
    assert_eq!(asked.all.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn pings_are_answered_one_by_one() {
    let (sent, asked) = flood(|_| frame(PING, 0, 0, b"12345678"), 50_000).await;
    assert_eq!((sent, asked.all.get()), (50_000, 0));
}
