//! Signatures that hold, and those that do not.

use super::*;

#[test]
fn a_report_comes_back_from_json_and_no_byte_of_it_can_be_changed() {
    let mut whole = report();
    whole.consents.push(consent());
    whole.warnings.push("a line\nwith \"signature\": \"x\"".to_owned());
    whole.after.blobs = blobs(&["a"], &["a", "bb"]);
    let key = whole.signing_key;
    let signed = whole.clone().sign(&private(5)).unwrap();
    let file = signed.encode();
    let read = SignedReport::decode(&file).unwrap();
    assert_eq!(read, signed);
    assert_eq!(read.report(), &whole);
    assert_eq!(Report::verify_signature(&file, &[private(1).public_key(), key]).unwrap(), whole);
    // It is one JSON document, which other programs can read.
    let json: serde_json::Value = serde_json::from_slice(&file).unwrap();
    assert_eq!(json["after"]["leaves"]["count"], 3);
    assert!(json["signature"].is_string());

    for index in 0..file.len() {
        let mut changed = file.clone();
        changed[index] ^= 1;
        assert!(Report::verify_signature(&changed, &[key]).is_err(), "byte {index}");
        changed.remove(index);
        assert!(Report::verify_signature(&changed, &[key]).is_err(), "without byte {index}");
    }
    for cut in [0, 1, file.len() / 2, file.len() - 1] {
        assert!(Report::verify_signature(&file[..cut], &[key]).is_err(), "{cut}");
    }
}

#[test]
fn a_signature_is_by_the_key_that_is_named_and_known() {
    let whole = report();
    let other = private(3);
    let refused = whole.clone().sign(&other).unwrap_err();
    assert_eq!(refused, SignatureError::OtherKey(other.public_key()));
    let signed = whole.clone().sign(&private(5)).unwrap();
    let by = |keys: &[PublicKey]| signed.verify_signature(keys);
    assert_eq!(by(&[whole.signing_key]), Ok(whole.signing_key));
    for keys in [&[][..], &[other.public_key()]] {
        assert_eq!(by(keys), Err(SignatureError::OtherKey(whole.signing_key)));
    }
    // Somebody else's signature under the account's name, and their own name over theirs.
    let mut forged = whole.clone();
    forged.signing_key = other.public_key();
    let forged = forged.sign(&other).unwrap();
    assert!(forged.verify_signature(&[whole.signing_key]).is_err());
    let text = String::from_utf8(forged.encode()).unwrap();
    let text = text.replacen(&other.public_key().to_string(), &whole.signing_key.to_string(), 1);
    let forged = SignedReport::decode(text.as_bytes()).unwrap();
    assert_eq!(forged.verify_signature(&[whole.signing_key]), Err(SignatureError::Wrong));

    let newer = Report { version: 2, ..whole }.sign(&private(5)).unwrap().encode();
    assert!(matches!(SignedReport::decode(&newer), Err(DecodeError::Version(2))));
}

#[test]
fn a_key_of_the_owners_may_sign_in_place_of_the_accounts() {
    let (own, whole) = (private(9), report());
    let owned = Report { owner_key: Some(own.public_key()), ..whole.clone() };
    assert!(owned.clone().sign(&private(5)).is_err());
    let file = owned.clone().sign(&own).unwrap().encode();
    assert_eq!(Report::verify_signature(&file, &[own.public_key()]).unwrap(), owned);
    assert!(Report::verify_signature(&file, &[whole.signing_key]).is_err());
}
