//! Bech32: bytes as text with a prefix and a checksum that finds typing errors.
//!
//! Spec: <https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki>. The limit of 90
//! characters there is not one of age.

const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const CHECKSUM_CHARS: usize = 6;

/// Returns the prefix, in lower case, and the bytes of a text.
pub(super) fn decode(text: &str) -> Option<(String, Vec<u8>)> {
    let lower = text.to_ascii_lowercase();
    // Of one case, whichever it is.
    if lower != text && text.to_ascii_uppercase() != text {
        return None;
    }
    let (prefix, data) = lower.rsplit_once('1')?;
    let is_visible = prefix.bytes().all(|byte| byte.is_ascii_graphic());
    if prefix.is_empty() || !is_visible || data.len() < CHECKSUM_CHARS {
        return None;
    }
    let digit = |char: u8| ALPHABET.iter().position(|other| *other == char);
    let digit = |char: u8| digit(char).and_then(|digit| u8::try_from(digit).ok());
    let digits: Vec<u8> = data.bytes().map(digit).collect::<Option<_>>()?;
    if checksum(prefix, &digits) != 1 {
        return None;
    }
    let bytes = to_bytes(&digits[..digits.len() - CHECKSUM_CHARS])?;
    Some((prefix.to_owned(), bytes))
}

/// Writes bytes with a prefix, which is in lower case.
pub(super) fn encode(prefix: &str, bytes: &[u8]) -> String {
    let mut digits = to_digits(bytes);
    let data = digits.len();
    digits.extend([0; CHECKSUM_CHARS]);
    let sum = checksum(prefix, &digits) ^ 1;
    for (index, digit) in digits[data..].iter_mut().enumerate() {
        *digit = low_five(sum >> (5 * (CHECKSUM_CHARS - 1 - index)));
    }
    let chars = digits.iter().map(|digit| char::from(ALPHABET[usize::from(*digit)]));
    [prefix, "1"].into_iter().flat_map(str::chars).chain(chars).collect()
}

fn to_digits(bytes: &[u8]) -> Vec<u8> {
    let (mut digits, mut bits, mut rest) = (Vec::new(), 0, 0_u32);
    for byte in bytes {
        rest = (rest << 8 | u32::from(*byte)) & 0xfff;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            digits.push(low_five(rest >> bits));
        }
    }
    if bits > 0 {
        digits.push(low_five(rest << (5 - bits)));
    }
    digits
}

/// Returns the bytes of digits; `None` if there are bits left that are not zeros.
fn to_bytes(digits: &[u8]) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut rest) = (Vec::new(), 0, 0_u32);
    for digit in digits {
        rest = (rest << 5 | u32::from(*digit)) & 0xfff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(rest >> bits & 0xff).ok()?);
        }
    }
    (bits < 5 && rest & ((1 << bits) - 1) == 0).then_some(bytes)
}

/// Returns the sum over a prefix and digits, which is 1 if they end with their checksum.
fn checksum(prefix: &str, digits: &[u8]) -> u32 {
    const GENERATORS: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let high = prefix.bytes().map(|byte| byte >> 5);
    let low = prefix.bytes().map(|byte| byte & 31);
    let mut sum: u32 = 1;
    for digit in high.chain([0]).chain(low).chain(digits.iter().copied()) {
        let top = sum >> 25;
        sum = (sum & 0x1ff_ffff) << 5 ^ u32::from(digit);
        for (bit, generator) in GENERATORS.iter().enumerate() {
            if top >> bit & 1 == 1 {
                sum ^= generator;
            }
        }
    }
    sum
}

fn low_five(bits: u32) -> u8 {
    u8::try_from(bits & 31).expect("five bits fit")
}
