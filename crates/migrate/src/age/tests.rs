//! Encrypting and opening, and files of other programs.

use super::*;

fn identity(secret: [u8; 32]) -> Identity {
    Identity::parse(&bech32::encode("age-secret-key-", &secret)).unwrap()
}

fn opened(file: &[u8], reader: &Identity) -> Result<Vec<u8>, OpenError> {
    decrypt(file, std::slice::from_ref(reader)).map(|content| content.to_vec())
}

#[test]
fn those_who_are_named_can_read_and_nobody_else() {
    let readers = [identity([1; 32]), identity([2; 32])];
    let recipients = readers.each_ref().map(Identity::recipient);
    let stranger = identity([3; 32]);
    for size in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES] {
        let content = vec![b'x'; size];
        let file = encrypt(&content, &recipients);
        for reader in &readers {
            assert_eq!(opened(&file, reader).as_ref(), Ok(&content), "{size}");
        }
        assert_eq!(opened(&file, &stranger), Err(OpenError::NotForUs));
        assert_ne!(encrypt(&content, &recipients), file, "keys and nonces are new each time");
    }
}

#[test]
fn nothing_can_be_changed_unseen() {
    let reader = identity([1; 32]);
    let file = encrypt(b"content", &[reader.recipient()]);
    for index in 0..file.len() {
        let mut changed = file.clone();
        changed[index] ^= 1;
        assert!(opened(&changed, &reader).is_err(), "byte {index}");
    }
    let long = encrypt(&vec![0; 2 * PIECE_BYTES], &[reader.recipient()]);
    let cut = &long[..long.len() - PIECE_BYTES - 16];
    assert_eq!(opened(cut, &reader), Err(OpenError::Changed), "without its last piece");
    assert_eq!(opened(b"", &reader), Err(OpenError::Form));
}

/// A file that another program wrote, as a proof that what is above is the format of others.
#[test]
fn files_of_another_program_are_of_the_same_form() {
    let file_of_keys = concat!(
        "# created: 2026-01-01\n\n",
        "AGE-SECRET-KEY-1LU5ZLKC26K8DHRYYR2RZNUA8AR4YHX2RSA6CXEEP8AJRZDCS2V9SZK4N5C\n",
    );
    let [reader] = &Identity::parse_all(file_of_keys).unwrap()[..] else { panic!("there is one") };
    assert_eq!(
        reader.recipient().to_string(),
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
    assert_eq!(opened(&file, reader).unwrap(), b"written elsewhere");
}

#[test]
fn what_is_no_recipient_is_refused() {
    let good = identity([1; 32]).recipient().to_string();
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
