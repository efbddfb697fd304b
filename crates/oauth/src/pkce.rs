//! Proof key for code exchange: who gets the tokens is who has asked for the code.
//!
//! Only `S256` is there: `plain` would show the secret to whoever sees the request.
//!
//! Spec: RFC 7636

use std::fmt;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use thiserror::Error;

use crate::error::{ErrorCode, Refusal};

/// How long a challenge cannot be used again.
pub const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// The SHA-256 of a verifier, which comes with the request for a code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CodeChallenge([u8; 32]);

/// What a client keeps until it comes with the code. Printing it shows nothing.
#[derive(Clone)]
pub struct CodeVerifier(String);

/// Says why a challenge cannot be used, or is not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PkceError {
    /// There is no challenge.
    #[error("code_challenge is missing")]
    NoChallenge,
    /// The challenge is not a SHA-256 in base64url.
    #[error("code_challenge is not 43 characters of base64url")]
    Challenge,
    /// The method is missing, which would mean `plain`, or is another one.
    #[error("code_challenge_method is not S256")]
    Method,
    /// The challenge came before, so that somebody else may know its verifier.
    #[error("code_challenge was used before")]
    Used,
    /// There is no verifier.
    #[error("code_verifier is missing")]
    NoVerifier,
    /// The verifier is too short, too long, or has other characters than it may.
    #[error("code_verifier is not 43 to 128 characters of A-Z a-z 0-9 - . _ ~")]
    Verifier,
    /// The verifier is not the one of the challenge.
    #[error("code_verifier is not the one of code_challenge")]
    Mismatch,
}

impl Refusal for PkceError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NoChallenge | Self::Challenge | Self::Method | Self::Used => {
                ErrorCode::InvalidRequest
            }
            Self::NoVerifier | Self::Verifier | Self::Mismatch => ErrorCode::InvalidGrant,
        }
    }
}

impl CodeChallenge {
    /// Reads a challenge and its method.
    ///
    /// # Errors
    ///
    /// [`PkceError`] if there is none, or not by `S256`.
    pub fn read(challenge: Option<&str>, method: Option<&str>) -> Result<Self, PkceError> {
        let challenge = challenge.ok_or(PkceError::NoChallenge)?;
        if method != Some("S256") {
            return Err(PkceError::Method);
        }
        Self::parse(challenge).ok_or(PkceError::Challenge)
    }

    /// Returns by what it is remembered that the challenge was used, for [`REMEMBERED`].
    pub fn hash(&self) -> [u8; 32] {
        Sha256::new().chain_update("code_challenge\0").chain_update(self.0).finalize().into()
    }

    /// Checks that a verifier is the one of this challenge.
    ///
    /// # Errors
    ///
    /// [`PkceError`] if it is not, or not a verifier.
    pub fn verify(&self, verifier: Option<&str>) -> Result<(), PkceError> {
        let verifier = verifier.ok_or(PkceError::NoVerifier)?.as_bytes();
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
        if !(43..=128).contains(&verifier.len()) || !verifier.iter().all(allowed) {
            return Err(PkceError::Verifier);
        }
        let hash: [u8; 32] = Sha256::digest(verifier).into();
        if bool::from(hash.ct_eq(&self.0)) { Ok(()) } else { Err(PkceError::Mismatch) }
    }

    fn parse(text: &str) -> Option<Self> {
        BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

impl CodeVerifier {
    /// Makes a verifier of random bytes.
    pub fn from_random(random: [u8; 32]) -> Self {
        Self(BASE64URL_NOPAD.encode(&random))
    }

    /// Returns the text, which goes with the code and nowhere else.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what goes with the request for a code.
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge(Sha256::digest(&self.0).into())
    }
}

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeVerifier")
    }
}

impl fmt::Display for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", BASE64URL_NOPAD.encode(&self.0))
    }
}

impl Serialize for CodeChallenge {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for CodeChallenge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(PkceError::Challenge))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn a_challenge_is_met_by_its_verifier_alone() {
        let challenge = CodeChallenge::read(Some(CHALLENGE), Some("S256")).unwrap();
        let other = VERIFIER.replace('d', "e");
        let (short, long) = (&VERIFIER[1..], "a".repeat(129));
        for (verifier, expected) in [
            (Some(VERIFIER), Ok(())),
            (Some(&*other), Err(PkceError::Mismatch)),
            (Some(CHALLENGE), Err(PkceError::Mismatch)),
            (Some(&*"a".repeat(128)), Err(PkceError::Mismatch)),
            (Some(short), Err(PkceError::Verifier)),
            (Some(&long), Err(PkceError::Verifier)),
            (Some(&*VERIFIER.replace('d', "+")), Err(PkceError::Verifier)),
            (Some(&*VERIFIER.replace('d', "é")), Err(PkceError::Verifier)),
            (Some(""), Err(PkceError::Verifier)),
            (None, Err(PkceError::NoVerifier)),
        ] {
            assert_eq!(challenge.verify(verifier), expected, "{verifier:?}");
        }
    }

    #[test]
    fn a_verifier_of_ours_meets_the_challenge_that_it_makes() {
        let verifier = CodeVerifier::from_random([7; 32]);
        let challenge = verifier.challenge().to_string();
        let challenge = CodeChallenge::read(Some(&challenge), Some("S256")).unwrap();
        assert_eq!(challenge.verify(Some(verifier.as_str())), Ok(()));
        let other = CodeVerifier::from_random([8; 32]);
        assert_eq!(challenge.verify(Some(other.as_str())), Err(PkceError::Mismatch));
        assert_eq!(format!("{verifier:?}"), "CodeVerifier");
    }

    #[test]
    fn only_hashed_challenges_are_read() {
        let padded = format!("{CHALLENGE}=");
        for (challenge, method, fault) in [
            (None, Some("S256"), PkceError::NoChallenge),
            (Some(CHALLENGE), None, PkceError::Method),
            (Some(CHALLENGE), Some("plain"), PkceError::Method),
            (Some(CHALLENGE), Some("s256"), PkceError::Method),
            (Some(""), Some("S256"), PkceError::Challenge),
            (Some(&CHALLENGE[1..]), Some("S256"), PkceError::Challenge),
            (Some(&*padded), Some("S256"), PkceError::Challenge),
            // The last character has bits that belong to no byte.
            (
                Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN"),
                Some("S256"),
                PkceError::Challenge,
            ),
        ] {
            assert_eq!(CodeChallenge::read(challenge, method), Err(fault), "{challenge:?}");
        }
    }

    #[test]
    fn a_stored_challenge_is_the_same() {
        let challenge = CodeChallenge::read(Some(CHALLENGE), Some("S256")).unwrap();
        let json = serde_json::to_string(&challenge).unwrap();
        assert_eq!(json, format!("\"{CHALLENGE}\""));
        assert_eq!(serde_json::from_str::<CodeChallenge>(&json).unwrap(), challenge);
        assert!(serde_json::from_str::<CodeChallenge>("\"AA\"").is_err());
    }
}
