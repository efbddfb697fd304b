//! Keys in all their forms, and signatures that hold or do not.

use crypto::{Curve, PrivateKey, PublicKey, VerificationMethod};
use data_encoding::BASE64_NOPAD;
use serde::Deserialize;

use crate::{each_suite, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignatureCase {
    comment: String,
    message_base64: String,
    algorithm: String,
    did_doc_suite: String,
    public_key_did: String,
    public_key_multibase: String,
    signature_base64: String,
    valid_signature: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyCase {
    private_key_bytes_hex: Option<String>,
    private_key_bytes_base58: Option<String>,
    public_did_key: String,
}

#[test]
fn signatures_hold_where_they_should() {
    each_suite("crypto", "interop/crypto", |root| {
        let cases: Vec<SignatureCase> = json(&root.join("signature-fixtures.json"));
        assert!(cases.len() >= 6);
        for case in cases {
            let key: PublicKey = case.public_key_did.parse().unwrap();
            let method = VerificationMethod::by_name(&case.did_doc_suite).unwrap();
            let same =
                PublicKey::from_verification_method(method, &case.public_key_multibase).unwrap();
            assert_eq!(same, key, "{}", case.comment);
            assert_eq!(key.curve().jws_algorithm(), case.algorithm);
            let message = BASE64_NOPAD.decode(case.message_base64.as_bytes()).unwrap();
            let signature = BASE64_NOPAD.decode(case.signature_base64.as_bytes()).unwrap();
            let holds = key.verify(&message, &signature).is_ok();
            assert_eq!(holds, case.valid_signature, "{}", case.comment);
        }
    });
}

#[test]
fn private_keys_have_the_public_keys_that_they_should() {
    each_suite("crypto", "interop/crypto", |root| {
        for (file, curve) in
            [("w3c_didkey_K256.json", Curve::Secp256k1), ("w3c_didkey_P256.json", Curve::P256)]
        {
            let cases: Vec<KeyCase> = json(&root.join(file));
            assert!(!cases.is_empty());
            for case in cases {
                let hex = case.private_key_bytes_hex.unwrap_or_else(|| {
                    let text = format!("z{}", case.private_key_bytes_base58.unwrap());
                    data_encoding::HEXLOWER.encode(&multibase_decode(&text))
                });
                let key = PrivateKey::from_hex(curve, &hex).unwrap();
                assert_eq!(key.public_key().to_string(), case.public_did_key);
                assert_eq!(*key.to_hex(), hex);
            }
        }
    });
}

fn multibase_decode(text: &str) -> Vec<u8> {
    multibase::decode(text).unwrap().1
}
