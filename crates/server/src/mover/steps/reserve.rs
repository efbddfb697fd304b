//! Making the account here, deactivated.

use crypto::{Curve, PrivateKey};
use migrate::job::State;
use store::Status;
use syntax::Did;

use crate::account::{self, CreateError, Creation};
use crate::caller::Service;
use crate::mover::job::Job;
use crate::mover::trouble::{Trouble, Turn};
use crate::pds::Pds;

/// The method that the old host's word is for.
const CREATE_ACCOUNT: &str = "com.atproto.server.createAccount";

/// An account that is here now.
pub(crate) struct Arrival {
    /// The id of a session's refresh token.
    pub(crate) refresh_id: String,
    /// Whether the account was here before.
    pub(crate) was_here: bool,
}

/// Makes the account, unless it was made before.
pub(super) async fn step(pds: &Pds, job: &mut Job) -> Result<Turn, Trouble> {
    let arrival = reserve(pds, job).await?;
    job.journal.was_here |= arrival.was_here;
    if let Some(secrets) = &mut job.secrets {
        secrets.password = None;
    }
    Ok(Turn::Next(State::Import, "the account is here, deactivated".to_owned()))
}

/// Makes the account, once its key has signed that it wants to be here. One that is here already,
/// deactivated, is gone on with.
pub(crate) async fn reserve(pds: &Pds, job: &Job) -> Result<Arrival, Trouble> {
    let owner = job.owner(pds)?;
    let token = owner.service_token(&pds.did, CREATE_ACCOUNT).await?;
    let signer = Service::of_token(pds, &token, CREATE_ACCOUNT).await;
    let is_owner = signer.is_ok_and(|signer| signer.did == *job.did());
    if !is_owner {
        return Err(Trouble::Doubtful(
            "what the old host signs is not signed with the account's key".to_owned(),
        ));
    }
    let did = job.did().clone();
    let password = job.secrets.as_ref().and_then(|secrets| secrets.password.clone());
    let (handle, email) = (job.journal.handle.clone(), job.journal.email.clone());
    let here = pds.store.account(&did).await?;
    let was_here = here.is_some();
    let made = match here {
        None => {
            let signing_key = signing_key(pds, &did).await?;
            let invite_code = job.journal.invite_code.clone();
            let active = false;
            let creation =
                Creation { did, handle, email, password, invite_code, signing_key, active };
            account::create(pds, creation).await
        }
        Some(account) if account.state.status() == Status::Deactivated => {
            account::resume(pds, &account, handle, email, password).await
        }
        Some(_) => return Err(Trouble::decide("the account is here already, and not deactivated")),
    };
    let refresh_id = made.map_err(|error| match error {
        CreateError::Store(error) => Trouble::from(error),
        error => Trouble::decide(error.to_string()),
    })?;
    Ok(Arrival { refresh_id, was_here })
}

/// Takes the key that waits for an identity, or makes one.
async fn signing_key(pds: &Pds, did: &Did) -> Result<PrivateKey, Trouble> {
    match pds.store.read(|tx| tx.reserved_key_of(did)).await? {
        Some(key) => {
            let opened = pds.keys.reserved_key(&key.did_key, &key.signing_key);
            opened.map_err(|error| Trouble::decide(error.to_string()))
        }
        None => Ok(PrivateKey::generate(Curve::Secp256k1)),
    }
}
