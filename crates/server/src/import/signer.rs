//! Whether an account's commit was signed by a key that the account has or had.

use crypto::PublicKey;
use identity::resolve::PlcError;
use repo::archive::AnyCommit;
use syntax::Did;

use super::ImportError;
use crate::account::IdentityError;
use crate::pds::Pds;

/// Refuses a commit that is signed by none of the account's keys, former ones included. Of `former`
/// it is known that they are.
pub(super) async fn check(
    pds: &Pds,
    did: &Did,
    commit: &AnyCommit,
    former: &[PublicKey],
) -> Result<(), ImportError> {
    let is_signed_by = |key: &PublicKey| commit.verify(key).is_ok();
    if former.iter().any(is_signed_by) {
        return Ok(());
    }
    if own_key(pds, did).await?.is_some_and(|key| is_signed_by(&key)) {
        return Ok(());
    }
    if keys(pds, did).await?.iter().any(is_signed_by) {
        return Ok(());
    }
    Err(ImportError::Signature(did.clone()))
}

/// Returns the key that the account has here.
async fn own_key(pds: &Pds, did: &Did) -> Result<Option<PublicKey>, ImportError> {
    let Some(account) = pds.store.account(did).await? else { return Ok(None) };
    Ok(Some(pds.keys.signing_key(did, &account.signing_key)?.public_key()))
}

/// Returns the keys that an identity has and had, but for those that were taken back. Of one that
/// keeps no history, it has one.
async fn keys(pds: &Pds, did: &Did) -> Result<Vec<PublicKey>, IdentityError> {
    if did.method() != "plc" {
        let document = pds.resolver.document_anew(did).await?;
        return Ok(document.signing_key().into_iter().collect());
    }
    match pds.plc.audited_log(did).await {
        Ok(log) => Ok(log.signing_keys().collect()),
        // Of a history that does not hold, only what the directory says of today counts.
        Err(PlcError::Log(_) | PlcError::Malformed(_)) => {
            Ok(pds.plc.state(did).await?.signing_key().into_iter().collect())
        }
        Err(error) => Err(error.into()),
    }
}
