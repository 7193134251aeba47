//! A line that breaks: passes bytes on and cuts each connection after so many from the server.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::Failed;

/// A loopback port in front of a server.
pub struct CuttingProxy {
    address: SocketAddr,
    allowed: Arc<AtomicU64>,
}

impl CuttingProxy {
    /// Passes on to `server`, uncut at first. Its threads end with the process.
    ///
    /// # Errors
    /// If no port can be had.
    pub fn start(server: SocketAddr) -> Result<Self, Failed> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let allowed = Arc::new(AtomicU64::new(u64::MAX));
        let limit = Arc::clone(&allowed);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let limit = limit.load(Ordering::SeqCst);
                thread::spawn(move || pass(client, server, limit));
            }
        });
        Ok(Self { address, allowed })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts each new connection after `bytes` from the server.
    pub fn cut_after(&self, bytes: u64) {
        self.allowed.store(bytes, Ordering::SeqCst);
    }
}

/// Passes a connection on until either end closes it, or so many bytes came from the server.
pub(super) fn pass(client: TcpStream, server: SocketAddr, limit: u64) {
    let Ok(upstream) = TcpStream::connect(server) else { return };
    let (Ok(from), Ok(to)) = (client.try_clone(), upstream.try_clone()) else { return };
    thread::spawn(move || copy(from, to, u64::MAX));
    copy(upstream, client, limit);
}

fn copy(mut from: TcpStream, mut to: TcpStream, limit: u64) {
    let (mut left, mut bytes) = (limit, [0; 16 * 1024]);
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        let passed = left.min(read as u64) as usize;
        if to.write_all(&bytes[..passed]).is_err() {
            break;
        }
        left -= passed as u64;
        if left == 0 {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
