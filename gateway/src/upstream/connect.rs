//! Making one connection: name to addresses, TCP, TLS; or, in tests, a pipe in memory.
//!
//! Every name is resolved first and then exactly one of its addresses is connected to, so that what was checked is what
//! is reached. Each gets its share of the caller's time, so that one that swallows packets leaves some to the others.
//! Read next: [`super::resolve`] for names, [`super::tls`].

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use super::ConnectError;
use super::resolve::Resolver;
use super::target::{Endpoint, Reach, Security};

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
    /// Connects to an endpoint. What is not connected at the deadline is given up by the caller.
    fn connect<'a>(&'a self, endpoint: &'a Endpoint, deadline: Instant) -> Connecting<'a>;
}

/// The real network, as one worker reaches it.
pub struct Network {
    tls: TlsConnector,
    names: Rc<Resolver>,
}

impl Network {
    /// Connects with this TLS configuration (see [`super::tls`]).
    pub fn new(tls: Arc<rustls::ClientConfig>) -> Self {
        Self { tls: TlsConnector::from(tls), names: Resolver::of_system() }
    }

    async fn open(&self, endpoint: &Endpoint, deadline: Instant) -> Result<Connected, ConnectError> {
        let found = self.names.addresses(&endpoint.host).await?;
        let allowed = allowed(&found, endpoint)?;
        let tcp = first_open(&allowed, deadline, TcpStream::connect).await?;
        tcp.set_nodelay(true)?;
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
    fn connect<'a>(&'a self, endpoint: &'a Endpoint, deadline: Instant) -> Connecting<'a> {
        Box::pin(self.open(endpoint, deadline))
    }
}

/// Those addresses that may be connected to.
fn allowed(found: &[IpAddr], endpoint: &Endpoint) -> Result<Vec<SocketAddr>, ConnectError> {
    let may = |address: &&IpAddr| endpoint.reach == Reach::Anywhere || is_public(**address);
    let allowed: Vec<_> =
        found.iter().filter(may).map(|address| SocketAddr::new(*address, endpoint.port)).collect();
    if allowed.is_empty() && !found.is_empty() { Err(ConnectError::NotPublic) } else { Ok(allowed) }
}

/// Opens the first address that answers, in the resolver's order. Of the time that is left, each gets an equal share.
async fn first_open<T, F>(
    addresses: &[SocketAddr],
    deadline: Instant,
    open: impl Fn(SocketAddr) -> F,
) -> io::Result<T>
where
    F: Future<Output = io::Result<T>>,
{
    let mut failure = io::ErrorKind::NotFound.into();
    let mut untried = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
    for address in addresses {
        let now = Instant::now();
        let share = deadline.saturating_duration_since(now) / untried.max(1);
        untried = untried.saturating_sub(1);
        match timeout_at(now + share, open(*address)).await {
            Ok(Ok(opened)) => return Ok(opened),
            Ok(Err(error)) => failure = error,
            Err(_) => failure = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(failure)
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
    use std::time::Duration;

    use super::*;

    fn check(addresses: &[&str], expected: bool) {
        for address in addresses {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }

    /// Each address answers after so many milliseconds, `None` never, a negative one with a refusal; which of them was
    /// opened within 2 s, and when.
    async fn check_order(answers: &[Option<i64>], expected: Option<(usize, u64)>) {
        let addresses: Vec<_> =
            (1..).zip(answers).map(|(port, _)| SocketAddr::from(([10, 0, 0, 1], port))).collect();
        let began = Instant::now();
        let open = |address: SocketAddr| async move {
            let at = usize::from(address.port()) - 1;
            let Some(ms) = answers[at] else { std::future::pending().await };
            tokio::time::sleep(Duration::from_millis(ms.unsigned_abs())).await;
            if ms < 0 { Err(io::ErrorKind::ConnectionRefused.into()) } else { Ok(at) }
        };
        let opened = first_open(&addresses, began + Duration::from_secs(2), open).await.ok();
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap();
        assert_eq!(opened.map(|at| (at, took_ms)), expected, "{answers:?}");
        assert!(took_ms <= 2_000);
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_never_answers_leaves_time_to_the_others() {
        check_order(&[Some(1_900)], Some((0, 1_900))).await;
        check_order(&[None, Some(100)], Some((1, 1_100))).await;
        check_order(&[None, None, None, Some(400)], Some((3, 1_900))).await;
        check_order(&[Some(-10), Some(1_500)], Some((1, 1_510))).await;
        check_order(&[None, None], None).await;
        check_order(&[], None).await;
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
