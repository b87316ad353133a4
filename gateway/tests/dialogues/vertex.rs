//! Google's Vertex AI: where Gemini's and Anthropic's models are asked for, and with what in the body.
//!
//! **Source**: "Gemini API in Vertex AI" (v1), "Request predictions with Claude models", and the requests of Anthropic's
//! client `AnthropicVertex` 2.13.

use http::{Method, Request};
use serde_json::{Value, json};

use crate::policy;
use crate::stage::{Seen, Stage, chat, play};
use crate::upstream::{answers, chunk, completes, end, streams};

const CLAUDE: &str = "/v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4-5@20250929";
const GEMINI: &str = "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro";
const MESSAGE: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"hello"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}"#;
const CONTENT: &str = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"hello"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1,"totalTokenCount":4}}"#;

/// What Vertex takes, and nothing else: the path and one token. Gives the body.
fn strict(asked: &str, path: &str) -> Value {
    let (head, body) = asked.split_once("\r\n\r\n").unwrap();
    assert_eq!(head.lines().next().unwrap(), format!("POST {path} HTTP/1.1"));
    assert!(head.lines().any(|line| line == "authorization: Bearer sk-KEY_VERTEX"), "{head}");
    for name in ["x-api-key", "x-goog-api-key", "api-key", "pmk_live"] {
        assert!(!head.contains(name), "{name}\n{head}");
    }
    let body: Value = serde_json::from_str(body).unwrap();
    if path.contains("/anthropic/") {
        assert_eq!(body["anthropic_version"], "vertex-2023-10-16");
        let names_model = body.get("model").is_some();
        assert_eq!(names_model, path.ends_with("count-tokens:rawPredict"), "the path names the model");
        assert_eq!(path.ends_with(":streamRawPredict"), body["stream"] == true);
    }
    body
}

async fn asks(stage: &Stage, (key, path): (&str, &str), body: &Value) -> Seen {
    let request = Request::builder().method(Method::POST).uri(path).header("x-api-key", policy::key(key));
    let request = request.header("anthropic-beta", "one-2026-01-01");
    stage.sends(request.body(body.to_string().into()).unwrap()).await
}

