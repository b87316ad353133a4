//! Streamed answers: held back until their first content, then passed on byte by byte, and never ended in silence.

use std::time::Duration;

use pointsman_gateway::drain::Phase;

use crate::stage::{Seen, Stage, play};
use crate::upstream::{Reply, Step, answers, chunk, end, pause_s, streams};

const ASK: &str = r#"{"model":"gpt","stream":true,"messages":[]}"#;
const ROLE: &str = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
const ONE: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"one\"}}]}\n\n";
const TWO: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"two\"}}]}\n\n";
const DONE: &str = "data: [DONE]\n\n";
const ERROR: &str = "data: {\"error\":{\"message\":\"acct-9 fell over\",\"code\":503}}\n\n";
const BAD_KEY: &str = "data: {\"error\":{\"message\":\"wrong key\",\"type\":\"invalid_request_error\",\"code\":\"invalid_api_key\"}}\n\n";
const REPEATS_KEY: &str =
    "data: {\"error\":{\"message\":\"I got sk-KEY_ONE\",\"type\":\"invalid_request_error\"}}\n\n";
const WAITING: &str = ": waiting\n\n";

fn good() -> Reply {
    streams([chunk(ROLE), chunk(ONE), chunk(TWO), chunk(DONE), end()])
}

fn all() -> String {
    [ROLE, ONE, TWO, DONE].concat()
}

/// Two hosts say, the client sees this status and body; the code of an error that ends a stream stands for it.
async fn check(one: Reply, two: Option<Reply>, body: &str) -> Seen {
    play(|stage: Stage| async move {
        stage.says("one", one);
        if let Some(two) = two {
            stage.says("two", two);
        }
        let seen = stage.asks("main", ASK).await;
        let (events, code) = split_error(&seen.body);
        assert_eq!(format!("{events}{code}"), body);
        assert!(seen.status == 200 && seen.is_whole);
        assert_eq!(seen.header("content-type").split(';').next(), Some("text/event-stream"));
        assert_eq!(seen.header("cache-control"), "no-cache");
        assert_eq!(stage.shared.requests.taken(), 0);
        seen
    })
    .await
}

