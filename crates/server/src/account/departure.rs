//! Deleting accounts whose owners said that they should go after a time.
//!
//! The identity is looked at first: while it still points here, this is the only place where the
//! account is, and deleting it would be the end of it.

use std::time::Duration;

use identity::Origin;
use identity::resolve::PlcError;
use store::{Account, AccountState, Status};

use super::identity_check::{IdentityError, stated};
use super::{delete, session};
use crate::clock::millis;
use crate::email;
use crate::failure::{Fault, chain};
use crate::pds::Pds;

/// How many accounts are looked at in one round.
const ACCOUNTS: u64 = 100;
/// For how long an account stays that has not moved.
const POSTPONED: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// For how long an account stays whose identity cannot be found out.
const UNKNOWN: Duration = Duration::from_secs(60 * 60);

/// Deletes the accounts whose time has come and that are elsewhere now.
///
/// # Errors
///
/// [`Fault`] if the database failed.
pub(crate) async fn delete_departed(pds: &Pds) -> Result<(), Fault> {
    for account in pds.store.read(|tx| tx.accounts_to_delete(ACCOUNTS)).await? {
        let did = &account.did;
        match is_elsewhere(pds, &account).await {
            Ok(true) => {
                delete(pds, did).await?;
                tracing::info!(%did, "an account that has moved was deleted, as its owner wished");
            }
            Ok(false) => {
                tracing::warn!(%did, "an account is due to be deleted, but its identity points here");
                postpone(pds, &account, POSTPONED, true).await?;
            }
            Err(error) => {
                tracing::warn!(%did, error, "an account is due to be deleted, but may be here still");
                postpone(pds, &account, UNKNOWN, false).await?;
            }
        }
    }
    Ok(())
}

/// Tells whether an account's identity, asked anew, names another host, or has ended.
async fn is_elsewhere(pds: &Pds, account: &Account) -> Result<bool, String> {
    let endpoint = match stated(pds, &account.did).await {
        Ok(stated) => stated.endpoint,
        Err(IdentityError::Plc(PlcError::Ended)) => return Ok(true),
        Err(error) => return Err(chain(&error)),
    };
    // However it is written: what leads here must not be deleted for a slash at its end.
    let origin = endpoint.and_then(|endpoint| Origin::parse(&endpoint).ok());
    Ok(origin.as_ref() != Some(&pds.url))
}

/// Puts the deletion off, and tells the owner if they have to do something.
async fn postpone(
    pds: &Pds,
    account: &Account,
    time: Duration,
    is_told: bool,
) -> Result<(), Fault> {
    let later = pds.clock.now_ms() + millis(time);
    let (id, did) = (account.id, account.did.clone());
    let text = format!(
        "you asked for your account at {} to be deleted by now. Your identity {did} still says that the \
         account is here, so that deleting it would leave you without one. It was kept. Finish moving, \
         or delete the account yourself; we look again in a week.",
        pds.url
    );
    let body = email::letter(pds, &session::shown_handle(account), &text);
    pds.store
        .write(move |tx| {
            let Some(account) = tx.account(&did)?.filter(|account| account.id == id) else {
                return Ok(());
            };
            // The owner may have come back meanwhile.
            if account.state.status() != Status::Deactivated || account.state.delete_after.is_none()
            {
                return Ok(());
            }
            let state = AccountState { delete_after: Some(later), ..account.state };
            tx.set_state(id, &state)?;
            if let Some(email) = account.email.filter(|_| is_told) {
                tx.post_mail(&email, "Your account was not deleted", &body)?;
            }
            Ok::<_, store::Error>(())
        })
        .await?;
    Ok(())
}
