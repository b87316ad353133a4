//! Where clients come in: sockets, TLS, HTTP/1.1 and HTTP/2, up to a parsed request head.
//!
//! Every core has its own socket and its own connections. What is done with a request is the caller's service; this
//! module only guards the way there (connections, handshake, head: each has its limit) and the way out (a drain).
//!
//! Read next: [`socket`], [`accept`], [`connection`], in the order of a client's arrival; [`tls`] for certificates.

pub mod accept;
pub mod connection;
mod pace;
mod patience;
mod preface;
pub mod socket;
pub mod tls;
