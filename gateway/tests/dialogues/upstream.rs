//! The upstream: for each host a list of what it says to each request, byte by byte.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use pointsman_gateway::upstream::ConnectError;
use pointsman_gateway::upstream::connect::{Connect, Connected, Connecting, Version};
use pointsman_gateway::upstream::target::Endpoint;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::time::Instant;

/// A step of an answer.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Bytes, as they are.
    Say(String),
    /// Those that are no text.
    Bytes(Vec<u8>),
    /// A pause.
    Wait(Duration),
    /// Nothing more, for ever.
    Hang,
    /// The connection's end.
    Close,
}

impl Step {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Say(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
            Self::Wait(_) | Self::Hang | Self::Close => &[],
        }
    }
}

/// What a host does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Takes no connection.
    Refuse,
    /// Lets the connection wait for ever.
    Ignore,
    /// Answers.
    Steps(Vec<Step>),
}

/// All hosts, and what they were asked.
#[derive(Default)]
pub(crate) struct Upstream {
    replies: RefCell<BTreeMap<String, VecDeque<Reply>>>,
    asked: RefCell<Vec<String>>,
    /// Connections whose other end went away before the answer was over.
    abandoned: RefCell<usize>,
    connections: RefCell<usize>,
    /// Every host that somebody wanted to connect to.
    hosts: RefCell<Vec<String>>,
}

impl Upstream {
    pub(crate) fn script(&self, host: &str, reply: Reply) {
        self.replies.borrow_mut().entry(host.to_owned()).or_default().push_back(reply);
    }

    /// Every request so far, as its raw text.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.borrow().clone()
    }

    pub(crate) fn abandoned(&self) -> usize {
        *self.abandoned.borrow()
    }

    pub(crate) fn hosts(&self) -> Vec<String> {
        self.hosts.borrow().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.connections.borrow()
    }

    fn next(&self, host: &str) -> Option<Reply> {
        self.replies.borrow_mut().get_mut(host)?.pop_front()
    }

    fn peek(&self, host: &str) -> Option<Reply> {
        self.replies.borrow().get(host)?.front().cloned()
    }

    async fn serve(self: Rc<Self>, host: String, mut pipe: DuplexStream) {
        while let Some(request) = receive(&mut pipe).await {
            self.asked.borrow_mut().push(request);
            let Some(Reply::Steps(steps)) = self.next(&host) else { return };
            for step in steps {
                match step {
                    Step::Say(_) | Step::Bytes(_) => {
                        if pipe.write_all(step.bytes()).await.is_err() {
                            *self.abandoned.borrow_mut() += 1;
                            return;
                        }
                    }
                    Step::Wait(pause) => tokio::time::sleep(pause).await,
                    Step::Hang => {
                        // The other end says nothing more either, so this returns when it has gone.
                        if pipe.read(&mut [0; 1]).await.is_ok_and(|read| read == 0) {
                            *self.abandoned.borrow_mut() += 1;
                        }
                        return;
                    }
                    Step::Close => return,
                }
            }
        }
    }
}

/// A request's text, or none when the connection has ended.
async fn receive(pipe: &mut DuplexStream) -> Option<String> {
    let mut text = Vec::new();
    let body = loop {
        if let Some(at) = text.windows(4).position(|end| end == b"\r\n\r\n") {
            break at + 4;
        }
        let read = pipe.read_buf(&mut text).await.ok()?;
        if read == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&text[..body]).into_owned();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    while text.len() < body + length {
        if pipe.read_buf(&mut text).await.ok()? == 0 {
            return None;
        }
    }
    Some(String::from_utf8(text).unwrap())
}

/// The gateway's way to the hosts.
pub(crate) struct Wires(pub(crate) Rc<Upstream>);

impl Connect for Wires {
    fn connect<'a>(&'a self, endpoint: &'a Endpoint, _: Instant) -> Connecting<'a> {
        self.0.hosts.borrow_mut().push(endpoint.host.clone());
        Box::pin(async move {
            match self.0.peek(&endpoint.host) {
                Some(Reply::Steps(_)) => {}
                Some(Reply::Ignore) => {
                    self.0.next(&endpoint.host);
                    std::future::pending::<()>().await;
                }
                Some(Reply::Refuse) | None => {
                    self.0.next(&endpoint.host);
                    return Err(ConnectError::Io(std::io::ErrorKind::ConnectionRefused.into()));
                }
            }
            *self.0.connections.borrow_mut() += 1;
            let (near, far) = tokio::io::duplex(1 << 20);
            tokio::task::spawn_local(Rc::clone(&self.0).serve(endpoint.host.clone(), far));
            Ok(Connected { io: Box::new(near), version: Version::Http1 })
        })
    }
}

/// A whole answer.
pub(crate) fn answers(status: &str, headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Steps(vec![Step::Say(format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}"
    ))])
}

/// A whole completion.
pub(crate) fn completes(body: &str) -> Reply {
    answers(
        "200 OK",
        "content-type: application/json\r\nset-cookie: a=b\r\nopenai-organization: org-1\r\n",
        body,
    )
}

/// A stream's head, then the steps.
pub(crate) fn streams(steps: impl IntoIterator<Item = Step>) -> Reply {
    streams_as("text/event-stream; charset=utf-8", steps)
}

/// The same, of another media type.
pub(crate) fn streams_as(media: &str, steps: impl IntoIterator<Item = Step>) -> Reply {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {media}\r\ntransfer-encoding: chunked\r\n\r\n");
    Reply::Steps(std::iter::once(Step::Say(head)).chain(steps).collect())
}

/// One chunk of a stream that is no text.
pub(crate) fn piece(bytes: &[u8]) -> Step {
    Step::Bytes([format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat())
}

/// One chunk of a stream.
pub(crate) fn chunk(text: &str) -> Step {
    Step::Say(format!("{:x}\r\n{text}\r\n", text.len()))
}

/// A stream's end.
pub(crate) fn end() -> Step {
    Step::Say("0\r\n\r\n".to_owned())
}

/// A pause.
pub(crate) fn pause_s(seconds: u64) -> Step {
    Step::Wait(Duration::from_secs(seconds))
}
