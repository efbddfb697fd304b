//! An internet on one machine: hosts with public addresses and certificates, all of them servers
//! on loopback. Nothing leaves the machine, whatever address is connected to.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::BASE64;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use crate::dns::{Answer, Dns, DnsTable};
use crate::origin::Origin;
use crate::outbound::connector::{Dial, Dialing};
use crate::outbound::rules::{Rules, Strangers};
use crate::outbound::{Client, Roots, Settings};

/// A piece of what a server sends.
#[derive(Clone)]
pub(crate) enum Piece {
    Bytes(Vec<u8>),
    Pause(Duration),
}

/// Says what a server sends for a request, head and body in one text.
pub(crate) type Script = Arc<dyn Fn(&str) -> Vec<Piece> + Send + Sync>;

/// Returns a whole response.
pub(crate) fn response(status: &str, headers: &str, body: &str) -> Vec<Piece> {
    let length = body.len();
    let text = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n{headers}\r\n{body}");
    vec![Piece::Bytes(text.into_bytes())]
}

/// The internet.
pub(crate) struct Net {
    pub(crate) dns: Arc<DnsTable>,
    pub(crate) dialed: Arc<Mutex<Vec<SocketAddr>>>,
    authority: CertifiedIssuer<'static, KeyPair>,
    routes: Arc<Mutex<HashMap<SocketAddr, SocketAddr>>>,
    hosts: AtomicU8,
    servers: JoinSet<()>,
}

impl Net {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self {
            dns: Arc::default(),
            dialed: Arc::default(),
            authority: CertifiedIssuer::self_signed(params, key).unwrap(),
            routes: Arc::default(),
            hosts: AtomicU8::new(0),
            servers: JoinSet::new(),
        }
    }

    /// Adds a host with a server of https, and returns its public address.
    pub(crate) async fn https(&mut self, host: &str, script: Script) -> SocketAddr {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([host.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.authority).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        self.host(host, 443, Some(Arc::new(config).into()), script).await
    }

    /// Adds a host with a server of http, and returns its public address.
    pub(crate) async fn http(&mut self, host: &str, script: Script) -> SocketAddr {
        self.host(host, 80, None, script).await
    }

    async fn host(
        &mut self,
        host: &str,
        port: u16,
        tls: Option<TlsAcceptor>,
        script: Script,
    ) -> SocketAddr {
        let number = self.hosts.fetch_add(1, Ordering::SeqCst);
        let public = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(8, 8, 4, number)), port);
        let local = self.serve(tls, script).await;
        self.routes.lock().unwrap().insert(public, local);
        self.dns.set_addresses(host, vec![public.ip()]);
        public
    }

    /// Starts a server of http on loopback that has no public address.
    pub(crate) async fn local(&mut self, script: Script) -> SocketAddr {
        self.serve(None, script).await
    }

    async fn serve(&mut self, tls: Option<TlsAcceptor>, script: Script) -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let local = listener.local_addr().unwrap();
        self.servers.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, script) = (tls.clone(), Arc::clone(&script));
                connections.spawn(async move {
                    // Clients that give up are what is tested.
                    let _ = match tls {
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => converse(stream, script).await,
                            Err(error) => Err(error),
                        },
                        None => converse(stream, script).await,
                    };
                });
            }
        });
        local
    }

    /// Returns a client that lives in this internet, with a DNS of its own.
    pub(crate) fn client_with(&self, dns: Arc<dyn Dns>, strangers: Strangers) -> Client {
        Client::with(Rules::Strangers(strangers), dns, self.settings(), self.dial())
    }

    /// Returns a client that lives in this internet.
    pub(crate) fn client(&self, strangers: Strangers) -> Client {
        let dns = Arc::clone(&self.dns);
        self.client_with(dns, strangers)
    }

    /// Returns a client for fixed origins in this internet.
    pub(crate) fn upstream(&self, origins: &[&str]) -> Client {
        let origins = origins.iter().map(|origin| Origin::parse(origin).unwrap()).collect();
        let dns = Arc::clone(&self.dns);
        Client::with(Rules::Upstreams(origins), dns, self.settings(), self.dial())
    }

    fn settings(&self) -> Settings {
        let certificate = BASE64.encode(self.authority.der());
        let pem =
            format!("-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n");
        let mut roots = Roots::public();
        roots.add_pem(pem.as_bytes()).unwrap();
        Settings { roots, ..Settings::default() }
    }

    /// Connects to the server behind a public address. Loopback is what it is, and other addresses
    /// are out of reach.
    fn dial(&self) -> Dial {
        let (routes, dialed) = (Arc::clone(&self.routes), Arc::clone(&self.dialed));
        Arc::new(move |address| -> Dialing {
            dialed.lock().unwrap().push(address);
            let route = routes.lock().unwrap().get(&address).copied();
            let local = route.or_else(|| address.ip().is_loopback().then_some(address));
            Box::pin(async move {
                TcpStream::connect(local.ok_or(io::ErrorKind::NetworkUnreachable)?).await
            })
        })
    }

    /// Returns the addresses that were connected to so far, and forgets them.
    pub(crate) fn take_dialed(&self) -> Vec<SocketAddr> {
        std::mem::take(&mut self.dialed.lock().unwrap())
    }
}

/// Answers requests on a connection until it ends.
async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    script: Script,
) -> io::Result<()> {
    loop {
        let mut request = Vec::new();
        while !is_whole(&request) {
            let mut buffer = [0; 4096];
            let length = stream.read(&mut buffer).await?;
            if length == 0 {
                return Ok(());
            }
            request.extend_from_slice(&buffer[..length]);
        }
        for piece in script(&String::from_utf8_lossy(&request)) {
            match piece {
                Piece::Bytes(bytes) => stream.write_all(&bytes).await?,
                Piece::Pause(time) => sleep(time).await,
            }
            stream.flush().await?;
        }
    }
}

/// Tells whether a request's head is there, and its body if it says how long that is.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    if head.contains("transfer-encoding: chunked") {
        return body.ends_with("0\r\n\r\n");
    }
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

/// A DNS whose first answers for any host are given, one after the other; the last one stays.
pub(crate) struct Rebinding(Mutex<Vec<IpAddr>>);

impl Rebinding {
    pub(crate) fn new(mut answers: Vec<IpAddr>) -> Self {
        answers.reverse();
        Self(Mutex::new(answers))
    }
}

impl Dns for Rebinding {
    fn addresses<'a>(&'a self, _: &'a str) -> Answer<'a, Vec<IpAddr>> {
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop() } else { answers.last().copied() };
        Box::pin(async move { Ok(answer.into_iter().collect()) })
    }

    fn txt<'a>(&'a self, _: &'a str) -> Answer<'a, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}
