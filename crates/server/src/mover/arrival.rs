//! Somebody who has signed in at the host that their account is to leave.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use identity::Origin;
use lru::LruCache;
use migrate::host::{Owner, SignedIn};
use migrate::job::Finding;
use syntax::{AtIdentifier, Did, Handle};

use super::begin::BeginError;
use super::findings::is_under;
use super::job::end_session;
use crate::clock::millis;
use crate::failure::chain;
use crate::handle::{self, Domain};
use crate::pds::Pds;

/// How many wait at a time. Those that have waited longest go first.
const WAITING_MAX: NonZeroUsize = NonZeroUsize::new(1000).expect("it is not zero");
/// How long one waits: as long as it may take to choose a handle and find an invite code.
const TIME: Duration = Duration::from_secs(60 * 60);

/// How somebody gets in at the old host.
pub(crate) struct Door {
    /// The old host; the one that the identity names if absent.
    pub(crate) from: Option<Origin>,
    pub(crate) identifier: AtIdentifier,
    pub(crate) password: String,
    /// The code that the host has mailed, if it wants one.
    pub(crate) factor: Option<String>,
}

/// A session at the old host.
pub(crate) struct Arrival {
    pub(crate) session: SignedIn,
    pub(crate) from: Origin,
    pub(super) owner: Owner,
}

/// Somebody who has signed in, and what was found. Their move has not begun.
pub(crate) struct Waiting {
    pub(crate) arrival: Arrival,
    pub(crate) findings: Vec<Finding>,
    /// The handle that the account can keep, as it is the owner's.
    pub(crate) keeps: Option<Handle>,
    /// Since when they wait, in milliseconds since 1970.
    pub(crate) at_ms: u64,
}

/// What somebody is known by who waits.
pub(crate) type Ticket = [u8; 16];

/// All who wait, in memory only: a session at another host is not kept for somebody who may never begin.
/// After a restart they sign in there again; sessions that are forgotten end by themselves.
pub(crate) struct Arrivals(Mutex<LruCache<Ticket, Arc<Waiting>>>);

impl Default for Arrivals {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(WAITING_MAX)))
    }
}

impl Arrivals {
    /// Lets somebody wait.
    pub(crate) fn put(&self, ticket: Ticket, waiting: Waiting) {
        self.lock().put(ticket, Arc::new(waiting));
    }

    /// Returns who waits.
    pub(crate) fn get(&self, ticket: &Ticket, now_ms: u64) -> Option<Arc<Waiting>> {
        let mut all = self.lock();
        all.get(ticket).filter(|waiting| now_ms < waiting.at_ms + millis(TIME)).cloned()
    }

    /// Forgets somebody.
    pub(crate) fn remove(&self, ticket: &Ticket) {
        self.lock().pop(ticket);
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<Ticket, Arc<Waiting>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Arrival {
    /// Signs in at the host that the identity names.
    ///
    /// # Errors
    ///
    /// [`BeginError`] if there is no such identity, or its host does not let the owner in.
    pub(crate) async fn sign_in(pds: &Pds, door: &Door) -> Result<Self, BeginError> {
        let did = match &door.identifier {
            AtIdentifier::Did(did) => did.clone(),
            AtIdentifier::Handle(handle) => match pds.resolver.did_of(handle).await {
                Ok(did) => did,
                // Handles that only the old host knows are found by signing in there.
                Err(error) => match &door.from {
                    Some(_) => return Self::sign_in_there(pds, door, None).await,
                    None => return Err(BeginError::Unknown(error.to_string())),
                },
            },
        };
        Self::sign_in_there(pds, door, Some(did)).await
    }

    async fn sign_in_there(pds: &Pds, door: &Door, did: Option<Did>) -> Result<Self, BeginError> {
        let from = match (&door.from, &did) {
            (Some(from), _) => from.clone(),
            (None, Some(did)) => named_host(pds, did).await?,
            (None, None) => {
                return Err(BeginError::Unknown("nobody says where it is".to_owned()));
            }
        };
        let host = pds.mover.host(from.clone());
        let identifier = door.identifier.to_string();
        let session = host.sign_in(&identifier, &door.password, door.factor.as_deref()).await?;
        if did.is_some_and(|did| did != session.did) {
            return Err(BeginError::OtherAccount(session.did));
        }
        if named_host(pds, &session.did).await? != from {
            return Err(BeginError::OtherHost(from));
        }
        let owner = Owner::new(host, session.did.clone(), session.session.clone());
        Ok(Self { session, from, owner })
    }

    /// Returns the account's handle if it is one of the owner's own, which moves along.
    pub(crate) async fn own_handle(&self, pds: &Pds) -> Option<Handle> {
        let handle = self.session.handle.as_ref()?;
        if handle::check(pds, handle) != Ok(Domain::Other) || is_under(handle, &self.from) {
            return None;
        }
        let description = self.owner.host().describe().await.ok()?;
        let mut domains = description.available_user_domains.iter();
        let is_theirs = domains.any(|domain| {
            let name = handle.as_str().strip_suffix(domain.trim_start_matches('.'));
            name.is_some_and(|name| name.ends_with('.'))
        });
        let leads_here = handle::check_leads_to(pds, handle, &self.session.did).await.is_ok();
        (leads_here && !is_theirs).then(|| handle.clone())
    }

    /// Ends the session, as it is of no more use.
    pub(crate) async fn sign_out(&self) {
        end_session(&self.owner).await;
    }
}

/// Returns the host that an identity names.
///
/// # Errors
///
/// [`BeginError`] if there is no such identity, or it names none.
pub(crate) async fn named_host(pds: &Pds, did: &Did) -> Result<Origin, BeginError> {
    let document = pds.resolver.document_anew(did).await;
    let document = document.map_err(|error| BeginError::Unknown(chain(&error)))?;
    document
        .pds_endpoint()
        .ok_or_else(|| BeginError::Unknown("it names no host of accounts".to_owned()))
}
