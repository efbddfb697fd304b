//! `com.atproto.admin.updateAccountHandle`: gives an account another handle.
//!
//! Lexicon: `lexicons/com/atproto/admin/updateAccountHandle.json`.

use lexicon::com::atproto::admin::update_account_handle::Input;

use crate::caller::Admin;
use crate::failure::{Failure, Refusal};
use crate::handle::{self, Domain};
use crate::pds::Pds;

/// Gives the account the handle, also one that owners cannot take. One that somebody else gives has to
/// lead to the account all the same.
pub(super) async fn update_account_handle(pds: Pds, _: Admin, input: Input) -> Result<(), Failure> {
    let Input { did, handle } = input;
    let domain = handle::check_for_operator(&pds, &handle)?;
    let missing = || Refusal::invalid_request(format!("Account not found: {did}"));
    let id = pds.store.account(&did).await?.ok_or_else(missing)?.id;
    if domain == Domain::Other {
        handle::check_leads_to(&pds, &handle, &did).await?;
    }
    Ok(handle::give(&pds, id, handle).await?)
}
