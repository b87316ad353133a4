//! One connection: HTTP/1.1 until it ends, then the manner of its end.
//!
//! A reset must look like one to the client, so the socket is taken back from hyper and closed the hard way. HTTP/2 is
//! left out on purpose: plain-text upstreams speak HTTP/1.1, and each fault here is a fault of a whole connection.

use std::{error::Error, future::poll_fn, sync::Arc};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream},
    net::TcpStream,
};

use super::{ledger::Ledger, limits, script::Abort, service};

/// Something that HTTP can be spoken over.
pub(crate) trait Connection: AsyncRead + AsyncWrite + Unpin + Send + Sized + 'static {
    /// Ends the connection so that the other side notices a reset.
    fn reset(self);

    /// Serves requests until the connection ends.
    fn serve(self, ledger: Arc<Ledger>) -> impl Future<Output = ()> + Send {
        async move {
            let answer = service_fn(move |request| {
                let ledger = Arc::clone(&ledger);
                Box::pin(async move { service::respond(&ledger, request).await })
            });
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(limits::HEAD_WAIT_MAX);
            let mut served = http.serve_connection(TokioIo::new(self), answer);
            let ended = poll_fn(|context| served.poll_without_shutdown(context)).await;
            if ended.is_err_and(|error| is_reset(&error)) {
                served.into_parts().io.into_inner().reset();
            }
        }
    }
}

impl Connection for TcpStream {
    fn reset(self) {
        // Where the option cannot be set the client sees a close instead of a reset, which is a failure as well.
        drop(self.set_zero_linger());
    }
}

impl Connection for DuplexStream {
    fn reset(self) {}
}

/// Whether the error is the one that [`service::respond`] returns for a reset.
fn is_reset(error: &hyper::Error) -> bool {
    error
        .source()
        .and_then(|source| source.downcast_ref::<Abort>())
        .is_some_and(|abort| *abort == Abort::Reset)
}
