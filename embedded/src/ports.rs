//! The TCP ports of the two servers: chosen among free ports at the first start, and kept while they stay free.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::files;

/// The ports that were last used on a data directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ports {
    pub(crate) nats: Option<u16>,
    pub(crate) postgres: Option<u16>,
}

impl Ports {
    /// The ports that were last used. If they are unknown, there are none, because a new port does no harm.
    pub(crate) fn load(data_dir: &Path) -> Self {
        std::fs::read(data_dir.join("ports.json"))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Saves the ports for later starts.
    pub(crate) fn save(self, data_dir: &Path) -> Result<(), Error> {
        let path = data_dir.join("ports.json");
        let json = serde_json::to_string(&self).map_err(|source| Error::Damaged {
            path: path.clone(),
            source,
        })?;
        files::write_private(&path, &json, None)
    }
}

/// The preferred port if it is free, otherwise any free one. Another process may take it before the server does; the
/// start then fails and is retried with another port.
pub(crate) fn choose(preferred: Option<u16>) -> Result<u16, Error> {
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| listener.local_addr());
    preferred
        .and_then(|port| bind(port).ok())
        .map_or_else(|| bind(0), Ok)
        .map(|address| address.port())
        .map_err(Error::io("find a free TCP port on 127.0.0.1"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::eventually;

    #[tokio::test]
    async fn a_free_port_is_kept_and_a_taken_one_is_not() {
        let free = choose(None).unwrap();
        // A child process that another test is starting holds all sockets of this process until it calls exec.
        eventually("the port is free", Duration::from_secs(5), async || {
            choose(Some(free)).unwrap() == free
        })
        .await;
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert_ne!(choose(Some(port)).unwrap(), port);
    }
}
