//! Opens ports and accepts connections. Refuses to open a port to the network without TLS, or while requests are not
//! authenticated.

use std::{io, net::SocketAddr, time::Duration};

use platform::{
    config::{HttpSettings, TlsSettings},
    process::WrongSetting,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::either::Either;

use crate::tls::{Certificate, HandshakeError, Protocol, Tls, TlsError, Transport};

/// The pause after the operating system refused to hand over a connection, for example without free file handles.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);

/// Why a port was not opened.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address is reachable from other machines, and requests are not authenticated.
    #[error("{0}")]
    NotAuthenticated(#[source] WrongSetting),
    /// The address is reachable from other machines, and requests are not encrypted.
    #[error("{0}")]
    NotEncrypted(#[source] WrongSetting),
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
    /// The certificate cannot be used.
    #[error("{0}")]
    Certificate(#[source] WrongSetting),
}

impl BindError {
    fn not_authenticated(flag: &str, address: SocketAddr) -> Self {
        Self::NotAuthenticated(WrongSetting::new(format_args!(
            "{flag} {address} is refused: requests are not authenticated yet: who sends no token has the roles of the \
             anonymous caller, so everyone who reaches that address could read and change every patient. Listen on \
             127.0.0.1 or [::1], and let other machines in through a proxy that authenticates them"
        )))
    }

    fn not_encrypted(flag: &str, address: SocketAddr) -> Self {
        Self::NotEncrypted(WrongSetting::new(format_args!(
            "{flag} {address} is refused: without TLS, everyone on the way could read tokens and patients' data. Set \
             tls.certificate and tls.key; or set http.behind_tls_proxy, if nothing but a proxy that terminates TLS \
             reaches that address"
        )))
    }
}

impl From<TlsError> for BindError {
    fn from(error: TlsError) -> Self {
        Self::Certificate(WrongSetting::new(error))
    }
}

/// How the ports of a process face the network.
#[derive(Debug, Default)]
struct Exposure {
    certificate: Option<Certificate>,
    behind_tls_proxy: bool,
    authenticated: bool,
}

impl Exposure {
    /// Reads the certificate, if the settings name one.
    async fn new(http: &HttpSettings, tls: &TlsSettings, authenticated: bool) -> Result<Self, BindError> {
        let certificate = match tls.is_configured() {
            true => Some(Certificate::load(tls).await?),
            false => None,
        };
        Ok(Self {
            certificate,
            behind_tls_proxy: http.behind_tls_proxy,
            authenticated,
        })
    }
}

async fn bind(
    flag: &'static str,
    address: SocketAddr,
    protocol: Protocol,
    exposure: &Exposure,
) -> Result<Listener, BindError> {
    if !address.ip().to_canonical().is_loopback() {
        if !exposure.authenticated {
            return Err(BindError::not_authenticated(flag, address));
        }
        if exposure.certificate.is_none() && !exposure.behind_tls_proxy {
            return Err(BindError::not_encrypted(flag, address));
        }
    }
    let certificate = exposure.certificate.as_ref();
    let tls = certificate.map(|certificate| certificate.offer(protocol)).transpose()?;
    let tcp = TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::InUse { flag, address },
        _ => BindError::Refused { flag, address, source },
    })?;
    Ok(Listener { tcp, tls })
}

/// An open port.
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
    tls: Option<Tls>,
}

impl From<TcpListener> for Listener {
    /// A port without TLS.
    fn from(tcp: TcpListener) -> Self {
        Self { tcp, tls: None }
    }
}

impl Listener {
    /// The address of the port.
    ///
    /// # Errors
    /// The operating system does not tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Whether the port speaks TLS.
    #[must_use]
    pub const fn speaks_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Accepts the next connection. An error concerns one connection or is temporary, so it must not end the server.
    pub async fn accept(&self) -> Accepted {
        loop {
            match self.tcp.accept().await {
                Ok((stream, peer)) => {
                    // A response is written at once, so waiting to fill a packet would only delay it. If the call fails,
                    // the socket is closed already, which the first read reports.
                    let _ = stream.set_nodelay(true);
                    let tls = self.tls.clone();
                    return Accepted { stream, peer, tls };
                }
                // The client disconnected before it was accepted.
                Err(error) if is_of_the_client(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be accepted");
                    tokio::time::sleep(ACCEPT_BACKOFF).await;
                }
            }
        }
    }
}

fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// An accepted connection, before its TLS handshake.
#[derive(Debug)]
pub struct Accepted {
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<Tls>,
}

