//! `com.atproto.server.createSession`: signs in with a password.
//!
//! Lexicon: `lexicons/com/atproto/server/createSession.json`.

use http::StatusCode;
use lexicon::com::atproto::server::create_session::{Error, Input, Output};
use store::{Account, Status};
use syntax::{AtIdentifier, Did};

use crate::caller::Public;
use crate::failure::{Failure, Refusal};
use crate::password::{self, Check};
use crate::pds::Pds;
use crate::rate::Key;
use crate::session::{self, Tokens};
use crate::token::Scope;
use crate::xrpc::{Charge, Who};

/// Answers with a session, if the password is right. Which of name and password is wrong, nobody is
/// told.
pub(super) async fn create_session(
    pds: Pds,
    _: Public,
    input: Input,
) -> Result<Output, Failure<Error>> {
    let account = find(&pds, &input.identifier).await?;
    let Some((account, app_password)) = authenticate(&pds, account, &input.password).await? else {
        return Err(Refusal::unauthenticated("Invalid identifier or password").into());
    };
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
        email_auth_factor: None,
        active: Some(status.is_active()),
        status: status.reason().map(str::to_owned),
    })
}

/// Counts attempts by account and address, so that neither can be tried without end.
pub(super) fn charge(who: &Who<'_>, input: &Input) -> Option<Charge> {
    let identifier = input.identifier.to_lowercase();
    Some(Charge { key: Key::Text(format!("{identifier}-{}", who.ip)), points: 1 })
}

/// Finds the account that somebody means: by e-mail address, handle or DID.
async fn find(pds: &Pds, identifier: &str) -> Result<Option<Account>, store::Error> {
    let identifier = identifier.trim().trim_start_matches('@');
    // People type as they like, and yet some DIDs have capital letters.
    if let Ok(did) = Did::parse(identifier)
        && let Some(account) = pds.store.account(&did).await?
    {
        return Ok(Some(Account::clone(&account)));
    }
    let identifier = identifier.to_lowercase();
    pds.store
        .read(|tx| match AtIdentifier::parse(&identifier) {
            _ if identifier.contains('@') => tx.account_by_email(&identifier),
            Ok(AtIdentifier::Did(did)) => tx.account(&did),
            Ok(AtIdentifier::Handle(handle)) => tx.account_by_handle(&handle),
            Err(_) => Ok(None),
        })
        .await
}

/// Checks a password, and tells whether it was one for apps.
async fn authenticate(
    pds: &Pds,
    account: Option<Account>,
    password: &str,
) -> Result<Option<(Account, Option<store::AppPassword>)>, Failure<Error>> {
    if let Some(account) = &account
        && password::is_app_password(password)
    {
        let hash = password::hash_app_password(&account.did, password);
        let found = pds.store.read(|tx| tx.app_passwords(account.id)).await?;
        let mut found = found.into_iter();
        if let Some(found) = found.find(|found| password::is_same_hash(&found.password, &hash)) {
            return Ok(Some((account.clone(), Some(found))));
        }
    }
    let hash = account.as_ref().and_then(|account| account.password.as_deref());
    let check = pds.passwords.check(hash, password).await?;
    let Some(account) = account.filter(|_| check != Check::Wrong) else {
        return Ok(None);
    };
    if check == Check::RightButOutdated {
        let (id, hash) = (account.id, pds.passwords.hash(password).await?);
        pds.store.write(move |tx| tx.set_password(id, &hash)).await?;
    }
    Ok(Some((account, None)))
}
