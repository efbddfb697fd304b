//! Proofs that somebody holds a rotation key of a did:plc: for accounts whose host is gone.
//!
//! An account that moves shows its new host a token that is signed with its repository's key. Where
//! the old host is gone, that key is gone with it, and what is left to the owner is a rotation key.
//! With a proof by that key a new host can take everything in before anything of the identity is
//! changed. A proof is good at one service, for one method, for five minutes at most.
//!
//! It is a JWT whose `typ` is [`TYPE`], so that no proof does as a token for a service, and no token
//! as a proof. `kid` is the key, as `did:key:…`; `iss` is the DID, `aud` and `lxm` say what it is good
//! for, `iat` and `exp` from when until when, and `jti` tells it from others.

use std::time::Duration;

use crypto::PrivateKey;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use syntax::{Did, Nsid};
use thiserror::Error;

use crate::plc::DidKey;

/// The `typ` of a proof.
pub const TYPE: &str = "pagurus-rotation-proof+jwt";
/// For how long a proof may be good.
pub const TIME_MAX: Duration = Duration::from_secs(5 * 60);
/// How far the clocks of two machines may be apart, for a proof to have come from the future.
const SKEW: Duration = Duration::from_secs(60);
/// The most bytes of a proof that are looked at.
const BYTES_MAX: usize = 8 * 1024;

/// What a proof says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Whose identity it is about.
    pub iss: Did,
    /// The service that it is for.
    pub aud: Did,
    /// The method that it is for.
    pub lxm: Nsid,
    /// When it was made, in seconds since 1970.
    pub iat: u64,
    /// When it ends.
    pub exp: u64,
    /// Which one it is.
    pub jti: String,
}

/// A proof as somebody sent it.
#[derive(Debug, Clone)]
pub struct RotationProof {
    claims: Claims,
    key: DidKey,
    algorithm: String,
    signed: String,
    signature: Vec<u8>,
}

/// Says why something proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProofError {
    /// It is not a proof, or misses a part of one.
    #[error("not a proof by a rotation key")]
    Form,
    /// It has ended.
    #[error("proof has expired")]
    Expired,
    /// It is from the future, or good for longer than a proof may be.
    #[error("proof is good for too long, or from the future")]
    Time,
    /// It is for another service.
    #[error("proof is for another service")]
    Audience,
    /// It is for another method.
    #[error("proof is for another method")]
    Method,
    /// Its key is not one that may change the identity now.
    #[error("proof's key is not a rotation key of the identity")]
    NotRotationKey,
    /// It is not signed by the key that it names.
    #[error("proof is not signed by the key that it names")]
    Signature,
}

#[derive(Serialize, Deserialize)]
struct Header {
    typ: String,
    alg: String,
    kid: DidKey,
}

impl Claims {
    /// Claims an identity before a service, for one method, from a time on and for as long as a
    /// proof may be good. `now_s` is in seconds since 1970.
    ///
    /// # Panics
    ///
    /// Panics if the operating system has no random numbers to give.
    pub fn new(did: Did, service: Did, method: Nsid, now_s: u64) -> Self {
        let mut id = [0; 16];
        getrandom::fill(&mut id).expect("the operating system gives random numbers");
        let (jti, exp) = (HEXLOWER.encode(&id), now_s.saturating_add(TIME_MAX.as_secs()));
        Self { iss: did, aud: service, lxm: method, iat: now_s, exp, jti }
    }

    /// Signs the claims with a rotation key.
    pub fn sign(&self, key: &PrivateKey) -> String {
        let header = Header {
            typ: TYPE.to_owned(),
            alg: key.curve().jws_algorithm().to_owned(),
            kid: (&key.public_key()).into(),
        };
        let part = |json: Result<Vec<u8>, _>| {
            let json: Result<_, serde_json::Error> = json;
            BASE64URL_NOPAD.encode(&json.expect("texts and numbers are JSON"))
        };
        let header = part(serde_json::to_vec(&header));
        let signed = format!("{header}.{}", part(serde_json::to_vec(self)));
        let signature = key.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64URL_NOPAD.encode(signature.as_bytes()))
    }
}

