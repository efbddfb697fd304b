//! `com.atproto.server.activateAccount`: opens an account that moved here, or comes back.
//!
//! Lexicon: `lexicons/com/atproto/server/activateAccount.json`.

use http::StatusCode;
use store::Status;

use crate::account::{activate, points_here};
use crate::caller::{Account, Full};
use crate::failure::{Failure, Refusal};
use crate::pds::Pds;

/// Activates the account, once its identity points here.
pub(super) async fn activate_account(pds: Pds, caller: Account<Full>) -> Result<(), Failure> {
    let account = caller.row(&pds).await?;
    if matches!(account.state.status(), Status::TakenDown | Status::Suspended) {
        let status = StatusCode::BAD_REQUEST;
        return Err(Refusal::new(status, "AccountNotFound", "Account not found").into());
    }
    points_here(&pds, &account).await?;
    pds.resolver.forget(&account.did);
    Ok(activate(&pds, &account.did).await?)
}
