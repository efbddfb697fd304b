//! `com.atproto.server.resetPassword`: sets a new password with a mailed token.
//!
//! Lexicon: `lexicons/com/atproto/server/resetPassword.json`.

use lexicon::com::atproto::server::reset_password::{Error, Input};
use store::Purpose;

use crate::caller::Public;
use crate::failure::{Failure, Fault};
use crate::pds::Pds;
use crate::{email, password};

/// Sets the password and ends all sessions: whoever knew the old one is out.
pub(super) async fn reset_password(
    pds: Pds,
    _: Public,
    input: Input,
) -> Result<(), Failure<Error>> {
    let Input { token, password } = input;
    password::check_new(&password)?;
    // Before the password is hashed, which is dear.
    pds.store.read(|tx| email::find_token(tx, Purpose::ResetPassword, &token)).await?;
    let hash = pds.passwords.hash(&password).await?;
    pds.store
        .write(move |tx| {
            let found = email::find_token(tx, Purpose::ResetPassword, &token)?;
            tx.set_password(found.account, &hash)?;
            tx.delete_refresh_tokens(found.account)?;
            tx.delete_email_token(found.account, Purpose::ResetPassword)?;
            Ok::<_, Fault>(())
        })
        .await?;
    Ok(())
}
