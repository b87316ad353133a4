//! An upstream that costs next to nothing: precomputed bytes behind just enough HTTP.
//!
//! It answers any request, with a stream of events when the body begins by asking for one. It must never be what limits
//! a comparison; the scripted upstream of `demo/`, which can fail, is another thing.

use std::{io, net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::sleep,
};

use super::{limits, message::Message};

/// A running upstream; it ends with this value.
#[derive(Debug)]
pub(crate) struct Upstream {
    addr: SocketAddr,
    accepting: JoinHandle<io::Result<()>>,
}

/// The bytes of its answers.
#[derive(Debug)]
struct Answers {
    whole: Vec<u8>,
    stream_head: &'static [u8],
    event: Vec<u8>,
}

impl Upstream {
    /// Listens on a free port of loopback and serves on the current runtime.
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let addr = listener.local_addr()?;
        let answers = Arc::new(Answers::new());
        let accepting = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                tokio::spawn(serve(stream, Arc::clone(&answers)));
            }
        });
        Ok(Self { addr, accepting })
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Answers one request after another until the client leaves.
async fn serve(mut stream: TcpStream, answers: Arc<Answers>) -> io::Result<()> {
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let mut request = Message::new();
        while !request.is_done() {
            match stream.read(&mut buffer).await? {
                0 => return Ok(()),
                read => request.feed(buffer.get(..read).unwrap_or_default())?,
            }
        }
        if request.asks_for_stream() {
            answers.stream(&mut stream).await?;
        } else {
            stream.write_all(&answers.whole).await?;
        }
    }
}

impl Answers {
    fn new() -> Self {
        let filler = "lorem ipsum ".repeat(limits::ANSWER_BYTES / 12);
        let text = filler.get(..limits::ANSWER_BYTES.saturating_sub(ENVELOPE_BYTES)).unwrap_or_default();
        let body = format!(
            concat!(
                r#"{{"id":"chatcmpl-bench","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{{"index":0,"#,
                r#""message":{{"role":"assistant","content":"{}"}},"finish_reason":"stop"}}],"#,
                r#""usage":{{"prompt_tokens":250,"completion_tokens":200,"total_tokens":450}}}}"#
            ),
            text
        );
        let length = body.len();
        let whole = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        let event = concat!(
            r#"data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":"#,
            r#"[{"index":0,"delta":{"content":"lorem "},"finish_reason":null}]}"#,
            "\n\n"
        );
        Self {
            whole: whole.into_bytes(),
            stream_head: b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-accel-buffering: no\r\n\
                           transfer-encoding: chunked\r\n\r\n",
            event: chunk(event),
        }
    }

    async fn stream(&self, stream: &mut TcpStream) -> io::Result<()> {
        stream.write_all(self.stream_head).await?;
        for _ in 0..limits::EVENTS {
            stream.write_all(&self.event).await?;
            sleep(limits::BETWEEN_EVENTS).await;
        }
        let mut end = chunk("data: [DONE]\n\n");
        end.extend_from_slice(b"0\r\n\r\n");
        stream.write_all(&end).await
    }
}

fn chunk(data: &str) -> Vec<u8> {
    format!("{:x}\r\n{data}\r\n", data.len()).into_bytes()
}

/// **Unit**: bytes of an answer around its text.
const ENVELOPE_BYTES: usize = 240;
/// **Unit**: bytes read at once.
const READ_BYTES: usize = 64 << 10;
