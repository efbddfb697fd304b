//! `com.atproto.server.listAppPasswords`: names the account's app passwords.
//!
//! Lexicon: `lexicons/com/atproto/server/listAppPasswords.json`.

use lexicon::com::atproto::server::list_app_passwords::{AppPassword, Error, Output};
use syntax::Datetime;

use crate::caller::Account;
use crate::failure::Failure;
use crate::pds::Pds;

/// Answers with the names, the newest first. The passwords are known to nobody.
pub(super) async fn list_app_passwords(
    pds: Pds,
    caller: Account,
) -> Result<Output, Failure<Error>> {
    let account = caller.row(&pds).await?;
    let found = pds.store.read(|tx| tx.app_passwords(account.id)).await?;
    let passwords = found.into_iter().map(|found| AppPassword {
        name: found.name,
        created_at: Datetime::from_unix_ms(found.created_at),
        privileged: Some(found.privileged),
    });
    Ok(Output { passwords: passwords.collect() })
}
