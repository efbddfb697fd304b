//! Whether an account's identity says that the account is here.

use crypto::PublicKey;
use identity::document::PDS_SERVICE;
use identity::plc::DidKey;
use identity::resolve::{PlcError, ResolveError};
use store::Account;
use syntax::Did;
use thiserror::Error;

use crate::failure::{Fault, Refusal};
use crate::pds::Pds;

/// What an identity says of its account.
pub(super) struct Stated {
    /// Where the account is, as it is written there.
    pub(super) endpoint: Option<String>,
    /// The key that signs the repository.
    pub(super) signing_key: Option<PublicKey>,
    /// Who may change the identity, if it is a did:plc.
    pub(super) rotation_keys: Option<Vec<DidKey>>,
}

/// Says why it is not known what an identity says.
#[derive(Debug, Error)]
pub(crate) enum IdentityError {
    /// The directory cannot be asked.
    #[error(transparent)]
    Plc(#[from] PlcError),
    /// The document cannot be had.
    #[error(transparent)]
    Document(#[from] ResolveError),
}

/// Refuses an account whose identity, asked anew, does not point at this server and at the key
/// that the account has here.
///
/// # Errors
///
/// [`Fault`] with what clients are told if it does not, or cannot be resolved.
pub(crate) async fn points_here(pds: &Pds, account: &Account) -> Result<(), Fault> {
    let key = pds.keys.signing_key(&account.did, &account.signing_key);
    let key = key.map_err(|error| Fault::Internal(error.into()))?.public_key();
    let stated = stated(pds, &account.did).await.map_err(|error| match error {
        IdentityError::Plc(error) => error.into(),
        IdentityError::Document(_) => {
            Fault::from(Refusal::invalid_request("Could not resolve DID document"))
        }
    })?;
    if let Some(keys) = &stated.rotation_keys {
        check_rotation_keys(pds, keys)?;
    }
    // Equal to the letter, a slash at the end included: that is how others compare it.
    if stated.endpoint.as_deref() != Some(pds.url.to_string().as_str()) {
        let message = "DID document atproto_pds service endpoint does not match PDS public url";
        return Err(Refusal::invalid_request(message).into());
    }
    if stated.signing_key != Some(key) {
        let message = "DID document verification method does not match expected signing key";
        return Err(Refusal::invalid_request(message).into());
    }
    Ok(())
}

/// Asks anew what an identity says.
pub(super) async fn stated(pds: &Pds, did: &Did) -> Result<Stated, IdentityError> {
    if did.method() == "plc" {
        let state = pds.plc.state(did).await?;
        return Ok(Stated {
            endpoint: state.pds().map(|service| service.endpoint.clone()),
            signing_key: state.signing_key(),
            rotation_keys: Some(state.rotation_keys),
        });
    }
    // What is remembered is no answer: its owner may have published another a moment ago, and may
    // rely on it.
    pds.resolver.forget(did);
    let document = pds.resolver.document_anew(did).await?;
    Ok(Stated {
        endpoint: document.service(PDS_SERVICE).map(|service| service.endpoint.clone()),
        signing_key: document.signing_key(),
        rotation_keys: None,
    })
}

fn check_rotation_keys(pds: &Pds, keys: &[DidKey]) -> Result<(), Refusal> {
    let ours = pds.keys.rotation.public_key();
    if keys.iter().any(|key| key.public_key().is_ok_and(|key| key == ours)) {
        return Ok(());
    }
    Err(Refusal::invalid_request("Server rotation key not included in PLC DID data"))
}