impl RotationProof {
    /// Tells whether a token says that it is a proof. It may be a false one all the same.
    pub fn is_one(token: &str) -> bool {
        #[derive(Deserialize)]
        struct Kind {
            typ: String,
        }
        let header = token.split('.').next().filter(|header| header.len() <= BYTES_MAX);
        header.and_then(decode::<Kind>).is_some_and(|header| header.typ == TYPE)
    }

    /// Reads a proof. Nothing of it is checked but its form.
    ///
    /// # Errors
    ///
    /// [`ProofError::Form`] if it is none.
    pub fn parse(token: &str) -> Result<Self, ProofError> {
        let parts: Vec<&str> = token.split('.').collect();
        let ([header, payload, signature], true) = (&parts[..], token.len() <= BYTES_MAX) else {
            return Err(ProofError::Form);
        };
        let Header { typ, alg, kid } = decode(header).ok_or(ProofError::Form)?;
        let claims = decode(payload).filter(|_| typ == TYPE).ok_or(ProofError::Form)?;
        let signed = format!("{header}.{payload}");
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes());
        let signature = signature.map_err(|_| ProofError::Form)?;
        Ok(Self { claims, key: kid, algorithm: alg, signed, signature })
    }

    /// Returns whose identity it is about. Whether that is so, [`RotationProof::verify`] tells.
    pub fn did(&self) -> &Did {
        &self.claims.iss
    }

    /// Checks that it is for a service and a method, at a time: all but who made it.
    ///
    /// # Errors
    ///
    /// [`ProofError`] with the first thing that is wrong.
    pub fn check(&self, service: &Did, method: &str, now_s: u64) -> Result<(), ProofError> {
        let Claims { iat, exp, .. } = self.claims;
        if exp <= now_s {
            return Err(ProofError::Expired);
        }
        let is_short = exp.checked_sub(iat).is_some_and(|time| time <= TIME_MAX.as_secs());
        if !is_short || iat > now_s.saturating_add(SKEW.as_secs()) {
            return Err(ProofError::Time);
        }
        if self.claims.aud != *service {
            return Err(ProofError::Audience);
        }
        if self.claims.lxm.as_str() != method {
            return Err(ProofError::Method);
        }
        Ok(())
    }

    /// Checks who made it. `rotation_keys` are those that may change the identity now, as its
    /// directory tells.
    ///
    /// # Errors
    ///
    /// [`ProofError`] if its key is none of them, or has not signed it.
    pub fn verify(&self, rotation_keys: &[DidKey]) -> Result<(), ProofError> {
        if !rotation_keys.contains(&self.key) {
            return Err(ProofError::NotRotationKey);
        }
        let key = self.key.public_key().map_err(|_| ProofError::Signature)?;
        // Browsers and libraries for JWTs know nothing of low s.
        let is_signed = self.algorithm == key.curve().jws_algorithm()
            && key.verify_jws(self.signed.as_bytes(), &self.signature).is_ok();
        if is_signed { Ok(()) } else { Err(ProofError::Signature) }
    }
}

