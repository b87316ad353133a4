//! `pointsman inspect`: what is shown that nobody wrote.

use super::check;

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
