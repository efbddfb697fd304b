//! Public keys: their forms in DID documents and elsewhere, and checking signatures.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use k256::ecdsa::signature::hazmat::PrehashVerifier as _;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::multikey::{self, Half};
use crate::{Curve, MultikeyError};

const DID_KEY: &str = "did:key:";

/// A public key. Prints and parses as `did:key:z…`.
#[derive(Clone, Copy)]
pub struct PublicKey(pub(crate) Key);

#[derive(Clone, Copy)]
pub(crate) enum Key {
    Secp256k1(k256::ecdsa::VerifyingKey),
    P256(p256::ecdsa::VerifyingKey),
}

/// The type of a verification method in a DID document, which tells how its key is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VerificationMethod {
    /// `Multikey`: the curve's code and the compressed point.
    Multikey,
    /// `EcdsaSecp256k1VerificationKey2019`: the bare point, of secp256k1. Read, no longer written.
    EcdsaSecp256k1VerificationKey2019,
    /// `EcdsaSecp256r1VerificationKey2019`: the bare point, of P-256. Read, no longer written.
    EcdsaSecp256r1VerificationKey2019,
}

/// Says why something is not a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PublicKeyError {
    /// The text does not begin with `did:key:`.
    #[error("key does not begin with \"{DID_KEY}\"")]
    Prefix,
    /// The text is not a public key in multibase form.
    #[error(transparent)]
    Multikey(#[from] MultikeyError),
    /// The bytes are not a point of the curve, or not in compressed form where that is the rule.
    #[error("public key is not a point of the curve")]
    Point,
}

/// Says why a signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// The signature is not 64 bytes of two numbers of the curve; DER, for one, is not.
    #[error("signature is not r and s in 64 bytes")]
    Form,
    /// s is in the upper half, so that a second signature could be made from it.
    #[error("signature does not have a low s")]
    HighS,
    /// The signature is well formed and not by this key over this message.
    #[error("signature does not match")]
    Mismatch,
}

impl VerificationMethod {
    /// Returns the type with a name from a DID document, if its keys can be read.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "Multikey" => Some(Self::Multikey),
            "EcdsaSecp256k1VerificationKey2019" => Some(Self::EcdsaSecp256k1VerificationKey2019),
            "EcdsaSecp256r1VerificationKey2019" => Some(Self::EcdsaSecp256r1VerificationKey2019),
            _ => None,
        }
    }
}

impl PublicKey {
    /// Reads `did:key:z…`.
    ///
    /// # Errors
    ///
    /// [`PublicKeyError`] if the text is not a key of a supported curve.
    pub fn from_did_key(text: &str) -> Result<Self, PublicKeyError> {
        Self::from_multikey(text.strip_prefix(DID_KEY).ok_or(PublicKeyError::Prefix)?)
    }

    /// Reads `z…`, as `publicKeyMultibase` of a `Multikey` has it.
    ///
    /// # Errors
    ///
    /// [`PublicKeyError`] if the text is not a compressed key of a supported curve.
    pub fn from_multikey(text: &str) -> Result<Self, PublicKeyError> {
        let (curve, point) = multikey::decode(Half::Public, text)?;
        if point.len() != 33 {
            return Err(PublicKeyError::Point);
        }
        Self::from_sec1(curve, &point)
    }

    /// Reads `publicKeyMultibase` of a verification method of any supported type.
    ///
    /// # Errors
    ///
    /// [`PublicKeyError`] if the text is not a key of that type.
    pub fn from_verification_method(
        method: VerificationMethod,
        text: &str,
    ) -> Result<Self, PublicKeyError> {
        let curve = match method {
            VerificationMethod::Multikey => return Self::from_multikey(text),
            VerificationMethod::EcdsaSecp256k1VerificationKey2019 => Curve::Secp256k1,
            VerificationMethod::EcdsaSecp256r1VerificationKey2019 => Curve::P256,
        };
        Self::from_sec1(curve, &multikey::decode_base58(text)?)
    }

    /// Reads a point in the encoding of SEC 1, compressed (33 bytes) or not (65 bytes).
    ///
    /// # Errors
    ///
    /// [`PublicKeyError::Point`] if the bytes are not a point of the curve.
    pub fn from_sec1(curve: Curve, point: &[u8]) -> Result<Self, PublicKeyError> {
        match curve {
            Curve::Secp256k1 => {
                k256::ecdsa::VerifyingKey::from_sec1_bytes(point).map(Key::Secp256k1)
            }
            Curve::P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map(Key::P256),
        }
        .map(Self)
        .map_err(|_| PublicKeyError::Point)
    }