fn decode<T: DeserializeOwned>(part: &str) -> Option<T> {
    let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use crypto::Curve;

    use super::*;

    const NOW_S: u64 = 1_767_225_600;

    fn claims() -> Claims {
        let did = |text: &str| Did::parse(text).unwrap();
        let method = "com.atproto.server.createAccount".parse().unwrap();
        Claims::new(did("did:plc:ewvi7nxzyoun6zhxrhs64oiz"), did("did:web:new.test"), method, NOW_S)
    }

    fn did_key(key: &PrivateKey) -> DidKey {
        DidKey::from(&key.public_key())
    }

    #[test]
    fn a_proof_holds_for_any_rotation_key_of_either_curve() {
        for curve in [Curve::Secp256k1, Curve::P256] {
            let (key, other) = (PrivateKey::generate(curve), PrivateKey::generate(curve));
            let token = claims().sign(&key);
            assert!(RotationProof::is_one(&token));
            let proof = RotationProof::parse(&token).unwrap();
            let Claims { iss, aud, lxm, .. } = claims();
            assert_eq!(proof.did(), &iss);
            assert_eq!(proof.check(&aud, lxm.as_str(), NOW_S), Ok(()));
            assert_eq!(proof.check(&aud, lxm.as_str(), NOW_S + 299), Ok(()));
            assert_eq!(proof.verify(&[did_key(&other), did_key(&key)]), Ok(()));
            assert_eq!(proof.verify(&[did_key(&other)]), Err(ProofError::NotRotationKey));
            assert_eq!(proof.verify(&[]), Err(ProofError::NotRotationKey));
            assert_ne!(claims().jti, claims().jti);
        }
    }

    #[test]
    fn what_it_is_good_for_is_checked() {
        let key = PrivateKey::generate(Curve::Secp256k1);
        let Claims { aud, lxm, .. } = claims();
        type Edit = fn(&mut Claims);
        let cases: [(Edit, ProofError); 7] = [
            (|c| c.exp = NOW_S, ProofError::Expired),
            (|c| (c.iat, c.exp) = (NOW_S - 301, NOW_S - 1), ProofError::Expired),
            (|c| c.exp += 1, ProofError::Time),
            (|c| c.iat = c.exp + 1, ProofError::Time),
            (|c| (c.iat, c.exp) = (NOW_S + 61, NOW_S + 100), ProofError::Time),
            (|c| c.aud = Did::parse("did:web:other.test").unwrap(), ProofError::Audience),
            (|c| c.lxm = "com.atproto.repo.uploadBlob".parse().unwrap(), ProofError::Method),
        ];
        for (edit, expected) in cases {
            let mut claims = claims();
            edit(&mut claims);
            let proof = RotationProof::parse(&claims.sign(&key)).unwrap();
            assert_eq!(proof.check(&aud, lxm.as_str(), NOW_S), Err(expected), "{claims:?}");
        }
    }

    #[test]
    fn nothing_of_it_can_be_changed() {
        let key = PrivateKey::generate(Curve::P256);
        let other = PrivateKey::generate(Curve::P256);
        let token = claims().sign(&key);
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, signature] = parts[..] else { panic!("it has three parts") };
        let keys = [did_key(&key), did_key(&other)];
        let verify = |token: String| RotationProof::parse(&token).and_then(|p| p.verify(&keys));
        let encode = |text: String| BASE64URL_NOPAD.encode(text.as_bytes());
        let head = |typ: &str, alg: &str, kid: &PrivateKey| {
            encode(format!(r#"{{"typ":"{typ}","alg":"{alg}","kid":"{}"}}"#, did_key(kid).as_str()))
        };
        let other_payload = claims().sign(&other);
        let other_payload = other_payload.split('.').nth(1).unwrap();
        for (token, expected) in [
            (format!("{header}.{other_payload}.{signature}"), ProofError::Signature),
            (
                format!("{}.{payload}.{signature}", head(TYPE, "ES256", &other)),
                ProofError::Signature,
            ),
            (format!("{}.{payload}.{signature}", head(TYPE, "none", &key)), ProofError::Signature),
            (format!("{}.{payload}.{signature}", head("JWT", "ES256", &key)), ProofError::Form),
            (format!("{header}.{payload}."), ProofError::Signature),
            (format!("{header}.{payload}"), ProofError::Form),
            (format!("{token}."), ProofError::Form),
            (format!("{header}.{}.{signature}", encode("{}".to_owned())), ProofError::Form),
            (String::new(), ProofError::Form),
            ("x".repeat(BYTES_MAX + 1), ProofError::Form),
        ] {
            assert_eq!(verify(token.clone()), Err(expected), "{token}");
        }
    }
}
