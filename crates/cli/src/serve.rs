//! `pagurus serve`: runs a server until it is told to stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use clap::Args;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use server::{Server, Surroundings};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use toml::{Table, Value};

use crate::{log, output, settings};

/// Where the buckets of how long requests take end, in seconds.
const SECONDS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];
/// Files that are open beside connections: the database, blobs, requests to others.
const FILES_BESIDE: u64 = 512;
/// How often figures are brought up to date that nobody asks for.
const FIGURES_EVERY: Duration = Duration::from_secs(5);

/// What can be said on the command line. It counts more than the environment and the file.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Serve for development: on loopback, with data in ./pagurus-dev, a directory of did:plc of
    /// its own, handles under .test, no invites, and the admin password "admin"
    #[arg(long)]
    dev: bool,
    /// Read settings from this file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Keep all data in this directory
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// Listen here
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Where the world reaches the server
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// The directory of did:plc
    #[arg(long, value_name = "URL")]
    plc_url: Option<String>,
    /// Run a directory of did:plc here
    #[arg(long, value_name = "ADDRESS")]
    plc_listen: Option<SocketAddr>,
    /// Serve figures for operators here, at /metrics
    #[arg(long, value_name = "ADDRESS")]
    admin_listen: Option<SocketAddr>,
    /// The password of the user "admin"
    #[arg(long, value_name = "PASSWORD")]
    admin_password: Option<String>,
    /// Let anybody ask as often as they like
    #[arg(long)]
    no_rate_limits: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let settings = settings::read(arguments.config.as_deref(), arguments.dev, arguments.table())?;
    let _log = log::start(&settings.log)?;
    allow_connections(settings.server.limits.connections);
    let runtime = Runtime::new().context("no threads to run on")?;
    runtime.block_on(serve(settings.server))?;
    Ok(ExitCode::SUCCESS)
}

/// Raises how many files may be open, which connections are as well, as far as the system lets us.
fn allow_connections(connections: usize) {
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(FILES_BESIDE);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return;
    }
    let raised = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let outcome = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum });
    if outcome.is_err() || raised < wanted {
        let allowed = if outcome.is_ok() { Some(raised) } else { current };
        tracing::warn!(?allowed, wanted, "the system allows fewer open files than connections");
    }
}

async fn serve(config: server::Config) -> anyhow::Result<()> {
    // Before the start, so that no signal is missed.
    let stop = stop_signal()?;
    let mut surroundings = Surroundings::new(clock());
    if config.admin_listen.is_some() {
        surroundings.figures = Some(figures()?);
    }
    let server = Server::start(config, surroundings).await?;
    output::line(&format!("pagurus serves at {}", server.url()));
    stop.await;
    tracing::info!("stopping");
    server.shutdown().await;
    Ok(())
}

/// Begins to listen for signals to stop, and returns what ends with the first.
pub(crate) fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be heard")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be heard")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Starts to keep figures, and returns what writes them.
fn figures() -> anyhow::Result<Arc<dyn Fn() -> String + Send + Sync>> {
    let matcher = Matcher::Suffix("_seconds".to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(matcher, &SECONDS)?;
    let handle = builder.install_recorder().context("figures cannot be kept")?;
    let keeper = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(FIGURES_EVERY).await;
            keeper.run_upkeep();
        }
    });
    Ok(Arc::new(move || handle.render()))
}

/// Returns the system's clock.
pub(crate) fn clock() -> store::Clock {
    store::Clock::new(now_us)
}

#[expect(clippy::disallowed_methods, reason = "this is the one clock, passed down from here")]
fn now_us() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

impl Arguments {
    /// Returns what was said, in the form of a file of settings.
    fn table(&self) -> Table {
        let texts = [
            ("data", self.data.clone()),
            ("listen", self.listen.map(|address| address.to_string())),
            ("public_url", self.public_url.clone()),
            ("plc_url", self.plc_url.clone()),
            ("plc_listen", self.plc_listen.map(|address| address.to_string())),
            ("admin_listen", self.admin_listen.map(|address| address.to_string())),
            ("admin_password", self.admin_password.clone()),
        ];
        let mut table = Table::new();
        for (name, text) in texts {
            if let Some(text) = text {
                table.insert(name.to_owned(), Value::String(text));
            }
        }
        if self.no_rate_limits {
            let limits = Table::from_iter([("rates".to_owned(), Value::Boolean(false))]);
            table.insert("limits".to_owned(), Value::Table(limits));
        }
        table
    }
}
