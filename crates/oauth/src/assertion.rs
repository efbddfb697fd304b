//! How clients prove who they are, at each request that is not the browser's.
//!
//! A confidential client signs an assertion with one of its keys. An assertion is good once; that
//! it was used is for the caller to remember, and only when nothing else was wrong with the
//! request: a client that is asked for a nonce sends the same assertion again.
//!
//! Spec: RFC 7523, OpenID Connect Core, section 9

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::client::{AuthMethod, Client};
use crate::error::{ErrorCode, Refusal};
use crate::jose::{ClaimError, Claims, Jwk, JwkSet, Jws, JwsError, Thumbprint};
use crate::parameters::{ParameterError, Parameters};

/// The one kind of assertion that there is.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How old an assertion may be, in seconds.
const AGE_MAX_S: u64 = 60;
/// How far a client's clock may be ahead, in seconds.
const AHEAD_MAX_S: u64 = 30;
/// The most bytes of what tells one assertion from others.
const ID_BYTES_MAX: usize = 512;

/// What a client shows of itself, read from the parameters of a request.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Who it says it is. That text is an id only if [`ClientId`](crate::client::ClientId) says so.
    pub client_id: String,
    /// What is to prove it.
    pub assertion: Option<Assertion>,
}

/// An assertion as it came.
#[derive(Debug, Clone)]
pub struct Assertion {
    jws: Jws,
    key_id: String,
}

/// How a client has proven who it is. It is kept with what the client was given, as nobody else may
/// go on with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum ClientAuth {
    /// Not at all: the client is public.
    None,
    /// By an assertion.
    PrivateKeyJwt {
        /// The algorithm.
        alg: String,
        /// What the client calls its key.
        kid: String,
        /// The thumbprint of the key.
        jkt: Thumbprint,
    },
}

/// An assertion that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asserted {
    /// What was proven.
    pub auth: ClientAuth,
    /// Which of the client's assertions it is.
    pub jti: String,
    /// Until when it has to be remembered: it is refused for its age from then on. In seconds since
    /// 1970.
    pub until_s: u64,
}

/// Says why a client has not proven who it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AssertionError {
    /// A parameter is missing, or not a text.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// There is an assertion of a kind that is not known, or its kind without it.
    #[error("client_assertion_type is not {ASSERTION_TYPE}, or there is no client_assertion")]
    Kind,
    /// The client has keys and has shown none.
    #[error("client_assertion is missing: the client metadata says private_key_jwt")]
    NoAssertion,
    /// The client has no keys and has shown one.
    #[error("there is a client_assertion, and the client metadata does not say private_key_jwt")]
    Unexpected,
    /// It is not a token, or its signature does not match.
    #[error("client_assertion does not hold")]
    Jws(#[from] JwsError),
    /// It is a token of another kind.
    #[error("\"typ\" of client_assertion is that of something else")]
    Type,
    /// It does not say which key it is signed with.
    #[error("\"kid\" is missing in the header of client_assertion")]
    NoKeyId,
    /// Its algorithm is not the one that the client has announced.
    #[error("\"alg\" of client_assertion is not token_endpoint_auth_signing_alg")]
    Algorithm,
    /// The client has no such key, or not any more, or not yet for us.
    #[error("the client has no key \"{0}\" for this algorithm")]
    UnknownKey(String),
    /// A claim is missing, or not of its type.
    #[error("client_assertion is incomplete")]
    Claim(#[from] ClaimError),
    /// It is about somebody else.
    #[error("\"{0}\" of client_assertion is not client_id")]
    OtherClient(&'static str),
    /// It is for somebody else.
    #[error("\"aud\" of client_assertion is not the issuer of this server")]
    Audience,
    /// It was made too long ago.
    #[error("\"iat\" of client_assertion is more than {AGE_MAX_S} seconds ago")]
    Old,
    /// It is from the future.
    #[error("client_assertion is from the future")]
    Future,
    /// It has ended.
    #[error("client_assertion has expired")]
    Expired,
    /// What tells it from others is empty, or very long.
    #[error("\"jti\" of client_assertion is not 1 to {ID_BYTES_MAX} bytes long")]
    Id,
    /// The client has proven who it is in another way than when it began.
    #[error("the client has authenticated with another key, or in another way, than before")]
    Other,
    /// One key for two purposes.
    #[error("the key of the DPoP proof is also that of client_assertion")]
    SameKey,
    /// It was used before. Whether it was, the caller knows.
    #[error("client_assertion was used before")]
    Replayed,
}

impl Refusal for AssertionError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Parameter(err) => err.code(),
            Self::SameKey => ErrorCode::InvalidDpopProof,
            _ => ErrorCode::InvalidClient,
        }
    }
}

