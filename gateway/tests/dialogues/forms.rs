//! Requests that are forms, and answers that are no JSON: recordings, pictures and what is made of them.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;

use crate::policy;
use crate::stage::{Seen, Stage, play};
use crate::upstream::{Reply, Step, answers, chunk, completes, end, streams};

const FORM: &str = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\nContent-Type: audio/mpeg\r\n\r\n\0\r\n--b\r\n--B\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ngpt\r\n--B--\r\n";

fn request(path: &str, content_type: &str, body: &str) -> Request<Full<Bytes>> {
    Request::post(path)
        .header("authorization", format!("Bearer {}", policy::key("main")))
        .header("content-type", content_type)
        .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
        .unwrap()
}

async fn check(asked: Request<Full<Bytes>>, reply: Reply) -> (Seen, Vec<String>) {
    play(|stage: Stage| async move {
        stage.says("one", reply);
        (stage.sends(asked).await, stage.upstream.asked())
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_form_is_forwarded_with_our_model_name() {
    for path in ["audio/transcriptions", "audio/translations", "images/edits", "images/variations"] {
        let path = format!("/v1/{path}");
        let asked = request(&path, "multipart/form-data; boundary=B", FORM);
        let (seen, asked) = check(asked, completes(r#"{"text":"hi"}"#)).await;
        assert_eq!((seen.status, &*seen.body), (200, r#"{"text":"hi"}"#));
        let (head, body) = asked[0].split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{head}");
        assert!(head.contains("content-type: multipart/form-data; boundary=\"B\"\r\n"), "{head}");
        assert_eq!(body, FORM.replace("\r\ngpt\r\n", "\r\nalpha-7b\r\n"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_form_that_can_be_read_in_two_ways_is_refused() {
    let twice =
        FORM.replace("--B--", "--B\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nother\r\n--B--");
    for (content_type, body, param) in [
        ("multipart/form-data; boundary=B", &*twice, "model"),
        ("multipart/form-data; boundary=C", FORM, ""),
        ("multipart/form-data; boundary=B; boundary=C", FORM, ""),
        ("text/plain", FORM, ""),
    ] {
        let (seen, asked) =
            check(request("/v1/audio/transcriptions", content_type, body), completes("{}")).await;
        assert_eq!((seen.status, &*seen.code()), (400, "invalid_body"), "{content_type}");
        let error: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
        assert_eq!(error["error"]["param"].as_str().unwrap_or_default(), param);
        assert!(asked.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_json_is_passed_on_as_it_comes() {
    let speech = || request("/v1/audio/speech", "application/json", r#"{"model":"gpt","input":"hi"}"#);
    let text = || request("/v1/audio/transcriptions", "multipart/form-data; boundary=B", FORM);
    for (asked, media, body) in [
        (speech(), "audio/mpeg", "  ID3 sound".to_owned()),
        (speech(), "audio/mpeg", "s".repeat(600_000)),
        (text(), "text/plain; charset=utf-8", "Hello\n".to_owned()),
    ] {
        let (seen, _) = check(asked, answers("200 OK", &format!("content-type: {media}\r\n"), &body)).await;
        assert_eq!((seen.status, seen.header("content-type")), (200, media));
        assert!(seen.is_whole && seen.body == body, "{} bytes", seen.body.len());
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ncontent-length: 9\r\n\r\n";
    let cut = Reply::Steps(vec![Step::Say(format!("{head}ID3")), Step::Close]);
    let (seen, _) = check(speech(), cut).await;
    assert_eq!((seen.status, &*seen.code()), (502, "upstream_unreachable"), "beta is not there");
    let (seen, _) = check(speech(), answers("200 OK", "content-type: application/json\r\n", "oh")).await;
    assert_eq!(seen.status, 502);
}

#[tokio::test(start_paused = true)]
async fn a_transcript_may_come_in_pieces() {
    let form =
        FORM.replace("--B--", "--B\r\nContent-Disposition: form-data; name=\"stream\"\r\n\r\ntrue\r\n--B--");
    let delta = "data: {\"type\":\"transcript.text.delta\",\"delta\":\"hi\"}\n\n";
    let done = "data: {\"type\":\"transcript.text.done\",\"text\":\"hi\",\"usage\":{\"type\":\"tokens\",\"input_tokens\":3,\"output_tokens\":1}}\n\n";
    let asked = request("/v1/audio/transcriptions", "multipart/form-data; boundary=B", &form);
    let (seen, _) = check(asked, streams([chunk(delta), chunk(done), end()])).await;
    assert_eq!(seen.body, [delta, done].concat());
}
