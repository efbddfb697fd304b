//! The server: methods of the AT Protocol over HTTP, and what is behind them.
//!
//! A request goes from `http` to `xrpc`, which finds the method and checks what all methods check,
//! and from there to its file in `api`. What changes a repository goes through the write path, and
//! all SQL is in the `store` crate. Nothing in here reads the environment or prints.

mod account;
mod api;
mod blob;
mod caller;
mod clock;
pub mod config;
mod crawlers;
mod did_plc;
mod email;
mod failure;
mod firehose;
#[doc(hidden)]
pub mod fuzz;
mod handle;
mod hosted;
mod housekeeping;
mod html;
mod http;
mod identity_watch;
mod import;
mod invite;
mod keys;
mod lexicons;
mod mail;
mod media_type;
mod mover;
mod oauth;
mod password;
mod pds;
mod plc_directory;
mod preferences;
mod privilege;
mod proxy;
mod rate;
mod record;
mod sending;
mod session;
mod sign_in;
mod start;
mod takedown;
mod tasks;
mod token;
mod web;
mod well_known;
mod write;
mod xrpc;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use identity::Origin;
use identity::plc::log::RateLimits;
use store::{Faults, Options, Store};
use tokio::net::TcpListener;

pub use crate::config::Config;
use crate::http::Face;
pub use crate::keys::{KeysError, SEALING_KEY_FILE};
pub use crate::mail::{MailSetupError, check_mail};
use crate::pds::Pds;
pub use crate::start::{StartError, Surroundings};
use crate::tasks::Tasks;

/// How long requests may take to end when the server stops.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(10);

/// A server that runs. Dropping it does not stop it: see [`Server::shutdown`].
pub struct Server {
    pds: Pds,
    address: SocketAddr,
    admin_address: Option<SocketAddr>,
    plc_address: Option<SocketAddr>,
}

impl Server {
    /// Starts a server.
    ///
    /// # Errors
    ///
    /// [`StartError`] if something that it needs cannot be had.
    pub async fn start(config: Config, surroundings: Surroundings) -> Result<Self, StartError> {
        let (listener, address) = bind(config.listen).await?;
        let admin = bind_if(config.admin_listen).await?;
        let plc = bind_if(config.plc_listen).await?;
        let admin_address = admin.as_ref().map(|(_, address)| *address);
        let plc_address = plc.as_ref().map(|(_, address)| *address);
        for (what, address) in [("figures", admin_address), ("did:plc", plc_address)] {
            if let Some(address) = address {
                tracing::info!(what, %address, "listening");
            }
        }
        let figures = surroundings.figures.clone();
        let connections_max = config.limits.connections;
        let pds = start::state(config, surroundings, address.port(), plc_address)?;
        let answers = pds.store.carry_answers().map_err(StartError::Answers)?;
        pds.tasks.spawn_until_stop(answers);
        housekeeping::start(&pds);
        identity_watch::start(&pds);
        mail::start(&pds);
        mover::start_all(&pds).await;
        let methods = api::methods(&pds.config);
        let router = well_known::router(pds.clone());
        let face = Face::new(pds.clone(), methods, router);
        http::listen(&pds.tasks, listener, connections_max, move |request, peer| {
            let face = Arc::clone(&face);
            async move { face.answer(request, peer).await }
        });
        if let Some((listener, _)) = plc {
            let rates = if pds.config.dev { RateLimits::Off } else { RateLimits::Public };
            let router = plc_directory::router(pds.store.clone(), rates);
            http::listen_router(&pds.tasks, listener, router);
        }
        if let Some((listener, _)) = admin {
            let figures = figures.unwrap_or_else(|| Arc::new(String::new));
            let router =
                Router::new().route("/metrics", axum::routing::get(async move || figures()));
            http::listen_router(&pds.tasks, listener, router);
        }
        Ok(Self { pds, address, admin_address, plc_address })
    }

    /// Returns where the world reaches the server.
    pub fn url(&self) -> &Origin {
        &self.pds.url
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns where it serves figures for operators.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin_address
    }

    /// Returns where its directory of did:plc listens.
    pub fn plc_address(&self) -> Option<SocketAddr> {
        self.plc_address
    }

    /// Stops: takes no more requests, waits up to ten seconds for those that run, and makes
    /// durable what waits to be written.
    pub async fn shutdown(self) {
        if !self.pds.tasks.stop(DRAIN_TIME_MAX).await {
            tracing::warn!("some requests were broken off");
        }
        self.pds.store.close().await;
    }
}

/// A directory of did:plc that runs on its own.
pub struct PlcDirectory {
    store: Store,
    tasks: Tasks,
    address: SocketAddr,
}

impl PlcDirectory {
    /// Starts a directory whose logs are in `data`. Without limits, a DID may have as many
    /// operations as come.
    ///
    /// # Errors
    ///
    /// [`StartError`] if something that it needs cannot be had.
    pub async fn start(
        data: &Path,
        listen: SocketAddr,
        clock: store::Clock,
        is_limited: bool,
    ) -> Result<Self, StartError> {
        let (listener, address) = bind(listen).await?;
        let store = Store::open(Options {
            directory: data.to_owned(),
            clock,
            accept_future_seq: false,
            recent_bytes_max: 0,
            faults: Faults::default(),
        })?;
        let tasks = Tasks::default();
        let rates = if is_limited { RateLimits::Public } else { RateLimits::Off };
        http::listen_router(&tasks, listener, plc_directory::router(store.clone(), rates));
        Ok(Self { store, tasks, address })
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops, as [`Server::shutdown`] does.
    pub async fn shutdown(self) {
        self.tasks.stop(DRAIN_TIME_MAX).await;
        self.store.close().await;
    }
}

async fn bind_if(
    address: Option<SocketAddr>,
) -> Result<Option<(TcpListener, SocketAddr)>, StartError> {
    match address {
        Some(address) => bind(address).await.map(Some),
        None => Ok(None),
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}
