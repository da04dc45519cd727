//! Opens a port. Refuses to open one to the network while requests are not authenticated.

use std::{io, net::SocketAddr};

use platform::process::WrongSetting;
use tokio::net::TcpListener;

/// Why a port was not opened.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address is reachable from other machines, and requests are not authenticated.
    #[error("{0}")]
    NotAuthenticated(#[source] WrongSetting),
    /// Another program uses the port.
    #[error("{address} is in use by another program; stop it, or choose another port with {flag}")]
    InUse {
        /// The flag that changes the address.
        flag: &'static str,
        /// The requested address.
        address: SocketAddr,
    },
    /// The operating system refused for another reason.
    #[error("cannot listen on {address} (set by {flag}): {source}")]
    Refused {
        /// The flag that changes the address.
        flag: &'static str,
        /// The requested address.
        address: SocketAddr,
        /// The operating system's error.
        source: io::Error,
    },
}

impl BindError {
    fn not_authenticated(flag: &str, address: SocketAddr) -> Self {
        Self::NotAuthenticated(WrongSetting::new(format_args!(
            "{flag} {address} is refused: requests are not authenticated yet, so everyone who reaches that address \
             could read and change every patient. Listen on 127.0.0.1 or [::1], and let other machines in through a \
             proxy that authenticates them"
        )))
    }
}

/// Opens `address` for connections. `flag` is the flag that sets it, for the error texts. `authenticated` tells
/// whether every request on this port is authenticated.
///
/// # Errors
/// The address is not a loopback address and requests are not authenticated, or it cannot be opened.
pub async fn bind(flag: &'static str, address: SocketAddr, authenticated: bool) -> Result<TcpListener, BindError> {
    if !authenticated && !address.ip().to_canonical().is_loopback() {
        return Err(BindError::not_authenticated(flag, address));
    }
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::InUse { flag, address },
        _ => BindError::Refused { flag, address, source },
    })
}

#[cfg(test)]
mod tests {
    use platform::process;

    use super::*;

    #[tokio::test]
    async fn only_loopback_while_requests_are_not_authenticated() {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[::ffff:192.0.2.1]:0"] {
            let error = bind("--listen", address.parse().unwrap(), false).await.unwrap_err();
            assert!(
                matches!(error, BindError::NotAuthenticated(_)) && process::is_about_settings(&error),
                "{address}: {error}"
            );
            assert!(
                error
                    .to_string()
                    .starts_with(&format!("--listen {address} is refused: requests are not"))
            );
        }
        bind("--listen", "127.0.0.1:0".parse().unwrap(), false).await.unwrap();
        bind("--listen", "0.0.0.0:0".parse().unwrap(), true).await.unwrap();
    }

    #[tokio::test]
    async fn a_port_in_use_names_the_flag() {
        let first = bind("--listen", "127.0.0.1:0".parse().unwrap(), false).await.unwrap();
        let address = first.local_addr().unwrap();
        let error = bind("--listen", address, false).await.unwrap_err();
        let expected = format!("{address} is in use by another program; stop it, or choose another port with --listen");
        assert_eq!(error.to_string(), expected);
    }
}
