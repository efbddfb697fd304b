//! `com.atproto.identity.updateHandle`: gives the caller's account another handle.
//!
//! Lexicon: `lexicons/com/atproto/identity/updateHandle.json`.

use ::oauth::scope::{IdentityAttr, Need};
use lexicon::com::atproto::identity::update_handle::Input;

use crate::caller::{Account, NotTakenDown, OrApp, Standard};
use crate::failure::Failure;
use crate::handle;
use crate::pds::Pds;

/// Refuses what can be refused, and gives the account the handle.
pub(super) async fn update_handle(
    pds: Pds,
    caller: Account<OrApp<NotTakenDown<Standard>>>,
    input: Input,
) -> Result<(), Failure> {
    caller.check(&Need::Identity(IdentityAttr::Handle))?;
    let account = caller.row(&pds).await?;
    Ok(handle::update(&pds, &account, input.handle).await?)
}
