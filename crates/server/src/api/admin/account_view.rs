//! An account as its operator sees it.

use lexicon::com::atproto::admin::defs::AccountView;
use lexicon::com::atproto::server::defs::InviteCode;
use store::{Account, Error, InviteStanding, Tx};
use syntax::Datetime;

use crate::invite;
use crate::session::shown_handle;

/// Reads what operators are shown of an account.
pub(super) fn account_view(tx: &mut Tx<'_>, account: Account) -> Result<AccountView, Error> {
    let InviteStanding { invited_by, disabled, note } = tx.invite_standing(account.id)?;
    let invited_by = match invited_by {
        Some(code) => tx.invite_code(&code)?.map(|code| invite::shown(tx, code)).transpose()?,
        None => None,
    };
    let codes = tx.invite_codes_for(account.did.as_str())?.into_iter();
    let invites: Vec<InviteCode> =
        codes.map(|code| invite::shown(tx, code)).collect::<Result<_, _>>()?;
    Ok(AccountView {
        handle: shown_handle(&account),
        did: account.did,
        email: account.email,
        email_confirmed_at: account.email_confirmed_at.map(Datetime::from_unix_ms),
        indexed_at: Datetime::from_unix_ms(account.created_at),
        deactivated_at: account.state.deactivated_at.map(Datetime::from_unix_ms),
        invited_by,
        invites: Some(invites),
        invites_disabled: Some(disabled),
        invite_note: note,
        related_records: None,
        threat_signatures: None,
    })
}
