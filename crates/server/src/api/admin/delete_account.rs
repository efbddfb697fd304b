//! `com.atproto.admin.deleteAccount`: deletes an account for good.
//!
//! Lexicon: `lexicons/com/atproto/admin/deleteAccount.json`.

use lexicon::com::atproto::admin::delete_account::Input;

use super::account;
use crate::account::delete;
use crate::caller::Admin;
use crate::failure::Failure;
use crate::pds::Pds;

/// Deletes the account as its owner would, without their password.
pub(super) async fn delete_account(pds: Pds, _: Admin, input: Input) -> Result<(), Failure> {
    let Input { did } = input;
    pds.store.read(|tx| account(tx, &did)).await?;
    delete(&pds, &did).await?;
    tracing::info!(%did, by = "admin", "an account was deleted");
    Ok(())
}
