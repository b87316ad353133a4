//! A deployment on Azure: where it is asked for, and how Azure speaks where OpenAI does not.
//!
//! **Source**: Azure OpenAI in Azure AI Foundry Models, REST API reference (2024-10-21 and v1) and "Content filtering".

use http::{Method, Request};

use crate::policy;
use crate::stage::{Seen, Stage, play};
use crate::upstream::{Reply, answers, chunk, completes, end, streams};

const ASK: &str = r#"{"model":"gpt","messages":[{"role":"user","content":"hi"}]}"#;
const GOOD: &str = r#"{"id":"1","choices":[{"message":{"role":"assistant","content":"hello"},"finish_reason":"stop","content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}],"prompt_filter_results":[]}"#;
/// The deployment as a part of a path.
const DEPLOYMENT: &str = "gpt%204o%2Fwest";

/// What Azure takes, and nothing else: the path, one key in its own place, the form of the body. Gives the body.
fn strict(asked: &str, path: &str, key: &str) -> serde_json::Value {
    let (head, body) = asked.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    assert_eq!(lines.next().unwrap(), format!("POST {path} HTTP/1.1"));
    let mut names: Vec<&str> = lines.map(|line| line.split_once(": ").unwrap().0).collect();
    names.sort_unstable();
    let known =
        ["accept", "accept-encoding", "api-key", "content-length", "content-type", "host", "user-agent"];
    assert_eq!(names.iter().filter(|name| known.contains(name)).count(), known.len(), "{names:?}");
    assert!(!names.contains(&"authorization"), "two credentials: {names:?}");
    assert!(head.lines().any(|line| line == format!("api-key: {key}")), "{head}");
    serde_json::from_str(body).unwrap()
}

/// A client of Azure's asks at this path, with its key where Azure's clients put it.
async fn asks(stage: &Stage, key: &str, path: &str, body: &str) -> Seen {
    let request = Request::builder().method(Method::POST).uri(path).header("api-key", policy::key(key));
    stage.sends(request.body(body.to_owned().into()).unwrap()).await
}

