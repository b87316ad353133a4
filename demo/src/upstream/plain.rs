//! Endpoints that answer with one small thing instead of a model's turn: embeddings, images, sound, counts.
//!
//! Written to what the official clients parse. The things are as small as they can be and the same each time, but for
//! embeddings, which differ by the text that they are of. Not a model of the whole API.
//!
//! **Source**: OpenAI's published description of its API; Anthropic's and Gemini's references for counting tokens.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::{dialect::Dialect, limits};

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plain {
    /// OpenAI's older completions, whole or as a stream.
    Completions,
    Embeddings,
    Moderations,
    /// Images, and edits and variations of them.
    Images,
    /// A text as sound.
    Speech,
    /// Sound as a text.
    Words,
    /// Anthropic's count of tokens.
    CountTokens,
    /// Gemini's.
    GeminiCountTokens,
}

/// An answer's body and its media type.
pub(crate) struct Answer {
    pub(crate) body: Bytes,
    pub(crate) media: &'static str,
}

/// A request for one of these, as far as it is looked at.
pub(crate) struct Ask<'a> {
    pub(crate) provider: &'a str,
    pub(crate) model: String,
    body: Value,
    bytes: usize,
}

impl<'a> Ask<'a> {
    /// Reads a body. One that is no JSON, such as a form, is only counted.
    pub(crate) fn read(provider: &'a str, in_path: Option<&str>, body: &[u8]) -> Self {
        let bytes = body.len();
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let named = in_path.or_else(|| body.get("model").and_then(Value::as_str)).unwrap_or("demo");
        let model = named.chars().take(limits::MODEL_NAME_BYTES_MAX / 4).collect();
        Self { provider, model, body, bytes }
    }

    fn tokens(&self) -> usize {
        self.bytes / 4 + 1
    }

    fn words(&self) -> String {
        format!("(demo upstream: model {} at provider {})", self.model, self.provider)
    }
}

impl Plain {
    /// The endpoint at a path of a provider.
    pub(crate) fn at(method: &Method, path: &str) -> Option<Self> {
        if method != Method::POST {
            return None;
        }
        Some(match path {
            "/v1/completions" => Self::Completions,
            "/v1/embeddings" => Self::Embeddings,
            "/v1/moderations" => Self::Moderations,
            "/v1/images/generations" | "/v1/images/edits" | "/v1/images/variations" => Self::Images,
            "/v1/audio/speech" => Self::Speech,
            "/v1/audio/transcriptions" | "/v1/audio/translations" => Self::Words,
            "/v1/messages/count_tokens" => Self::CountTokens,
            _ if model_counted(path).is_some() => Self::GeminiCountTokens,
            _ => return None,
        })
    }

    /// In whose form an error is.
    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Self::CountTokens => Dialect::Anthropic,
            Self::GeminiCountTokens => Dialect::Gemini,
            _ => Dialect::OpenAi,
        }
    }

    /// The answer to a request, the upstream's so manieth.
    pub(crate) fn answer(self, ask: &Ask<'_>, number: u64, created_s: u64) -> Answer {
        let body = match self {
            Self::Completions => return completion(ask, number, created_s),
            Self::Embeddings => embeddings(ask),
            Self::Moderations => json!({
                "id": format!("modr-demo{number:010}"), "model": ask.model,
                "results": [{"flagged": false, "categories": {}, "category_scores": {}, "category_applied_input_types": {}}],
            }),
            Self::Images => json!({"created": created_s, "data": [{"b64_json": PIXEL}]}),
            Self::Speech => return Answer { body: Bytes::from_static(SILENCE), media: "audio/wav" },
            Self::Words => json!({"text": format!("{} I heard {} bytes.", ask.words(), ask.bytes)}),
            Self::CountTokens => json!({"input_tokens": ask.tokens()}),
            Self::GeminiCountTokens => json!({"totalTokens": ask.tokens()}),
        };
        Answer { body: Bytes::from(body.to_string()), media: JSON }
    }
}

/// The model of Gemini's count of tokens, which its path names.
pub(crate) fn model_counted(path: &str) -> Option<&str> {
    path.strip_prefix("/v1beta/models/")?.strip_suffix(":countTokens")
}

