//! `com.atproto.server.getSession`: tells a client whose session it has.
//!
//! Lexicon: `lexicons/com/atproto/server/getSession.json`.

use ::oauth::scope::{AccountAction, AccountAttr, Need};
use lexicon::com::atproto::server::get_session::Output;
use store::Status;

use crate::caller::{Account, OrApp, Standard};
use crate::failure::Failure;
use crate::pds::Pds;
use crate::session;

/// Answers with what the owner may know of the account.
pub(super) async fn get_session(
    pds: Pds,
    caller: Account<OrApp<Standard>>,
) -> Result<Output, Failure> {
    let did = caller.did();
    let found = pds.store.account(did).await?;
    let is_up = |status| !matches!(status, Status::TakenDown | Status::Suspended);
    let account = found.filter(|account| is_up(account.state.status())).ok_or_else(|| {
        Failure::invalid_request(format!("Could not find user info for account: {did}"))
    })?;
    let status = account.state.status();
    let (attr, action) = (AccountAttr::Email, AccountAction::Read);
    let may_see_email = caller.check(&Need::Account { attr, action }).is_ok();
    let email = |shown| may_see_email.then_some(shown);
    Ok(Output {
        handle: session::shown_handle(&account),
        did: account.did.clone(),
        did_doc: None,
        email: account.email.clone().filter(|_| may_see_email),
        email_confirmed: email(account.email_confirmed_at.is_some()),
        email_auth_factor: email(account.email_auth_factor),
        active: Some(status.is_active()),
        status: status.reason().map(str::to_owned),
    })
}