/// One request by a chain and what Azure is asked.
async fn check(key: &str, (path, body): (&str, &str), expected: (&str, &str)) {
    play(|stage: Stage| async move {
        let (host, secret) = if key == "west" { ("west", "sk-KEY_WEST") } else { ("newer", "sk-KEY_NEWER") };
        stage.says(host, completes(GOOD));
        let seen = asks(&stage, key, path, body).await;
        assert_eq!((seen.status, &*seen.body), (200, GOOD), "{path}");
        let sent = strict(&stage.upstream.asked().remove(0), expected.0, secret);
        assert_eq!(sent["model"], expected.1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_deployment_is_asked_for_by_its_path_or_by_its_name() {
    let with_version = |tail: &str| format!("/openai/deployments/{DEPLOYMENT}{tail}?api-version=2024-10-21");
    let chat = with_version("/chat/completions");
    check("west", ("/v1/chat/completions", ASK), (&chat, "gpt 4o/west")).await;
    let embeddings = r#"{"model":"gpt","input":"x"}"#;
    check("west", ("/v1/embeddings", embeddings), (&with_version("/embeddings"), "gpt 4o/west")).await;
    let responses = r#"{"model":"gpt","input":"x"}"#;
    let responses_path = "/openai/responses?api-version=2024-10-21";
    check("west", ("/v1/responses", responses), (responses_path, "gpt 4o/west")).await;
    check("newer", ("/v1/chat/completions", ASK), ("/openai/v1/chat/completions", "gpt 4o/west")).await;
    check("newer", ("/v1/responses", responses), ("/openai/v1/responses", "gpt 4o/west")).await;
    let speech = r#"{"model":"gpt","input":"x","voice":"alloy"}"#;
    check("newer", ("/v1/audio/speech", speech), ("/openai/v1/audio/speech", "gpt 4o/west")).await;
}

#[tokio::test(start_paused = true)]
async fn azures_clients_name_the_model_in_their_path() {
    let expected = &*format!("/openai/deployments/{DEPLOYMENT}/chat/completions?api-version=2024-10-21");
    let path = "/openai/deployments/gpt/chat/completions?api-version=2023-05-15";
    check("west", (path, ASK), (expected, "gpt 4o/west")).await;
    check("west", (path, r#"{"model":"another","messages":[]}"#), (expected, "gpt 4o/west")).await;
    check("west", (path, r#"{"messages":[]}"#), (expected, "gpt 4o/west")).await;
    let newer = "/openai/v1/chat/completions";
    check("newer", (newer, ASK), (newer, "gpt 4o/west")).await;
    play(|stage: Stage| async move {
        let seen = asks(&stage, "west", "/openai/deployments/other/embeddings", r#"{"input":"x"}"#).await;
        assert_eq!((seen.status, &*seen.code()), (404, "model_not_found"));
        let seen = asks(&stage, "newer", "/openai/deployments/gpt/moderations", r#"{"input":"x"}"#).await;
        assert_eq!((seen.status, &*seen.code()), (404, "unsupported_endpoint"), "Azure has none");
        assert!(stage.upstream.asked().is_empty());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_the_filters_say_first_is_not_the_answer() {
    let filters = "data: {\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"object\":\"\",\"prompt_filter_results\":[{\"prompt_index\":0,\"content_filter_results\":{}}]}\n\n";
    let content = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"},\"content_filter_results\":{}}]}\n\n";
    let late = "data: {\"choices\":[{\"index\":0,\"finish_reason\":null,\"content_filter_results\":{},\"content_filter_offsets\":{\"check_offset\":1}}]}\n\n";
    let done = "data: [DONE]\n\n";
    let ask = ASK.replace("\"gpt\"", "\"gpt\",\"stream\":true");
    play(|stage: Stage| async move {
        stage.says("west", streams([chunk(filters), chunk(content), chunk(late), chunk(done), end()]));
        let seen = stage.asks("west", &ask).await;
        assert_eq!(seen.body, [filters, content, late, done].concat(), "byte by byte");
        assert_eq!(seen.header("x-pointsman-decision"), "chain=west; rule=default; backend=west");
        // Nothing of the answer has come, so another backend can still take over.
        stage.says("west", streams([chunk(filters), end()]));
        stage.says("two", streams([chunk(content), chunk(done), end()]));
        let seen = stage.asks("west", &ask).await;
        assert_eq!(seen.body, [content, done].concat());
        let decision = "chain=west; rule=default; backend=beta; tried=west:cut-stream";
        assert_eq!(seen.header("x-pointsman-decision"), decision);
    })
    .await;
}

/// Azure refuses, and what follows.
async fn check_refusal(reply: Reply, status: u16, code: &str, decision: &str) -> Seen {
    play(|stage: Stage| async move {
        stage.says("west", reply).says("two", completes(GOOD));
        let seen = stage.asks("west", ASK).await;
        assert_eq!(seen.header("x-pointsman-decision"), decision, "{}", seen.body);
        assert_eq!(seen.status, status);
        if status != 200 {
            assert_eq!(seen.code(), code);
        }
        seen
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn what_azure_refuses_has_its_class() {
    let refused = |status: &str, body: &str| answers(status, "content-type: application/json\r\n", body);
    let went_on = |outcome: &str| format!("chain=west; rule=default; backend=beta; tried=west:{outcome}");
    let filtered = r#"{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"jailbreak":{"filtered":true,"detected":true}}}}}"#;
    let seen = check_refusal(
        refused("400 Bad Request", filtered),
        400,
        "content_filter",
        "chain=west; rule=default; tried=west:content-filter",
    )
    .await;
    assert!(
        seen.body.contains("content management policy") && !seen.body.contains("jailbreak"),
        "{}",
        seen.body
    );
    let missing = r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#;
    check_refusal(refused("404 Not Found", missing), 200, "", &went_on("server-error")).await;
    let version = r#"{"error":{"code":"404","message":"Resource not found"}}"#;
    check_refusal(refused("404 Not Found", version), 200, "", &went_on("server-error")).await;
    let denied = r#"{"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint."}}"#;
    check_refusal(refused("401 Unauthorized", denied), 200, "", &went_on("dead-credential")).await;
    let busy = r#"{"error":{"code":"429","message":"Requests have exceeded the token rate limit. Please retry after 7 seconds."}}"#;
    check_refusal(refused("429 Too Many Requests", busy), 200, "", &went_on("rate-limited")).await;
    let long = r#"{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#;
    check_refusal(refused("400 Bad Request", long), 200, "", &went_on("context-length")).await;
}

#[tokio::test(start_paused = true)]
async fn a_wish_to_be_asked_later_reaches_the_client() {
    play(|stage: Stage| async move {
        let headers = "content-type: application/json\r\nretry-after: 40\r\nretry-after-ms: 39500\r\n";
        stage.says("newer", answers("429 Too Many Requests", headers, r#"{"error":{"code":"429"}}"#));
        let seen = stage.asks("newer", ASK).await;
        assert_eq!((seen.status, seen.header("retry-after")), (429, "40"));
    })
    .await;
}
