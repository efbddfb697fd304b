//! `com.atproto.server.deleteAccount`: deletes an account for good.
//!
//! Lexicon: `lexicons/com/atproto/server/deleteAccount.json`.

use lexicon::com::atproto::server::delete_account::{Error, Input};
use store::Purpose;

use crate::account::delete;
use crate::caller::Public;
use crate::email;
use crate::failure::{Failure, Refusal};
use crate::password::Check;
use crate::pds::Pds;

/// Deletes the account, if the password is its own, not an app's, and the mailed token is right.
pub(super) async fn delete_account(
    pds: Pds,
    _: Public,
    input: Input,
) -> Result<(), Failure<Error>> {
    let Input { did, password, token } = input;
    let found = pds.store.account(&did).await?;
    let account = found.ok_or_else(|| Refusal::invalid_request("account not found"))?;
    let check = pds.passwords.check(account.password.as_deref(), &password).await?;
    if check == Check::Wrong {
        return Err(Refusal::unauthenticated("Invalid did or password").into());
    }
    pds.store.read(|tx| email::check_token(tx, &account, Purpose::DeleteAccount, &token)).await?;
    Ok(delete(&pds, &did).await?)
}
