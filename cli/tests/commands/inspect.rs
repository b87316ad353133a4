//! `pointsman inspect`: what keys reach and cause, and what is shown that nobody wrote.

use super::{check, published};

#[test]
fn inspect_shows_what_a_preset_gives() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/language/providers/yaml");
    check(&["compile", policy, "-o", path], 0, &[]);
    let groq =
        "https://api.groq.com:443/openai/v1, refuses logit-bias, logprobs, several-answers, participant-name";
    check(&["inspect", path], 0, &[&format!(">{groq}"), ">http://10.1.2.3:11434/v1\n"]);
    let json = check(&["inspect", path, "--format", "json"], 0, &[]);
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let backends = report["backends"].as_array().unwrap();
    let ollama = backends.iter().find(|backend| backend["name"] == "ollama").unwrap();
    assert_eq!(
        (&ollama["address"], &ollama["refuses"]),
        (&"http://10.1.2.3:11434/v1".into(), &serde_json::json!([]))
    );
}

#[test]
fn inspect_shows_what_each_key_reaches() {
    let folder = published();
    let path = folder.path().to_str().unwrap();
    check(&["inspect", path], 0, &[">generation 1", ">support/web", ">reaches ", ">teams/support/"]);
    let json = check(&["inspect", path, "--format", "json"], 0, &[]);
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let keys = report["keys"].as_array().unwrap();
    let web = keys.iter().find(|key| key["name"] == "support/web").unwrap();
    assert!(!web["backends"].as_array().unwrap().is_empty());
}

#[test]
fn inspect_shows_the_most_attempts_that_a_request_can_cause() {
    let folder = published();
    let path = folder.path().to_str().unwrap();
    // A rule with two tries each; the chain that another one goes on to counts what is new in it.
    let text = check(&["inspect", path], 0, &[]);
    for line in [
        "at most 5 attempts a request, in rule default: openai-gpt-4o once, anthropic-sonnet once, \
         gemini-flash once, azure-gpt-4o once, openai-gpt-5-mini once",
        "at most 3 attempts a request, in rule all: openai-gpt-4o-mini once, vllm-llama once, \
         azure-gpt-4o-mini once",
        "at most 5 attempts a request, in rule default: search/own-small 2 times, openai-gpt-4o-mini once",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let json = check(&["inspect", path, "--format", "json"], 0, &[]);
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let chains = report["chains"].as_array().unwrap();
    let assistant = chains.iter().find(|chain| chain["name"] == "support/assistant").unwrap();
    assert_eq!(assistant["worst"]["attempts"], 5);
    assert_eq!(assistant["worst"]["rule"], "default");
    assert_eq!(assistant["worst"]["way"][0], serde_json::json!({ "backend": "openai-gpt-4o", "tries": 1 }));
}
