//! Tokens by which an account speaks to a service, signed with the key in its document.

use std::borrow::Cow;

use crypto::{PrivateKey, PublicKey};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use identity::rotation_proof;
use serde::{Deserialize, Serialize};
use syntax::Nsid;

use super::{Parts, decode};

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServiceClaims<'a> {
    /// When it was made, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) iat: Option<u64>,
    /// Who speaks: a DID, maybe with the fragment of a key.
    pub(crate) iss: Cow<'a, str>,
    /// Whom it is for: a DID, maybe with the fragment of a service.
    pub(crate) aud: Cow<'a, str>,
    /// When it ends.
    pub(crate) exp: u64,
    /// The one method that it is good for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lxm: Option<Nsid>,
    /// Which one it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jti: Option<Cow<'a, str>>,
}

/// A token as somebody sent it, whose signature is not checked yet.
pub(crate) struct ServiceToken {
    pub(crate) claims: ServiceClaims<'static>,
    signed: String,
    signature: Vec<u8>,
    algorithm: String,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
}

/// Says why a text is not a token for a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServiceTokenError {
    /// It has not three parts of the right form.
    Form,
    /// It says that it is of another kind.
    Type,
}

/// Makes a token. The number that tells it from others is drawn here.
pub(crate) fn make_service_token(key: &PrivateKey, claims: ServiceClaims<'_>) -> String {
    let mut id = [0; 16];
    getrandom::fill(&mut id).expect("the operating system gives random numbers");
    let claims = ServiceClaims { jti: Some(HEXLOWER.encode(&id).into()), ..claims };
    let header = format!(r#"{{"typ":"JWT","alg":"{}"}}"#, key.curve().jws_algorithm());
    let claims = serde_json::to_vec(&claims).expect("texts and numbers are JSON");
    let mut token = BASE64URL_NOPAD.encode(header.as_bytes());
    token.push('.');
    BASE64URL_NOPAD.encode_append(&claims, &mut token);
    let signature = key.sign(token.as_bytes());
    token.push('.');
    BASE64URL_NOPAD.encode_append(signature.as_bytes(), &mut token);
    token
}

impl ServiceToken {
    /// Reads a token, whoever made it.
    pub(crate) fn parse(token: &str) -> Result<Self, ServiceTokenError> {
        let parts = Parts::of(token).ok_or(ServiceTokenError::Form)?;
        let header: Header = decode(parts.header).ok_or(ServiceTokenError::Form)?;
        // Tokens of sessions and proofs of keys must never do as tokens for services.
        const OTHERS: [&str; 4] = ["at+jwt", "refresh+jwt", "dpop+jwt", rotation_proof::TYPE];
        if header.typ.is_some_and(|typ| OTHERS.contains(&typ.as_str())) {
            return Err(ServiceTokenError::Type);
        }
        let claims = decode(parts.payload).ok_or(ServiceTokenError::Form)?;
        let signature = BASE64URL_NOPAD.decode(parts.signature.as_bytes());
        Ok(Self {
            claims,
            signed: parts.signed(token).to_owned(),
            signature: signature.map_err(|_| ServiceTokenError::Form)?,
            algorithm: header.alg,
        })
    }

    /// Tells whether a bearer token is one for a service, by what only these have.
    pub(crate) fn is_one(token: &str) -> bool {
        #[derive(Deserialize)]
        struct Method {
            lxm: Option<serde_json::Value>,
        }
        let payload = Parts::of(token).and_then(|parts| decode::<Method>(parts.payload));
        payload.is_some_and(|payload| payload.lxm.is_some())
    }

    /// Tells whether a key signed it.
    pub(crate) fn is_signed_by(&self, key: &PublicKey) -> bool {
        // Libraries for JWTs know nothing of low s, and what they make is accepted everywhere.
        self.algorithm == key.curve().jws_algorithm()
            && key.verify_jws(self.signed.as_bytes(), &self.signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use crypto::Curve;

    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_made() {
        for curve in [Curve::Secp256k1, Curve::P256] {
            let (key, other) = (PrivateKey::generate(curve), PrivateKey::generate(curve));
            let claims = ServiceClaims {
                iat: Some(1),
                iss: "did:web:alice.test".into(),
                aud: "did:web:video.test".into(),
                exp: 2,
                lxm: Some("com.atproto.repo.uploadBlob".parse().unwrap()),
                jti: None,
            };
            let token = make_service_token(&key, claims.clone());
            let read = ServiceToken::parse(&token).ok().unwrap();
            assert_eq!(ServiceClaims { jti: None, ..read.claims.clone() }, claims);
            assert!(read.claims.jti.as_ref().unwrap().len() == 32 && ServiceToken::is_one(&token));
            assert!(read.is_signed_by(&key.public_key()));
            assert!(!read.is_signed_by(&other.public_key()));
        }
    }
}