impl Accepted {
    /// The address of the other side.
    #[must_use]
    pub const fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Makes the handshake, if the port speaks TLS. It has a timeout.
    ///
    /// # Errors
    /// The handshake failed or took too long, or the client does not speak TLS.
    pub async fn open(self) -> Result<Transport, HandshakeError> {
        match self.tls {
            Some(tls) => tls.handshake(self.stream).await,
            None => Ok(Either::Left(self.stream)),
        }
    }
}

/// The ports of a process. All of them face the network in the same way.
#[derive(Debug)]
pub struct Ports {
    /// The HTTP port of the API.
    pub(crate) public: Listener,
    /// The HTTP port for operators; `None` if the other one serves them too.
    pub(crate) operations: Option<Listener>,
    exposure: Exposure,
}

impl From<TcpListener> for Ports {
    /// One HTTP port without TLS.
    fn from(public: TcpListener) -> Self {
        Self {
            public: public.into(),
            operations: None,
            exposure: Exposure::default(),
        }
    }
}

impl Ports {
    /// Opens the HTTP ports that the settings name. `flag` is the flag that sets the address of the public one, for the
    /// error texts. `authenticated` tells whether every request is authenticated.
    ///
    /// # Errors
    /// An address is not a loopback address and must be one, a port cannot be opened, or the certificate cannot be used.
    pub async fn open(
        flag: &'static str,
        http: &HttpSettings,
        tls: &TlsSettings,
        authenticated: bool,
    ) -> Result<Self, BindError> {
        let exposure = Exposure::new(http, tls, authenticated).await?;
        let public = bind(flag, http.listen, Protocol::Http1, &exposure).await?;
        let operations = match http.operations_listen {
            Some(address) => Some(bind("http.operations_listen", address, Protocol::Http1, &exposure).await?),
            None => None,
        };
        Ok(Self {
            public,
            operations,
            exposure,
        })
    }

    /// Opens another port, for HTTP/2.
    ///
    /// # Errors
    /// As for the HTTP ports.
    pub async fn http2(&self, flag: &'static str, address: SocketAddr) -> Result<Listener, BindError> {
        bind(flag, address, Protocol::Http2, &self.exposure).await
    }

    /// The address of the HTTP port of the API.
    ///
    /// # Errors
    /// The operating system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.public.local_addr()
    }

    /// The address of the HTTP port for operators, which can be the same.
    ///
    /// # Errors
    /// The operating system does not tell.
    pub fn operations_address(&self) -> io::Result<SocketAddr> {
        self.operations.as_ref().unwrap_or(&self.public).local_addr()
    }

    /// The scheme of the URLs of all ports.
    #[must_use]
    pub const fn scheme(&self) -> &'static str {
        match self.public.speaks_tls() {
            true => "https",
            false => "http",
        }
    }
}

#[cfg(test)]
mod tests {
    use settings::Settings;

    use platform::process;

    use super::*;

    async fn exposure(behind_tls_proxy: bool, authenticated: bool) -> Exposure {
        let mut settings = Settings::defaults().unwrap();
        settings.http.behind_tls_proxy = behind_tls_proxy;
        Exposure::new(&settings.http, &settings.tls, authenticated)
            .await
            .unwrap()
    }

    async fn open(address: &str, exposure: &Exposure) -> Result<Listener, BindError> {
        bind("--listen", address.parse().unwrap(), Protocol::Http1, exposure).await
    }

    #[tokio::test]
    async fn only_loopback_while_requests_are_not_authenticated() {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[::ffff:192.0.2.1]:0"] {
            let error = open(address, &exposure(true, false).await).await.unwrap_err();
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
        open("127.0.0.1:0", &exposure(false, false).await).await.unwrap();
    }

    #[tokio::test]
    async fn only_loopback_without_tls() {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
            let error = open(address, &exposure(false, true).await).await.unwrap_err();
            assert!(matches!(error, BindError::NotEncrypted(_)), "{address}: {error}");
            assert!(error.to_string().contains("tls.certificate"), "{error}");
        }
        open("127.0.0.1:0", &exposure(false, true).await).await.unwrap();
        open("0.0.0.0:0", &exposure(true, true).await).await.unwrap();
    }

    #[tokio::test]
    async fn a_port_in_use_names_the_flag() {
        let exposure = exposure(false, false).await;
        let first = open("127.0.0.1:0", &exposure).await.unwrap();
        let address = first.local_addr().unwrap();
        let error = open(&address.to_string(), &exposure).await.unwrap_err();
        let expected = format!("{address} is in use by another program; stop it, or choose another port with --listen");
        assert_eq!(error.to_string(), expected);
    }
}
