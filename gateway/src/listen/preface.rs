//! Which HTTP a plain connection speaks: HTTP/2 with prior knowledge begins with a fixed text (RFC 9113, section 3.4).
//!
//! The bytes are only looked at, not taken, so whoever serves the connection reads it from its start.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;

/// A version of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// HTTP/1.0 or HTTP/1.1.
    One,
    /// HTTP/2.
    Two,
}

/// Waits for the first bytes. The caller bounds the time.
pub(super) async fn version(stream: &TcpStream) -> io::Result<Version> {
    let mut seen = [0; PREFACE.len()];
    loop {
        let len = stream.peek(&mut seen).await?;
        let begin = seen.get(..len).unwrap_or_default();
        if let Some(version) = judge(begin) {
            return Ok(version);
        }
        // More of the text may follow, and a look does not wait for more than there is.
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// `None` when it could still become either.
fn judge(begin: &[u8]) -> Option<Version> {
    if begin.is_empty() || !PREFACE.starts_with(begin) {
        return Some(Version::One);
    }
    (begin.len() == PREFACE.len()).then_some(Version::Two)
}

const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const LOOK_AGAIN: Duration = Duration::from_millis(5);

#[cfg(test)]
mod tests {
    use super::*;

    fn check(begin: &[u8], expected: Option<Version>) {
        assert_eq!(judge(begin), expected);
    }

    #[test]
    fn only_the_whole_preface_is_http_2() {
        check(PREFACE, Some(Version::Two));
        check(b"PRI * HTTP/2.0\r\n\r\n", None);
        check(b"P", None);
        check(b"POST / HTTP/1.1\r\n", Some(Version::One));
        check(b"PRI * HTTP/1.1\r\n", Some(Version::One));
        check(b"", Some(Version::One));
    }
}
