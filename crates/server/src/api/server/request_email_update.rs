//! `com.atproto.server.requestEmailUpdate`: mails the token that `updateEmail` asks for, if it does.
//!
//! Lexicon: `lexicons/com/atproto/server/requestEmailUpdate.json`.

use lexicon::com::atproto::server::request_email_update::Output;
use store::Purpose;

use crate::caller::{Account, Full, NotTakenDown};
use crate::email;
use crate::failure::{Failure, Refusal};
use crate::pds::Pds;

/// Sends the mail, if the address was confirmed: one that never was proves nothing.
pub(super) async fn request_email_update(
    pds: Pds,
    caller: Account<NotTakenDown<Full>>,
) -> Result<Output, Failure> {
    let account = caller.row(&pds).await?;
    if account.email.is_none() {
        return Err(Refusal::invalid_request("account does not have an email address").into());
    }
    let token_required = account.email_confirmed_at.is_some();
    if token_required {
        email::send_token(&pds, &account, Purpose::UpdateEmail).await?;
    }
    Ok(Output { token_required })
}
