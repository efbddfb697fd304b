//! `com.atproto.server.updateEmail`: gives an account another e-mail address, or says whether codes
//! that are mailed there are asked for at sign-in.
//!
//! Lexicon: `lexicons/com/atproto/server/updateEmail.json`.

use lexicon::com::atproto::server::update_email::{Error, Input};
use store::Purpose;

use crate::caller::{Account, Full, NotTakenDown};
use crate::email;
use crate::failure::{Failure, Fault};
use crate::pds::Pds;
use crate::session::But;

/// Sets the address, which is not confirmed by that, and ends all other sessions and all tokens
/// mailed to the one before, which is told. One that stays the same stays as it is.
pub(super) async fn update_email(
    pds: Pds,
    caller: Account<NotTakenDown<Full>>,
    input: Input,
) -> Result<(), Failure<Error>> {
    email::check_new(&pds, Some(&input.email))?;
    let account = caller.row(&pds).await?;
    let token = input.token.filter(|token| !token.trim().is_empty());
    let factor = input.email_auth_factor;
    let is_confirmed = account.email_confirmed_at.is_some();
    let is_same = account.email.as_ref().map(|email| email.to_lowercase())
        == Some(input.email.to_lowercase());
    if factor == Some(true) && !(is_same && is_confirmed) {
        return Err(Failure::invalid_request("Email must be confirmed to be used as a factor"));
    }
    // To be asked for more at sign-in is nothing that an owner has to be protected from.
    let is_only_stricter = is_same && factor == Some(true);
    if is_confirmed && token.is_none() && !is_only_stricter {
        return Err(Failure::declared(Error::TokenRequired, "confirmation token required"));
    }
    let session_id = caller.session_id().map(str::to_owned);
    let owned = pds.clone();
    pds.store
        .write(move |tx| {
            if let Some(token) = token.filter(|_| is_confirmed) {
                email::check_token(tx, &account, Purpose::UpdateEmail, &token)?;
                tx.delete_email_token(account.id, Purpose::UpdateEmail)?;
            }
            if !is_same {
                let but = session_id.as_deref().map_or(But::Nothing, But::Session);
                email::set_address(&owned, tx, &account, &input.email, but)?;
            }
            match factor.filter(|on| *on != account.email_auth_factor) {
                Some(on) => Ok(email::set_factor(&owned, tx, &account, on)?),
                None => Ok::<_, Fault>(()),
            }
        })
        .await?;
    Ok(())
}
