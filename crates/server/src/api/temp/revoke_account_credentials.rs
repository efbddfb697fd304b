//! `com.atproto.temp.revokeAccountCredentials`: voids an account's password, app passwords and
//! sessions until a reset.
//!
//! Lexicon: `lexicons/com/atproto/temp/revokeAccountCredentials.json`.

use lexicon::com::atproto::temp::revoke_account_credentials::Input;

use crate::caller::Admin;
use crate::failure::{Failure, Fault};
use crate::pds::Pds;
use crate::session::{self, But};
use crate::{email, hosted};

const SUBJECT: &str = "Password Reset Needed";
const TEXT: &str = "The operator of the server has ended all sessions of your account, and its passwords \
                    with them. To sign in again, ask for a password reset in your app.";

/// Takes away all that one can sign in with, and tells the owner. Access tokens that are out there
/// end by themselves, within two hours.
pub(super) async fn revoke_account_credentials(
    pds: Pds,
    _: Admin,
    input: Input,
) -> Result<(), Failure> {
    let owned = pds.clone();
    let revoked = pds.store.write(move |tx| {
        let Some(account) = hosted::account(tx, &input.account)? else { return Ok(false) };
        tx.clear_password(account.id)?;
        for password in tx.app_passwords(account.id)? {
            tx.delete_app_password(account.id, &password.name)?;
        }
        session::end_all(tx, account.id, But::Nothing)?;
        tx.delete_email_tokens(account.id)?;
        email::tell(&owned, tx, &account, SUBJECT, TEXT)?;
        Ok::<_, Fault>(true)
    });
    match revoked.await? {
        true => Ok(()),
        false => Err(Failure::invalid_request("Account not found")),
    }
}
