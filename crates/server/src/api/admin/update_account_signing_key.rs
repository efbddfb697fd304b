//! `com.atproto.admin.updateAccountSigningKey`: gives an account another signing key.
//!
//! Lexicon: `lexicons/com/atproto/admin/updateAccountSigningKey.json`.

use lexicon::com::atproto::admin::update_account_signing_key::Input;
use tokio::sync::oneshot;

use super::account;
use crate::account::set_signing_key;
use crate::caller::Admin;
use crate::failure::Failure;
use crate::pds::Pds;

/// Lets identity and account have the key, which is one that
/// `com.atproto.server.reserveSigningKey` has answered with: to sign, the server needs its other half.
pub(super) async fn update_account_signing_key(
    pds: Pds,
    _: Admin,
    input: Input,
) -> Result<(), Failure> {
    let Input { did, signing_key } = input;
    pds.store.read(|tx| account(tx, &did)).await?;
    let (answer, set) = oneshot::channel();
    // It goes on if the client does not wait: half of it is a key that signs nothing.
    pds.tasks.clone().spawn(async move {
        let outcome = set_signing_key(&pds, &did, signing_key.as_str()).await;
        if let Err(Err(failure)) = answer.send(outcome) {
            tracing::warn!(?failure, %did, "key was not changed, and nobody waits to hear it");
        }
    });
    set.await.map_err(Failure::internal)?
}
