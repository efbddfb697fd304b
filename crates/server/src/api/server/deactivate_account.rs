//! `com.atproto.server.deactivateAccount`: closes an account, which can be opened again.
//!
//! Lexicon: `lexicons/com/atproto/server/deactivateAccount.json`.

use lexicon::com::atproto::server::deactivate_account::Input;
use store::AccountState;
use syntax::Did;

use crate::account::set_state;
use crate::caller::{Account, Full, OrTakenDown};
use crate::failure::{Failure, Fault};
use crate::pds::Pds;

/// Deactivates the account. Its sessions go on, so that its owner can move it or come back.
pub(super) async fn deactivate_account(
    pds: Pds,
    caller: Account<OrTakenDown<Full>>,
    input: Input,
) -> Result<(), Failure> {
    let account = caller.row(&pds).await?;
    let delete_after = input.delete_after.map(|time| u64::try_from(time.unix_us()).unwrap_or(0));
    let delete_after = delete_after.map(|time_us| time_us / 1000);
    Ok(deactivate(&pds, &account.did, delete_after).await?)
}

/// Deactivates an account, which is deleted after a time, if there is one.
///
/// # Errors
///
/// [`Fault`] if the account is gone or the database failed.
pub(crate) async fn deactivate(
    pds: &Pds,
    did: &Did,
    delete_after: Option<u64>,
) -> Result<(), Fault> {
    let change = move |state: AccountState, now_ms| AccountState {
        deactivated_at: state.deactivated_at.or(Some(now_ms)),
        delete_after,
        ..state
    };
    set_state(pds, did, change).await
}
