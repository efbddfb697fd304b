//! `com.atproto.server.resetPassword`: sets a new password with a mailed token.
//!
//! Lexicon: `lexicons/com/atproto/server/resetPassword.json`.

use lexicon::com::atproto::server::reset_password::{Error, Input};
use store::Purpose;

use crate::caller::Public;
use crate::failure::{Failure, Fault};
use crate::pds::Pds;
use crate::session::{self, But};
use crate::{email, password};

const SUBJECT: &str = "Password Changed";
const TEXT: &str = "Your account has a new password, and all sessions have ended.";

/// Sets the password and ends all sessions: whoever knew the old one is out. The codes that were
/// mailed before are good for nothing more.
pub(super) async fn reset_password(
    pds: Pds,
    _: Public,
    input: Input,
) -> Result<(), Failure<Error>> {
    let Input { token, password } = input;
    Ok(reset(&pds, token, password).await?)
}

/// Sets the password for whoever has the mailed token.
///
/// # Errors
///
/// [`Fault`] if the token is not good, or the password too long.
pub(crate) async fn reset(pds: &Pds, token: String, password: String) -> Result<(), Fault> {
    password::check_new(&password)?;
    // Before the password is hashed, which is dear.
    pds.store.read(|tx| email::find_token(tx, Purpose::ResetPassword, &token)).await?;
    let hash = pds.passwords.hash(&password).await?;
    let owned = pds.clone();
    pds.store
        .write(move |tx| {
            let found = email::find_token(tx, Purpose::ResetPassword, &token)?;
            tx.set_password(found.account, &hash)?;
            session::end_all(tx, found.account, But::Nothing)?;
            tx.delete_email_tokens(found.account)?;
            let account = tx.account_by_id(found.account)?;
            email::tell(&owned, tx, &account, SUBJECT, TEXT)?;
            Ok::<_, Fault>(())
        })
        .await
}
