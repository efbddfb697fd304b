//! A server of its own for each test, and what it takes to ask it things.
//!
//! It listens on loopback, has a directory of did:plc of its own, and a clock that only the test
//! moves. Nothing goes to the network: names under `.test` are known, and those that a test sets.
//!
//! ```ignore
//! let pds = Pds::start().await;
//! let alice = pds.account("alice").await;
//! let session = pds.get("com.atproto.server.getSession").by(&alice).send().await.ok();
//! assert_eq!(session["handle"], "alice.test");
//! let refusal = pds.get("com.atproto.server.getSession").send().await.refusal();
//! assert_eq!(refusal, (401, "AuthMissing".to_owned()));
//! ```

mod account;
pub(crate) mod ask;
mod browser;
mod mover;
mod moving;
pub(crate) mod oauth;
mod proxy;
mod records;
mod stream;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use identity::dns::DnsTable;
use server::{Config, Server, Surroundings};
use tempfile::TempDir;

pub(crate) use crate::harness::account::TestAccount;
pub(crate) use crate::harness::ask::{Answer, Ask};
pub(crate) use crate::harness::browser::{Browser, Form, Page};

pub(crate) use crate::harness::mover::{Move, Road};
pub(crate) use crate::harness::proxy::{Fault, Gate, Proxy, Seen};
pub(crate) use crate::harness::records::{Copy, NOTES, eventually};
pub(crate) use crate::harness::stream::{Event, subscribe_to};

/// The operator's password on all servers of tests.
pub(crate) const ADMIN_PASSWORD: &str = "admin";

/// 2026-01-01, when all tests begin, in microseconds since 1970.
const BEGIN_US: u64 = 1_767_225_600_000_000;

/// A server that a test has for itself. It ends with the test.
pub(crate) struct Pds {
    server: Option<Server>,
    address: SocketAddr,
    config: Config,
    clock: Arc<AtomicU64>,
    /// How many microseconds pass with each write to the journal of a move.
    pace: Arc<AtomicU64>,
    dns: Arc<DnsTable>,
    client: ask::Client,
    // Dropped last: the server writes to it until then.
    _data: TempDir,
}

impl Pds {
    /// Starts a server as `pagurus serve --dev` does, without limits of rates.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts a server with other settings.
    pub(crate) async fn start_with(set: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().expect("there is room for temporary files");
        let mut config = Config {
            data: data.path().to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            plc_listen: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
            handle_domains: Some(vec![".test".to_owned()]),
            invite_required: false,
            admin_password: Some(ADMIN_PASSWORD.into()),
            dev: true,
            ..Config::default()
        };
        config.limits.rates = false;
        set(&mut config);
        let clock = Arc::new(AtomicU64::new(BEGIN_US));
        let (pace, dns) = (Arc::default(), Arc::new(DnsTable::new()));
        let server = run(&config, &clock, &pace, &dns).await;
        let address = server.address();
        let client = ask::client();
        Self { server: Some(server), address, config, clock, pace, dns, client, _data: data }
    }

    /// Stops the server and starts it again on the same data. Its addresses change.
    pub(crate) async fn restart(&mut self) {
        self.server.take().expect("it runs").shutdown().await;
        let server = run(&self.config, &self.clock, &self.pace, &self.dns).await;
        self.address = server.address();
        self.server = Some(server);
    }

    /// Stops the server and starts it again with other limits.
    pub(crate) async fn set_limits(&mut self, set: impl FnOnce(&mut server::config::Limits)) {
        set(&mut self.config.limits);
        self.restart().await;
    }

    /// Stops the server for good.
    pub(crate) async fn stop(&mut self) {
        self.server.take().expect("it runs").shutdown().await;
    }

    /// Lets time pass for the server.
    pub(crate) fn advance(&self, time: Duration) {
        self.clock.fetch_add(micros(time), Ordering::SeqCst);
    }

    /// Lets time pass for the server with each step of a move from now on, so that what a step waits
    /// for in vain is looked for again at once.
    pub(crate) fn advance_with_each_step(&self, time: Duration) {
        self.pace.store(micros(time), Ordering::SeqCst);
    }

    /// Returns the server's time in seconds since 1970.
    pub(crate) fn now_s(&self) -> u64 {
        self.clock.load(Ordering::SeqCst) / 1_000_000
    }

    /// Returns the names that the server's DNS knows, to add some.
    pub(crate) fn dns(&self) -> &DnsTable {
        &self.dns
    }

    /// Returns the server's data directory.
    pub(crate) fn data(&self) -> &std::path::Path {
        &self.config.data
    }

    /// Returns how the server's store is opened.
    fn store_options(&self) -> store::Options {
        store::Options {
            directory: self.config.data.clone(),
            clock: ticking(&self.clock),
            accept_future_seq: false,
            recent_bytes_max: 0,
            faults: store::Faults::default(),
        }
    }

    /// Returns where the server listens: `http://127.0.0.1:…`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns where the server says that it is: `http://localhost:…`.
    pub(crate) fn public_url(&self) -> String {
        self.server.as_ref().expect("it runs").url().to_string()
    }

    /// Returns where its directory of did:plc listens.
    pub(crate) fn plc_url(&self) -> String {
        let address = self.server.as_ref().expect("it runs").plc_address();
        format!("http://{}", address.expect("the settings say that there is one"))
    }

    /// Returns the server's DID.
    pub(crate) fn did(&self) -> &'static str {
        "did:web:localhost"
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).expect("tests are not that long")
}

/// Returns the time as a server has it. It ticks with each look, so that nothing happens at the same
/// time as something else.
fn ticking(clock: &Arc<AtomicU64>) -> store::Clock {
    let clock = Arc::clone(clock);
    store::Clock::new(move || clock.fetch_add(1, Ordering::SeqCst))
}

async fn run(
    config: &Config,
    clock: &Arc<AtomicU64>,
    pace: &Arc<AtomicU64>,
    dns: &Arc<DnsTable>,
) -> Server {
    let mut surroundings = Surroundings::new(ticking(clock));
    let (clock, pace) = (Arc::clone(clock), Arc::clone(pace));
    surroundings.faults = store::Faults::new(move |at| {
        if at == store::FaultPoint::Journal {
            clock.fetch_add(pace.load(Ordering::SeqCst), Ordering::SeqCst);
        }
        Ok(())
    });
    let dns: Arc<DnsTable> = Arc::clone(dns);
    surroundings.dns = Some(dns);
    Server::start(config.clone(), surroundings).await.expect("the server starts")
}
