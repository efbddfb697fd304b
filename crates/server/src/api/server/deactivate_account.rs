//! `com.atproto.server.deactivateAccount`: closes an account, which can be opened again.
//!
//! Lexicon: `lexicons/com/atproto/server/deactivateAccount.json`.

use lexicon::com::atproto::server::deactivate_account::Input;
use store::AccountState;

use crate::account::set_state;
use crate::caller::{Account, Full, OrTakenDown};
use crate::failure::Failure;
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
    let change = move |state: AccountState, now_ms| AccountState {
        deactivated_at: state.deactivated_at.or(Some(now_ms)),
        delete_after,
        ..state
    };
    Ok(set_state(&pds, &account.did, change).await?)
}