/// A request that is forwarded, and what Vertex is asked.
async fn check(key: &str, (path, body): (&str, Value), (said, sent_to): (&str, &str), expected: Value) {
    play(|stage: Stage| async move {
        stage.says("vertex", completes(said));
        let seen = asks(&stage, (key, path), &body).await;
        assert_eq!((seen.status, &*seen.body), (200, said), "{path}");
        let asked = stage.upstream.asked().remove(0);
        assert_eq!(strict(&asked, sent_to), expected);
        assert_eq!(asked.contains("anthropic-beta: one-2026-01-01"), key == "claude");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn anthropics_messages_reach_anthropics_models_by_google() {
    let body = |more: Value| {
        let mut body = json!({ "max_tokens": 9, "messages": [{ "role": "user", "content": "hi" }] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let version = || json!({ "anthropic_version": "vertex-2023-10-16" });
    check(
        "claude",
        ("/v1/messages", body(json!({ "model": "gpt" }))),
        (MESSAGE, &format!("{CLAUDE}:rawPredict")),
        body(version()),
    )
    .await;
    let count = "/v1/projects/p/locations/l/publishers/anthropic/models/count-tokens:rawPredict";
    let mut counted = body(version());
    counted["model"] = "claude-sonnet-4-5@20250929".into();
    let asked = ("/v1/messages/count_tokens", body(json!({ "model": "gpt" })));
    check("claude", asked, (r#"{"input_tokens":3}"#, count), counted).await;
}

#[tokio::test(start_paused = true)]
async fn geminis_contents_reach_geminis_models() {
    let body = || json!({ "contents": [{ "role": "user", "parts": [{ "text": "hi" }] }] });
    let generate = ("/v1beta/models/gpt:generateContent", body());
    check("gem", generate, (CONTENT, &format!("{GEMINI}:generateContent")), body()).await;
    let count = ("/v1beta/models/gpt:countTokens", body());
    check("gem", count, (r#"{"totalTokens":3}"#, &format!("{GEMINI}:countTokens")), body()).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_in_pieces_has_a_path_of_its_own() {
    let begin = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"c\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n";
    let text = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hello\"}}\n\n";
    let stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    play(|stage: Stage| async move {
        stage.says("vertex", streams([chunk(begin), chunk(text), chunk(stop), end()]));
        let body = json!({ "model": "gpt", "max_tokens": 9, "stream": true, "messages": [{ "role": "user", "content": "hi" }] });
        let seen = asks(&stage, ("claude", "/v1/messages"), &body).await;
        assert_eq!(seen.body, [begin, text, stop].concat());
        strict(&stage.upstream.asked().remove(0), &format!("{CLAUDE}:streamRawPredict"));
    })
    .await;
}

/// A chat request that is translated, whole or in pieces.
async fn check_translated(key: &str, stream: bool, path: &str) -> Value {
    let content = format!("data: {CONTENT}\n\n");
    let message = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"c\",\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hello\"}}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":1}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    let is_claude = key == "claude";
    let (whole, pieces) = if is_claude { (MESSAGE, message) } else { (CONTENT, &*content) };
    play(|stage: Stage| async move {
        let reply = if stream { streams([chunk(pieces), end()]) } else { completes(whole) };
        stage.says("vertex", reply);
        let ask =
            json!({ "model": "gpt", "stream": stream, "messages": [{ "role": "user", "content": "hi" }] });
        let seen = stage.sends(chat(key, &ask.to_string())).await;
        assert!(seen.status == 200 && seen.body.contains("hello"), "{}", seen.body);
        strict(&stage.upstream.asked().remove(0), path)
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn chat_completions_reach_both() {
    let sent = check_translated("claude", false, &format!("{CLAUDE}:rawPredict")).await;
    let members: Vec<_> = sent.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["anthropic_version", "max_tokens", "messages"]);
    check_translated("claude", true, &format!("{CLAUDE}:streamRawPredict")).await;
    let sent = check_translated("gem", false, &format!("{GEMINI}:generateContent")).await;
    assert_eq!(sent["contents"][0]["role"], "user", "Vertex wants a role");
    check_translated("gem", true, &format!("{GEMINI}:streamGenerateContent?alt=sse")).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_fetched_for_anthropics_models() {
    play(|stage: Stage| async move {
        let document =
            json!({ "type": "document", "source": { "type": "url", "url": "https://example.com/a.pdf" } });
        let body =
            json!({ "model": "gpt", "max_tokens": 9, "messages": [{ "role": "user", "content": [document] }] });
        let seen = asks(&stage, ("claude", "/v1/messages"), &body).await;
        assert_eq!(seen.status, 400, "{}", seen.body);
        assert!(seen.body.contains("messages[0].content[0].source"), "{}", seen.body);
        assert!(stage.upstream.asked().is_empty());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_google_refuses_has_its_class() {
    let refused = |status: &'static str, body: &'static str| async move {
        play(|stage: Stage| async move {
            stage.says("vertex", answers(status, "content-type: application/json\r\n", body));
            let ask = json!({ "model": "gpt", "messages": [{ "role": "user", "content": "hi" }] });
            let seen = stage.sends(chat("gem", &ask.to_string())).await;
            seen.header("x-pointsman-decision").rsplit(':').next().unwrap().to_owned()
        })
        .await
    };
    let busy = r#"{"error":{"code":429,"message":"Resource exhausted.","status":"RESOURCE_EXHAUSTED"}}"#;
    assert_eq!(refused("429 Too Many Requests", busy).await, "rate-limited");
    let denied = r#"{"error":{"code":403,"message":"Permission 'aiplatform.endpoints.predict' denied","status":"PERMISSION_DENIED"}}"#;
    assert_eq!(refused("403 Forbidden", denied).await, "dead-credential");
    let stale = r#"[{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED"}}]"#;
    assert_eq!(refused("401 Unauthorized", stale).await, "dead-credential");
}
