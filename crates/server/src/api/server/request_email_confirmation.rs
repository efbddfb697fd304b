//! `com.atproto.server.requestEmailConfirmation`: mails the token that `confirmEmail` asks for.
//!
//! Lexicon: `lexicons/com/atproto/server/requestEmailConfirmation.json`.

use store::Purpose;

use crate::caller::{Account, NotTakenDown, Standard};
use crate::email;
use crate::failure::Failure;
use crate::pds::Pds;

/// Sends the mail.
pub(super) async fn request_email_confirmation(
    pds: Pds,
    caller: Account<NotTakenDown<Standard>>,
) -> Result<(), Failure> {
    let account = caller.row(&pds).await?;
    Ok(email::send_token(&pds, &account, Purpose::ConfirmEmail).await?)
}