    /// Returns the compressed point, 33 bytes.
    pub fn to_sec1(&self) -> [u8; 33] {
        let point = match &self.0 {
            Key::Secp256k1(key) => key.to_sec1_point(true).as_bytes().try_into(),
            Key::P256(key) => key.to_sec1_point(true).as_bytes().try_into(),
        };
        point.expect("a compressed point of either curve has 33 bytes")
    }

    /// Returns the two coordinates of the point, as keys in JSON have them.
    pub fn coordinates(&self) -> ([u8; 32], [u8; 32]) {
        let point: [u8; 65] = match &self.0 {
            Key::Secp256k1(key) => key.to_sec1_point(false).as_bytes().try_into(),
            Key::P256(key) => key.to_sec1_point(false).as_bytes().try_into(),
        }
        .expect("a point of either curve that is not compressed has 65 bytes");
        let (mut x, mut y) = ([0; 32], [0; 32]);
        x.copy_from_slice(&point[1..33]);
        y.copy_from_slice(&point[33..]);
        (x, y)
    }

    /// Returns `z…`, as `publicKeyMultibase` of a `Multikey` has it.
    pub fn to_multikey(&self) -> String {
        multikey::encode(Half::Public, self.curve(), &self.to_sec1())
    }

    /// Returns the key's curve.
    pub fn curve(&self) -> Curve {
        match &self.0 {
            Key::Secp256k1(_) => Curve::Secp256k1,
            Key::P256(_) => Curve::P256,
        }
    }

    /// Checks that `signature` is this key's over the SHA-256 of `message`.
    ///
    /// # Errors
    ///
    /// [`VerifyError`] if it is not, or not in the one allowed form.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        self.verify_form(message, signature, SForm::Low)
    }

    /// Checks a signature as [`PublicKey::verify`] does, and lets a high s pass.
    ///
    /// Repositories of 2023 have such signatures; nothing that is signed now may.
    ///
    /// # Errors
    ///
    /// [`VerifyError`] if the signature is malformed or not this key's.
    pub fn verify_of_2023(&self, message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        self.verify_form(message, signature, SForm::Any)
    }

    /// Checks a signature of a JSON Web Signature: as [`PublicKey::verify`] does, with any s.
    ///
    /// RFC 7518 knows nothing of low s, and neither do browsers and most libraries, so that half of
    /// all honest signatures have a high one. What must not have a second form, such as the commits
    /// of a repository, is not for this.
    ///
    /// # Errors
    ///
    /// [`VerifyError`] if the signature is malformed or not this key's.
    pub fn verify_jws(&self, message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        self.verify_form(message, signature, SForm::Any)
    }

    fn verify_form(
        &self,
        message: &[u8],
        signature: &[u8],
        form: SForm,
    ) -> Result<(), VerifyError> {
        match &self.0 {
            Key::Secp256k1(key) => {
                let signature =
                    k256::ecdsa::Signature::from_slice(signature).map_err(|_| VerifyError::Form)?;
                let low = signature.normalize_s();
                form.check(signature == low)?;
                let hash = Sha256::digest(message);
                key.verify_prehash(&hash, &low).map_err(|_| VerifyError::Mismatch)
            }
            Key::P256(key) => {
                let signature =
                    p256::ecdsa::Signature::from_slice(signature).map_err(|_| VerifyError::Form)?;
                form.check(signature == signature.normalize_s())?;
                // Each request of an app has such a signature, and this takes a quarter of the time.
                let point = key.to_sec1_point(false);
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point.as_bytes());
                key.verify(message, &signature.to_bytes()).map_err(|_| VerifyError::Mismatch)
            }
        }
    }
}

/// Which of the two numbers that do for s are let pass.
#[derive(Clone, Copy)]
enum SForm {
    Low,
    Any,
}

impl SForm {
    fn check(self, is_low: bool) -> Result<(), VerifyError> {
        match self {
            Self::Low if !is_low => Err(VerifyError::HighS),
            Self::Low | Self::Any => Ok(()),
        }
    }
}

impl FromStr for PublicKey {
    type Err = PublicKeyError;

