//! One request and its answer over a connection that is kept.
//!
//! The bytes of a request are made once. A connection that breaks, or an answer other than 200, is an error and ends the
//! comparison: figures of a run with failures mean nothing.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use super::{limits, message::Message};

/// A request, as bytes, and where it goes.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    addr: SocketAddr,
    key: String,
    body_bytes: usize,
    protocol: Protocol,
    bytes: Arc<Vec<u8>>,
}

/// What the load speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// OpenAI's chat completions, as the upstream does.
    Chat,
    /// Anthropic's messages, which the gateway translates.
    Messages,
}

impl Protocol {
    /// The path, and the members that only this protocol needs.
    fn asks(self) -> (&'static str, &'static str) {
        match self {
            Self::Chat => ("/v1/chat/completions", ""),
            Self::Messages => ("/v1/messages", r#""max_tokens":1000,"#),
        }
    }
}

/// A connection to a contender.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// When the parts of an answer arrived, since the request was sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// The first byte of the body.
    pub(crate) first_byte: Duration,
    /// The end.
    pub(crate) whole: Duration,
}

impl Request {
    /// A request for a whole answer, with a body of this size.
    pub(crate) fn new(addr: SocketAddr, key: &str, body_bytes: usize) -> Self {
        Self::build((addr, key), (body_bytes, Protocol::Chat), "")
    }

    /// The same request with a body of another size.
    pub(crate) fn of_size(&self, body_bytes: usize) -> Self {
        Self::build((self.addr, &self.key), (body_bytes, self.protocol), "")
    }

    /// The same request in another protocol.
    pub(crate) fn in_protocol(&self, protocol: Protocol) -> Self {
        Self::build((self.addr, &self.key), (self.body_bytes, protocol), "")
    }

    /// The same request for a stream.
    pub(crate) fn streamed(&self) -> Self {
        Self::build((self.addr, &self.key), (self.body_bytes, self.protocol), r#""stream":true,"#)
    }

    fn build((addr, key): (SocketAddr, &str), (body_bytes, protocol): (usize, Protocol), more: &str) -> Self {
        let (path, needed) = protocol.asks();
        let opening = format!(r#"{{"model":"gpt-4o",{more}{needed}"messages":[{{"role":"user","content":""#);
        let closing = r#""}]}"#;
        let room = body_bytes.saturating_sub(opening.len() + closing.len());
        let words: String = "the quick brown fox ".chars().cycle().take(room).collect();
        let body = format!("{opening}{words}{closing}");
        let bytes = format!(
            "POST {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\nuser-agent: bench\r\n\
             accept: application/json\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        Self { addr, key: key.to_owned(), body_bytes, protocol, bytes: Arc::new(bytes.into_bytes()) }
    }
}

impl Connection {
    /// Connects to where a request goes.
    pub(crate) async fn open(request: &Request) -> io::Result<Self> {
        let stream = TcpStream::connect(request.addr).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; READ_BYTES] })
    }

    /// Sends a request and reads its answer to the end.
    pub(crate) async fn exchange(&mut self, request: &Request) -> io::Result<Times> {
        let answer = timeout(limits::EXCHANGE_MAX, self.exchange_unbounded(request));
        answer.await.map_err(|_| io::Error::other("an answer did not come in time"))?
    }

    async fn exchange_unbounded(&mut self, request: &Request) -> io::Result<Times> {
        let start = Instant::now();
        self.stream.write_all(&request.bytes).await?;
        let mut answer = Message::new();
        let mut first_byte = None;
        while !answer.is_done() {
            let read = self.stream.read(&mut self.buffer).await?;
            if read == 0 {
                return Err(io::Error::other(format!("an answer was cut: {}", answer.describe())));
            }
            answer.feed(self.buffer.get(..read).unwrap_or_default())?;
            if first_byte.is_none() && answer.has_body() {
                first_byte = Some(start.elapsed());
            }
        }
        if !answer.is_ok() {
            return Err(io::Error::other(format!("an answer was not 200: {}", answer.describe())));
        }
        let whole = start.elapsed();
        Ok(Times { first_byte: first_byte.unwrap_or(whole), whole })
    }
}

/// **Unit**: bytes read at once.
const READ_BYTES: usize = 16 << 10;
