//! Unstreamed answers: what is sent, what comes back, and what is tried when it goes wrong.

use std::time::Duration;

use pointsman_gateway::limits::HELD_BYTES_MAX;

use crate::stage::{Seen, Stage, chat, play};
use crate::upstream::{Reply, Step, answers, completes};

const ASK: &str = r#"{"model": "gpt", "messages": [{"role":"user","content":"hi"}]}"#;
const GOOD: &str = r#"{"id":"1","choices":[{"message":{"content":"hello"}}]}"#;
const BUSY: &str =
    r#"{"error":{"message":"org-77 is over its limit","type":"requests","code":"rate_limit_exceeded"}}"#;
const BAD_KEY: &str =
    r#"{"error":{"message":"wrong key sk-K**E","type":"invalid_request_error","code":"invalid_api_key"}}"#;

fn check(seen: &Seen, status: u16, body: &str, decision: &str) {
    assert_eq!((seen.status, &*seen.body), (status, body));
    assert_eq!(seen.header("x-pointsman-decision"), decision);
    assert!(seen.is_whole);
}

#[tokio::test(start_paused = true)]
async fn a_request_is_forwarded_with_our_model_name_and_our_credential() {
    play(|stage: Stage| async move {
        stage.says("one", completes(GOOD));
        let seen = stage.asks("main", ASK).await;
        check(&seen, 200, GOOD, "chain=main; rule=default; backend=alpha");
        assert_eq!(seen.header("content-type"), "application/json");
        assert_eq!(seen.header("x-pointsman-snapshot"), "abc");
        assert_eq!(seen.header("x-pointsman-request-id").len(), 36);
        assert_eq!(seen.header("x-request-id"), seen.header("request-id"));
        assert_eq!((seen.header("set-cookie"), seen.header("openai-organization")), ("", ""));
        let asked = stage.upstream.asked().remove(0);
        let (head, body) = asked.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, ASK.replace("\"gpt\"", "\"alpha-7b\""));
        assert!(head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{head}");
        for line in [
            "host: one.test",
            "authorization: Bearer sk-KEY_ONE",
            "accept-encoding: identity",
            "traceparent: 00-1-2-01",
        ] {
            assert!(head.lines().any(|one| one == line), "{line}\n{head}");
        }
        for name in ["cookie", "x-forwarded-for", "pmk_live"] {
            assert!(!head.contains(name), "{name}\n{head}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_used_again_and_a_closed_one_is_not() {
    play(|stage: Stage| async move {
        stage.says("one", completes(GOOD)).says("one", completes(GOOD));
        stage.asks("main", ASK).await;
        stage.asks("main", ASK).await;
        assert_eq!((stage.upstream.connections(), stage.worker.connections_kept()), (1, 1));
        let Reply::Steps(mut steps) = completes(GOOD) else { unreachable!() };
        steps.push(Step::Close);
        stage.says("one", Reply::Steps(steps)).says("one", completes(GOOD));
        assert_eq!(stage.asks("main", ASK).await.status, 200);
        assert_eq!(stage.asks("main", ASK).await.status, 200);
        assert_eq!(stage.upstream.connections(), 2);
        tokio::time::sleep(Duration::from_mins(1)).await;
        stage.worker.refresh();
        assert_eq!(stage.worker.connections_kept(), 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_request_is_sent_again_only_where_the_connection_ended_at_once() {
    let cases = [
        (900, "chain=main; rule=default; backend=alpha", 2),
        (1_100, "chain=main; rule=default; backend=beta; tried=alpha:server-error", 2),
    ];
    for (after_ms, decision, connections) in cases {
        play(|stage: Stage| async move {
            stage.says("one", completes(GOOD));
            stage.asks("main", ASK).await;
            let ends = vec![Step::Wait(Duration::from_millis(after_ms)), Step::Close];
            stage.says("one", Reply::Steps(ends)).says("one", completes(GOOD)).says("two", completes(GOOD));
            check(&stage.asks("main", ASK).await, 200, GOOD, decision);
            assert_eq!(stage.upstream.connections(), connections);
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_large_answer_is_held_only_while_there_is_room() {
    for (taken, is_whole) in [(0, true), (HELD_BYTES_MAX - 100_000, true), (HELD_BYTES_MAX, false)] {
        play(|stage: Stage| async move {
            let mut space = stage.worker.held().space();
            assert!(space.grow(taken));
            let begun =
                format!("HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n{{\"a\":\"{}", "x".repeat(100_000));
            stage.says("one", Reply::Steps(vec![Step::Say(begun), Step::Close])).says("two", completes(GOOD));
            let seen = stage.asks("main", ASK).await;
            assert_eq!((seen.status, seen.is_whole, seen.body == GOOD), (200, is_whole, is_whole));
            assert_eq!(stage.worker.held().taken(), taken);
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_recoverably_goes_on_to_the_next_backend() {
    let steps = |text: &str, last: Step| Reply::Steps(vec![Step::Say(text.to_owned()), last]);
    let cases = [
        (Reply::Refuse, "connect"),
        (Reply::Ignore, "timeout"),
        (answers("429 Too Many", "", BUSY), "rate-limited"),
        (answers("500 Oops", "", "<html>"), "server-error"),
        (answers("503 Busy", "", ""), "overloaded"),
        (answers("529 Busy", "", ""), "overloaded"),
        (answers("408 Late", "", ""), "timeout"),
        (answers("409 Conflict", "", ""), "server-error"),
        (answers("302 Found", "location: http://169.254.169.254/\r\n", ""), "server-error"),
        (answers("401 No", "", r#"{"error":{"message":"bad key sk-KEY_ONE"}}"#), "dead-credential"),
        (answers("400 No", "", BAD_KEY), "dead-credential"),
        (answers("200 OK", "", BAD_KEY), "dead-credential"),
        (answers("200 OK", "content-type: text/html\r\n", "<html>"), "server-error"),
        (answers("200 OK", "content-type: application/json\r\n", ""), "server-error"),
        (answers("200 OK", "", r#"{"error":{"code":503,"message":"x"}}"#), "overloaded"),
        (steps("HTTP/1.1 200 OK\r\ncontent-length: 60\r\n\r\n{\"id\":", Step::Close), "cut-stream"),
        (steps("HTTP/1.1 200 OK\r\n\r\n{\"id\":1", Step::Close), "cut-stream"),
        (steps("HTTP/1.1 200 OK\r\ncontent-length: 60\r\n\r\n", Step::Hang), "timeout"),
        (steps("HTTP/1.1 200", Step::Close), "server-error"),
        (steps("", Step::Close), "server-error"),
        (steps("nonsense\r\n\r\n", Step::Close), "server-error"),
    ];
    for (reply, outcome) in cases {
        play(|stage: Stage| async move {
            stage.says("one", reply).says("two", completes(GOOD));
            let seen = stage.asks("main", ASK).await;
            check(
                &seen,
                200,
                GOOD,
                &format!("chain=main; rule=default; backend=beta; tried=alpha:{outcome}"),
            );
            assert!(
                stage.upstream.asked().last().unwrap().ends_with(ASK),
                "beta calls the model as the client does"
            );
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn when_all_fail_the_client_is_told_once_and_no_more_than_it_may_know() {
    play(|stage: Stage| async move {
        stage
            .says("one", answers("500 Oops", "", ""))
            .says("two", answers("429 No", "retry-after: 20\r\n", BUSY));
        let seen = stage.asks("main", ASK).await;
        assert_eq!((seen.status, &*seen.code()), (429, "rate_limit_exceeded"));
        assert_eq!((seen.header("retry-after"), seen.header("x-should-retry")), ("20", "true"));
        assert!(!seen.body.contains("org-77"), "{}", seen.body);
        let tried = "chain=main; rule=default; tried=alpha:server-error,beta:rate-limited";
        assert_eq!(seen.header("x-pointsman-decision"), tried);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_request_is_the_clients() {
    let refusal = r#"{"error":{"message":"bad `temperature`","type":"invalid_request_error","param":"temperature","code":null,"internal":"x"}}"#;
    play(|stage: Stage| async move {
        stage.says("one", answers("422 No", "x-internal: 1\r\n", refusal));
        let seen = stage.asks("main", ASK).await;
        let body = r#"{"error":{"message":"bad `temperature`","type":"invalid_request_error","param":"temperature","code":"invalid_request"}}"#;
        check(&seen, 422, body, "chain=main; rule=default; tried=alpha:client-error");
        assert_eq!((seen.header("x-should-retry"), seen.header("x-internal")), ("false", ""));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn too_long_an_input_goes_to_a_larger_context() {
    let too_long = r#"{"error":{"message":"m","code":"context_length_exceeded"}}"#;
    play(|stage: Stage| async move {
        stage.says("one", answers("400 No", "", too_long)).says("two", completes(GOOD));
        let seen = stage.asks("main", ASK).await;
        check(&seen, 200, GOOD, "chain=main; rule=default; backend=beta; tried=alpha:context-length");
        stage.says("one", answers("400 No", "", too_long)).says("two", answers("400 No", "", too_long));
        let seen = stage.asks("main", ASK).await;
        assert_eq!((seen.status, &*seen.code()), (400, "context_length_exceeded"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_teams_own_rejected_key_is_its_teams_to_know() {
    play(|stage: Stage| async move {
        stage.says("three", answers("401 No", "", r#"{"error":{"message":"sk-KEY_TEAM is wrong"}}"#));
        let seen = stage.asks("own", ASK).await;
        assert_eq!((seen.status, &*seen.code()), (401, "upstream_credential_rejected"));
        assert!(!seen.body.contains("sk-"), "{}", seen.body);
        assert_eq!(stage.upstream.asked().len(), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_rule_retries_on_the_same_backend_after_the_asked_pause() {
    play(|stage: Stage| async move {
        stage.says("one", answers("503 Busy", "retry-after-ms: 1500\r\n", "")).says("one", completes(GOOD));
        let seen = stage.asks("again", ASK).await;
        check(&seen, 200, GOOD, "chain=again; rule=default; backend=alpha");
        assert_eq!(seen.took, Duration::from_millis(1500));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_attribute_routes() {
    play(|stage: Stage| async move {
        stage.says("two", completes(GOOD)).says("one", completes(GOOD));
        let mut request = chat("task", ASK);
        request.headers_mut().insert("task-header", "code".parse().unwrap());
        let seen = stage.sends(request).await;
        check(&seen, 200, GOOD, "chain=task; rule=code; backend=beta");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_breaker_opens_and_lets_one_probe_through() {
    play(|stage: Stage| async move {
        for _ in 0..5 {
            stage.says("one", Reply::Refuse).says("two", completes(GOOD));
            assert_eq!(stage.asks("main", ASK).await.status, 200);
        }
        stage.says("two", completes(GOOD));
        let seen = stage.asks("main", ASK).await;
        check(&seen, 200, GOOD, "chain=main; rule=default; backend=beta; skipped=alpha:breaker-open");
        tokio::time::sleep(Duration::from_secs(5)).await;
        stage.says("one", completes(GOOD));
        let seen = stage.asks("main", ASK).await;
        check(&seen, 200, GOOD, "chain=main; rule=default; backend=alpha");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_large_answer_is_passed_on_as_it_comes_and_its_cut_is_seen() {
    let large = format!("{{\"text\":\"{}\"}}", "x".repeat(600_000));
    let cut = &large.clone()[..400_000];
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        large.len()
    );
    let cut = format!("{head}{cut}");
    play(|stage: Stage| async move {
        stage.says("one", completes(&large));
        let seen = stage.asks("main", ASK).await;
        assert!(seen.is_whole && seen.body == large);
        assert_eq!(stage.worker.connections_kept(), 1);
        stage.says("one", Reply::Steps(vec![Step::Say(cut), Step::Close]));
        let seen = stage.asks("main", ASK).await;
        assert!(seen.status == 200 && !seen.is_whole);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_away_takes_its_upstream_request_with_it() {
    play(|stage: Stage| async move {
        stage.says("one", Reply::Steps(vec![Step::Hang]));
        let gone = tokio::time::timeout(Duration::from_secs(1), stage.asks("main", ASK)).await;
        assert!(gone.is_err());
        tokio::task::yield_now().await;
        assert_eq!((stage.upstream.abandoned(), stage.shared.requests.taken()), (1, 0));
        assert_eq!(stage.shared.bodies.taken(), 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_judged_by_its_start_however_it_is_cut() {
    let error = r#"{"error":{"code":503,"message":"x"}}"#;
    for at in 1..error.len() {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", error.len() + 2);
        let parts = [&*head, "\n", "\n", &error[..at], &error[at..]].map(str::to_owned);
        let paused = |part| [Step::Say(part), Step::Wait(Duration::from_secs(1))];
        play(|stage: Stage| async move {
            stage.says("one", Reply::Steps(parts.into_iter().flat_map(paused).collect()));
            stage.says("two", completes(GOOD));
            let seen = stage.asks("main", ASK).await;
            check(&seen, 200, GOOD, "chain=main; rule=default; backend=beta; tried=alpha:overloaded");
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn white_space_that_shows_life_is_let_go() {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", GOOD.len() + 3);
    let parts = [&*head, "\n", " \n", &GOOD[..1], &GOOD[1..]].map(str::to_owned);
    let paused = |part| [Step::Say(part), Step::Wait(Duration::from_secs(30))];
    play(|stage: Stage| async move {
        stage.says("one", Reply::Steps(parts.into_iter().flat_map(paused).collect()));
        check(&stage.asks("main", ASK).await, 200, GOOD, "chain=main; rule=default; backend=alpha");
        stage.says("two", completes(GOOD));
        let spaces = Step::Say(format!("HTTP/1.1 200 OK\r\n\r\n{}", " ".repeat(300_000)));
        stage.says("one", Reply::Steps(vec![spaces, Step::Hang]));
        let seen = stage.asks("main", ASK).await;
        check(&seen, 200, GOOD, "chain=main; rule=default; backend=beta; tried=alpha:server-error");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_large_answer_without_a_length_is_whole_only_in_form() {
    let large = format!("{{\"text\":\"{}\"}}\n", "x".repeat(600_000));
    for (kept, expected) in [(large.len(), true), (large.len() - 2, false), (400_000, false)] {
        let text = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{}", &large[..kept]);
        play(|stage: Stage| async move {
            stage.says("one", Reply::Steps(vec![Step::Say(text), Step::Close]));
            let seen = stage.asks("main", ASK).await;
            assert_eq!((seen.status, seen.is_whole), (200, expected), "{kept}");
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_large_answer_of_known_length_gives_its_connection_back() {
    let large = format!("{{\"text\":\"{}\"}}", "x".repeat(600_000));
    play(|stage: Stage| async move {
        stage.says("one", completes(&large));
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nconnection: close\r\n",
            crate::policy::key("main")
        );
        let seen = stage.raw(&format!("{head}content-length: {}\r\n\r\n{ASK}", ASK.len())).await;
        assert!(seen.ends_with(&large));
        assert_eq!((stage.upstream.abandoned(), stage.worker.connections_kept()), (0, 1));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_backend_without_a_credential_is_said_to_have_none() {
    play(|stage: Stage| async move {
        stage.target(0, |target| target.credential = None);
        for _ in 0..2 {
            stage.says("one", answers("401 Unauthorized", "", BAD_KEY));
        }
        let seen = stage.asks("again", ASK).await;
        assert_eq!((seen.status, &*seen.code()), (502, "upstream_credential"), "{}", seen.body);
        assert!(seen.body.contains("the policy has none for this backend"), "{}", seen.body);
    })
    .await;
}
