//! Listening sockets: one for each worker on one port, and no other process on it.
//!
//! `SO_REUSEPORT` lets workers share a port, but would let a second gateway share it as well, silently taking half of
//! the connections. So the first socket listens without it, which fails when anybody listens there, and gets it
//! afterwards, which lets our own further sockets join. A second process begins the same way and fails.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

use crate::limits::ACCEPT_QUEUE_MAX;

/// Listens on `address` with one socket for each of `workers`, all on the same port.
///
/// **Errors**: `AddrInUse` when another process listens there.
pub fn listen(address: SocketAddr, workers: usize) -> io::Result<Vec<TcpListener>> {
    let first = socket(address)?;
    first.bind(&address.into())?;
    first.listen(ACCEPT_QUEUE_MAX)?;
    let first = TcpListener::from(first);
    // Port 0 has become a real one.
    let address = first.local_addr()?;
    let mut listeners = Vec::with_capacity(workers);
    if workers > 1 {
        socket2::SockRef::from(&first).set_reuse_port(true)?;
    }
    listeners.push(first);
    while listeners.len() < workers {
        let socket = socket(address)?;
        socket.set_reuse_port(true)?;
        socket.bind(&address.into())?;
        socket.listen(ACCEPT_QUEUE_MAX)?;
        listeners.push(TcpListener::from(socket));
    }
    Ok(listeners)
}

fn socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for the last process's closed connections to be forgotten.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    fn check(first: usize, second: usize, expected: Result<(), io::ErrorKind>) {
        let listeners = listen("127.0.0.1:0".parse().unwrap(), first).unwrap();
        assert_eq!(listeners.len(), first);
        let taken = listeners[0].local_addr().unwrap();
        let again = listen(taken, second).map(drop).map_err(|error| error.kind());
        assert_eq!(again, expected, "{first} then {second}");
        drop(listeners);
        assert!(listen(taken, second).is_ok(), "the port is free again");
    }

    #[test]
    fn a_second_process_fails() {
        for first in [1, 2, 4] {
            for second in [1, 2] {
                check(first, second, Err(io::ErrorKind::AddrInUse));
            }
        }
    }

    #[test]
    fn every_socket_gets_connections() {
        let listeners = listen("127.0.0.1:0".parse().unwrap(), 3).unwrap();
        let address = listeners[0].local_addr().unwrap();
        let clients: Vec<TcpStream> = (0..96).map(|_| TcpStream::connect(address).unwrap()).collect();
        let accepted = |listener: &TcpListener| std::iter::from_fn(|| listener.accept().ok()).count();
        let counts: Vec<usize> = listeners.iter().map(accepted).collect();
        assert_eq!(counts.iter().sum::<usize>(), clients.len());
        assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    }
}
