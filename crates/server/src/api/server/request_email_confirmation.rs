//! `com.atproto.server.requestEmailConfirmation`: mails the token that `confirmEmail` asks for.
//!
//! Lexicon: `lexicons/com/atproto/server/requestEmailConfirmation.json`.

use ::oauth::scope::{AccountAction, AccountAttr, Need};
use store::Purpose;

use crate::caller::{Account, NotTakenDown, OrApp, Standard};
use crate::email;
use crate::failure::Failure;
use crate::pds::Pds;

/// Sends the mail.
pub(super) async fn request_email_confirmation(
    pds: Pds,
    caller: Account<OrApp<NotTakenDown<Standard>>>,
) -> Result<(), Failure> {
    let (attr, action) = (AccountAttr::Email, AccountAction::Manage);
    caller.check(&Need::Account { attr, action })?;
    let account = caller.row(&pds).await?;
    Ok(email::send_token(&pds, &account, Purpose::ConfirmEmail).await?)
}
