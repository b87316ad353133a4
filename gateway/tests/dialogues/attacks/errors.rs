//! S30: of what a provider says about an error, a client sees four fields where it is to blame itself, and nothing where not.

use super::route::{HOSTS, asking, request};
use crate::stage::{Stage, play};
use crate::upstream::answers;

const HEADERS: &str = "content-type: application/json\r\nopenai-organization: org-OTHER\r\nx-request-id: req-OTHER\r\nset-cookie: a=OTHER\r\nwww-authenticate: OTHER\r\nserver: OTHER\r\nx-amzn-errortype: OTHER\r\n";

/// An error with more in it than anybody may see.
fn body(message: &str) -> String {
    format!(
        r#"{{"error":{{"message":"{message}","type":"t","code":"c","param":"p","account":"acct-OTHER","details":[{{"project":"OTHER"}}],"inner":{{"prompt":"OTHER"}}}},"request_id":"OTHER","user":"OTHER"}}"#
    )
}

#[tokio::test(start_paused = true)]
async fn an_error_tells_nothing_of_others() {
    for (operation, path) in asking() {
        let path = &*path;
        for status in [400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 529] {
            play(|stage: Stage| async move {
                let is_theirs = matches!(status, 400 | 404 | 413 | 422);
                let said = body(if is_theirs { "your fault" } else { "OTHER's account" });
                for host in HOSTS {
                    stage.says(host, answers(&format!("{status} X"), HEADERS, &said));
                }
                let seen = stage.sends(request(path, operation, &[])).await;
                let headers = format!("{:?}", seen.headers);
                assert!(seen.status >= 400, "{path} {status}");
                assert!(!seen.body.contains("OTHER"), "{path} {status}: {}", seen.body);
                assert!(!headers.contains("OTHER"), "{path} {status}: {headers}");
                let was_asked = !stage.upstream.asked().is_empty();
                assert_eq!(seen.body.contains("your fault"), is_theirs && was_asked, "{path} {status}");
            })
            .await;
        }
    }
}
