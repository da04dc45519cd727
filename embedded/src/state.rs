//! The run-state file, through which another process finds the servers of a running owner.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::data_dir;
use crate::error::Error;
use crate::files;

/// The addresses of running servers. The URLs contain credentials.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// `nats://user:password@host:port`.
    pub nats_url: Option<String>,
    /// The same server, for a user of its system account.
    #[serde(default)]
    pub nats_system_url: Option<String>,
    /// `postgres://user:password@host:port/database`.
    pub postgres_url: Option<String>,
    /// The HTTP API of the owner, once it is published.
    pub http_url: Option<String>,
}

impl fmt::Debug for Addresses {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let without_password = |url: &Option<String>| url.as_deref().map(host_part).map(str::to_owned);
        formatter
            .debug_struct("Addresses")
            .field("nats_url", &without_password(&self.nats_url))
            .field("nats_system_url", &without_password(&self.nats_system_url))
            .field("postgres_url", &without_password(&self.postgres_url))
            .field("http_url", &self.http_url)
            .finish()
    }
}

#[derive(Serialize, Deserialize)]
struct State {
    pid: i32,
    #[serde(flatten)]
    addresses: Addresses,
}

/// The servers that another process runs on this data directory. Returns `None` if there is no such process, or its
/// servers are not ready yet.
pub fn attach(data_dir: &Path) -> Result<Option<Addresses>, Error> {
    let Some(owner) = data_dir::owner(data_dir)? else {
        return Ok(None);
    };
    let path = path(data_dir);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(format!("read {}", path.display()))(error)),
    };
    let state: State = serde_json::from_slice(&bytes).map_err(|source| Error::Damaged { path, source })?;
    // The file of an earlier owner, which died before it could remove it, is not about the current owner.
    Ok((owner == Some(state.pid)).then_some(state.addresses))
}

/// Publishes the addresses of the servers.
pub(crate) fn publish(data_dir: &Path, addresses: &Addresses) -> Result<(), Error> {
    let state = State {
        pid: std::process::id().cast_signed(),
        addresses: addresses.clone(),
    };
    let path = path(data_dir);
    let json = serde_json::to_string_pretty(&state).map_err(|source| Error::Damaged {
        path: path.clone(),
        source,
    })?;
    files::write_private(&path, &json, None)
}

/// Removes the published addresses.
pub(crate) fn withdraw(data_dir: &Path) -> Result<(), Error> {
    let path = path(data_dir);
    files::remove_if_present(&path).map_err(Error::io(format!("remove {}", path.display())))
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("servers.json")
}

/// The part of a URL after the credentials.
fn host_part(url: &str) -> &str {
    url.rsplit_once('@').map_or(url, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_has_no_password() {
        let addresses = Addresses {
            nats_url: Some("nats://anamnesis:secret@127.0.0.1:4222".to_owned()),
            nats_system_url: Some("nats://system:secret@127.0.0.1:4222".to_owned()),
            postgres_url: Some("postgres://anamnesis:secret@127.0.0.1:5432/anamnesis".to_owned()),
            http_url: None,
        };
        let debug = format!("{addresses:?}");
        assert!(!debug.contains("secret"), "{debug}");
        assert!(debug.contains("127.0.0.1:4222"), "{debug}");
    }

    #[test]
    fn nothing_to_attach_to_without_an_owner() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(attach(directory.path()).unwrap(), None);
        publish(directory.path(), &Addresses::default()).unwrap();
        assert_eq!(attach(directory.path()).unwrap(), None);
    }
}
