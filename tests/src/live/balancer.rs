//! One address for several servers: each new connection goes to the next of them.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::Failed;
use super::proxy::pass;

/// A loopback port before servers. Connections under way stay where they are.
pub struct Balancer {
    address: SocketAddr,
    servers: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Balancer {
    /// Passes on to `servers` in turn. Its threads end with the process.
    ///
    /// # Errors
    /// If no port can be had.
    pub fn start(servers: &[SocketAddr]) -> Result<Self, Failed> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let servers = Arc::new(Mutex::new(servers.to_vec()));
        let known = Arc::clone(&servers);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let mut servers = known.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(server) = servers.first().copied() else { continue };
                servers.rotate_left(1);
                thread::spawn(move || pass(client, server, u64::MAX));
            }
        });
        Ok(Self { address, servers })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on passes nothing new on to a server.
    pub fn take_out(&self, server: SocketAddr) {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner).retain(|it| *it != server);
    }

    /// Passes on to a server again.
    pub fn put_back(&self, server: SocketAddr) {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner).push(server);
    }
}
