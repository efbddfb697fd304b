//! `com.atproto.admin.updateAccountPassword`: sets the password of an account.
//!
//! Lexicon: `lexicons/com/atproto/admin/updateAccountPassword.json`.

use lexicon::com::atproto::admin::update_account_password::Input;

use super::account;
use crate::caller::Admin;
use crate::failure::{Failure, Fault};
use crate::password;
use crate::pds::Pds;
use crate::session::{self, But};

/// Sets the password and ends all sessions: whoever knew the old one is out.
pub(super) async fn update_account_password(
    pds: Pds,
    _: Admin,
    input: Input,
) -> Result<(), Failure> {
    let Input { did, password } = input;
    password::check_new(&password)?;
    // Before the password is hashed, which is dear.
    pds.store.read(|tx| account(tx, &did)).await?;
    let hash = pds.passwords.hash(&password).await?;
    let set = pds.store.write(move |tx| {
        let id = account(tx, &did)?.id;
        tx.set_password(id, &hash)?;
        session::end_all(tx, id, But::Nothing).map_err(Fault::from)
    });
    Ok(set.await?)
}
