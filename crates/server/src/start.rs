//! Starting a server: from settings to what handlers work with.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use ::oauth::metadata::{Issuer, IssuerError};
use identity::dns::{Answer, Dns, DnsError, DnsTable, Nameservers, TestDomain};
use identity::outbound::{Client, Settings, Strangers};
use identity::resolve::{Memory, PlcClient, Resolver, Sources};
use identity::{Origin, OriginError};
use store::{OpenError, Options, Store};
use syntax::{Did, DidError, Handle};
use thiserror::Error;

use crate::account::Activations;
use crate::clock::Clock;
use crate::config::Config;
use crate::crawlers::Crawlers;
use crate::firehose::Firehose;
use crate::keys::{Keys, KeysError};
use crate::lexicons::{Lexicons, Source};
use crate::mail::{MailSetupError, Mailer};
use crate::mover::Mover;
use crate::oauth::Oauth;
use crate::password::Passwords;
use crate::pds::{Pds, State};
use crate::proxy::Proxy;
use crate::rate::Rates;
use crate::sending::Outflows;
use crate::tasks::Tasks;
use crate::web::{self, Pending};
use crate::write::Writers;

/// How long a directory, a nameserver or a host may take to answer.
const RESOLVE_TIME_MAX: Duration = Duration::from_secs(3);