/// The events before an error of ours, and its code.
fn split_error(body: &str) -> (&str, String) {
    let Some(at) = body.find("data: {\"error\"") else { return (body, String::new()) };
    let error: serde_json::Value = serde_json::from_str(body[at + 6..].trim_end()).unwrap();
    (&body[..at], error["error"]["code"].as_str().unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_passed_on_byte_by_byte() {
    let seen = check(good(), None, &all()).await;
    assert_eq!(seen.header("x-pointsman-decision"), "chain=main; rule=default; backend=alpha");
    let odd = ": hi\r\n\r\nevent: x\r\ndata: {\"choices\":[{\"delta\":{\"refusal\":\"no\"}}]}\r\n\r\ndata:[DONE]\r\r";
    check(streams([chunk(odd), end()]), None, odd).await;
    let empty = [ROLE, DONE].concat();
    check(streams([chunk(&empty), end()]), None, &empty).await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_may_be_cut_into_chunks_anywhere() {
    let text = all();
    for at in 1..text.len() {
        let reply = streams([chunk(&text[..at]), pause_s(1), chunk(&text[at..]), end()]);
        check(reply, None, &text).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_early_says_so_wherever_it_ends() {
    let text = all();
    let committed = ROLE.len() + ONE.len();
    for at in 1..text.len() {
        let cut = || streams([chunk(&text[..at]), Step::Close]);
        if at < committed {
            // Nothing was committed, so nobody sees it.
            let seen = check(cut(), Some(good()), &all()).await;
            assert!(seen.header("x-pointsman-decision").ends_with("backend=beta; tried=alpha:cut-stream"));
            continue;
        }
        let kept = [ROLE, ONE, TWO].concat();
        let kept = if at < kept.len() { &kept[..committed] } else { &*kept };
        check(cut(), None, &format!("{kept}upstream_cut")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn before_the_first_content_every_failure_falls_back() {
    let cases = [
        (Reply::Refuse, "connect"),
        (answers("500 Oops", "", ""), "server-error"),
        (answers("200 OK", "content-type: application/json\r\n", "{}"), "server-error"),
        (streams([chunk(ERROR), end()]), "overloaded"),
        (streams([chunk(ROLE), chunk(ERROR), end()]), "overloaded"),
        (streams([chunk(ROLE), chunk(BAD_KEY), end()]), "dead-credential"),
        (streams([chunk(ROLE), end()]), "cut-stream"),
        (streams((0..600).map(|_| chunk(ROLE)).chain([end()])), "server-error"),
        (streams([chunk(&format!(":{}\n\n", "x".repeat(300_000))), end()]), "server-error"),
    ];
    for (reply, outcome) in cases {
        let seen = check(reply, Some(good()), &all()).await;
        let decision = format!("chain=main; rule=default; backend=beta; tried=alpha:{outcome}");
        assert_eq!(seen.header("x-pointsman-decision"), decision);
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_first_content_a_failure_is_an_event() {
    let begun = [ROLE, ONE].concat();
    let error = streams([chunk(&begun), chunk(&[TWO, ERROR].concat()), end()]);
    let seen = check(error, None, &format!("{begun}{TWO}upstream_overloaded")).await;
    assert!(!seen.body.contains("acct-9"), "{}", seen.body);
    let bad_key = streams([chunk(&begun), chunk(BAD_KEY), end()]);
    let seen = check(bad_key, None, &format!("{begun}upstream_credential")).await;
    assert!(!seen.body.contains("wrong key"), "{}", seen.body);
    let repeats = streams([chunk(&begun), chunk(REPEATS_KEY), end()]);
    let seen = check(repeats, None, &format!("{begun}invalid_request")).await;
    assert!(!seen.body.contains("KEY_ONE"), "{}", seen.body);
    let no_done = streams([chunk(&begun), end()]);
    check(no_done, None, &format!("{begun}upstream_cut")).await;
    let silent = streams([chunk(&begun), Step::Hang]);
    let seen = check(silent, None, &format!("{begun}upstream_timeout")).await;
    assert_eq!(seen.took, Duration::from_mins(1));
}

#[tokio::test(start_paused = true)]
async fn a_slow_stream_is_not_a_dead_one() {
    let begun = [ROLE, ONE].concat();
    let steps = (0..8).flat_map(|_| [pause_s(55), chunk(TWO)]);
    let reply = streams(std::iter::once(chunk(&begun)).chain(steps).chain([chunk(DONE), end()]));
    check(reply, None, &format!("{begun}{}{DONE}", TWO.repeat(8))).await;
    let steps = (0..20).flat_map(|_| [pause_s(55), chunk(TWO)]);
    let reply = streams(std::iter::once(chunk(&begun)).chain(steps));
    let seen = check(reply, None, &format!("{begun}{}upstream_timeout", TWO.repeat(10))).await;
    assert_eq!(seen.took, Duration::from_mins(10));
}

#[tokio::test(start_paused = true)]
async fn an_end_marker_ends_the_stream_even_if_the_upstream_does_not() {
    let seen = check(streams([chunk(&all()), Step::Hang]), None, &all()).await;
    assert_eq!(seen.took, Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_waits_gets_comments_and_still_a_fallback() {
    let late = streams([pause_s(20), chunk(&all()), end()]);
    let seen = check(late, None, &format!("{WAITING}{}", all())).await;
    assert_eq!(seen.header("x-pointsman-decision"), "");
    let never = streams([chunk(ROLE), Step::Hang]);
    let seen = check(never, Some(good()), &format!("{}{}", WAITING.repeat(4), all())).await;
    assert_eq!(seen.took, Duration::from_mins(1));
    let (never, refused) = (Reply::Steps(vec![Step::Hang]), answers("400 No", "", "{}"));
    check(never, Some(refused), &format!("{}invalid_request", WAITING.repeat(4))).await;
}

#[tokio::test(start_paused = true)]
async fn at_the_end_of_a_drain_a_stream_is_told_so() {
    play(|stage: Stage| async move {
        stage.says("one", streams([chunk(&[ROLE, ONE].concat()), Step::Hang]));
        let asking = stage.asks("main", ASK);
        let draining = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            stage.shared.drain.advance(Phase::Over);
        };
        let (seen, ()) = tokio::join!(asking, draining);
        let (events, code) = split_error(&seen.body);
        assert_eq!((events, &*code), (&*[ROLE, ONE].concat(), "gateway_stopping"));
        assert_eq!(seen.took, Duration::from_secs(3));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_away_ends_the_stream_upstream() {
    play(|stage: Stage| async move {
        stage.says("one", streams([chunk(&[ROLE, ONE].concat()), Step::Hang]));
        let gone = tokio::time::timeout(Duration::from_secs(1), stage.asks("main", ASK)).await;
        assert!(gone.is_err());
        tokio::task::yield_now().await;
        assert_eq!((stage.upstream.abandoned(), stage.worker.connections_kept()), (1, 0));
    })
    .await;
}
