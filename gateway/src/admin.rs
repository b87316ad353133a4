//! The operators' endpoints, on a listener of their own: `/livez`, `/readyz`, `/metrics`, `/status`, `/version`.
//!
//! Only answers questions: nothing here changes anything, so there is nothing to protect but the knowledge itself, and
//! no answer holds a secret, a key or a client's text. It listens on loopback unless an operator decides otherwise.
//!
//! Read next: [`status`] for what `/status` says.

pub mod status;

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

use crate::capacity::Capacity;
use crate::follow::report::Report;
use crate::limits::{ACCEPT_REST, ADMIN_CONNECTIONS_MAX, HEAD_READ_MAX};
use crate::listen::tls::Certificate;
use crate::metrics::Scrape;
use crate::shared::Shared;

/// Everything that the endpoints look at.
pub struct Admin {
    /// What is shared with requests.
    pub shared: Arc<Shared>,
    /// What following has to say.
    pub report: Arc<Report>,
    /// The clients' certificate, when there is one.
    pub certificate: Option<Arc<Certificate>>,
}

impl Admin {
    /// Answers operators until the task is dropped.
    pub async fn run(self: Arc<Self>, listener: TcpListener) {
        let seats = Capacity::new(ADMIN_CONNECTIONS_MAX);
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(ACCEPT_REST).await;
                continue;
            };
            if let Some(seat) = seats.take() {
                let admin = Arc::clone(&self);
                tokio::spawn(async move {
                    admin.serve(stream).await;
                    drop(seat);
                });
            }
        }
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let service = service_fn(|request: Request<Incoming>| {
            let answer = self.answer(request.method(), request.uri().path());
            async move { Ok::<_, Infallible>(answer) }
        });
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(HEAD_READ_MAX);
        // How it ends is between the operator and the network.
        drop(builder.serve_connection(TokioIo::new(stream), service).await);
    }

    /// The answer to one question.
    pub fn answer(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        if method != Method::GET && method != Method::HEAD {
            let mut refusal = text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n".to_owned());
            refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refusal;
        }
        match path {
            "/livez" => text(StatusCode::OK, "live\n".to_owned()),
            "/readyz" => self.ready(),
            "/metrics" => self.metrics(),
            "/status" => json(&status::status(self)),
            "/version" => json(&status::version()),
            _ => text(StatusCode::NOT_FOUND, "/livez /readyz /metrics /status /version\n".to_owned()),
        }
    }

    fn ready(&self) -> Response<Full<Bytes>> {
        match self.not_ready() {
            None => text(StatusCode::OK, "ready\n".to_owned()),
            Some(why) => text(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
        }
    }

    /// Why no new request should come here.
    fn not_ready(&self) -> Option<&'static str> {
        if !self.shared.drain.is_running() {
            return Some("draining");
        }
        self.shared.slot.current().is_none().then_some("no snapshot has been loaded yet, see /status")
    }

    fn metrics(&self) -> Response<Full<Bytes>> {
        let scrape = Scrape {
            metrics: Arc::clone(&self.shared.metrics),
            requests: Arc::clone(&self.shared.requests),
            connections: Arc::clone(&self.shared.connections),
            backends: Arc::clone(&self.shared.backends),
        };
        let Ok(body) = scrape.text() else {
            return text(StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be written\n".to_owned());
        };
        typed(StatusCode::OK, OPEN_METRICS, body)
    }
}

fn text(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    typed(status, "text/plain; charset=utf-8", body)
}

fn json(body: &impl serde::Serialize) -> Response<Full<Bytes>> {
    match serde_json::to_string_pretty(body) {
        Ok(body) => typed(StatusCode::OK, "application/json", body + "\n"),
        Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be written\n".to_owned()),
    }
}

fn typed(status: StatusCode, content_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[cfg(test)]
mod tests;
