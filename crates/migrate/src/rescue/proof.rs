//! Tokens that the owner makes, where there is no host to make them.

use crypto::PrivateKey;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use identity::rotation_proof::{Claims, TIME_MAX};
use serde_json::json;
use syntax::{Did, Nsid};

use super::OwnerKey;
use crate::random;

/// The method that a token is for.
const METHOD: &str = "com.atproto.server.createAccount";

impl OwnerKey {
    /// Makes what a host takes for a proof that an identity is the owner's.
    pub(super) fn proof(&self, did: &Did, host: &Did, now_s: u64) -> String {
        let method = Nsid::parse(METHOD).expect("it is the name of a method");
        match self {
            Self::Rotation(key) => Claims::new(did.clone(), host.clone(), method, now_s).sign(key),
            Self::Signing(key) => service_token(key, did, host, now_s),
        }
    }
}

/// Makes a token by which an account speaks to a service, as its host would.
fn service_token(key: &PrivateKey, did: &Did, host: &Did, now_s: u64) -> String {
    let header = json!({ "typ": "JWT", "alg": key.curve().jws_algorithm() });
    let claims = json!({
        "iss": did, "aud": host, "lxm": METHOD, "iat": now_s,
        "exp": now_s.saturating_add(TIME_MAX.as_secs()), "jti": HEXLOWER.encode(&random::<16>()),
    });
    let [header, claims] =
        [header, claims].map(|part| BASE64URL_NOPAD.encode(part.to_string().as_bytes()));
    let signed = format!("{header}.{claims}");
    let signature = BASE64URL_NOPAD.encode(key.sign(signed.as_bytes()).as_bytes());
    format!("{signed}.{signature}")
}
