//! `com.atproto.admin.updateAccountEmail`: gives an account another e-mail address.
//!
//! Lexicon: `lexicons/com/atproto/admin/updateAccountEmail.json`.

use lexicon::com::atproto::admin::update_account_email::Input;

use crate::caller::Admin;
use crate::failure::{Failure, Fault, Refusal};
use crate::pds::Pds;
use crate::{email, hosted};

/// Sets the address, which is not confirmed by that, and ends all codes mailed to the one before.
pub(super) async fn update_account_email(pds: Pds, _: Admin, input: Input) -> Result<(), Failure> {
    let Input { account, email } = input;
    email::check(Some(&email))?;
    let set = pds.store.write(move |tx| {
        let found = hosted::account(tx, &account)?;
        let missing = || Refusal::invalid_request(format!("Account does not exist: {account}"));
        let id = found.ok_or_else(missing)?.id;
        match tx.set_email(id, &email) {
            Err(store::Error::Conflict(_)) => {
                let message = format!("Email already taken: {email}");
                return Err(Fault::from(Refusal::invalid_request(message)));
            }
            outcome => outcome?,
        }
        Ok(tx.delete_email_tokens(id)?)
    });
    Ok(set.await?)
}