impl Credentials {
    /// Reads what a client shows of itself.
    ///
    /// # Errors
    ///
    /// [`AssertionError`] if that is nothing, or cannot be read.
    pub fn read(parameters: &Parameters) -> Result<Self, AssertionError> {
        let client_id = parameters.required("client_id")?.to_owned();
        let kind = parameters.text("client_assertion_type")?;
        let assertion = match (kind, parameters.text("client_assertion")?) {
            (None, None) => None,
            (Some(ASSERTION_TYPE), Some(token)) => Some(Assertion::parse(token)?),
            _ => return Err(AssertionError::Kind),
        };
        Ok(Self { client_id, assertion })
    }

    /// Returns the assertion that a client has to have shown, or nothing for a client that has no
    /// keys.
    ///
    /// # Errors
    ///
    /// [`AssertionError`] if a client has shown less than it can, or more.
    pub fn assertion_of(&self, client: &Client) -> Result<Option<&Assertion>, AssertionError> {
        match (&client.auth, &self.assertion) {
            (AuthMethod::None, None) => Ok(None),
            (AuthMethod::None, Some(_)) => Err(AssertionError::Unexpected),
            (AuthMethod::PrivateKeyJwt { .. }, None) => Err(AssertionError::NoAssertion),
            (AuthMethod::PrivateKeyJwt { .. }, Some(assertion)) => Ok(Some(assertion)),
        }
    }
}

impl Assertion {
    /// Reads an assertion. Nothing of it is checked but its form.
    ///
    /// # Errors
    ///
    /// [`AssertionError`] if it has not the form.
    pub fn parse(token: &str) -> Result<Self, AssertionError> {
        let jws = Jws::parse(token)?;
        let is_plain = jws.header("typ").is_none_or(|typ| {
            typ.eq_ignore_ascii_case("JWT") || typ == "client-authentication+jwt"
        });
        if !is_plain {
            return Err(AssertionError::Type);
        }
        let key_id = jws.header("kid").ok_or(AssertionError::NoKeyId)?.to_owned();
        Ok(Self { jws, key_id })
    }

    /// Checks an assertion of a client, with its keys as they were last seen.
    ///
    /// `issuer` is the origin of this server.
    ///
    /// # Errors
    ///
    /// [`AssertionError::UnknownKey`] if it may be worth looking for the client's keys again, and
    /// other errors if it does not hold.
    pub fn verify(
        &self,
        client: &Client,
        keys: &JwkSet,
        issuer: &str,
        now_s: u64,
    ) -> Result<Asserted, AssertionError> {
        let AuthMethod::PrivateKeyJwt { curve, .. } = client.auth else {
            return Err(AssertionError::Unexpected);
        };
        if self.jws.algorithm() != curve.jws_algorithm() {
            return Err(AssertionError::Algorithm);
        }
        let key = keys.find(&self.key_id, curve.jws_algorithm());
        let key = key.ok_or_else(|| AssertionError::UnknownKey(self.key_id.clone()))?;
        self.jws.verify(key)?;
        let claims = self.jws.claims()?;
        for name in ["iss", "sub"] {
            if claims.text(name)? != client.id.as_str() {
                return Err(AssertionError::OtherClient(name));
            }
        }
        if !is_for(&claims, issuer) {
            return Err(AssertionError::Audience);
        }
        let until_s = check_times(&claims, now_s)?;
        let jti = claims.text("jti")?;
        if jti.is_empty() || jti.len() > ID_BYTES_MAX {
            return Err(AssertionError::Id);
        }
        Ok(Asserted { auth: self.auth(key), jti: jti.to_owned(), until_s })
    }

