//! `com.atproto.server.confirmEmail`: proves with a mailed token that an address is the owner's.
//!
//! Lexicon: `lexicons/com/atproto/server/confirmEmail.json`.

use ::oauth::scope::{AccountAction, AccountAttr, Need};
use lexicon::com::atproto::server::confirm_email::{Error, Input};

use crate::caller::{Account, NotTakenDown, OrApp, Standard};
use crate::email;
use crate::failure::Failure;
use crate::pds::Pds;

/// Notes that the address is confirmed.
pub(super) async fn confirm_email(
    pds: Pds,
    caller: Account<OrApp<NotTakenDown<Standard>>>,
    input: Input,
) -> Result<(), Failure<Error>> {
    let (attr, action) = (AccountAttr::Email, AccountAction::Manage);
    caller.check(&Need::Account { attr, action })?;
    let account = caller.row(&pds).await?;
    let address = account.email.as_deref().map(str::to_lowercase);
    if address.as_deref() != Some(input.email.trim().to_lowercase().as_str()) {
        return Err(Failure::declared(Error::InvalidEmail, "invalid email"));
    }
    Ok(email::confirm(&pds, &account, input.token).await?)
}
