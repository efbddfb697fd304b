//! Keys as multibase text with a multicodec prefix that names the curve.

use multibase::Base;
use thiserror::Error;

use crate::Curve;

/// Longer than any key's text, so that nobody makes us decode a novel.
const TEXT_BYTES_MAX: usize = 256;

/// Says why a text is not a key in multibase form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MultikeyError {
    /// The text is not base 58 with the prefix `z`.
    #[error("key is not multibase text in base 58")]
    Base,
    /// The bytes do not begin with the code of a supported kind of key.
    #[error("key is of an unknown kind")]
    Codec,
}

/// Whether a key's text is of the private or the public half.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    Public,
    Private,
}

/// All kinds of key, with their multicodec codes as varints.
const CODES: [(Half, Curve, [u8; 2]); 4] = [
    (Half::Public, Curve::Secp256k1, [0xe7, 0x01]),
    (Half::Public, Curve::P256, [0x80, 0x24]),
    (Half::Private, Curve::Secp256k1, [0x81, 0x26]),
    (Half::Private, Curve::P256, [0x86, 0x26]),
];

/// Returns the text of a key.
pub(crate) fn encode(half: Half, curve: Curve, key: &[u8]) -> String {
    let (_, _, code) = CODES
        .iter()
        .find(|(of, on, _)| *of == half && *on == curve)
        .expect("every half of every curve has a code");
    multibase::encode(Base::Base58Btc, [code, key].concat())
}

/// Returns the curve and the bytes of a key.
pub(crate) fn decode(half: Half, text: &str) -> Result<(Curve, Vec<u8>), MultikeyError> {
    let bytes = decode_base58(text)?;
    let (code, key) = bytes.split_at_checked(2).ok_or(MultikeyError::Codec)?;
    let (_, curve, _) = CODES
        .iter()
        .find(|(of, _, bytes)| *of == half && bytes == code)
        .ok_or(MultikeyError::Codec)?;
    Ok((*curve, key.to_vec()))
}

/// Returns the bytes of a multibase text in base 58.
pub(crate) fn decode_base58(text: &str) -> Result<Vec<u8>, MultikeyError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(MultikeyError::Base);
    }
    match multibase::decode(text) {
        Ok((Base::Base58Btc, bytes)) => Ok(bytes),
        Ok(_) | Err(_) => Err(MultikeyError::Base),
    }
}