    fn auth(&self, key: &Jwk) -> ClientAuth {
        ClientAuth::PrivateKeyJwt {
            alg: key.algorithm().to_owned(),
            kid: self.key_id.clone(),
            jkt: key.thumbprint(),
        }
    }
}

fn is_for(claims: &Claims, issuer: &str) -> bool {
    claims.value("aud").is_some_and(|audience| match audience.as_array() {
        Some(all) => all.iter().any(|one| one == issuer),
        None => audience == issuer,
    })
}

/// Checks when an assertion was made, and returns from when on it is too old.
fn check_times(claims: &Claims, now_s: u64) -> Result<u64, AssertionError> {
    let latest_s = now_s.saturating_add(AHEAD_MAX_S);
    let iat = claims.time("iat")?.ok_or(ClaimError::Missing("iat"))?;
    if iat > latest_s || claims.time("nbf")?.is_some_and(|nbf| nbf > latest_s) {
        return Err(AssertionError::Future);
    }
    if now_s.saturating_sub(iat) > AGE_MAX_S {
        return Err(AssertionError::Old);
    }
    if claims.time("exp")?.is_some_and(|exp| exp <= now_s) {
        return Err(AssertionError::Expired);
    }
    Ok(iat.saturating_add(AGE_MAX_S + 1))
}

impl ClientAuth {
    /// Checks that a client that goes on with something is the one that began it: by the same key,
    /// whatever it is called now. A client that was public then may have got a key since.
    ///
    /// # Errors
    ///
    /// [`AssertionError::Other`] if it is not.
    pub fn check_same(&self, now: &Self) -> Result<(), AssertionError> {
        match (self, now) {
            (Self::None, _) => Ok(()),
            (Self::PrivateKeyJwt { jkt: then, .. }, Self::PrivateKeyJwt { jkt: now, .. })
                if then == now =>
            {
                Ok(())
            }
            _ => Err(AssertionError::Other),
        }
    }

