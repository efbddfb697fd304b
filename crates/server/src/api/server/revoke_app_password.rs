//! `com.atproto.server.revokeAppPassword`: ends an app password and the sessions that began with it.
//!
//! Lexicon: `lexicons/com/atproto/server/revokeAppPassword.json`.

use lexicon::com::atproto::server::revoke_app_password::Input;
use store::AccountId;

use crate::caller::Account;
use crate::failure::Failure;
use crate::pds::Pds;

/// Deletes the password. Access tokens of its sessions last until they end, two hours at most.
pub(super) async fn revoke_app_password(
    pds: Pds,
    caller: Account,
    input: Input,
) -> Result<(), Failure> {
    let id = caller.row(&pds).await?.id;
    Ok(revoke(&pds, id, input.name).await?)
}

/// Deletes an app password, and ends the sessions that began with it.
///
/// # Errors
///
/// [`store::Error`] if the database failed.
pub(crate) async fn revoke(pds: &Pds, id: AccountId, name: String) -> Result<(), store::Error> {
    pds.store
        .write(move |tx| {
            tx.delete_app_password(id, &name)?;
            tx.delete_refresh_tokens_of(id, &name)
        })
        .await
}
