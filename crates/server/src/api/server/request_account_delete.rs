//! `com.atproto.server.requestAccountDelete`: mails the token that `deleteAccount` asks for.
//!
//! Lexicon: `lexicons/com/atproto/server/requestAccountDelete.json`.

use store::Purpose;

use crate::caller::{Account, Full, NotTakenDown};
use crate::email;
use crate::failure::Failure;
use crate::pds::Pds;

/// Sends the mail.
pub(super) async fn request_account_delete(
    pds: Pds,
    caller: Account<NotTakenDown<Full>>,
) -> Result<(), Failure> {
    let account = caller.row(&pds).await?;
    Ok(email::send_token(&pds, &account, Purpose::DeleteAccount).await?)
}
