//! Whose time is over: the backend's to begin, between two pieces, and the whole request's as each backend counts it.

use std::rc::Rc;
use std::time::Duration;

use http_body_util::BodyExt as _;
use pointsman_gateway::limits::{AFTER_DONE, HELD_BYTES_FREE};
use pointsman_gateway::pipeline;

use crate::stage::{Seen, Stage, chat, play};
use crate::upstream::{Reply, Step, answers, chunk, completes, streams};

const ASK: &str = r#"{"model": "gpt", "messages": [{"role":"user","content":"hi"}]}"#;
const GOOD: &str = r#"{"id":"1","choices":[{"message":{"content":"hello"}}]}"#;
const ALPHA: usize = 0;
const BETA: usize = 1;

fn check(seen: &Seen, status: u16, tried: &str, took_s: u64) {
    let decision = seen.header("x-pointsman-decision");
    assert_eq!((seen.status, seen.took), (status, Duration::from_secs(took_s)), "{}", seen.body);
    assert_eq!(decision.strip_prefix("chain=main; rule=default; "), Some(tried));
}

fn hangs() -> Reply {
    Reply::Steps(vec![Step::Hang])
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_was_left_no_time_is_not_asked_and_not_blamed() {
    play(|stage: Stage| async move {
        stage.times(BETA, |times| times.total = Duration::from_secs(30));
        for _ in 0..5 {
            stage.says("one", hangs());
            let seen = stage.asks("main", ASK).await;
            check(&seen, 504, "tried=alpha:timeout,beta:timeout", 300);
        }
        assert_eq!(stage.upstream.asked().len(), 5);
        // Alpha's breaker has opened, beta's has not.
        stage.says("two", completes(GOOD));
        check(&stage.asks("main", ASK).await, 200, "backend=beta; skipped=alpha:breaker-open", 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_was_left_little_time_is_not_blamed() {
    play(|stage: Stage| async move {
        stage.times(BETA, |times| times.total = Duration::from_secs(301));
        for _ in 0..5 {
            stage.says("one", hangs()).says("two", hangs());
            let seen = stage.asks("main", ASK).await;
            check(&seen, 504, "tried=alpha:timeout,beta:timeout", 301);
        }
        stage.says("two", completes(GOOD));
        check(&stage.asks("main", ASK).await, 200, "backend=beta; skipped=alpha:breaker-open", 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_used_up_its_own_total_is_blamed_and_another_may_have_longer() {
    play(|stage: Stage| async move {
        stage.times(ALPHA, |times| times.total = Duration::from_secs(30));
        for _ in 0..5 {
            stage.says("one", hangs()).says("two", completes(GOOD));
            check(&stage.asks("main", ASK).await, 200, "backend=beta; tried=alpha:timeout", 30);
        }
        stage.says("two", completes(GOOD));
        check(&stage.asks("main", ASK).await, 200, "backend=beta; skipped=alpha:breaker-open", 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn no_pause_is_waited_for_that_leaves_no_time() {
    play(|stage: Stage| async move {
        stage.times(ALPHA, |times| times.total = Duration::from_secs(3));
        stage.says("one", answers("503 Busy", "retry-after: 5\r\n", "")).says("one", completes(GOOD));
        let seen = stage.asks("again", ASK).await;
        assert_eq!((seen.status, seen.took), (504, Duration::ZERO));
        assert_eq!(stage.upstream.asked().len(), 1);
    })
    .await;
}

/// Alpha's first-token time is 10 s, its pauses may take 60 s.
async fn check_pauses(pauses_s: [u64; 3], expected: &str, took_s: u64) {
    let [head, begin, rest] = pauses_s.map(|pause_s| Step::Wait(Duration::from_secs(pause_s)));
    let say = |text: &str| Step::Say(text.to_owned());
    let (half, other) = GOOD.split_at(20);
    let head_text = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", GOOD.len());
    let steps = vec![head, say(&head_text), begin, say(half), rest, say(other)];
    play(|stage: Stage| async move {
        stage.times(ALPHA, |times| times.answer = Duration::from_secs(10));
        stage.says("one", Reply::Steps(steps)).says("two", completes(GOOD));
        check(&stage.asks("main", ASK).await, 200, expected, took_s);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_time_to_begin_ends_with_the_head_of_an_unstreamed_answer() {
    check_pauses([9, 0, 0], "backend=alpha", 9).await;
    check_pauses([9, 50, 50], "backend=alpha", 109).await;
    check_pauses([11, 0, 0], "backend=beta; tried=alpha:timeout", 10).await;
    check_pauses([0, 61, 0], "backend=beta; tried=alpha:timeout", 60).await;
    check_pauses([0, 0, 61], "backend=beta; tried=alpha:timeout", 60).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_slow_does_not_stretch_the_whole_requests_time() {
    play(|stage: Stage| async move {
        stage.times(ALPHA, |times| times.total = Duration::from_secs(30));
        stage.says("one", completes(&format!("{{\"text\":\"{}\"}}", "x".repeat(900_000))));
        let (_, mut body) = pipeline::handle(Rc::clone(&stage.worker), chat("main", ASK)).await.into_parts();
        let mut is_cut = false;
        while let Some(frame) = body.frame().await {
            is_cut = frame.is_err();
            if is_cut {
                break;
            }
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
        assert!(is_cut);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_held_takes_room_until_the_client_has_it() {
    let large = format!("{{\"text\":\"{}\"}}", "x".repeat(200_000));
    play(|stage: Stage| async move {
        stage.says("one", completes(&large));
        let response = pipeline::handle(Rc::clone(&stage.worker), chat("main", ASK)).await;
        assert_eq!(stage.worker.held().taken(), large.len() - HELD_BYTES_FREE);
        drop(response);
        assert_eq!(stage.worker.held().taken(), 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_comes_after_the_end_of_a_stream_gives_it_no_time() {
    let ask = r#"{"model": "gpt", "stream": true, "messages": []}"#;
    let event = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\ndata: [DONE]\n\n";
    let chatter = (0..20).flat_map(|_| [chunk(": more\n\n"), Step::Wait(AFTER_DONE / 2)]);
    play(|stage: Stage| async move {
        stage.says("one", streams(std::iter::once(chunk(event)).chain(chatter)));
        let seen = stage.asks("main", ask).await;
        assert_eq!((&*seen.body, seen.is_whole, seen.took), (event, true, AFTER_DONE));
    })
    .await;
}
