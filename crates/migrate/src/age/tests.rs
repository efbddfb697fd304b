//! Encrypting, seen from the other side, which only these tests have.

use super::*;

/// Somebody with a private key.
struct Reader {
    secret: StaticSecret,
    recipient: Recipient,
}

impl Reader {
    fn new(secret: [u8; 32]) -> Self {
        let secret = StaticSecret::from(secret);
        let recipient = Recipient(*PublicKey::from(&secret).as_bytes());
        Self { secret, recipient }
    }

    /// Opens a file by the specification; `None` if it is not for this reader, or was changed.
    fn decrypt(&self, file: &[u8]) -> Option<Vec<u8>> {
        let end = file.windows(4).position(|four| four == b"--- ")?;
        let header = str::from_utf8(&file[..end + 3]).ok()?;
        let lines: Vec<&str> = header.strip_prefix(VERSION_LINE)?.lines().collect();
        let pairs = lines.chunks_exact(2);
        let file_key = pairs.clone().find_map(|pair| self.unwrap(pair[0], pair[1]))?;

        let rest = &file[end + 4..];
        let line = rest.iter().position(|byte| *byte == b'\n')?;
        let mac = hmac(&*derive(&file_key, &[], "header"), &[header.as_bytes()]);
        if BASE64_NOPAD.encode(&*mac).as_bytes() != &rest[..line] {
            return None;
        }
        let (nonce, sealed) = rest[line + 1..].split_at_checked(16)?;
        let key = derive(&file_key, nonce, "payload");
        let cipher = ChaCha20Poly1305::new(&(*key).into());
        let mut content = Vec::new();
        let mut pieces = sealed.chunks(PIECE_BYTES + 16).peekable();
        for number in 0.. {
            let piece = pieces.next()?;
            let is_last = pieces.peek().is_none();
            content.extend(cipher.decrypt(&piece_nonce(number, is_last).into(), piece).ok()?);
            if is_last {
                break;
            }
        }
        Some(content)
    }

    fn unwrap(&self, first: &str, body: &str) -> Option<Vec<u8>> {
        let share = BASE64_NOPAD.decode(first.strip_prefix(STANZA)?.as_bytes()).ok()?;
        let share: [u8; 32] = share.try_into().ok()?;
        let shared = self.secret.diffie_hellman(&PublicKey::from(share));
        let salt = [&share[..], &self.recipient.0[..]].concat();
        let wrap = derive(shared.as_bytes(), &salt, RECIPIENT_INFO);
        let body = BASE64_NOPAD.decode(body.as_bytes()).ok()?;
        ChaCha20Poly1305::new(&(*wrap).into()).decrypt(&[0; 12].into(), &body[..]).ok()
    }
}

#[test]
fn those_who_are_named_can_read_and_nobody_else() {
    let readers = [Reader::new([1; 32]), Reader::new([2; 32])];
    let recipients = readers.each_ref().map(|reader| reader.recipient.clone());
    let stranger = Reader::new([3; 32]);
    for size in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES] {
        let content = vec![b'x'; size];
        let file = encrypt(&content, &recipients);
        for reader in &readers {
            assert_eq!(reader.decrypt(&file).as_ref(), Some(&content), "{size}");
        }
        assert_eq!(stranger.decrypt(&file), None);
        assert_ne!(encrypt(&content, &recipients), file, "keys and nonces are new each time");
    }
}

#[test]
fn nothing_can_be_changed_unseen() {
    let reader = Reader::new([1; 32]);
    let file = encrypt(b"content", std::slice::from_ref(&reader.recipient));
    for index in 0..file.len() {
        let mut changed = file.clone();
        changed[index] ^= 1;
        assert_eq!(reader.decrypt(&changed), None, "byte {index}");
    }
    let long = encrypt(&vec![0; 2 * PIECE_BYTES], std::slice::from_ref(&reader.recipient));
    let cut = &long[..long.len() - PIECE_BYTES - 16];
    assert_eq!(reader.decrypt(cut), None, "without its last piece");
}

/// A file that another program wrote, as a proof that what is above is the format of others.
#[test]
fn files_of_another_program_are_of_the_same_form() {
    let (prefix, secret) = bech32::decode(
        "AGE-SECRET-KEY-1LU5ZLKC26K8DHRYYR2RZNUA8AR4YHX2RSA6CXEEP8AJRZDCS2V9SZK4N5C",
    )
    .unwrap();
    assert_eq!(prefix, "age-secret-key-");
    let reader = Reader::new(secret.try_into().unwrap());
    assert_eq!(
        reader.recipient.to_string(),
        "age125nu2t3pme9xpex3cf6q3k2htc4mlylt83ydguks2cllq0pm24kquz4jlw"
    );
    let file = concat!(
        "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBwZkkyRTIwTDIrY29HbkhtbFNaVXVWM2JnVnlBeWxh",
        "aHJNQnJjeEk5VHdVCnVFZVhWcC9uYW5FSzMxUFZXM1BwY21DM0ZxaXl3ODlIdEpMNzBlMGoyS2cKLT4gMFNS",
        "bmt0LWdyZWFzZSArby83Rjogd3x3aSIKSHJEMnBPc0ZuQ0NTUDF0TjJxdVdkZUhTS0FxM2dTZVg0ZFNnRjdS",
        "NmtRK0doYklISzdZaHZMdENqNWcwK1Z4UAoyTFFKSTFidm9OWEYrWk0vMjVKYk1JOGg5RW90a2c3S1hqTjN1",
        "M2gxZHd5MGxnCi0tLSBuYTFZRHMzYjNES09CejE5NTUxcmh3eit6dmlzMUpoVDNwUHVHVnJpZ3UwCsKy4S0v",
        "APCqAvgDADeRZbtr7UM5LPn+mPN+oU9BrzgZrjHKkGAgAR9xwB6YWT4Uph8=",
    );
    let file = data_encoding::BASE64.decode(file.as_bytes()).unwrap();
    assert_eq!(reader.decrypt(&file).unwrap(), b"written elsewhere");
}

#[test]
fn what_is_no_recipient_is_refused() {
    let good = Reader::new([1; 32]).recipient.to_string();
    assert_eq!(Recipient::parse(&good).unwrap().to_string(), good);
    assert_eq!(Recipient::parse(&good.to_uppercase()).unwrap().to_string(), good);
    let mistyped = good.replacen(&good[10..11], if &good[10..11] == "q" { "p" } else { "q" }, 1);
    let mixed = good.replacen("age", "aGe", 1);
    for text in ["", "age", "age1", "1", "age1qqqqqq", &good[1..], &mistyped, &mixed] {
        assert_eq!(Recipient::parse(text), Err(RecipientError::Form), "{text}");
    }
    let secret = bech32::encode("age-secret-key-", &[1; 32]);
    assert_eq!(Recipient::parse(&secret), Err(RecipientError::Kind));
    assert_eq!(Recipient::parse(&bech32::encode("age", &[1; 31])), Err(RecipientError::Kind));
    assert_eq!(Recipient::parse(&bech32::encode("age", &[0; 32])), Err(RecipientError::Weak));
}
