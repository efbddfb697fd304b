//! Accounts: how they come, rest, and go.

mod departure;
mod identity_check;
mod lifecycle;
mod signing_key;

use crypto::{Curve, PrivateKey};
use http::StatusCode;
use store::{Account, NewAccount, Tx};
use syntax::{Did, Handle};
use thiserror::Error;

pub(crate) use crate::account::departure::delete_departed;
pub(crate) use crate::account::identity_check::{IdentityError, points_here};
pub(crate) use crate::account::lifecycle::{Activations, activate, delete, discard, set_state};
pub(crate) use crate::account::signing_key::set_signing_key;
use crate::failure::{Failure, Fault, Refusal};
use crate::handle::HandleError;
use crate::pds::Pds;
use crate::session::But;
use crate::{handle, invite, session, write};

/// An account that is to be made. Its identity is there already.
pub(crate) struct Creation {
    pub(crate) did: Did,
    pub(crate) handle: Handle,
    pub(crate) email: Option<String>,
    /// The hash of the password.
    pub(crate) password: Option<String>,
    pub(crate) invite_code: Option<String>,
    pub(crate) signing_key: PrivateKey,
    /// Whether it begins active; one that moves here does not.
    pub(crate) active: bool,
}

/// Says why an account cannot be made.
#[derive(Debug, Error)]
pub(crate) enum CreateError {
    /// There is an account of the DID here.
    #[error("Repo already exists")]
    DidTaken,
    /// Another account has the handle.
    #[error("Handle already taken: {0}")]
    HandleTaken(Handle),
    /// The operator keeps the handle back.
    #[error("Reserved handle")]
    HandleReserved,
    /// Another account has the e-mail address.
    #[error("Email already taken: {0}")]
    EmailTaken(String),
    /// The invite code cannot be used.
    #[error("Provided invite code not available")]
    InviteCode,
    /// The first commit cannot be made.
    #[error("first commit cannot be made")]
    Commit(#[from] repo::draft::DraftError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Makes an account with an empty repository, its events and a session: all or nothing. Returns the
/// id of the session's refresh token.
///
/// # Errors
///
/// [`CreateError`] if somebody has what is to be its, or the invite code was used up meanwhile.
pub(crate) async fn create(pds: &Pds, creation: Creation) -> Result<String, CreateError> {
    let Creation { did, handle, email, password, invite_code, signing_key, active } = creation;
    let first = write::first_commit(&did, &handle, &signing_key, &pds.clock, active)?;
    let signing_key_sealed = pds.keys.seal_signing_key(&did, &signing_key);
    let did_key = signing_key.public_key().to_string();
    let refresh_id = session::new_id();
    let id = refresh_id.clone();
    pds.store
        .write(move |tx| {
            check_free(tx, Some(&did), &handle, email.as_deref())?;
            if let Some(code) = &invite_code {
                invite::check(tx, code)?.then_some(()).ok_or(CreateError::InviteCode)?;
            }
            let new = NewAccount {
                did: did.clone(),
                handle,
                email,
                password,
                deactivated_at: (!active).then(|| tx.now_ms()),
                delete_after: None,
                signing_key: signing_key_sealed,
            };
            let account = tx.create_account(&new)?;
            if let Some(code) = &invite_code {
                tx.use_invite_code(code, &did)?;
            }
            tx.create_repo(account, first)?;
            tx.delete_reserved_key(&did_key)?;
            session::begin(tx, account, &id, None)?;
            Ok::<_, CreateError>(())
        })
        .await?;
    Ok(refresh_id)
}

/// Goes on with a deactivated account whose owner has proved to be that, and ends the sessions that
/// there were. Returns the id of the new session's refresh token.
///
/// # Errors
///
/// [`CreateError`] if another account has what is to be its.
pub(crate) async fn resume(
    pds: &Pds,
    account: &Account,
    handle: Handle,
    email: Option<String>,
    password: Option<String>,
) -> Result<String, CreateError> {
    let refresh_id = session::new_id();
    let (id, did, new_id) = (account.id, account.did.clone(), refresh_id.clone());
    pds.store
        .write(move |tx| {
            let account = tx.account(&did)?.ok_or(store::Error::Missing)?;
            let is_other = |found: Option<Account>| found.is_some_and(|found| found.id != id);
            if is_other(tx.account_by_handle(&handle)?) {
                return Err(CreateError::HandleTaken(handle));
            }
            if account.handle.as_ref() != Some(&handle) {
                tx.set_handle(id, &handle)?;
            }
            if let Some(email) = email.filter(|email| account.email.as_ref() != Some(email)) {
                if is_other(tx.account_by_email(&email)?) {
                    return Err(CreateError::EmailTaken(email));
                }
                tx.set_email(id, &email)?;
            }
            if let Some(password) = &password {
                tx.set_password(id, password)?;
            }
            session::end_all(tx, id, But::Nothing)?;
            session::begin(tx, id, &new_id, None)?;
            Ok::<_, CreateError>(())
        })
        .await?;
    Ok(refresh_id)
}

/// Takes the signing key that waits for an identity, or makes one.
///
/// # Errors
///
/// [`Fault`] if the key cannot be opened or the database failed.
pub(crate) async fn reserved_key(pds: &Pds, did: &Did) -> Result<PrivateKey, Fault> {
    match pds.store.read(|tx| tx.reserved_key_of(did)).await? {
        Some(key) => {
            let opened = pds.keys.reserved_key(&key.did_key, &key.signing_key);
            opened.map_err(|error| Fault::Internal(error.into()))
        }
        None => Ok(PrivateKey::generate(Curve::Secp256k1)),
    }
}

/// Refuses what another account has, whatever state that is in.
pub(crate) fn check_free(
    tx: &mut Tx<'_>,
    did: Option<&Did>,
    handle: &Handle,
    email: Option<&str>,
) -> Result<(), CreateError> {
    if let Some(did) = did
        && tx.account(did)?.is_some()
    {
        return Err(CreateError::DidTaken);
    }
    if tx.account_by_handle(handle)?.is_some() {
        return Err(CreateError::HandleTaken(handle.clone()));
    }
    if tx.is_handle_reserved(handle)? {
        return Err(CreateError::HandleReserved);
    }
    if let Some(email) = email
        && tx.account_by_email(email)?.is_some()
    {
        return Err(CreateError::EmailTaken(email.to_owned()));
    }
    Ok(())
}

impl From<CreateError> for Fault {
    fn from(error: CreateError) -> Self {
        let named = |name, error: CreateError| {
            Refusal::new(StatusCode::BAD_REQUEST, name, error.to_string()).into()
        };
        match error {
            CreateError::DidTaken => named("AlreadyExists", error),
            CreateError::HandleTaken(taken) => handle::taken(&taken).into(),
            CreateError::HandleReserved => Refusal::from(HandleError::Reserved).into(),
            CreateError::EmailTaken(_) => named("InvalidRequest", error),
            CreateError::InviteCode => named("InvalidInviteCode", error),
            CreateError::Commit(error) => Self::Internal(error.into()),
            CreateError::Store(error) => error.into(),
        }
    }
}

impl<E> From<CreateError> for Failure<E> {
    fn from(error: CreateError) -> Self {
        Self::Fault(error.into())
    }
}
