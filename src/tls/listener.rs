//! A listener that speaks TLS, for poem.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use poem::{
    Addr,
    http::uri::Scheme,
    listener::Acceptor,
    web::{LocalAddr, RemoteAddr},
};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject as _},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
    task::JoinHandle,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{Certificate, Clients, Unusable, asks, certificates};
use crate::config;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How many may be under way at once; the others wait in the backlog of the kernel.
const PARALLEL: usize = 256;

/// Connections whose handshake is done.
pub struct Listener {
    ready: mpsc::Receiver<(Stream, SocketAddr)>,
    local: SocketAddr,
    task: JoinHandle<()>,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("local", &self.local).finish_non_exhaustive()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Listener {
    /// Does TLS on what a listener accepts, as configured.
    pub fn new(listener: TcpListener, config: &config::Tls, clients: Clients) -> Result<Self, Unusable> {
        let server = server_config(config)?;
        let local = listener.local_addr().map_err(|error| Unusable::Rustls(error.to_string()))?;
        let (send, ready) = mpsc::channel(64);
        let task = tokio::spawn(accept(listener, TlsAcceptor::from(Arc::new(server)), clients, send));
        Ok(Self { ready, local, task })
    }
}

/// Every handshake is a task of its own, so that one that is slow on purpose holds nobody up.
async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    clients: Clients,
    send: mpsc::Sender<(Stream, SocketAddr)>,
) {
    let turns = Arc::new(Semaphore::new(PARALLEL));
    loop {
        let Ok(turn) = turns.clone().acquire_owned().await else { return };
        let Ok((stream, from)) = listener.accept().await else {
            // Out of file handles, most likely: no use in asking again at once.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (acceptor, clients, send) = (acceptor.clone(), clients.clone(), send.clone());
        tokio::spawn(async move {
            _ = stream.set_nodelay(true);
            match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                Ok(Ok(inner)) => {
                    if let Some(shown) = shown(&inner) {
                        clients.opened(from, shown);
                    }
                    drop(turn);
                    _ = send.send((Stream { inner, from, clients }, from)).await;
                }
                Ok(Err(error)) => tracing::debug!(%from, %error, "a TLS handshake failed"),
                Err(_) => tracing::debug!(%from, "a TLS handshake took too long"),
            }
        });
    }
}

fn shown(stream: &TlsStream<TcpStream>) -> Option<Certificate> {
    let mut shown = stream.get_ref().1.peer_certificates()?.iter().map(|der| der.to_vec());
    Some(Certificate { der: shown.next()?, chain: shown.collect() })
}

impl Acceptor for Listener {
    type Io = Stream;

    fn local_addr(&self) -> Vec<LocalAddr> {
        vec![LocalAddr(Addr::SocketAddr(self.local))]
    }

    async fn accept(&mut self) -> io::Result<(Stream, LocalAddr, RemoteAddr, Scheme)> {
        let (stream, from) = self.ready.recv().await.ok_or_else(|| io::Error::other("the TLS listener has ended"))?;
        let (local, remote) = (LocalAddr(Addr::SocketAddr(self.local)), RemoteAddr(Addr::SocketAddr(from)));
        Ok((stream, local, remote, Scheme::HTTPS))
    }
}

/// A connection; its client is forgotten when it closes.
pub struct Stream {
    inner: TlsStream<TcpStream>,
    from: SocketAddr,
    clients: Clients,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("from", &self.from).finish_non_exhaustive()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.clients.closed(self.from);
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

fn server_config(config: &config::Tls) -> Result<ServerConfig, Unusable> {
    let (certificate, key) = match (&config.certificate, &config.key) {
        (Some(certificate), Some(key)) => (certificate, key),
        (_, None) => return Err(Unusable::Half("certificate", "key")),
        (None, _) => return Err(Unusable::Half("key", "certificate")),
    };
    let rustls = |error: Error| Unusable::Rustls(error.to_string());
    let chain = certificates("certificate", certificate)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| Unusable::File {
        key: "key",
        path: key.display().to_string(),
        why: error.to_string(),
    })?;
    let provider = Arc::new(ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().map_err(rustls)?;
    let builder = if asks(config) {
        builder.with_client_cert_verifier(Arc::new(Anybody(provider)))
    } else {
        builder.with_no_client_auth()
    };
    let mut server = builder.with_single_cert(chain, key).map_err(rustls)?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(server)
}

/// Asks for a certificate without needing one, and takes any whose private key the client proves to have. RFC 8705 section
/// 2.2: with self-signed certificates "the client is authenticated by ... the certificate's public key", and "the server
/// ... does not validate the certificate chain".
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ClientCertVerifier for Anybody {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
