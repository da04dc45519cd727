//! TLS on the ports of a process.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// TLS on the HTTP and gRPC ports.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSettings {
    /// The file with the certificate and its chain; empty for no TLS.
    pub certificate: PathBuf,
    /// The file with the private key; empty for no TLS.
    pub key: PathBuf,
    /// The timeout of a handshake.
    pub handshake_timeout_ms: u64,
    /// The interval at which the files are checked for changes.
    pub reload_ms: u64,
}

impl TlsSettings {
    /// Whether the ports speak TLS.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        !self.certificate.as_os_str().is_empty()
    }

    /// Whether there is a key for the certificate, and none without.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.certificate.as_os_str().is_empty() == self.key.as_os_str().is_empty()
    }
}