    /// Checks that a proof of possession is by another key than the client has shown.
    ///
    /// # Errors
    ///
    /// [`AssertionError::SameKey`] if it is by the same.
    pub fn check_proof_key(&self, proof: Thumbprint) -> Result<(), AssertionError> {
        match self {
            Self::PrivateKeyJwt { jkt, .. } if *jkt == proof => Err(AssertionError::SameKey),
            Self::PrivateKeyJwt { .. } | Self::None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crypto::Curve;
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{self, Key, NOW_S};

    const ID: &str = testing::CLIENT_ID;
    const ISSUER: &str = "https://pds.test";

    fn claims() -> Value {
        json!({
            "iss": ID, "sub": ID, "aud": ISSUER, "jti": "a", "iat": NOW_S, "exp": NOW_S + 60,
            "htm": "POST", "nonce": "others put in what they like",
        })
    }

    fn header() -> Value {
        json!({ "kid": "a" })
    }

    fn key() -> Key {
        Key::new(Curve::P256, 1)
    }

    fn keys() -> JwkSet {
        let mut key = key().json();
        key["kid"] = json!("a");
        JwkSet::read(&json!({ "keys": [key] })).unwrap()
    }

    fn verify(token: &str, now_s: u64) -> Result<Asserted, AssertionError> {
        let client = testing::confidential_client();
        Assertion::parse(token)?.verify(&client, &keys(), ISSUER, now_s)
    }

    #[test]
    fn an_assertion_tells_who_and_until_when() {
        for audience in [json!(ISSUER), json!([ISSUER]), json!(["https://other.test", ISSUER])] {
            let mut claims = claims();
            claims["aud"] = audience;
            let asserted = verify(&key().sign(header(), &claims), NOW_S).unwrap();
            let jkt = key().jwk().thumbprint();
            let (alg, kid) = ("ES256".to_owned(), "a".to_owned());
            let auth = ClientAuth::PrivateKeyJwt { alg, kid, jkt };
            assert_eq!(asserted, Asserted { auth, jti: "a".to_owned(), until_s: NOW_S + 61 });
        }
    }

    #[test]
    fn an_assertion_is_refused_from_when_it_may_be_forgotten() {
        for made_s in [NOW_S - 60, NOW_S, NOW_S + 30] {
            let mut claims = claims();
            claims["iat"] = json!(made_s);
            claims.as_object_mut().unwrap().remove("exp");
            let token = key().sign(header(), &claims);
            let until_s = verify(&token, NOW_S).unwrap().until_s;
            assert!(verify(&token, until_s - 1).is_ok());
            assert_eq!(verify(&token, until_s), Err(AssertionError::Old));
        }
    }

    #[test]
    fn each_claim_is_checked() {
        let missing = |name| AssertionError::from(ClaimError::Missing(name));
        let of_type = |name| AssertionError::from(ClaimError::Type(name));
        for (name, value, fault) in [
            ("iss", json!("https://other.test/c"), AssertionError::OtherClient("iss")),
            ("iss", Value::Null, missing("iss")),
            ("sub", json!("did:plc:a"), AssertionError::OtherClient("sub")),
            ("sub", json!(5), of_type("sub")),
            ("aud", json!("https://pds.test/oauth/token"), AssertionError::Audience),
            ("aud", json!("https://pds.test/"), AssertionError::Audience),
            ("aud", json!([]), AssertionError::Audience),
            ("aud", json!([["https://pds.test"]]), AssertionError::Audience),
            ("aud", Value::Null, AssertionError::Audience),
            ("iat", json!(NOW_S - 61), AssertionError::Old),
            ("iat", json!(NOW_S - 90), AssertionError::Old),
            ("iat", json!(NOW_S + 31), AssertionError::Future),
            ("iat", json!(u64::MAX), AssertionError::Future),
            ("iat", Value::Null, missing("iat")),
            ("iat", json!("now"), of_type("iat")),
            ("nbf", json!(NOW_S + 31), AssertionError::Future),
            ("exp", json!(NOW_S), AssertionError::Expired),
            ("exp", json!("never"), of_type("exp")),
            ("jti", Value::Null, missing("jti")),
            ("jti", json!(""), AssertionError::Id),
            ("jti", json!("a".repeat(513)), AssertionError::Id),
        ] {
            let mut claims = claims();
            match &value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
            let found = verify(&key().sign(header(), &claims), NOW_S);
            assert_eq!(found, Err(fault), "{name} {value}");
        }
        for (name, value) in [("iat", NOW_S + 20), ("iat", NOW_S - 60), ("nbf", NOW_S)] {
            let mut claims = claims();
            claims[name] = json!(value);
            assert!(verify(&key().sign(header(), &claims), NOW_S).is_ok(), "{name} {value}");
        }
    }

    #[test]
    fn the_key_is_one_that_the_client_has_published() {
        let sign = |key: &Key, header| key.sign(header, &claims());
        let (strange, k256) = (Key::new(Curve::P256, 2), Key::new(Curve::Secp256k1, 1));
        for (token, fault) in [
            (sign(&key(), json!({})), AssertionError::NoKeyId),
            (sign(&key(), json!({ "kid": 5 })), AssertionError::NoKeyId),
            (sign(&key(), json!({ "kid": "b" })), AssertionError::UnknownKey("b".to_owned())),
            (sign(&strange, header()), JwsError::Signature.into()),
            (sign(&k256, header()), AssertionError::Algorithm),
            (sign(&key(), json!({ "kid": "a", "alg": "none" })), JwsError::Algorithm.into()),
            (sign(&key(), json!({ "kid": "a", "alg": "HS256" })), JwsError::Algorithm.into()),
            (sign(&key(), json!({ "kid": "a", "typ": "dpop+jwt" })), AssertionError::Type),
            (sign(&key(), json!({ "kid": "a", "typ": "at+jwt" })), AssertionError::Type),
            ("a.b".to_owned(), JwsError::Parts.into()),
        ] {
            assert_eq!(verify(&token, NOW_S), Err(fault), "{token}");
        }
        for typ in ["JWT", "jwt", "client-authentication+jwt"] {
            assert!(verify(&sign(&key(), json!({ "kid": "a", "typ": typ })), NOW_S).is_ok());
        }
        let token = Assertion::parse(&sign(&key(), header())).unwrap();
        let public = testing::public_client();
        let verified = token.verify(&public, &keys(), ISSUER, NOW_S);
        assert_eq!(verified, Err(AssertionError::Unexpected));
    }

    #[test]
    fn a_client_shows_what_its_document_says_no_less_and_no_more() {
        let token = key().sign(header(), &claims());
        let read = |fields: &[(&str, &str)]| {
            let fields = fields.iter().map(|(name, value)| (*name, json!(value)));
            let json = Value::Object(fields.map(|(n, v)| (n.to_owned(), v)).collect());
            Credentials::read(&Parameters::from_json(json.to_string().as_bytes()).unwrap())
        };
        let (id, kind) = (("client_id", ID), ("client_assertion_type", ASSERTION_TYPE));
        let proof = ("client_assertion", &*token);
        let empty = [("client_assertion_type", ""), ("client_assertion", "")];
        for fields in [&[id][..], &[id, empty[0], empty[1]]] {
            let credentials = read(fields).unwrap();
            let public = credentials.assertion_of(&testing::public_client());
            assert!(public.unwrap().is_none());
            let fault = credentials.assertion_of(&testing::confidential_client()).unwrap_err();
            assert_eq!(fault, AssertionError::NoAssertion);
        }
        let credentials = read(&[id, kind, proof]).unwrap();
        assert_eq!(credentials.client_id, ID);
        assert!(credentials.assertion_of(&testing::confidential_client()).unwrap().is_some());
        let fault = credentials.assertion_of(&testing::public_client()).unwrap_err();
        assert_eq!(fault, AssertionError::Unexpected);
        for (fields, fault) in [
            (&[kind, proof][..], ParameterError::Missing("client_id").into()),
            (&[id, kind], AssertionError::Kind),
            (&[id, proof], AssertionError::Kind),
            (&[id, ("client_assertion_type", "saml2"), proof], AssertionError::Kind),
            (&[id, kind, ("client_assertion", "a")], JwsError::Parts.into()),
        ] {
            assert_eq!(read(fields).unwrap_err(), fault);
        }
        assert_eq!(read(&[]).unwrap_err().code(), ErrorCode::InvalidRequest);
        assert_eq!(read(&[id, proof]).unwrap_err().code(), ErrorCode::InvalidClient);
    }

    #[test]
    fn who_goes_on_has_the_key_of_who_began() {
        let auth = |seed, kid: &str| ClientAuth::PrivateKeyJwt {
            alg: "ES256".to_owned(),
            kid: kid.to_owned(),
            jkt: Key::new(Curve::P256, seed).jwk().thumbprint(),
        };
        let other = Err(AssertionError::Other);
        for (then, now, expected) in [
            (ClientAuth::None, ClientAuth::None, Ok(())),
            (ClientAuth::None, auth(1, "a"), Ok(())),
            (auth(1, "a"), auth(1, "a"), Ok(())),
            (auth(1, "a"), auth(1, "renamed"), Ok(())),
            (auth(1, "a"), auth(2, "a"), other.clone()),
            (auth(1, "a"), ClientAuth::None, other),
        ] {
            assert_eq!(then.check_same(&now), expected);
        }
        let jkt = Key::new(Curve::P256, 1).jwk().thumbprint();
        assert_eq!(auth(1, "a").check_proof_key(jkt), Err(AssertionError::SameKey));
        assert_eq!(auth(2, "a").check_proof_key(jkt), Ok(()));
        assert_eq!(ClientAuth::None.check_proof_key(jkt), Ok(()));
        for auth in [auth(1, "a"), ClientAuth::None] {
            let json = serde_json::to_string(&auth).unwrap();
            assert_eq!(serde_json::from_str::<ClientAuth>(&json).unwrap(), auth);
        }
    }
}
