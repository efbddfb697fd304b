//! All that a handler works with.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

use http::HeaderMap;
use identity::Origin;
use identity::resolve::{PlcClient, Resolver};
use store::Store;
use subtle::ConstantTimeEq as _;
use syntax::Did;

use crate::account::Activations;
use crate::clock::Clock;
use crate::config::Config;
use crate::firehose::Firehose;
use crate::keys::Keys;
use crate::lexicons::Lexicons;
use crate::mail::Mailer;
use crate::mover::Mover;
use crate::oauth::Oauth;
use crate::password::Passwords;
use crate::proxy::Proxy;
use crate::rate::Rates;
use crate::sending::Outflows;
use crate::tasks::Tasks;
use crate::web::Pending;
use crate::write::Writers;

/// A server's state. Cheap to clone; clones are the same server.
#[derive(Clone)]
pub(crate) struct Pds(Arc<State>);

/// What there is of it. None of it changes but behind its own doors.
pub(crate) struct State {
    pub(crate) config: Config,
    /// Where the world reaches the server.
    pub(crate) url: Origin,
    /// The server's DID.
    pub(crate) did: Did,
    /// The domains under which handles are given, each with its leading dot.
    pub(crate) handle_domains: Vec<String>,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) lexicons: Lexicons,
    pub(crate) keys: Arc<Keys>,
    pub(crate) writers: Writers,
    pub(crate) firehose: Firehose,
    /// How the server shows itself in pages.
    pub(crate) look: pages::Look,
    /// Sign-ins in browsers that wait for a mailed code.
    pub(crate) pending: Pending,
    pub(crate) activations: Activations,
    pub(crate) mailer: Option<Mailer>,
    pub(crate) mover: Mover,
    pub(crate) oauth: Oauth,
    pub(crate) outflows: Outflows,
    pub(crate) passwords: Passwords,
    pub(crate) resolver: Resolver,
    pub(crate) plc: PlcClient,
    pub(crate) proxy: Proxy,
    pub(crate) rates: Rates,
    pub(crate) tasks: Tasks,
}

impl Pds {
    pub(crate) fn new(state: State) -> Self {
        Self(Arc::new(state))
    }

    /// Tells whether a request comes from an address that passes rate limits, or carries the key that
    /// does.
    pub(crate) fn passes_rates(&self, headers: &HeaderMap, ip: IpAddr) -> bool {
        if self.config.limits.rate_bypass_ips.contains(&ip.to_canonical()) {
            return true;
        }
        let Some(key) = &self.config.limits.rate_bypass_key else {
            return false;
        };
        let given = headers.get("x-ratelimit-bypass");
        given.is_some_and(|given| given.as_bytes().ct_eq(key.reveal().as_bytes()).into())
    }
}

impl Deref for Pds {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}
