//! `com.atproto.server.refreshSession`: exchanges a refresh token for a new pair of tokens.
//!
//! Lexicon: `lexicons/com/atproto/server/refreshSession.json`.

use http::StatusCode;
use lexicon::com::atproto::server::refresh_session::{Error, Output};
use store::Status;

use crate::caller::Refresh;
use crate::failure::Failure;
use crate::pds::Pds;
use crate::session::{self, Tokens};

/// Answers with new tokens. For two hours the same token leads to the same next one.
pub(super) async fn refresh_session(pds: Pds, caller: Refresh) -> Result<Output, Failure<Error>> {
    let Refresh { did, id } = caller;
    let found = pds.store.account(&did).await?;
    let account = found.ok_or_else(|| {
        Failure::invalid_request(format!("Could not find user info for account: {did}"))
    })?;
    let status = account.state.status();
    if matches!(status, Status::TakenDown | Status::Suspended) {
        let message = "Account has been taken down".to_owned();
        let (error, status) = (Error::AccountTakedown, StatusCode::UNAUTHORIZED);
        return Err(Failure::Declared { error, status, message });
    }
    let row = account.id;
    let refreshed = pds.store.write(move |tx| session::rotate(tx, row, &id)).await?;
    let refreshed = refreshed
        .ok_or_else(|| Failure::declared(Error::ExpiredToken, "Token has been revoked"))?;
    let tokens = Tokens::new(&pds, &did, refreshed.scope, refreshed.id);
    Ok(Output {
        access_jwt: tokens.access,
        refresh_jwt: tokens.refresh,
        handle: session::shown_handle(&account),
        did,
        did_doc: None,
        email: account.email.clone(),
        email_confirmed: Some(account.email_confirmed_at.is_some()),
        email_auth_factor: Some(account.email_auth_factor),
        active: Some(status.is_active()),
        status: status.reason().map(str::to_owned),
    })
}
