//! A service that speaks OpenAI's chat completions and refuses some of them: what it is asked, and what it is not.
//!
//! **Source**: "OpenAI Compatibility", <https://console.groq.com/docs/openai>.

use http::{Method, Request};
use serde_json::{Value, json};

use crate::policy;
use crate::stage::{Seen, Stage, play};
use crate::upstream::completes;

const GOOD: &str =
    r#"{"id":"1","choices":[{"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}]}"#;

async fn asks(stage: &Stage, (key, path): (&str, &str), body: &Value) -> Seen {
    let request = Request::builder().method(Method::POST).uri(path).header("x-api-key", policy::key(key));
    stage.sends(request.body(body.to_string().into()).unwrap()).await
}

/// A chat completion with these members besides.
fn chat(more: &Value) -> Value {
    let mut body = json!({ "model": "gpt", "messages": [{ "role": "user", "content": "hi" }] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// Who is asked, where the chain has another backend after the preset's.
async fn check(path: &str, body: Value, expected: &[&str]) {
    play(|stage: Stage| async move {
        stage.says("groq", completes(GOOD)).says("one", completes(GOOD));
        let seen = asks(&stage, ("preset", path), &body).await;
        assert_eq!(seen.status, 200, "{body}: {}", seen.body);
        assert_eq!(stage.upstream.hosts(), expected, "{body}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_it_refuses_goes_to_the_next_backend() {
    let completions = "/v1/chat/completions";
    for refused in [
        json!({ "logprobs": true }),
        json!({ "logit_bias": { "50256": -100 } }),
        json!({ "n": 2 }),
        json!({ "messages": [{ "role": "user", "name": "ada", "content": "hi" }] }),
    ] {
        check(completions, chat(&refused), &["one.test"]).await;
    }
    for taken in [
        json!({}),
        json!({ "n": 1, "seed": 1, "logprobs": false }),
        // What cannot be read it may refuse itself.
        json!({ "messages": [{ "role": "user", "content": 7 }] }),
        json!({ "anything": "else" }),
    ] {
        check(completions, chat(&taken), &["groq.test"]).await;
    }
    let response = json!({ "model": "gpt", "input": "hi", "include": ["message.output_text.logprobs"], "top_logprobs": 2 });
    check("/v1/responses", response, &["one.test"]).await;
    check("/v1/completions", json!({ "model": "gpt", "prompt": "hi" }), &["one.test"]).await;
}

#[tokio::test(start_paused = true)]
async fn what_it_takes_reaches_it_as_it_came() {
    play(|stage: Stage| async move {
        stage.says("groq", completes(GOOD));
        let body = r#"{"model": "gpt", "messages": [{"role":"user","content":"hi"}] , "x":1}"#;
        stage.asks("preset", body).await;
        let asked = stage.upstream.asked().remove(0);
        let (head, sent) = asked.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /openai/v1/chat/completions HTTP/1.1\r\n"), "{head}");
        assert_eq!(sent, body);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn where_nobody_else_is_the_error_names_the_field() {
    play(|stage: Stage| async move {
        for (body, place) in [
            (chat(&json!({ "logit_bias": { "1": 1 } })), "logit_bias"),
            (
                chat(&json!({ "messages": [{ "role": "user", "name": "ada", "content": "hi" }] })),
                "messages[0].name",
            ),
        ] {
            let seen = asks(&stage, ("lone", "/v1/chat/completions"), &body).await;
            assert_eq!((seen.status, &*seen.code()), (400, "unsupported_feature"), "{}", seen.body);
            let error: Value = serde_json::from_str(&seen.body).unwrap();
            assert_eq!(error["error"]["param"], place);
        }
        assert!(stage.upstream.hosts().is_empty());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn lossy_leaves_nothing_out_of_what_is_forwarded() {
    play(|stage: Stage| async move {
        let body = chat(&json!({ "logit_bias": { "1": 1 } }));
        let seen = asks(&stage, ("lossy", "/v1/chat/completions"), &body).await;
        assert_eq!((seen.status, &*seen.code()), (400, "unsupported_feature"), "{}", seen.body);
        // Said in other words, it can go without: chat completions have no `top_k`.
        stage.says("groq", completes(GOOD));
        let message = json!({ "model": "gpt", "max_tokens": 9, "top_k": 3, "messages": [{ "role": "user", "content": "hi" }] });
        let seen = asks(&stage, ("lossy", "/v1/messages"), &message).await;
        assert_eq!((seen.status, seen.header("x-pointsman-dropped")), (200, "top_k"), "{}", seen.body);
    })
    .await;
}
