//! `com.atproto.server.requestPasswordReset`: mails the token that `resetPassword` asks for.
//!
//! Lexicon: `lexicons/com/atproto/server/requestPasswordReset.json`.

use lexicon::com::atproto::server::request_password_reset::Input;
use store::Purpose;

use crate::caller::Public;
use crate::email;
use crate::failure::{Failure, Fault};
use crate::pds::Pds;

/// Sends the mail behind the caller's back: neither the answer nor its time tells whether there is
/// an account with the address.
pub(super) async fn request_password_reset(
    pds: Pds,
    _: Public,
    input: Input,
) -> Result<(), Failure> {
    send_soon(&pds, input.email);
    Ok(())
}

/// Sends the mail, if there is an account with the address, while nobody waits.
pub(crate) fn send_soon(pds: &Pds, address: String) {
    let owned = pds.clone();
    pds.tasks.spawn(async move {
        if let Err(Fault::Internal(error)) = send(&owned, address.trim()).await {
            tracing::error!(error = crate::failure::chain(&*error), "mail was not written");
        }
    });
}

async fn send(pds: &Pds, address: &str) -> Result<(), Fault> {
    match pds.store.read(|tx| tx.account_by_email(address)).await? {
        Some(account) => email::send_token(pds, &account, Purpose::ResetPassword).await,
        None => Ok(()),
    }
}
