//! S4, S5, S6 and S24: nothing that a client or a provider says picks where a request goes, and no header that a client forges
//! reaches a provider or is taken for the gateway's own.

use pointsman_gateway::operation::Operation;

use super::route::{HOSTS, answer, asking, body, json, request, with_body};
use crate::stage::{Stage, play};
use crate::upstream::answers;

/// Headers by which other gateways let clients pick an upstream, or by which proxies are misled.
const HOSTLIKE: [&str; 16] = [
    "host",
    "forwarded",
    "x-forwarded-host",
    "x-forwarded-server",
    "x-original-url",
    "x-rewrite-url",
    "x-host",
    "x-portkey-custom-host",
    "x-portkey-config",
    "x-base-url",
    "x-upstream",
    "api-base",
    "openai-base-url",
    "helicone-target-url",
    "azure-resource-name",
    "x-pointsman-backend",
];
const EVIL: &str = "evil.test";

/// Whoever was asked is one of the policy's, at a path that the policy has, and nothing in its head is the attacker's.
fn check(stage: &Stage, path: &str) {
    for host in stage.upstream.hosts() {
        assert!(HOSTS.iter().any(|known| host == format!("{known}.test")), "{path} reached {host}");
    }
    for asked in stage.upstream.asked() {
        let (head, _) = asked.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains(EVIL), "{path}: {head}");
        let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        assert!(HOSTS.iter().any(|known| host == format!("{known}.test")), "{path}: {host}");
        assert!(head.starts_with("POST /v1"), "{path}: {head}");
    }
}

fn answering(stage: &Stage) {
    for host in HOSTS {
        stage.says(host, answer());
    }
}

#[tokio::test(start_paused = true)]
async fn no_header_query_or_member_picks_the_upstream() {
    for (operation, path) in asking() {
        let path = &*path;
        for value in [EVIL, "http://evil.test/v1", "evil.test#", "evil.test/?x="] {
            let headers = HOSTLIKE.map(|name| (name, value));
            let asked = format!("{path}?api_base={EVIL}&base_url={EVIL}&host={EVIL}&model={EVIL}");
            play(|stage: Stage| async move {
                answering(&stage);
                stage.sends(request(&asked, operation, &headers)).await;
                check(&stage, &asked);
            })
            .await;
        }
        if operation.takes_form() {
            continue;
        }
        play(|stage: Stage| async move {
            answering(&stage);
            let mut said = json(operation);
            for name in ["api_base", "base_url", "custom_host", "azure_endpoint", "host", "url", "provider"] {
                said[name] = EVIL.into();
            }
            stage.sends(with_body(path, "application/json", &[], said.to_string())).await;
            check(&stage, path);
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_models_name_breaks_out_of_an_address() {
    let names = ["evil.test#", "../../admin", "gpt?x=1", "gpt/../x", "@evil.test", "gpt#", "%2e%2e%2fgpt"];
    for (operation, path) in asking() {
        let path = &*path;
        for name in names {
            let (content_type, said) = body(operation);
            let (path, said) = if path.contains("gpt") {
                let escaped = name.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
                (path.replace("gpt", &escaped), said)
            } else {
                (path.to_owned(), said.replace("gpt", name))
            };
            play(|stage: Stage| async move {
                answering(&stage);
                let seen = stage.sends(with_body(&path, content_type, &[], said)).await;
                assert_eq!(seen.status, 404, "{path} {name}: {}", seen.body);
                assert!(stage.upstream.hosts().is_empty());
            })
            .await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_redirect_is_followed() {
    for (operation, path) in asking() {
        let path = &*path;
        for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
            play(|stage: Stage| async move {
                for host in HOSTS {
                    stage.says(host, answers(status, "location: http://169.254.169.254/latest\r\n", ""));
                }
                let seen = stage.sends(request(path, operation, &[])).await;
                assert!(matches!(seen.status, 404 | 502), "{path} {status}: {}", seen.status);
                assert_eq!(seen.header("location"), "");
                check(&stage, path);
            })
            .await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn forged_headers_reach_nobody_and_are_nobodys() {
    let forged = [
        ("x-forwarded-for", "10.6.6.6"),
        ("x-forwarded-proto", "https"),
        ("x-real-ip", "10.6.6.6"),
        ("x-pointsman-request-id", "00000000-0000-7000-8000-000000000666"),
        ("x-request-id", "666"),
        ("x-pointsman-decision", "chain=666"),
        ("x-pointsman-snapshot", "666"),
        ("x-pointsman-dropped", "666"),
        ("x-ai-eg-model", "666"),
        ("x-consumer", "666"),
        ("cookie", "session=666"),
        ("connection", "x-forwarded-for"),
    ];
    for (operation, path) in asking() {
        let path = &*path;
        play(|stage: Stage| async move {
            answering(&stage);
            let seen = stage.sends(request(path, operation, &forged)).await;
            for (name, value) in &seen.headers {
                assert!(!value.to_str().unwrap().contains("666"), "{path}: {name}");
            }
            for asked in stage.upstream.asked() {
                let (head, _) = asked.split_once("\r\n\r\n").unwrap();
                assert!(!head.contains("666") && !head.contains("10.6.6.6"), "{path}: {head}");
                assert!(!head.contains(&crate::policy::key("zoo")), "{path}: {head}");
            }
        })
        .await;
    }
}

#[test]
fn every_operation_of_clients_is_tried() {
    let tried = asking();
    for operation in Operation::ALL.into_iter().filter(|one| one.is_for_clients()) {
        assert!(tried.iter().any(|(one, _)| *one == operation), "{operation:?}");
    }
}
