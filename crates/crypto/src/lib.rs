//! Keys and signatures of the AT Protocol: secp256k1 and P-256, ECDSA with low S over SHA-256.
//!
//! Signing is deterministic (RFC 6979). Private keys are wiped when dropped, never printed, and
//! rest in sealed form ([`SealingKey`]). Which key is whose, and when, is for others to say.
//!
//! ```
//! use pagurus_crypto::{Curve, PrivateKey, PublicKey};
//!
//! let key = PrivateKey::generate(Curve::Secp256k1);
//! let signature = key.sign(b"message");
//! let public: PublicKey = key.public_key().to_string().parse()?;
//! public.verify(b"message", signature.as_bytes())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Spec: <https://atproto.com/specs/cryptography>

mod multikey;
mod private;
mod public;
mod sealed;
mod signing_key;

use std::fmt;

pub use crate::multikey::MultikeyError;
pub use crate::private::{PrivateKey, PrivateKeyError};
pub use crate::public::{PublicKey, PublicKeyError, VerificationMethod, VerifyError};
pub use crate::sealed::{KeyId, SealingKey, SealingKeyError, SealingKeys, UnsealError};
pub use crate::signing_key::SigningKeyError;

/// The curve of a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Curve {
    /// secp256k1, called K-256 in the protocol and ES256K in JWTs.
    Secp256k1,
    /// NIST P-256, called ES256 in JWTs.
    P256,
}

impl Curve {
    /// Returns the algorithm's name in JSON Web Signatures: `ES256K` or `ES256`.
    pub fn jws_algorithm(self) -> &'static str {
        match self {
            Self::Secp256k1 => "ES256K",
            Self::P256 => "ES256",
        }
    }
}

/// An ECDSA signature in its one allowed form: r and s, 32 bytes each, s in the lower half.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// Returns the 64 bytes.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// Fills an array from the operating system's source of random numbers.
///
/// # Panics
///
/// Panics if the system has no such source: nothing that needs keys can go on without.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
    bytes
}
