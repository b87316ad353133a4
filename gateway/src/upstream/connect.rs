//! Making one connection: name to addresses, TCP, TLS; or, in tests, a pipe in memory.
//!
//! Every name is resolved first and then exactly one of its addresses is connected to, so that what was checked is what
//! is reached. Times are the caller's. Read next: [`super::tls`].

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::ConnectError;
use super::target::{Endpoint, Reach, Security};
use crate::limits::ADDRESSES_MAX;

/// A stream of bytes in both directions.
pub trait Io: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Io for T {}

/// What HTTP is to be spoken on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2, as TLS agreed.
    Http2,
}

/// A new connection.
pub struct Connected {
    /// Its bytes.
    pub io: Box<dyn Io>,
    /// What to speak on it.
    pub version: Version,
}

/// A connection in the making.
pub type Connecting<'a> = Pin<Box<dyn Future<Output = Result<Connected, ConnectError>> + 'a>>;

/// Makes connections: [`Network`], or a script in tests.
pub trait Connect {
    /// Connects to an endpoint.
    fn connect<'a>(&'a self, endpoint: &'a Endpoint) -> Connecting<'a>;
}

/// The real network.
pub struct Network {
    tls: TlsConnector,
}

impl Network {
    /// Connects with this TLS configuration (see [`super::tls`]).
    pub fn new(tls: Arc<rustls::ClientConfig>) -> Self {
        Self { tls: TlsConnector::from(tls) }
    }

    async fn open(&self, endpoint: &Endpoint) -> Result<Connected, ConnectError> {
        let tcp = tcp(endpoint).await?;
        if endpoint.security == Security::Plain {
            return Ok(Connected { io: Box::new(tcp), version: Version::Http1 });
        }
        let name = ServerName::try_from(endpoint.host.clone()).map_err(|_| ConnectError::NotAName)?;
        let tls = self.tls.connect(name, tcp).await?;
        let version = match tls.get_ref().1.alpn_protocol() {
            Some(b"h2") => Version::Http2,
            _ => Version::Http1,
        };
        Ok(Connected { io: Box::new(tls), version })
    }
}

impl Connect for Network {
    fn connect<'a>(&'a self, endpoint: &'a Endpoint) -> Connecting<'a> {
        Box::pin(self.open(endpoint))
    }
}

/// Tries the host's addresses in the resolver's order.
async fn tcp(endpoint: &Endpoint) -> Result<TcpStream, ConnectError> {
    let mut failure = ConnectError::Io(io::ErrorKind::NotFound.into());
    for address in addresses(endpoint).await? {
        if endpoint.reach == Reach::Public && !is_public(address.ip()) {
            failure = ConnectError::NotPublic;
            continue;
        }
        match TcpStream::connect(address).await {
            Ok(tcp) => {
                tcp.set_nodelay(true)?;
                return Ok(tcp);
            }
            Err(error) => failure = error.into(),
        }
    }
    Err(failure)
}

async fn addresses(endpoint: &Endpoint) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = endpoint.host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, endpoint.port)]);
    }
    let found = tokio::net::lookup_host((endpoint.host.as_str(), endpoint.port)).await?;
    Ok(found.take(ADDRESSES_MAX).collect())
}

/// Whether an address belongs to nobody's private network, this machine or a cloud's metadata service.
///
/// **Source**: IANA's special-purpose address registries (RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let assigned = a == 192 && b == 0 && c == 0;
            let benchmark = a == 198 && (b == 18 || b == 19);
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_documentation()
                || (a == 0 || a >= 240)
                || (shared || assigned || benchmark))
        }
        IpAddr::V6(v6) => v6.to_ipv4().map_or_else(|| is_public_v6(v6), |v4| is_public(v4.into())),
    }
}

/// Only global unicast, without the ranges inside it that carry an IPv4 address or are for documentation.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let global = first & 0xE000 == 0x2000;
    let six_to_four = first == 0x2002;
    let special = first == 0x2001 && (second < 0x0200 || second == 0x0DB8);
    global && !six_to_four && !special && first != 0x3FFF
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(addresses: &[&str], expected: bool) {
        for address in addresses {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn private_networks_and_metadata_are_not_public() {
        check(
            &["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200"],
            false,
        );
        check(&["0.0.0.0", "255.255.255.255", "224.0.0.1", "198.18.0.1", "192.0.0.192", "240.0.0.1"], false);
        check(
            &["::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe"],
            false,
        );
        check(&["2002:7f00:1::", "2001:db8::1", "2001::1", "ff02::1"], false);
        check(&["1.1.1.1", "104.18.7.192", "2606:4700::6812:7c0", "::ffff:8.8.8.8", "2a00:1450::1"], true);
    }
}