    fn from_str(text: &str) -> Result<Self, PublicKeyError> {
        Self::from_did_key(text)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{DID_KEY}{}", self.to_multikey())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for PublicKey {}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.curve(), self.to_sec1()).cmp(&(other.curve(), other.to_sec1()))
    }
}

impl Hash for PublicKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.curve(), self.to_sec1()).hash(state);
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use multibase::Base;

    use super::*;
    use crate::PrivateKey;

    #[test]
    fn every_form_of_a_document_reads_as_the_same_key() {
        for (curve, legacy) in [
            (Curve::Secp256k1, VerificationMethod::EcdsaSecp256k1VerificationKey2019),
            (Curve::P256, VerificationMethod::EcdsaSecp256r1VerificationKey2019),
        ] {
            let key = PrivateKey::generate(curve).public_key();
            assert_eq!(key.to_string().parse(), Ok(key));
            assert_eq!(PublicKey::from_multikey(&key.to_multikey()), Ok(key));
            let uncompressed = match &key.0 {
                Key::Secp256k1(key) => key.to_sec1_point(false).as_bytes().to_vec(),
                Key::P256(key) => key.to_sec1_point(false).as_bytes().to_vec(),
            };
            for point in [uncompressed, key.to_sec1().to_vec()] {
                let text = multibase::encode(Base::Base58Btc, point);
                assert_eq!(PublicKey::from_verification_method(legacy, &text), Ok(key));
            }
        }
    }

    #[test]
    fn each_fault_has_its_name() {
        let base = PublicKeyError::Multikey(MultikeyError::Base);
        let codec = PublicKeyError::Multikey(MultikeyError::Codec);
        let long = format!("did:key:z{}", "1".repeat(10_000));
        let no_point = multikey::encode(Half::Public, Curve::P256, &[7; 33]);
        let short = multikey::encode(Half::Public, Curve::Secp256k1, &[2; 20]);
        for (text, fault) in [
            ("did:plc:abc", PublicKeyError::Prefix),
            ("did:key:", base),
            ("did:key:z0OIl", base),
            ("did:key:fe701", base),
            (&long, base),
            ("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", codec),
            (&format!("did:key:{no_point}"), PublicKeyError::Point),
            (&format!("did:key:{short}"), PublicKeyError::Point),
        ] {
            assert_eq!(PublicKey::from_did_key(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn signatures_have_one_form_only() {
        for curve in [Curve::Secp256k1, Curve::P256] {
            let key = PrivateKey::generate(curve);
            let good = *key.sign(b"message").as_bytes();
            let verify = |signature: &[u8]| key.public_key().verify(b"message", signature);
            assert_eq!(verify(&good), Ok(()));

            let high: Vec<u8> = match curve {
                Curve::Secp256k1 => {
                    let low = k256::ecdsa::Signature::from_slice(&good).unwrap();
                    k256::ecdsa::Signature::from_scalars(low.r(), -low.s()).unwrap().to_vec()
                }
                Curve::P256 => {
                    let low = p256::ecdsa::Signature::from_slice(&good).unwrap();
                    p256::ecdsa::Signature::from_scalars(low.r(), -low.s()).unwrap().to_vec()
                }
            };
            assert_eq!(verify(&high), Err(VerifyError::HighS));
            type Lenient = fn(&PublicKey, &[u8], &[u8]) -> Result<(), VerifyError>;
            let lenients: [Lenient; 2] = [PublicKey::verify_of_2023, PublicKey::verify_jws];
            for lenient in lenients {
                let verify = |message: &[u8], s: &[u8]| lenient(&key.public_key(), message, s);
                assert_eq!(verify(b"message", &high), Ok(()));
                assert_eq!(verify(b"message", &good), Ok(()));
                assert_eq!(verify(b"other", &high), Err(VerifyError::Mismatch));
                assert_eq!(verify(b"message", &good[..63]), Err(VerifyError::Form));
            }
            assert_eq!(verify(&good[..63]), Err(VerifyError::Form));
            assert_eq!(verify(&[&good[..], &[0]].concat()), Err(VerifyError::Form));
            assert_eq!(verify(&[0; 64]), Err(VerifyError::Form));
            assert_eq!(verify(&[0xff; 64]), Err(VerifyError::Form));
            let mut other = good;
            other[5] ^= 1;
            assert_eq!(verify(&other), Err(VerifyError::Mismatch));
        }
    }
}
