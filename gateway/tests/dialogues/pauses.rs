//! Pauses before an extra try: what waits takes a seat of the retry budget, and what changed meanwhile is heeded.

use std::time::Duration;

use crate::stage::{Stage, all, play};
use crate::upstream::{answers, completes};

const ASK: &str = r#"{"model": "gpt", "messages": [{"role":"user","content":"hi"}]}"#;
const GOOD: &str = r#"{"id":"1","choices":[{"message":{"content":"hello"}}]}"#;

/// So many requests fail at once and are asked to come back in a second; how many attempts are made in all.
async fn check(requests: usize, attempts: usize) {
    play(|stage: Stage| async move {
        for _ in 0..requests {
            stage.says("one", answers("503 Busy", "retry-after: 1\r\n", ""));
        }
        for _ in requests..attempts {
            stage.says("one", completes(GOOD));
        }
        let served = std::cell::Cell::new(0);
        all((0..requests).map(|_| async {
            if stage.asks("again", ASK).await.status == 200 {
                served.set(served.get() + 1);
            }
        }))
        .await;
        assert_eq!((stage.upstream.asked().len(), served.get()), (attempts, attempts - requests));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn those_that_wait_count_for_the_retry_budget() {
    check(1, 2).await;
    check(3, 6).await;
    check(4, 7).await;
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_opens_during_a_pause_is_heeded() {
    play(|stage: Stage| async move {
        stage.says("one", answers("503 Busy", "retry-after: 4\r\n", ""));
        for _ in 0..4 {
            stage.says("one", answers("500 Oops", "", "")).says("two", completes(GOOD));
        }
        let others = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            for _ in 0..4 {
                assert_eq!(stage.asks("main", ASK).await.status, 200);
            }
        };
        let (paused, ()) = tokio::join!(Box::pin(stage.asks("again", ASK)), Box::pin(others));
        assert_eq!((paused.status, paused.took), (503, Duration::from_secs(4)));
        assert_eq!(
            paused.header("x-pointsman-decision"),
            "chain=again; rule=default; tried=alpha:overloaded"
        );
        let asked = stage.upstream.asked();
        assert_eq!(asked.iter().filter(|text| text.contains("host: one.test")).count(), 5);
    })
    .await;
}