fn completion(ask: &Ask<'_>, number: u64, created_s: u64) -> Answer {
    let prompt = ask.body.get("prompt").and_then(Value::as_str).unwrap_or_default();
    let prompt: String = prompt.chars().take(limits::ECHO_CHARS_MAX).collect();
    let chunk = |text: &str, finish: Value| {
        json!({
            "id": format!("cmpl-demo{number:010}"), "object": "text_completion", "created": created_s, "model": ask.model,
            "choices": [{"text": text, "index": 0, "logprobs": null, "finish_reason": finish}],
        })
    };
    let text = format!("{} You wrote: {prompt}", ask.words());
    if ask.body.get("stream") == Some(&Value::Bool(true)) {
        let (first, last) = (chunk(&text, Value::Null), chunk("", json!("stop")));
        let events = format!("data: {first}\n\ndata: {last}\n\ndata: [DONE]\n\n");
        return Answer { body: Bytes::from(events), media: "text/event-stream" };
    }
    let mut whole = chunk(&text, json!("stop"));
    let (input, output) = (ask.tokens(), text.split(' ').count());
    let usage = json!({"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output});
    if let Some(members) = whole.as_object_mut() {
        members.insert("usage".to_owned(), usage);
    }
    Answer { body: Bytes::from(whole.to_string()), media: JSON }
}

fn embeddings(ask: &Ask<'_>) -> Value {
    let input = ask.body.get("input").unwrap_or(&Value::Null);
    // A list of numbers is one text, too.
    let texts: Vec<&Value> = match input {
        Value::Array(texts) if texts.iter().any(|text| !text.is_number()) => texts.iter().collect(),
        one => vec![one],
    };
    let is_base64 = ask.body.get("encoding_format").and_then(Value::as_str) == Some("base64");
    let embedding = |text: &Value| {
        let vector = vector(&text.to_string());
        if is_base64 { json!(STANDARD.encode(vector.map(f32::to_le_bytes).concat())) } else { json!(vector) }
    };
    let data: Vec<Value> = texts
        .iter()
        .take(EMBEDDINGS_MAX)
        .enumerate()
        .map(|(at, text)| json!({"object": "embedding", "index": at, "embedding": embedding(text)}))
        .collect();
    let tokens = ask.tokens();
    let usage = json!({"prompt_tokens": tokens, "total_tokens": tokens});
    json!({"object": "list", "data": data, "model": ask.model, "usage": usage})
}

/// The share of each of eight classes of letters in a text: texts that are alike have vectors that are.
fn vector(text: &str) -> [f32; 8] {
    let mut shares = [0.0; 8];
    for byte in text.bytes() {
        if let Some(share) = shares.get_mut(usize::from(byte % 8)) {
            *share += 1.0;
        }
    }
    let length = shares.iter().map(|share| share * share).sum::<f32>().sqrt().max(1.0);
    shares.map(|share| share / length)
}

const JSON: &str = "application/json";
/// Texts of one request that are embedded.
const EMBEDDINGS_MAX: usize = 2_048;
/// A picture of one pixel, as PNG.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/// A recording of nothing, as WAV: its head alone.
const SILENCE: &[u8] =
    b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1F\0\0\x80\x3E\0\0\x02\0\x10\0data\0\0\0\0";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, body: &Value, expected: &str) {
        let plain = Plain::at(&Method::POST, path).unwrap();
        let bytes = body.to_string();
        let ask = Ask::read("p", model_counted(path), bytes.as_bytes());
        let answer = plain.answer(&ask, 1, 5);
        let text = String::from_utf8_lossy(&answer.body);
        assert!(text.contains(expected), "{path}: {text}");
        if answer.media == JSON {
            assert!(serde_json::from_slice::<Value>(&answer.body).is_ok(), "{text}");
        }
    }

    #[test]
    fn each_endpoint_answers_in_its_form() {
        let model = json!({"model": "m", "input": "hi"});
        check("/v1/embeddings", &model, r#""object":"embedding""#);
        let two = json!({"model": "m", "input": ["a", "b"], "encoding_format": "base64"});
        check("/v1/embeddings", &two, r#""index":1"#);
        check("/v1/moderations", &model, r#""flagged":false"#);
        check("/v1/images/generations", &json!({"prompt": "a cat"}), r#""b64_json":"iVBOR"#);
        check("/v1/audio/speech", &model, "WAVEfmt ");
        check("/v1/audio/transcriptions", &model, "I heard 26 bytes");
        let prompt = |stream: bool| json!({"model": "m", "prompt": "hi", "stream": stream});
        check("/v1/completions", &prompt(false), "model m at provider p) You wrote: hi");
        check("/v1/completions", &prompt(true), "data: [DONE]\n\n");
        check("/v1/messages/count_tokens", &model, r#""input_tokens":7"#);
        check("/v1beta/models/g:countTokens", &json!({"contents": []}), r#""totalTokens":"#);
        assert_eq!(Plain::at(&Method::GET, "/v1/embeddings"), None);
        assert_eq!(Plain::at(&Method::POST, "/v1/batches"), None);
    }

    #[test]
    fn vectors_are_of_length_one_and_differ() {
        let (one, other) = (vector("a"), vector("b"));
        assert!(one.iter().zip(other).any(|(one, other)| (one - other).abs() > 0.1));
        let length: f32 = one.iter().map(|share| share * share).sum();
        assert!((length - 1.0).abs() < 0.001);
    }
}
