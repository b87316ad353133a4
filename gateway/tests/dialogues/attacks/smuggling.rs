//! S9: what comes over one connection is as many requests as the gateway answers, and no part of one is ever taken for another.

use super::route::{HOSTS, answer, asking, body};
use crate::policy;
use crate::stage::{Stage, play};

/// Heads in which two servers could find two lengths, or lines that are none.
fn heads(length: usize) -> Vec<String> {
    vec![
        format!("content-length: {length}\r\ntransfer-encoding: chunked\r\n"),
        format!("transfer-encoding: chunked\r\ncontent-length: {length}\r\n"),
        format!("content-length: {length}\r\ncontent-length: {}\r\n", length + 5),
        format!("content-length: {length}, {}\r\n", length + 5),
        format!("content-length: +{length}\r\n"),
        format!("content-length: 0x{length:x}\r\n"),
        format!("content-length : {length}\r\n"),
        "transfer-encoding: xchunked\r\n".to_owned(),
        "transfer-encoding: chunked, identity\r\n".to_owned(),
        "transfer-encoding:\u{b}chunked\r\n".to_owned(),
        format!("x-a: b\r\n content-length: 0\r\ncontent-length: {length}\r\n"),
        format!("x-a: b\ncontent-length: {length}\r\n"),
        format!("x-a: b\rcontent-length: 0\r\ncontent-length: {length}\r\n"),
        format!("content-length: {length}\r\nupgrade: websocket\r\nconnection: upgrade\r\n"),
        format!(
            "content-length: {length}\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\nconnection: upgrade, http2-settings\r\n"
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_request_within_a_request_is_never_one() {
    for (operation, path) in asking() {
        let path = &*path;
        let (content_type, said) = body(operation);
        for head in heads(said.len()) {
            let smuggled = format!(
                "POST /v1/smuggled HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\ncontent-length: 0\r\n\r\n",
                policy::key("zoo")
            );
            let chunked = head.contains("chunked");
            let framed =
                if chunked { format!("{:x}\r\n{said}\r\n0\r\n\r\n", said.len()) } else { said.clone() };
            let line = format!(
                "POST {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\ncontent-type: {content_type}\r\n{head}\r\n{framed}{smuggled}",
                policy::key("zoo")
            );
            play(|stage: Stage| async move {
                for host in HOSTS {
                    stage.says(host, answer()).says(host, answer());
                }
                let seen = stage.raw(&line).await;
                let asked = stage.upstream.asked();
                assert!(!asked.iter().any(|asked| asked.contains("smuggled")), "{path} {head:?}: {asked:?}");
                for asked in &asked {
                    let (head, _) = asked.split_once("\r\n\r\n").unwrap();
                    let lengths = head.lines().filter(|line| line.starts_with("content-length: ")).count();
                    assert!(lengths == 1 && !head.contains("transfer-encoding"), "{head}");
                    assert!(!head.to_ascii_lowercase().contains("upgrade"), "{head}");
                }
                let statuses: Vec<&str> =
                    seen.match_indices("HTTP/1.1 ").map(|(at, _)| &seen[at + 9..at + 12]).collect();
                assert!(!statuses.contains(&"101"), "{path} {head:?}");
                // One answer, or a second to what follows the first where both agree on where that ends.
                assert!((1..=2).contains(&statuses.len()), "{path} {head:?}: {seen}");
                if statuses.len() == 2 {
                    assert_eq!(statuses[1], "404", "{path} {head:?}: {seen}");
                    assert!(!chunked || !head.contains("content-length"), "{path} {head:?}: {seen}");
                }
            })
            .await;
        }
    }
}
