//! `com.atproto.admin.disableAccountInvites`: an account comes to no more invite codes.
//!
//! Lexicon: `lexicons/com/atproto/admin/disableAccountInvites.json`.

use lexicon::com::atproto::admin::disable_account_invites::Input;

use super::account;
use crate::caller::Moderator;
use crate::failure::{Failure, Fault};
use crate::pds::Pds;

/// Disables codes that the account comes to from now on. Those that it has stay as they are.
pub(super) async fn disable_account_invites(
    pds: Pds,
    _: Moderator,
    input: Input,
) -> Result<(), Failure> {
    let disable = pds.store.write(move |tx| {
        let id = account(tx, &input.account)?.id;
        tx.set_invites_disabled(id, true, input.note.as_deref()).map_err(Fault::from)
    });
    Ok(disable.await?)
}
