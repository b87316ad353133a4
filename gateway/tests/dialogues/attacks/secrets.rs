//! S7: no secret, key or prompt is in anything that is written for anybody else: answers, logs, metrics, the text of a value.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::route::{HOSTS, all, asking, body, with_body};
use crate::policy;
use crate::stage::{Stage, play};
use crate::upstream::{Reply, answers};

/// Keeps all that is logged, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Fields(self));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Fields(self));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Fields(self));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Fields<'l>(&'l Log);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        writeln!(self.0.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_in_anything_that_is_written() {
    let log = Log::default();
    let _logging = tracing::subscriber::set_default(log.clone());
    let leaks = r#"{"error":{"message":"key sk-KEY_ONE sk-KEY_FOUR sk-KEY_FIVE of org-1 said PROMPT","type":"x","code":"y"}}"#;
    let replies = || {
        let mut replies = vec![Reply::Refuse];
        for status in ["400 Bad", "401 No", "403 No", "429 Wait", "500 Oh", "200 OK"] {
            replies.push(answers(status, "content-type: application/json\r\n", leaks));
        }
        replies
    };
    let key = policy::key("zoo");
    let mut written = String::new();
    for (operation, path) in asking() {
        let path = &*path;
        for reply in replies() {
            let (path, key) = (format!("{path}?key={key}&alt=sse"), key.clone());
            written += &play(|stage: Stage| async move {
                for host in HOSTS {
                    stage.says(host, reply.clone());
                }
                let (content_type, said) = body(operation);
                let seen = stage.sends(with_body(&path, content_type, &[("x-api-key", &key)], said)).await;
                format!("{:?} {} {}\n", seen.headers, seen.body.replace("PROMPT", ""), stage.metrics())
            })
            .await;
        }
    }
    for route in all() {
        written += &play(|stage: Stage| async move {
            let request = http::Request::builder()
                .method(route.method)
                .uri(format!("{}?key={}x", route.path, policy::key("zoo")))
                .body(http_body_util::Full::default())
                .unwrap();
            let seen = stage.sends(request).await;
            assert_eq!(seen.status, 401, "{}", route.path);
            format!("{:?} {}\n", seen.headers, seen.body)
        })
        .await;
    }
    let logged = log.0.lock().unwrap().clone();
    assert!(logged.contains("attempt failed"), "nothing was logged:\n{logged}");
    for secret in ["sk-KEY_ONE", "sk-KEY_FOUR", "sk-KEY_FIVE", &*key] {
        assert!(!written.contains(secret) && !logged.contains(secret), "{secret} was written");
    }
    assert!(!logged.contains("PROMPT"), "{logged}");
}
