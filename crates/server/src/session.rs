//! Sessions: the pair of tokens that a client has, and what is remembered of it.

use std::time::Duration;

use data_encoding::BASE64;
use store::{AccountId, DeviceId, RefreshToken, Tx};
use syntax::{Did, Handle};

use crate::clock::millis;
use crate::pds::Pds;
use crate::token::{ACCESS_TIME, REFRESH_TIME, Scope, SessionClaims, Use, make_session_token};

/// How long a refresh token is taken again after it was exchanged: two tabs may use it at once, and
/// the answer may have been lost.
const GRACE_TIME: Duration = Duration::from_secs(2 * 60 * 60);

/// What a client needs to go on.
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// A refresh token that was exchanged for another.
pub(crate) struct Refreshed {
    /// The one that it was exchanged for.
    pub(crate) id: String,
    /// What the session is good for.
    pub(crate) scope: Scope,
}

impl Tokens {
    /// Makes tokens. The refresh token is good for nothing unless its id is in the database.
    pub(crate) fn new(pds: &Pds, did: &Did, scope: Scope, refresh_id: String) -> Self {
        let make = |usage, scope, time: Duration, jti| {
            let iat = pds.clock.now_s();
            let (aud, sub) = (pds.did.to_string(), did.clone());
            let claims = SessionClaims { scope, aud, sub, iat, exp: iat + time.as_secs(), jti };
            make_session_token(&pds.keys.jwt, usage, &claims)
        };
        Self {
            // Both have it, so that a session can be told from the others of the account.
            access: make(Use::Access, scope, ACCESS_TIME, Some(refresh_id.clone())),
            refresh: make(Use::Refresh, Scope::Refresh, REFRESH_TIME, Some(refresh_id)),
        }
    }
}

/// Draws the id of a refresh token.
pub(crate) fn new_id() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
    BASE64.encode(&bytes)
}

/// Begins a session: keeps its refresh token.
pub(crate) fn begin(
    tx: &mut Tx<'_>,
    account: AccountId,
    id: &str,
    app_password: Option<&str>,
) -> Result<(), store::Error> {
    let began_at = Some(tx.now_ms());
    keep(tx, account, id, app_password, began_at)
}

/// Keeps the refresh token of a session that began at a time, if that is known.
fn keep(
    tx: &mut Tx<'_>,
    account: AccountId,
    id: &str,
    app_password: Option<&str>,
    began_at: Option<u64>,
) -> Result<(), store::Error> {
    tx.put_refresh_token(&RefreshToken {
        account,
        id: id.to_owned(),
        expires_at: tx.now_ms() + millis(REFRESH_TIME),
        next_id: None,
        app_password: app_password.map(str::to_owned),
        began_at,
    })
}

/// What goes on when everything else ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum But<'a> {
    /// Nothing.
    Nothing,
    /// The session of a refresh token.
    Session(&'a str),
    /// What is signed in in a browser.
    Device(&'a DeviceId),
}

/// Ends the sessions of an account: those with passwords, those of apps that were let in, and those in
/// browsers.
pub(crate) fn end_all(
    tx: &mut Tx<'_>,
    account: AccountId,
    but: But<'_>,
) -> Result<(), store::Error> {
    match but {
        But::Session(id) => tx.delete_refresh_tokens_but(account, id)?,
        But::Nothing | But::Device(_) => tx.delete_refresh_tokens(account)?,
    }
    tx.delete_oauth_sessions(account)?;
    tx.delete_oauth_agreements(account, None)?;
    let device = match but {
        But::Device(device) => Some(device),
        But::Nothing | But::Session(_) => None,
    };
    tx.sign_out_everywhere(account, device)
}

/// Exchanges a refresh token for another; `None` if it was revoked or has ended.
///
/// Within the time of grace the same one leads to the same other one.
pub(crate) fn rotate(
    tx: &mut Tx<'_>,
    account: AccountId,
    id: &str,
) -> Result<Option<Refreshed>, store::Error> {
    tx.delete_expired_refresh_tokens(account)?;
    let Some(mut token) = tx.refresh_token(account, id)? else {
        return Ok(None);
    };
    let scope = match &token.app_password {
        None => Scope::Access,
        Some(name) => {
            let passwords = tx.app_passwords(account)?;
            match passwords.iter().find(|password| password.name == *name) {
                Some(password) if password.privileged => Scope::PrivilegedAppPassword,
                Some(_) => Scope::AppPassword,
                None => return Ok(None),
            }
        }
    };
    if let Some(next) = &token.next_id {
        // Whoever signed out with the other one did so for this one as well.
        let is_there = tx.refresh_token(account, next)?.is_some();
        return Ok(is_there.then(|| Refreshed { id: next.clone(), scope }));
    }
    let next = new_id();
    keep(tx, account, &next, token.app_password.as_deref(), token.began_at)?;
    token.expires_at = token.expires_at.min(tx.now_ms() + millis(GRACE_TIME));
    token.next_id = Some(next.clone());
    tx.put_refresh_token(&token)?;
    Ok(Some(Refreshed { id: next, scope }))
}

/// Returns the handle that clients are shown.
pub(crate) fn shown_handle(account: &store::Account) -> Handle {
    account.handle.clone().unwrap_or_else(Handle::invalid)
}
