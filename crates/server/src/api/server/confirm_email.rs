//! `com.atproto.server.confirmEmail`: proves with a mailed token that an address is the owner's.
//!
//! Lexicon: `lexicons/com/atproto/server/confirmEmail.json`.

use ::oauth::scope::{AccountAction, AccountAttr, Need};
use lexicon::com::atproto::server::confirm_email::{Error, Input};
use store::Purpose;

use crate::caller::{Account, NotTakenDown, OrApp, Standard};
use crate::email;
use crate::failure::{Failure, Fault};
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
    pds.store
        .write(move |tx| {
            email::check_token(tx, &account, Purpose::ConfirmEmail, &input.token)?;
            tx.delete_email_token(account.id, Purpose::ConfirmEmail)?;
            tx.confirm_email(account.id)?;
            Ok::<_, Fault>(())
        })
        .await?;
    Ok(())
}
