//! Deleting accounts whose owners said that they should go after a time.
//!
//! The identity is looked at first: while it still points here, this is the only place where the
//! account is, and deleting it would be the end of it.

use std::time::Duration;

use identity::document::PDS_SERVICE;
use identity::resolve::{PlcError, ResolveError};
use store::{Account, AccountState, Status};

use super::{delete, session};
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
    let endpoint = if account.did.method() == "plc" {
        match pds.plc.state(&account.did).await {
            Ok(state) => state.services.get(PDS_SERVICE).map(|found| found.endpoint.clone()),
            Err(PlcError::Ended) => return Ok(true),
            Err(error) => return Err(chain(&error)),
        }
    } else {
        let document: Result<_, ResolveError> = pds.resolver.document_anew(&account.did).await;
        let document = document.map_err(|error| chain(&error))?;
        document.service(PDS_SERVICE).map(|found| found.endpoint.clone())
    };
    Ok(endpoint.as_deref() != Some(pds.url.to_string().as_str()))
}

/// Puts the deletion off, and tells the owner if they have to do something.
async fn postpone(
    pds: &Pds,
    account: &Account,
    time: Duration,
    is_told: bool,
) -> Result<(), Fault> {
    let later = pds.clock.now_ms() + u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let (id, did, who) = (account.id, account.did.clone(), session::shown_handle(account));
    let url = pds.url.to_string();
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
                let body = format!(
                    "Hello {who},\n\nyou asked for your account at {url} to be deleted by now. Your \
                     identity {did} still says that the account is here, so that deleting it would \
                     leave you without one. It was kept. Finish moving, or delete the account \
                     yourself; we look again in a week.\n\n{url}\n"
                );
                tx.post_mail(&email, "Your account was not deleted", &body)?;
            }
            Ok::<_, store::Error>(())
        })
        .await?;
    Ok(())
}