/// Says why a server does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The socket cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The public URL is not one.
    #[error("public_url is malformed")]
    Url(#[from] OriginError),
    /// The public URL does not do for an authorization server.
    #[error("public_url is not the origin of an authorization server")]
    Issuer(#[from] IssuerError),
    /// The public URL's host does not do for a DID.
    #[error("public_url does not make a DID")]
    Did(#[from] DidError),
    /// A domain for handles is not one.
    #[error("handle domain {0} is not a dot and a domain")]
    HandleDomain(String),
    /// The database or the data directory cannot be used.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// Outcomes of writes cannot be told.
    #[error("no socket for the outcomes of writes")]
    Answers(#[source] io::Error),
    /// The keys cannot be had.
    #[error("the server's keys cannot be had")]
    Keys(#[from] KeysError),
    /// Mail cannot be sent with the settings.
    #[error(transparent)]
    Mail(#[from] MailSetupError),
    /// The DNS cannot be asked.
    #[error("the DNS cannot be asked")]
    Dns(#[from] DnsError),
}

/// What a server is put into: time, names, and what fails in tests.
pub struct Surroundings {
    /// What time it is.
    pub clock: store::Clock,
    /// The DNS; the system's by default.
    pub dns: Option<Arc<dyn Dns>>,
    /// Writes the figures for operators.
    pub figures: Option<Arc<dyn Fn() -> String + Send + Sync>>,
    /// What fails in tests.
    pub faults: store::Faults,
}

impl Surroundings {
    /// Takes the time from `clock`, and all else as it usually is.
    pub fn new(clock: store::Clock) -> Self {
        Self { clock, dns: None, figures: None, faults: store::Faults::default() }
    }
}

/// Makes the state of a server that listens on a port.
pub(crate) fn state(
    config: Config,
    surroundings: Surroundings,
    port: u16,
    plc_address: Option<SocketAddr>,
) -> Result<Pds, StartError> {
    let Surroundings { clock, dns, faults, .. } = surroundings;
    let url = match &config.public_url {
        Some(url) => url.clone(),
        None => Origin::parse(&format!("http://localhost:{port}"))?,
    };
    let did = match &config.service_did {
        Some(did) => did.clone(),
        None => Did::parse(&format!("did:web:{}", url.host()))?,
    };
    let handle_domains = handle_domains(&config, &url)?;
    let store = Store::open(Options {
        directory: config.data.clone(),
        clock: clock.clone(),
        accept_future_seq: config.accept_future_seq,
        recent_bytes_max: config.limits.firehose_ring_bytes,
        faults,
    })?;
    let keys = Arc::new(Keys::load(&config.secrets, &config.data)?);
    let (tasks, clock) = (Tasks::default(), Clock::new(clock, clock_id()));
    let firehose = Firehose::new(store.clone());
    let dns = dns_of(&config, dns, &store)?;
    let plc_url = plc_url(&config, plc_address)?;
    let (strangers, plc) = clients(&config, &url, &plc_url, &dns);
    let relays = tell_crawlers(&config, &url, &clock, &tasks, &store, &dns);
    let mover = Mover::new(strangers.clone(), relays);
    let proxy = Proxy::new(&config, Arc::clone(&dns), strangers.clone());
    let issuer = Issuer::parse(&url.to_string())?;
    let oauth = Oauth::new(issuer, &keys.jwt, strangers.clone(), config.dev, clock.now_s());
    let sources = Sources {
        plc: plc.clone(),
        http: strangers,
        dns,
        backup_dns: None,
        time_max: RESOLVE_TIME_MAX,
    };
    let (resolver, lexicons) = resolvers(&config, &store, sources);
    let known = lexicons.clone();
    let writers = Writers::new(
        store.clone(),
        Arc::clone(&keys),
        clock.clone(),
        tasks.clone(),
        &config.limits,
        move |did, nsid| known.forget(did, nsid),
    );
    Ok(Pds::new(State {
        passwords: Passwords::new(config.limits.password_threads.unwrap_or_else(half_of_the_cores)),
        rates: Rates::new(config.limits.rates),
        resolver,
        lexicons,
        activations: Activations::default(),
        mailer: Mailer::new(&config.mail, &config.branding, url.host())?,
        look: web::look(&config, url.host()),
        pending: Pending::default(),
        mover,
        oauth,
        outflows: Outflows::new(config.data.clone()),
        clock,
        tasks,
        writers,
        firehose,
        config,
        url,
        did,
        handle_domains,
        store,
        keys,
        plc,
        proxy,
    }))
}

/// Makes what looks up identities and schemas.
fn resolvers(config: &Config, store: &Store, sources: Sources) -> (Resolver, Lexicons) {
    let source = Source {
        dns: Arc::clone(&sources.dns),
        http: sources.http.clone(),
        resolver: Resolver::new(sources, Memory::default()),
        store: store.clone(),
        authority: config.lexicon_authority_did.clone(),
    };
    (source.resolver.clone(), Lexicons::new(source))
}

/// Begins to tell crawlers of new events, and returns the client that goes to them.
fn tell_crawlers(
    config: &Config,
    url: &Origin,
    clock: &Clock,
    tasks: &Tasks,
    store: &Store,
    dns: &Arc<dyn Dns>,
) -> Client {
    let origins = config.crawlers.clone();
    let client = Client::for_upstreams(Arc::clone(dns), origins.clone(), Settings::default());
    let crawlers = Crawlers {
        client: client.clone(),
        origins,
        url: url.clone(),
        clock: clock.clone(),
        tasks: tasks.clone(),
    };
    crawlers.start(store.grown());
    client
}

fn half_of_the_cores() -> usize {
    available_parallelism().map_or(1, usize::from).div_ceil(2)
}

fn handle_domains(config: &Config, url: &Origin) -> Result<Vec<String>, StartError> {
    let of_host = || match url.host() {
        "localhost" => vec![".test".to_owned()],
        host => vec![format!(".{host}")],
    };
    let domains = config.handle_domains.clone().unwrap_or_else(of_host);
    for domain in &domains {
        if !domain.starts_with('.') || Handle::parse(&format!("name{domain}")).is_err() {
            return Err(StartError::HandleDomain(domain.clone()));
        }
    }
    Ok(domains.into_iter().map(|domain| domain.to_ascii_lowercase()).collect())
}

/// Returns where the directory of did:plc is. The embedded one is spoken to where it listens.
fn plc_url(config: &Config, address: Option<SocketAddr>) -> Result<Origin, OriginError> {
    match (&config.plc_url, address) {
        (Some(url), _) => Ok(url.clone()),
        (None, Some(address)) if address.ip().is_unspecified() => {
            Origin::parse(&format!("http://127.0.0.1:{}", address.port()))
        }
        (None, Some(address)) => Origin::parse(&format!("http://{address}")),
        (None, None) => Origin::https("plc.directory"),
    }
}

/// Returns the DNS. In development the handles under `.test` are answered from the database.
fn dns_of(
    config: &Config,
    given: Option<Arc<dyn Dns>>,
    store: &Store,
) -> Result<Arc<dyn Dns>, StartError> {
    let dns = match (given, Nameservers::of_system()) {
        (Some(given), _) => given,
        (None, Ok(system)) => Arc::new(system),
        (None, Err(error)) if config.dev => {
            tracing::warn!(%error, "there is no DNS; only names under .test are known");
            Arc::new(DnsTable::new())
        }
        (None, Err(error)) => return Err(error.into()),
    };
    if !config.dev {
        return Ok(dns);
    }
    let store = store.clone();
    let did_of = move |handle: Handle| -> Answer<'static, Option<Did>> {
        let store = store.clone();
        Box::pin(async move {
            let account = store.read(|tx| tx.account_by_handle(&handle)).await;
            let account = account.map_err(|error: store::Error| DnsError::Failed(error.into()))?;
            let account = account.filter(|account| account.state.status().is_active());
            Ok(account.map(|account| account.did))
        })
    };
    Ok(Arc::new(TestDomain::over(dns, did_of)))
}

/// Makes the clients: one for strangers' addresses, one for the directory of did:plc.
fn clients(
    config: &Config,
    url: &Origin,
    plc_url: &Origin,
    dns: &Arc<dyn Dns>,
) -> (Client, PlcClient) {
    let mut exceptions = config.private_origins.clone();
    if config.dev {
        exceptions.extend([url.clone(), plc_url.clone()]);
    }
    let settings = Settings::default();
    let rules = Strangers { exceptions, ..Strangers::default() };
    let strangers = Client::for_strangers(Arc::clone(dns), rules, settings.clone());
    let upstreams = vec![plc_url.clone()];
    let http = Client::for_upstreams(Arc::clone(dns), upstreams, settings);
    (strangers, PlcClient::new(http, plc_url.clone(), RESOLVE_TIME_MAX))
}

/// Draws a number for the clock, so that servers with the same accounts make different TIDs.
fn clock_id() -> u16 {
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
    u16::from_le_bytes(bytes) & 0x3ff
}
