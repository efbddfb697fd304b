//! `com.atproto.admin.enableAccountInvites`: an account comes to invite codes again.
//!
//! Lexicon: `lexicons/com/atproto/admin/enableAccountInvites.json`.

use lexicon::com::atproto::admin::enable_account_invites::Input;

use super::account;
use crate::caller::Moderator;
use crate::failure::{Failure, Fault};
use crate::pds::Pds;

/// Lets codes be good that the account comes to from now on.
pub(super) async fn enable_account_invites(
    pds: Pds,
    _: Moderator,
    input: Input,
) -> Result<(), Failure> {
    let enable = pds.store.write(move |tx| {
        let id = account(tx, &input.account)?.id;
        tx.set_invites_disabled(id, false, input.note.as_deref()).map_err(Fault::from)
    });
    Ok(enable.await?)
}
