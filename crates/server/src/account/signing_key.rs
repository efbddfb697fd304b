//! Giving an account another signing key.

use std::sync::Arc;

use crypto::{PrivateKey, PublicKey};
use identity::plc::{DidKey, State};
use store::Account;
use syntax::Did;

use super::identity_check::{Stated, stated};
use crate::did_plc;
use crate::failure::{Failure, Fault, Refusal, chain};
use crate::pds::Pds;
use crate::write::{identity_frame, sync_frame};

/// Lets an account sign with a key that was reserved here, or with its own once more: the identity
/// names it first, the account has it second, with a new commit of the same tree that it has signed.
///
/// Should it end in between, the key is still reserved, and to do it again is to go on.
///
/// # Errors
///
/// [`Failure`] if the private half is not here, the account is not, or its identity cannot be changed.
pub(crate) async fn set_signing_key(pds: &Pds, did: &Did, did_key: &str) -> Result<(), Failure> {
    // Nobody writes meanwhile: a commit by the old key would be one that nobody can check.
    let _lease = pds.writers.lease(did).await.map_err(Failure::internal)?;
    let (account, last_move) =
        pds.store.read(|tx| Ok::<_, Fault>((tx.account(did)?, tx.last_move(did)?))).await?;
    let account = account.ok_or_else(|| Refusal::invalid_request("Account not found"))?;
    if last_move.is_some_and(|last| last.is_live) {
        return Err(Failure::invalid_request("The account is moving here"));
    }
    let key = private_half(pds, &account, did_key).await?;
    lead_to(pds, &account, &key.public_key()).await?;
    let outcome = set(pds, account, did_key.to_owned(), key).await;
    if let Err(Failure::Fault(Fault::Internal(error))) = &outcome {
        tracing::error!(
            %did,
            error = chain(&**error),
            "the identity names a key that the account does not have yet: set it again"
        );
    }
    outcome
}

/// Returns the key whose public half is given, if it waits for this account or for nobody.
async fn private_half(pds: &Pds, account: &Account, did_key: &str) -> Result<PrivateKey, Failure> {
    let own = pds.keys.signing_key(&account.did, &account.signing_key);
    let own = own.map_err(Failure::internal)?;
    if own.public_key().to_string() == did_key {
        return Ok(own);
    }
    let reserved = pds.store.read(|tx| tx.reserved_key(did_key)).await?;
    let is_free = |did: &Option<Did>| did.as_ref().is_none_or(|did| *did == account.did);
    let reserved = reserved.filter(|reserved| is_free(&reserved.did)).ok_or_else(|| {
        Refusal::invalid_request(
            "The server does not have this key for the account: take one that \
             com.atproto.server.reserveSigningKey answers with",
        )
    })?;
    pds.keys.reserved_key(did_key, &reserved.signing_key).map_err(Failure::internal)
}

/// Lets the identity name a key. Of one that is hosted elsewhere nothing is changed, and who has a
/// did:web, or has taken our rotation key away, has to have done it.
async fn lead_to(pds: &Pds, account: &Account, key: &PublicKey) -> Result<(), Failure> {
    let unknown = |error| {
        tracing::info!(did = %account.did, error = chain(&error), "identity cannot be resolved");
        Refusal::invalid_request("Could not resolve DID document")
    };
    let Stated { endpoint, signing_key, rotation_keys } =
        stated(pds, &account.did).await.map_err(unknown)?;
    if endpoint.as_deref() != Some(pds.url.to_string().as_str()) {
        return Err(Failure::invalid_request("The identity says that the account is elsewhere"));
    }
    if signing_key.as_ref() == Some(key) {
        return Ok(());
    }
    let own = DidKey::from(&pds.keys.rotation.public_key());
    if !rotation_keys.is_some_and(|keys| keys.contains(&own)) {
        let message = "The identity does not name the key, and its owner has to change it: the \
                       server's rotation key may not";
        return Err(Failure::invalid_request(message));
    }
    let with_key = |mut state: State| {
        state.set_signing_key(key);
        state
    };
    Ok(did_plc::change(pds, &account.did, with_key).await?)
}

/// Sets the key and signs a commit with it. That of a deactivated account is signed when it comes back.
async fn set(pds: &Pds, account: Account, did_key: String, key: PrivateKey) -> Result<(), Failure> {
    let sealed = pds.keys.seal_signing_key(&account.did, &key);
    let mut open = pds.writers.open(&account.did).await.map_err(Failure::internal)?;
    open.key = Arc::new(key);
    let rev = pds.clock.tid_after(open.rev);
    let (commit, time) = (open.sign_anew(rev), pds.clock.now());
    let set = pds.store.write(move |tx| {
        let Account { id, did, handle, state, .. } = tx.account_by_id(account.id)?;
        tx.set_signing_key(id, &sealed)?;
        tx.delete_reserved_key(&did_key)?;
        if state.deactivated_at.is_some() {
            return Ok(());
        }
        let head = tx.head(id)?.ok_or(store::Error::Missing)?;
        let cid = tx.replace_commit(&head, &commit)?;
        if state.status().is_active() {
            tx.append(id, identity_frame(&did, handle.as_ref(), &time))?;
            tx.append(id, sync_frame(&did, rev, &cid, &commit.encode(), &time))?;
        }
        Ok::<_, store::Error>(())
    });
    Ok(set.await?)
}
