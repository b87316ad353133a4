//! Streams that come in binary frames: Bedrock's, for clients of chat completions.

use http::StatusCode;

use crate::policy;
use crate::stage::{Seen, Stage, play};
use crate::upstream::{Reply, Step, answers, chunk, completes, end, piece, streams, streams_as};

const ASK: &str = r#"{"model":"large","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#;
const WHOLE: &str = r#"{"model":"large","messages":[{"role":"user","content":"Hi"}]}"#;
const FRAMES: &str = "application/vnd.amazon.eventstream";
/// What the other backend says.
const OTHER: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"other\"}}]}\n\n";
const OTHER_DONE: &str = "data: [DONE]\n\n";

/// A frame whose headers are texts.
fn frame(headers: &[(&str, &str)], payload: &str) -> Vec<u8> {
    let mut written = Vec::new();
    for (name, value) in headers {
        written.push(u8::try_from(name.len()).unwrap());
        written.extend_from_slice(name.as_bytes());
        written.push(7);
        written.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        written.extend_from_slice(value.as_bytes());
    }
    let mut out = Vec::new();
    for length in [written.len() + payload.len() + 16, written.len()] {
        out.extend_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
    }
    out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
    out.extend_from_slice(&written);
    out.extend_from_slice(payload.as_bytes());
    out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
    out
}

fn event(name: &str, payload: &str) -> Vec<u8> {
    frame(
        &[(":event-type", name), (":content-type", "application/json"), (":message-type", "event")],
        payload,
    )
}

