//! Making the account here, deactivated.

use migrate::job::State;
use store::Status;

use crate::account::{self, CreateError, Creation};
use crate::caller::Service;
use crate::mover::job::Job;
use crate::mover::trouble::{Trouble, Turn};
use crate::pds::Pds;

/// The method that the old host's word is for.
const CREATE_ACCOUNT: &str = "com.atproto.server.createAccount";

/// Makes the account, unless it was made before.
pub(super) async fn step(pds: &Pds, job: &mut Job) -> Result<Turn, Trouble> {
    reserve(pds, job).await?;
    if let Some(secrets) = &mut job.secrets {
        secrets.password = None;
    }
    Ok(Turn::Next(State::Import, "the account is here, deactivated".to_owned()))
}

/// Makes the account, once its key has signed that it wants to be here. One that is here already,
/// deactivated, is gone on with.
async fn reserve(pds: &Pds, job: &Job) -> Result<(), Trouble> {
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
    let made = match pds.store.account(&did).await? {
        None => {
            let signing_key = account::reserved_key(pds, &did).await?;
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
    made.map(|_| ()).map_err(|error| match error {
        CreateError::Store(error) => Trouble::from(error),
        error => Trouble::decide(error.to_string()),
    })
}
