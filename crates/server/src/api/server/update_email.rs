//! `com.atproto.server.updateEmail`: gives an account another e-mail address.
//!
//! Lexicon: `lexicons/com/atproto/server/updateEmail.json`.

use lexicon::com::atproto::server::update_email::{Error, Input};
use store::Purpose;

use crate::caller::{Account, Full, NotTakenDown};
use crate::email;
use crate::failure::{Failure, Fault, Refusal};
use crate::pds::Pds;

/// Sets the address, which is not confirmed by that, and ends all tokens mailed to the one before.
pub(super) async fn update_email(
    pds: Pds,
    caller: Account<NotTakenDown<Full>>,
    input: Input,
) -> Result<(), Failure<Error>> {
    email::check(Some(&input.email))?;
    let account = caller.row(&pds).await?;
    let is_confirmed = account.email_confirmed_at.is_some();
    if is_confirmed && input.token.is_none() {
        return Err(Failure::declared(Error::TokenRequired, "confirmation token required"));
    }
    pds.store
        .write(move |tx| {
            if let Some(token) = input.token.filter(|_| is_confirmed) {
                email::check_token(tx, &account, Purpose::UpdateEmail, &token)?;
            }
            match tx.set_email(account.id, &input.email) {
                Err(store::Error::Conflict(_)) => return Err(Fault::from(taken())),
                outcome => outcome?,
            }
            Ok(tx.delete_email_tokens(account.id)?)
        })
        .await?;
    Ok(())
}

fn taken() -> Refusal {
    Refusal::invalid_request("This email address is already in use, please use a different email.")
}
