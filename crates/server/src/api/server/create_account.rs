//! `com.atproto.server.createAccount`: opens an account, or prepares one that moves here.
//!
//! Lexicon: `lexicons/com/atproto/server/createAccount.json`.

use std::sync::Arc;

use crypto::{Curve, PrivateKey, PublicKey};
use identity::document;
use identity::plc::{Content, DidKey, Operation, State};
use lexicon::com::atproto::server::create_account::{Error, Input, Output};
use repo::data::Limits;
use repo::data::json::{self, Json};
use store::{Account, Status};
use syntax::{Did, Handle};

use crate::account::{self, Creation};
use crate::caller::Claimant;
use crate::failure::{Failure, Refusal};
use crate::handle::{self, Domain};
use crate::pds::Pds;
use crate::session::Tokens;
use crate::token::Scope;
use crate::{did_plc, email, password};

/// An account that was opened.
pub(crate) struct Opened {
    pub(crate) did: Did,
    handle: Handle,
    document: Option<String>,
    /// The refresh token of its first session.
    pub(crate) refresh_id: String,
}

/// Makes an account. One whose identity is made here begins active; one whose identity is somebody's
/// already, which they have to prove, begins deactivated; if it is here from before, it is
/// gone on with.
pub(super) async fn create_account(
    pds: Pds,
    caller: Option<Claimant>,
    input: Input,
) -> Result<Output, Failure<Error>> {
    let opened = open(&pds, caller, input).await?;
    Ok(output(&pds, opened))
}

/// Makes an account, whoever asks for it.
///
/// # Errors
///
/// [`Failure`] with what is wrong with what was asked for.
pub(crate) async fn open(
    pds: &Pds,
    caller: Option<Claimant>,
    input: Input,
) -> Result<Opened, Failure<Error>> {
    let back = check(pds, caller.as_ref(), &input).await?;
    let password = match &input.password {
        Some(password) => Some(pds.passwords.hash(password).await?),
        None => None,
    };
    if let Some(account) = back {
        let Input { handle, email, .. } = input;
        let refresh_id = account::resume(pds, &account, handle.clone(), email, password).await?;
        let document = pds.resolver.document(&account.did).await.ok();
        let document = document.map(|document| document.as_json().to_owned());
        return Ok(Opened { did: account.did.clone(), handle, document, refresh_id });
    }
    let Input { did, handle, email, invite_code, recovery_key, .. } = input;
    let active = did.is_none();
    let (did, signing_key, did_doc) = match did {
        Some(did) => {
            let document = pds.resolver.document(&did).await.ok();
            let document = document.map(|document| document.as_json().to_owned());
            (did.clone(), account::reserved_key(pds, &did).await?, document)
        }
        None => new_identity(pds, &handle, recovery_key.as_deref()).await?,
    };
    let invite_code = invite_code.filter(|code| !code.is_empty());
    let (own_did, own_handle) = (did.clone(), handle.clone());
    let creation = Creation { did, handle, email, password, invite_code, signing_key, active };
    let refresh_id = match account::create(pds, creation).await {
        Ok(refresh_id) => refresh_id,
        Err(error) => {
            if active {
                did_plc::abandon(pds, &own_did).await;
            }
            return Err(error.into());
        }
    };
    Ok(Opened { did: own_did, handle: own_handle, document: did_doc, refresh_id })
}

fn output(pds: &Pds, opened: Opened) -> Output {
    let Opened { did, handle, document, refresh_id } = opened;
    let tokens = Tokens::new(pds, &did, Scope::Access, refresh_id);
    let decode = |text: String| json::decode(text.as_bytes(), &Limits::RECORD).ok();
    Output {
        access_jwt: tokens.access,
        refresh_jwt: tokens.refresh,
        did,
        handle,
        did_doc: document.and_then(decode).map(Json),
    }
}

/// Refuses all that can be refused before anything is made. Returns the account if it is here
/// already, deactivated, and its owner comes back to it.
async fn check(
    pds: &Pds,
    caller: Option<&Claimant>,
    input: &Input,
) -> Result<Option<Arc<Account>>, Failure<Error>> {
    if input.plc_op.is_some() {
        return Err(Failure::invalid_request("Unsupported input: \"plcOp\""));
    }
    if let Some(password) = &input.password {
        password::check_new(password)?;
    }
    let back = coming_back(pds, caller, input).await?;
    let needs_invite = pds.config.invite_required && back.is_none();
    // Clients have a field for it, which may be empty.
    let code = input.invite_code.as_deref().filter(|code| !code.is_empty());
    if needs_invite && code.is_none() {
        return Err(Failure::declared(Error::InvalidInviteCode, "No invite code provided"));
    }
    email::check_new(pds, input.email.as_deref())?;
    if let Some(key) = &input.recovery_key {
        let malformed = |_| Failure::invalid_request("Recovery key is not a did:key");
        PublicKey::from_did_key(key).map_err(malformed)?;
    }
    match (handle::check(pds, &input.handle)?, &input.did) {
        (Domain::Ours, _) => {}
        (Domain::Other, Some(did)) => handle::check_leads_to(pds, &input.handle, did).await?,
        (Domain::Other, None) => {
            let message = "Not a supported handle domain";
            return Err(Failure::declared(Error::UnsupportedDomain, message));
        }
    }
    if let Some(did) = &input.did
        && caller.is_none_or(|caller| caller.did != *did)
    {
        let message = format!("Missing auth to create account with did: {did}");
        return Err(Refusal::unauthenticated(message).into());
    }
    if back.is_some() {
        return Ok(back);
    }
    pds.store
        .read(|tx| {
            if let Some(code) = code
                && !crate::invite::check(tx, code)?
            {
                return Err(account::CreateError::InviteCode);
            }
            account::check_free(tx, input.did.as_ref(), &input.handle, input.email.as_deref())
        })
        .await?;
    Ok(None)
}

/// Returns the account that is here of old, if its owner asks for it: one that has left, or whose
/// move here was broken off.
async fn coming_back(
    pds: &Pds,
    caller: Option<&Claimant>,
    input: &Input,
) -> Result<Option<Arc<Account>>, Failure<Error>> {
    let Some(did) = input.did.as_ref().filter(|did| caller.is_some_and(|by| by.did == **did))
    else {
        return Ok(None);
    };
    let account = pds.store.account(did).await?;
    Ok(account.filter(|account| account.state.status() == Status::Deactivated))
}

/// Makes a did:plc, and returns it with its signing key and its document.
async fn new_identity(
    pds: &Pds,
    handle: &Handle,
    recovery_key: Option<&str>,
) -> Result<(Did, PrivateKey, Option<String>), Failure<Error>> {
    let signing_key = PrivateKey::generate(Curve::Secp256k1);
    let mut state = State::of_account(handle, &signing_key.public_key(), &pds.url);
    let above = recovery_key.into_iter().chain(pds.config.recovery_did_key.as_deref());
    state.rotation_keys.extend(above.map(DidKey::new));
    state.rotation_keys.push((&pds.keys.rotation.public_key()).into());
    state.rotation_keys.dedup();
    let operation: Operation = Content::genesis(state.clone())
        .sign(&pds.keys.rotation)
        .map_err(|error| Failure::invalid_request(error.to_string()))?;
    let did = operation.did().ok_or_else(|| Failure::internal("genesis made no DID"))?;
    did_plc::submit(pds, &did, &operation).await?;
    let document = document::write(&did, &state);
    Ok((did, signing_key, Some(document)))
}
