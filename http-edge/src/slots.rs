//! The connections that a server holds: at most so many in all, and at most so many of one network, so that idle ones of a
//! single client leave room for others.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{client::ClientAddress, edge::Edge, listen::Accepted};

pub(crate) struct Slots {
    free: Arc<Semaphore>,
    /// The number of connections by network. It has no more entries than there are connections.
    held: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// The place of one connection, free again when it is dropped.
pub(crate) struct Slot {
    network: IpAddr,
    held: Arc<Mutex<HashMap<IpAddr, usize>>>,
    _permit: OwnedSemaphorePermit,
}

impl Slots {
    pub(crate) fn new(edge: &Edge) -> Self {
        Self {
            free: Arc::new(Semaphore::new(edge.limits.max_connections)),
            held: Arc::default(),
        }
    }

    /// Waits until there is room for a connection.
    pub(crate) async fn free(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed, so a permit always comes.
        Arc::clone(&self.free).acquire_owned().await.ok()
    }

    /// Gives a place to a connection, unless its network has enough of them. A trusted proxy may take all of them, because
    /// many clients stand behind it.
    pub(crate) fn take(&self, permit: OwnedSemaphorePermit, accepted: &Accepted, edge: &Edge) -> Option<Slot> {
        let peer = ClientAddress::of_peer(accepted.peer().ip());
        let network = peer.network();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(network).or_default();
        if *count >= edge.limits.max_connections_per_address && !edge.proxies.trust(peer.ip()) {
            metrics::counter!("http_connections_refused_total").increment(1);
            return None;
        }
        *count += 1;
        drop(held);
        Some(Slot {
            network,
            held: Arc::clone(&self.held),
            _permit: permit,
        })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.network);
            }
        }
    }
}
