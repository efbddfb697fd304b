//! Whether an account's identity says that the account is here.

use identity::document::{ATPROTO_KEY, PDS_SERVICE};
use identity::plc::State;
use store::Account;

use crate::failure::{Fault, Refusal};
use crate::pds::Pds;

/// Refuses an account whose identity, asked anew, does not point at this server and at the key
/// that the account has here.
///
/// # Errors
///
/// [`Fault`] with what clients are told if it does not, or cannot be resolved.
pub(crate) async fn points_here(pds: &Pds, account: &Account) -> Result<(), Fault> {
    let key = pds.keys.signing_key(&account.did, &account.signing_key);
    let key = key.map_err(|error| Fault::Internal(error.into()))?.public_key();
    let (endpoint, found) = if account.did.method() == "plc" {
        let state = pds.plc.state(&account.did).await?;
        check_rotation_keys(pds, &state)?;
        let endpoint = state.services.get(PDS_SERVICE).map(|service| service.endpoint.clone());
        let found = state.verification_methods.get(ATPROTO_KEY);
        (endpoint, found.and_then(|found| found.public_key().ok()))
    } else {
        let unknown = |_| Refusal::invalid_request("Could not resolve DID document");
        let document = pds.resolver.document_anew(&account.did).await.map_err(unknown)?;
        let endpoint = document.service(PDS_SERVICE).map(|service| service.endpoint.clone());
        (endpoint, document.signing_key())
    };
    // Equal to the letter, a slash at the end included: that is how others compare it.
    if endpoint.as_deref() != Some(pds.url.to_string().as_str()) {
        let message = "DID document atproto_pds service endpoint does not match PDS public url";
        return Err(Refusal::invalid_request(message).into());
    }
    if found != Some(key) {
        let message = "DID document verification method does not match expected signing key";
        return Err(Refusal::invalid_request(message).into());
    }
    Ok(())
}

fn check_rotation_keys(pds: &Pds, state: &State) -> Result<(), Refusal> {
    let ours = pds.keys.rotation.public_key();
    let is_ours = |key: &identity::plc::DidKey| key.public_key().is_ok_and(|key| key == ours);
    if state.rotation_keys.iter().any(is_ours) {
        return Ok(());
    }
    Err(Refusal::invalid_request("Server rotation key not included in PLC DID data"))
}
