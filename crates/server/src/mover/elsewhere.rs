//! Signing in on the pages of the old host: there this server is an app, which the account's owner lets in.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::oauth::metadata::Issuer;
use ::oauth::outgoing::{AuthorizationServer, Callback, CallbackError, OwnClient};
use ::oauth::scope::{IdentityAttr, Method, Need, Scopes};
use identity::Origin;
use identity::plc::is_plc;
use lru::LruCache;
use migrate::host::{Errand, HostError, Owner, Session};
use pages::path;
use syntax::{Did, Nsid};
use thiserror::Error;
use tokio::time::timeout;
use url::Url;

use super::arrival::{Arrival, Ticket, named_host};
use super::begin::BeginError;
use super::job::{end_session, time};
use crate::clock::millis;
use crate::oauth::random;
use crate::pds::Pds;
use crate::privilege::CREATE_ACCOUNT;

/// What a move needs at the old host, and no more: whose account it is and where its mail goes, the change
/// of the identity, the old host's word for the new one, the preferences, and to close the account. A
/// service token is for a bare DID, which scopes cannot name; so it is for any host.
const SCOPE: &str = "atproto account:email account:status?action=manage identity:* \
                     rpc:com.atproto.server.createAccount?aud=* \
                     rpc:app.bsky.actor.getPreferences?aud=*";
/// How many are away at a time. Those that have been for longest go first.
const AWAY_MAX: NonZeroUsize = NonZeroUsize::new(1000).expect("it is not zero");
/// How long one is: as long as it may take to find a password and a code.
const AWAY_TIME: Duration = Duration::from_secs(30 * 60);
/// How long a page waits to know whether the old host has pages for this.
const LOOK_TIME: Duration = Duration::from_secs(2);
/// How many hosts are remembered, and how long, so that pages that are loaded again do not wait again.
const KNOWN_MAX: NonZeroUsize = NonZeroUsize::new(1000).expect("it is not zero");
const KNOWN_TIME: Duration = Duration::from_secs(60);

/// What somebody signs in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To move here.
    Begin,
    /// To go on with a move.
    Resume,
    /// To bring the account back.
    Undo,
}

/// Somebody who was sent to the pages of their old host.
pub(crate) struct Away {
    pub(crate) errand: Errand,
    pub(crate) purpose: Purpose,
    at_ms: u64,
}

/// All who are away, in memory only, and which hosts have pages to send somebody to. After a restart they
/// are sent there again.
pub(crate) struct Elsewhere {
    away: Mutex<LruCache<Ticket, Away>>,
    known: Mutex<LruCache<Origin, (bool, u64)>>,
}

