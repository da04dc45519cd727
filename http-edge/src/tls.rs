//! TLS on a port: rustls on aws-lc-rs. A certificate is exchanged without a restart when its files change.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock, Weak},
    time::Duration,
};

use platform::config::TlsSettings;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::{net::TcpStream, time::MissedTickBehavior};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::either::Either;

/// The first byte of a TLS connection: the type of a record of the handshake.
const HANDSHAKE_RECORD: u8 = 0x16;

/// A connection with or without TLS.
pub type Transport = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// The protocol of a port. Clients and the port agree on it in the handshake (ALPN).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

impl Protocol {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::Http1 => b"http/1.1",
            Self::Http2 => b"h2",
        }
    }
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("`{setting}` names {}, which cannot be read: {source}", path.display())]
    Unreadable {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("`{setting}` names {}, which holds no {expected} in PEM", path.display())]
    NotPem {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What the file should hold.
        expected: &'static str,
    },
    /// The certificate and the key do not fit together, or are of a kind that is not supported.
    #[error("`tls.certificate` and `tls.key` cannot be used together: {0}")]
    Unusable(#[from] rustls::Error),
}

/// The certificate of a process and its key, as last read.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    current: Arc<Current>,
    handshake_timeout: Duration,
}

impl Certificate {
    /// Reads the files, and from then on reads them again at intervals.
    pub(crate) async fn load(settings: &TlsSettings) -> Result<Self, TlsError> {
        let files = Files {
            certificate: settings.certificate.clone(),
            key: settings.key.clone(),
        };
        let contents = files.read().await?;
        let current = Arc::new(Current(RwLock::new(files.parse(&contents)?)));
        tokio::spawn(reload(
            Arc::downgrade(&current),
            files,
            Some(contents.fingerprint()),
            Duration::from_millis(settings.reload_ms),
        ));
        Ok(Self {
            current,
            handshake_timeout: Duration::from_millis(settings.handshake_timeout_ms),
        })
    }

    /// TLS for a port that speaks `protocol`.
    pub(crate) fn offer(&self, protocol: Protocol) -> Result<Tls, TlsError> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&self.current) as _);
        config.alpn_protocols = vec![protocol.name().to_vec()];
        Ok(Tls {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            handshake_timeout: self.handshake_timeout,
        })
    }
}

/// The certificate that new connections get.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _client: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

#[derive(Hash)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Contents {
    /// Tells changed files from unchanged ones without keeping a copy of the key.
    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

impl Files {
    async fn read(&self) -> Result<Contents, TlsError> {
        Ok(Contents {
            certificate: contents("tls.certificate", &self.certificate).await?,
            key: contents("tls.key", &self.key).await?,
        })
    }

    /// The errors of the parser quote lines of the file, so they are not passed on.
    fn parse(&self, contents: &Contents) -> Result<Arc<CertifiedKey>, TlsError> {
        let not_pem = |setting, path: &Path, expected| TlsError::NotPem {
            setting,
            path: path.to_owned(),
            expected,
        };
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&contents.certificate)
            .collect::<Result<_, _>>()
            .unwrap_or_default();
        if chain.is_empty() {
            return Err(not_pem("tls.certificate", &self.certificate, "certificate"));
        }
        let key =
            PrivateKeyDer::from_pem_slice(&contents.key).map_err(|_| not_pem("tls.key", &self.key, "private key"))?;
        let certified = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())?;
        Ok(Arc::new(certified))
    }
}

async fn contents(setting: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    tokio::fs::read(path).await.map_err(|source| TlsError::Unreadable {
        setting,
        path: path.to_owned(),
        source,
    })
}

/// Reads the files at intervals, for as long as somebody uses the certificate. `seen` is the fingerprint of what was read
/// last, so that a fault is reported once. Whoever replaces the files one after the other causes a fault that passes.
async fn reload(current: Weak<Current>, files: Files, mut seen: Option<u64>, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(current) = current.upgrade() else { return };
        let read = files.read().await;
        let found = read.as_ref().ok().map(Contents::fingerprint);
        if found == seen {
            continue;
        }
        seen = found;
        let outcome = match read.and_then(|contents| files.parse(&contents)) {
            Ok(certified) => {
                *current.0.write().unwrap_or_else(PoisonError::into_inner) = certified;
                tracing::info!("new connections use the changed TLS certificate");
                "ok"
            }
            Err(error) => {
                tracing::warn!(%error, "the changed TLS certificate is not used; the previous one stays");
                "failed"
            }
        };
        metrics::counter!("tls_certificate_reloads_total", "outcome" => outcome).increment(1);
    }
}

/// TLS on a port.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    handshake_timeout: Duration,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("handshake_timeout", &self.handshake_timeout)
            .finish_non_exhaustive()
    }
}

/// Why a connection to a TLS port was not opened.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// The client does not speak TLS. The connection can still be answered.
    #[error("the client does not speak TLS")]
    PlainText(TcpStream),
    /// The handshake took too long.
    #[error("the handshake took too long")]
    Late,
    /// The client disconnected, or the two sides have nothing in common.
    #[error("the handshake failed: {0}")]
    Failed(#[from] io::Error),
}

impl Tls {
    pub(crate) async fn handshake(&self, stream: TcpStream) -> Result<Transport, HandshakeError> {
        let handshake = async {
            let mut first = [0];
            let arrived = stream.peek(&mut first).await?;
            if arrived > 0 && first != [HANDSHAKE_RECORD] {
                return Err(HandshakeError::PlainText(stream));
            }
            let stream = self.acceptor.accept(stream).await?;
            Ok(Either::Right(Box::new(stream)))
        };
        let opened = match tokio::time::timeout(self.handshake_timeout, handshake).await {
            Ok(opened) => opened,
            Err(_elapsed) => Err(HandshakeError::Late),
        };
        if let Err(error) = &opened {
            let reason = match error {
                HandshakeError::PlainText(_) => "plain_text",
                HandshakeError::Late => "late",
                HandshakeError::Failed(_) => "failed",
            };
            metrics::counter!("tls_handshakes_failed_total", "reason" => reason).increment(1);
            tracing::debug!(%error, "a TLS connection was not opened");
        }
        opened
    }
}
