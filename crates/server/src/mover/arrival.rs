//! Somebody who has signed in at the host that their account is to leave.

use identity::Origin;
use migrate::host::{Owner, SignedIn};
use syntax::{AtIdentifier, Did};

use super::begin::BeginError;
use super::job::end_session;
use crate::failure::chain;
use crate::pds::Pds;

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

    async fn sign_in_there(
        pds: &Pds,
        door: &Door,
        did: Option<Did>,
    ) -> Result<Self, BeginError> {
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
        let owner = Owner::new(host, session.did.clone(), session.tokens.clone());
        Ok(Self { session, from, owner })
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
