//! Making connections: to checked addresses only.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower_service::Service;

use crate::dns::Dns;
use crate::origin::{Origin, Scheme};
use crate::outbound::rules::{Reach, Rules};
use crate::outbound::{Error, Phase, Refusal, Settings, Unreachable, is_public};

/// How many addresses of a host are tried.
const ADDRESSES_MAX: usize = 4;
/// How long one address may take before the next is tried.
const ADDRESS_TIME_MAX: Duration = Duration::from_secs(2);

/// Opens a connection to an address. Tests put their own in the place of [`dial`].
pub(super) type Dial = Arc<dyn Fn(SocketAddr) -> Dialing + Send + Sync>;
pub(super) type Dialing = Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>;

/// Returns what opens connections by TCP.
pub(super) fn dial() -> Dial {
    Arc::new(|address| Box::pin(TcpStream::connect(address)))
}

/// Makes the pool's connections.
#[derive(Clone)]
pub(super) struct Connector(Arc<Shared>);

struct Shared {
    rules: Arc<Rules>,
    dns: Arc<dyn Dns>,
    tls: TlsConnector,
    time_max: Duration,
    dial: Dial,
}

impl Connector {
    pub(super) fn new(
        rules: Arc<Rules>,
        dns: Arc<dyn Dns>,
        settings: &Settings,
        dial: Dial,
    ) -> Self {
        let mut tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has what both versions of TLS need")
            .with_root_certificates(settings.roots.0.clone())
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let time_max = settings.connect_time_max;
        Self(Arc::new(Shared { rules, dns, tls: Arc::new(tls).into(), time_max, dial }))
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let shared = Arc::clone(&self.0);
        // The pool may finish this in the background, when nobody waits for it: hence its own time.
        Box::pin(async move {
            let stream = timeout(shared.time_max, shared.connect(&url)).await;
            Ok(TokioIo::new(stream.map_err(|_| Error::Timeout(Phase::Connection))??))
        })
    }
}

impl Shared {
    async fn connect(&self, url: &Uri) -> Result<Stream, Error> {
        let origin = Origin::of(url).map_err(Refusal::Url)?;
        let reach = self.rules.reach(&origin)?;
        let mut addresses = self.addresses(&origin).await?;
        let first = *addresses.first().ok_or(Unreachable::NoAddress)?;
        if reach == Reach::Public {
            addresses.retain(|address| is_public(*address));
        }
        if addresses.is_empty() {
            return Err(Refusal::Address(first).into());
        }
        let stream = self.open(&addresses, origin.port()).await?;
        match origin.scheme() {
            Scheme::Http => Ok(Stream::Plain(stream)),
            Scheme::Https => {
                let name = match origin.ip() {
                    Some(address) => ServerName::from(address),
                    None => ServerName::try_from(origin.host().to_owned())
                        .map_err(|error| tls_fault(io::Error::other(error)))?,
                };
                let stream = self.tls.connect(name, stream).await.map_err(tls_fault)?;
                Ok(Stream::Tls(Box::new(stream)))
            }
        }
    }

    async fn addresses(&self, origin: &Origin) -> Result<Vec<IpAddr>, Unreachable> {
        if let Some(address) = origin.ip() {
            return Ok(vec![address]);
        }
        // Whatever the DNS says: it is this machine.
        if origin.host() == "localhost" || origin.host().ends_with(".localhost") {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        let answer = self.dns.addresses(origin.host()).await;
        answer.map_err(|error| Unreachable::Dns(Arc::new(error)))
    }

    /// Connects to the first address that takes it.
    async fn open(&self, addresses: &[IpAddr], port: u16) -> Result<TcpStream, Unreachable> {
        let mut last = io::Error::from(io::ErrorKind::TimedOut);
        for address in addresses.iter().take(ADDRESSES_MAX) {
            let dialing = (self.dial)(SocketAddr::new(*address, port));
            match timeout(ADDRESS_TIME_MAX, dialing).await {
                Ok(Ok(stream)) => {
                    // Without it small requests wait for acknowledgements; with an error nothing else
                    // is lost.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(error)) => last = error,
                Err(_) => last = io::ErrorKind::TimedOut.into(),
            }
        }
        Err(Unreachable::Connect(Arc::new(last)))
    }
}

fn tls_fault(error: io::Error) -> Unreachable {
    Unreachable::Tls(Arc::new(error))
}

/// A connection, in the clear or not.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