fn exception(name: &str) -> Vec<u8> {
    frame(&[(":exception-type", name), (":message-type", "exception")], r#"{"message":"acct-9 is busy"}"#)
}

fn begin() -> Vec<u8> {
    event("messageStart", r#"{"role":"assistant"}"#)
}

fn words() -> Vec<u8> {
    event("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":"framed"}}"#)
}

fn stop() -> Vec<u8> {
    event("messageStop", r#"{"stopReason":"end_turn"}"#)
}

fn usage() -> Vec<u8> {
    event(
        "metadata",
        r#"{"usage":{"inputTokens":3,"outputTokens":1,"totalTokens":4},"metrics":{"latencyMs":1}}"#,
    )
}

fn framed(pieces: &[&[u8]]) -> Reply {
    streams_as(FRAMES, pieces.iter().map(|bytes| piece(bytes)).chain([end()]))
}

/// Bedrock says this, and the other backend would say "other": what the client is told, and what Bedrock was asked.
async fn says(ask: &'static str, reply: Reply, other: Reply) -> (Seen, String) {
    play(|stage: Stage| async move {
        stage.says("via", reply).says("two", other);
        let seen = stage.asks("via", ask).await;
        (seen, stage.upstream.asked().swap_remove(0))
    })
    .await
}

/// The words of a stream, and the code of the error that ends it.
async fn check(reply: Reply, expected: &str) -> String {
    let other = streams([chunk(OTHER), chunk(OTHER_DONE), end()]);
    let (seen, asked) = says(ASK, reply, other).await;
    assert!(seen.status == 200 && seen.is_whole);
    assert!(seen.header("content-type").starts_with("text/event-stream"));
    let mut told = String::new();
    for data in seen.body.lines().filter_map(|line| line.strip_prefix("data: ")) {
        if data == "[DONE]" {
            told += " done";
            continue;
        }
        let event: serde_json::Value = serde_json::from_str(data).unwrap();
        told += event["choices"][0]["delta"]["content"].as_str().unwrap_or_default();
        if let Some(code) = event["error"]["code"].as_str() {
            told = told + " " + code;
        }
    }
    assert_eq!(told, expected, "{}", seen.body);
    assert!(!seen.body.contains("acct-9"));
    asked
}

#[tokio::test(start_paused = true)]
async fn frames_become_events_however_they_are_cut() {
    let whole = [begin(), words(), stop(), usage()].concat();
    let asked = check(framed(&[&whole]), "framed done").await;
    for line in [
        "POST /model/eu.anthropic.claude-v1%3A0/converse-stream HTTP/1.1",
        "accept: application/vnd.amazon.eventstream",
        "x-amz-date: 20270115T080000Z",
        "authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20270115/eu-west-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=",
    ] {
        assert!(asked.contains(line), "{asked}");
    }
    assert!(!asked.contains("sk-KEY_VIA"));
    for cut in (1..whole.len()).step_by(7) {
        let (before, after) = whole.split_at(cut);
        check(framed(&[before, after]), "framed done").await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_breaks_before_the_first_content_falls_back() {
    let mut damaged = [begin(), words()].concat();
    *damaged.last_mut().unwrap() ^= 1;
    for broken in [
        framed(&[&begin(), &exception("throttlingException")]),
        framed(&[&damaged]),
        framed(&[b"data: {}\n\n, which is no frame"]),
        framed(&[&begin()]),
        // A length that is larger than any frame may be.
        framed(&[&frame(&[], &"x".repeat(2 << 20))[..64]]),
        streams([chunk("data: {}\n\n"), end()]),
    ] {
        check(broken, "other done").await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_breaks_later_is_said() {
    for (broken, code) in [
        (framed(&[&words(), &exception("throttlingException")]), "rate_limit_exceeded"),
        (framed(&[&words(), &exception("modelStreamErrorException")]), "upstream_error"),
        (framed(&[&words(), b"no frame at all, but some text"]), "upstream_error"),
        (framed(&[&words()]), "upstream_cut"),
        // The stream ends where another frame had begun.
        (framed(&[&words(), &stop(), &usage()[..20]]), "upstream_cut"),
        (streams_as(FRAMES, [piece(&words()), piece(&stop()), Step::Close]), "upstream_cut"),
    ] {
        check(broken, &format!("framed {code}")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_used_may_be_missing() {
    check(framed(&[&words(), &stop()]), "framed done").await;
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_is_translated() {
    let said = r#"{"metrics":{"latencyMs":1},"output":{"message":{"role":"assistant","content":[{"text":"framed"}]}},"stopReason":"end_turn","usage":{"inputTokens":3,"outputTokens":1,"totalTokens":4}}"#;
    let reply = answers("200 OK", "content-type: application/json\r\n", said);
    let (seen, asked) = says(WHOLE, reply, completes("{}")).await;
    let answer: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "framed");
    assert_eq!(answer["usage"]["total_tokens"], 4);
    assert!(asked.starts_with("POST /model/eu.anthropic.claude-v1%3A0/converse HTTP/1.1"), "{asked}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_read_by_its_name() {
    let other = || completes(r#"{"choices":[{"message":{"content":"other"},"finish_reason":"stop"}]}"#);
    let refused = |status: &str, name: &str, message: &str| {
        let headers = format!("content-type: application/json\r\nx-amzn-errortype: {name}\r\n");
        answers(status, &headers, &format!(r#"{{"message":"{message}"}}"#))
    };
    // By its status it would be the client's fault.
    let (seen, _) =
        says(WHOLE, refused("400 Bad Request", "ServiceQuotaExceededException", "q"), other()).await;
    assert_eq!(seen.status, StatusCode::OK);
    assert_eq!(
        seen.header("x-pointsman-decision"),
        "chain=via; rule=default; backend=beta; tried=via:rate-limited"
    );
    let (seen, _) =
        says(WHOLE, refused("400 Bad Request", "ValidationException", "no such field"), other()).await;
    assert_eq!((seen.status, seen.code().as_str()), (400, "ValidationException"));
    assert!(seen.body.contains("no such field"));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_off_is_told() {
    let refused = |date: &str| {
        let headers = format!(
            "content-type: application/json\r\ndate: {date}\r\nx-amzn-errortype: InvalidSignatureException\r\n"
        );
        answers("403 Forbidden", &headers, r#"{"message":"Signature expired"}"#)
    };
    let good = || completes(r#"{"choices":[{"message":{"content":"other"},"finish_reason":"stop"}]}"#);
    let whole =
        r#"{"output":{"message":{"role":"assistant","content":[{"text":"x"}]}},"stopReason":"end_turn"}"#;
    play(|stage: Stage| async move {
        let told = || {
            let serving = stage.shared.slot.current().unwrap();
            serving.unavailable(&serving.backends[policy::backend("via")])
        };
        for (date, expected) in [
            ("Fri, 15 Jan 2027 08:04:00 GMT", None),
            (
                "Fri, 15 Jan 2027 09:00:00 GMT",
                Some("the clock is 3600 s behind the provider's, which refuses its signatures"),
            ),
            (
                "Fri, 15 Jan 2027 07:00:00 GMT",
                Some("the clock is 3600 s ahead of the provider's, which refuses its signatures"),
            ),
        ] {
            stage.says("via", refused(date)).says("two", good());
            let seen = stage.asks("via", WHOLE).await;
            assert!(seen.header("x-pointsman-decision").ends_with("tried=via:dead-credential"));
            assert_eq!(told().as_deref(), expected);
        }
        stage.says("via", answers("200 OK", "content-type: application/json\r\n", whole));
        assert_eq!(stage.asks("via", WHOLE).await.status, StatusCode::OK);
        assert_eq!(told(), None);
    })
    .await;
}