/// Says why nobody is signed in by what has come back.
#[derive(Debug, Error)]
pub(crate) enum ReturnError {
    /// It is not the answer of who was asked.
    #[error(transparent)]
    Stray(#[from] CallbackError),
    /// The owner has not agreed.
    #[error("nobody was let in")]
    Denied,
    /// The authorization server says something else.
    #[error("{0}")]
    Says(String),
    /// What was granted is too little: these scopes are lacking.
    #[error("what was granted lacks {0}")]
    Lacking(String),
    /// The identity cannot be found, or says something else, or the host does not answer.
    #[error(transparent)]
    Begin(#[from] BeginError),
}

impl From<HostError> for ReturnError {
    fn from(error: HostError) -> Self {
        Self::Begin(error.into())
    }
}

impl Default for Elsewhere {
    fn default() -> Self {
        Self {
            away: Mutex::new(LruCache::new(AWAY_MAX)),
            known: Mutex::new(LruCache::new(KNOWN_MAX)),
        }
    }
}

impl Elsewhere {
    /// Returns what somebody who is away is back for, whose account it is, and where it comes from. `query`
    /// is what has come back in their browser.
    pub(crate) fn expected(
        &self,
        ticket: &Ticket,
        query: &str,
        now_ms: u64,
    ) -> Option<(Purpose, Did, Origin)> {
        let all = lock(&self.away);
        let away = all.peek(ticket).filter(|away| away.is_for(query, now_ms))?;
        let errand = &away.errand;
        Some((away.purpose, errand.did().clone(), errand.host().origin().clone()))
    }

    /// Takes whom an answer is for, once.
    pub(crate) fn take(&self, ticket: &Ticket, query: &str, now_ms: u64) -> Option<Away> {
        let mut all = lock(&self.away);
        // What is not the answer to this does not end it: anybody can send somebody here with something.
        if !all.peek(ticket)?.is_for(query, now_ms) {
            return None;
        }
        all.pop(ticket)
    }

    fn known(&self, host: &Origin, now_ms: u64) -> Option<bool> {
        let (has_pages, at_ms) = *lock(&self.known).get(host)?;
        (now_ms < at_ms + millis(KNOWN_TIME)).then_some(has_pages)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing in here is ever half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns who this server is at others.
pub(crate) fn own_client(issuer: &Issuer) -> OwnClient {
    let callback = format!("{}{}", path::MOVE, path::CALLBACK);
    OwnClient::new(issuer, path::MOVER_METADATA, &callback, SCOPE)
}

/// Tells whether a host has pages on which its people can let this server in. One that does not say soon
/// has none.
pub(crate) async fn has_pages(pds: &Pds, host: &Origin) -> bool {
    let now_ms = pds.clock.now_ms();
    if let Some(known) = pds.mover.elsewhere.known(host, now_ms) {
        return known;
    }
    let found = authorization_server(pds, host).await;
    if let Err(error) = &found {
        tracing::info!(%host, error = crate::failure::chain(error), "nobody lets apps in there");
    }
    let found = found.is_ok();
    lock(&pds.mover.elsewhere.known).put(host.clone(), (found, now_ms));
    found
}

async fn authorization_server(pds: &Pds, host: &Origin) -> Result<AuthorizationServer, HostError> {
    let host = pds.mover.host(host.clone());
    match timeout(LOOK_TIME, host.authorization_server(LOOK_TIME)).await {
        Ok(found) => found,
        Err(_) => Err(HostError::Busy { retry_after: None }),
    }
}

/// Prepares to send somebody to the pages of their old host. Returns what they are known by when they come
/// back, and where they go.
pub(crate) async fn leave(
    pds: &Pds,
    from: &Origin,
    did: &Did,
    purpose: Purpose,
) -> Result<(Ticket, Url), HostError> {
    let server = authorization_server(pds, from).await?;
    let client = own_client(&pds.oauth.issuer);
    let host = pds.mover.host(from.clone());
    let (errand, link) = Errand::begin(host, &server, &client, did, time(pds)).await?;
    let (ticket, at_ms) = (random(), pds.clock.now_ms());
    lock(&pds.mover.elsewhere.away).put(ticket, Away { errand, purpose, at_ms });
    Ok((ticket, link))
}

impl Away {
    fn is_for(&self, query: &str, now_ms: u64) -> bool {
        self.errand.is_answered_by(query) && now_ms < self.at_ms + millis(AWAY_TIME)
    }

    /// Signs in with what has come back.
    ///
    /// # Errors
    ///
    /// [`ReturnError`] if nobody is let in, somebody else is, or for too little.
    pub(crate) async fn come_back(&self, pds: &Pds, query: &str) -> Result<Arrival, ReturnError> {
        let code = match self.errand.read(query)? {
            Callback::Code(code) => code,
            Callback::Refused { error, .. } if error == "access_denied" => {
                return Err(ReturnError::Denied);
            }
            Callback::Refused { error, description } => {
                let description = description.map(|text| format!(": {text}")).unwrap_or_default();
                return Err(ReturnError::Says(format!("{error}{description}")));
            }
        };
        let (did, session) = self.errand.exchange(&code).await?;
        let owner = Owner::new(self.errand.host().clone(), did.clone(), session.clone());
        match self.check(pds, &owner, &session).await {
            Ok(arrival) => Ok(arrival.with(owner)),
            Err(error) => {
                end_session(&owner).await;
                Err(error)
            }
        }
    }

    async fn check(
        &self,
        pds: &Pds,
        owner: &Owner,
        session: &Session,
    ) -> Result<Checked, ReturnError> {
        let did = self.errand.did();
        if owner.did() != did {
            return Err(BeginError::OtherAccount(owner.did().clone()).into());
        }
        let from = self.errand.host().origin().clone();
        // For a move that has begun, the old host is the one that was written down.
        if self.purpose == Purpose::Begin && named_host(pds, did).await? != from {
            return Err(BeginError::OtherHost(from).into());
        }
        let granted = session.bound().map_or("", |bound| bound.scope());
        let lacking = lacking(pds, did, &Scopes::parse(granted));
        if !lacking.is_empty() {
            return Err(ReturnError::Lacking(lacking.join(" ")));
        }
        Ok(Checked { session: owner.signed_in().await?, from })
    }
}

struct Checked {
    session: migrate::host::SignedIn,
    from: Origin,
}

impl Checked {
    fn with(self, owner: Owner) -> Arrival {
        Arrival { session: self.session, from: self.from, owner }
    }
}

/// Returns what was not granted and has to be. Of all else the findings tell.
fn lacking(pds: &Pds, did: &Did, granted: &Scopes) -> Vec<String> {
    let name = Nsid::parse(CREATE_ACCOUNT).expect("it is a name");
    let method = Method::One(&name);
    let word = Need::Rpc { method, audience: pds.did.as_str() };
    let mut lacking = Vec::new();
    if !granted.allows(&word) {
        lacking.push(format!("rpc:{CREATE_ACCOUNT}?aud=*"));
    }
    // A did:web is its owner's to change.
    let identity = Need::Identity(IdentityAttr::All);
    lacking.extend(granted.missing(&identity).filter(|_| is_plc(did)));
    lacking
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_but_the_one_for_closing_is_one_of_the_specification() {
        // That one is the reference server's.
        let specified = SCOPE.replace("account:status?action=manage ", "");
        assert_ne!(specified, SCOPE);
        assert_eq!(
            Scopes::parse(&specified).to_string(),
            specified,
            "they are in their normal form"
        );
    }
}
