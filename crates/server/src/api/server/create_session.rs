//! `com.atproto.server.createSession`: signs in with a password.
//!
//! Lexicon: `lexicons/com/atproto/server/createSession.json`.

use http::StatusCode;
use lexicon::com::atproto::server::create_session::{Error, Input, Output};
use store::Status;

use crate::caller::Public;
use crate::failure::Failure;
use crate::pds::Pds;
use crate::rate::Key;
use crate::session::{self, Tokens};
use crate::sign_in::{self, Given, SignedIn};
use crate::token::Scope;
use crate::xrpc::{Charge, Who};

/// Answers with a session, if the password is right, and the mailed code where the account asks for
/// one.
pub(super) async fn create_session(
    pds: Pds,
    _: Public,
    input: Input,
) -> Result<Output, Failure<Error>> {
    let Input { identifier, password, auth_factor_token: code, .. } = &input;
    let given = Given { identifier, password, code: code.as_deref() };
    let SignedIn { account, app_password } = sign_in::sign_in(&pds, given).await?;
    let scope = match &app_password {
        None => Scope::Access,
        Some(password) if password.privileged => Scope::PrivilegedAppPassword,
        Some(_) => Scope::AppPassword,
    };
    let status = account.state.status();
    let is_down = matches!(status, Status::TakenDown | Status::Suspended);
    let refresh_id = session::new_id();
    let scope = match scope {
        // To leave, an account that was taken down needs a session; it cannot be refreshed.
        Scope::Access if is_down && input.allow_takendown == Some(true) => Scope::TakenDown,
        _ if is_down => {
            let message = "Account has been taken down".to_owned();
            let (error, status) = (Error::AccountTakedown, StatusCode::UNAUTHORIZED);
            return Err(Failure::Declared { error, status, message });
        }
        scope => {
            let (id, row) = (refresh_id.clone(), account.id);
            let name = app_password.map(|password| password.name);
            let begin = pds.store.write(move |tx| session::begin(tx, row, &id, name.as_deref()));
            begin.await?;
            scope
        }
    };
    let tokens = Tokens::new(&pds, &account.did, scope, refresh_id);
    Ok(Output {
        access_jwt: tokens.access,
        refresh_jwt: tokens.refresh,
        handle: session::shown_handle(&account),
        did: account.did,
        did_doc: None,
        email: account.email,
        email_confirmed: Some(account.email_confirmed_at.is_some()),
        email_auth_factor: Some(account.email_auth_factor),
        active: Some(status.is_active()),
        status: status.reason().map(str::to_owned),
    })
}

/// Counts attempts by account and address, so that neither can be tried without end.
pub(super) fn charge(who: &Who<'_>, input: &Input) -> Option<Charge> {
    Some(Charge { key: Key::of_identifier(&input.identifier, who.ip), points: 1 })
}
