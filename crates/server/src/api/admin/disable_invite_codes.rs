//! `com.atproto.admin.disableInviteCodes`: invite codes let nobody in any more.
//!
//! Lexicon: `lexicons/com/atproto/admin/disableInviteCodes.json`.

use lexicon::com::atproto::admin::disable_invite_codes::Input;

use crate::caller::Moderator;
use crate::failure::Failure;
use crate::invite::ADMIN;
use crate::pds::Pds;

/// Disables codes by themselves, and all those of accounts.
pub(super) async fn disable_invite_codes(
    pds: Pds,
    _: Moderator,
    input: Input,
) -> Result<(), Failure> {
    let Input { accounts, codes } = input;
    let (accounts, codes) = (accounts.unwrap_or_default(), codes.unwrap_or_default());
    if accounts.iter().any(|account| account == ADMIN) {
        return Err(Failure::invalid_request("cannot disable admin invite codes"));
    }
    pds.store
        .write(move |tx| {
            codes.iter().try_for_each(|code| tx.disable_invite_code(code))?;
            accounts.iter().try_for_each(|account| tx.disable_invite_codes_for(account))
        })
        .await
        .map_err(|error: store::Error| error.into())
}
