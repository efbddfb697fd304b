//! `com.atproto.server.reserveSigningKey`: promises a signing key to an account that will move here.
//!
//! Lexicon: `lexicons/com/atproto/server/reserveSigningKey.json`.

use crypto::{Curve, PrivateKey};
use lexicon::com::atproto::server::reserve_signing_key::{Input, Output};
use store::ReservedKey;

use crate::caller::Public;
use crate::failure::Failure;
use crate::pds::Pds;

/// Answers with the key; for the same DID always with the same.
pub(super) async fn reserve_signing_key(
    pds: Pds,
    _: Public,
    input: Input,
) -> Result<Output, Failure> {
    let key = PrivateKey::generate(Curve::Secp256k1);
    let did_key = key.public_key().to_string();
    let new = ReservedKey {
        signing_key: pds.keys.seal_reserved_key(&did_key, &key),
        did: input.did,
        did_key,
    };
    let signing_key = pds
        .store
        .write(move |tx| {
            if let Some(did) = &new.did
                && let Some(key) = tx.reserved_key_of(did)?
            {
                return Ok(key.did_key);
            }
            tx.reserve_key(&new)?;
            Ok::<_, store::Error>(new.did_key)
        })
        .await?;
    Ok(Output { signing_key })
}
