//! `com.atproto.server.getAccountInviteCodes`: lists the codes that an account can give away.
//!
//! Lexicon: `lexicons/com/atproto/server/getAccountInviteCodes.json`.

use lexicon::com::atproto::server::get_account_invite_codes::{Error, Output, Params};

use crate::caller::{Account, Full, NotTakenDown};
use crate::failure::Failure;
use crate::invite;
use crate::pds::Pds;

/// Answers with the codes, after making those that have come due since the last time.
pub(super) async fn get_account_invite_codes(
    pds: Pds,
    caller: Account<NotTakenDown<Full>>,
    params: Params,
) -> Result<Output, Failure<Error>> {
    let account = caller.row(&pds).await?;
    if params.create_available {
        invite::make_due(&pds, &account).await?;
    }
    let found = pds.store.read(|tx| {
        let found = tx.invite_codes_for(account.did.as_str())?;
        found.into_iter().map(|code| invite::shown(tx, code)).collect::<Result<Vec<_>, _>>()
    });
    let mut codes = found.await?;
    let is_used_up = |uses: usize, available| i64::try_from(uses).is_ok_and(|n| n >= available);
    codes.retain(|code| {
        !code.disabled && (params.include_used || !is_used_up(code.uses.len(), code.available))
    });
    Ok(Output { codes })
}
