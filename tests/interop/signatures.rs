//! Signatures of both sides over the same messages.

use crypto::{Curve, PrivateKey};
use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::json;

use crate::chance::Chance;
use crate::histories::key_json;
use crate::node::{self, Node};

const KEYS: usize = 8;
const MESSAGES: usize = 25;

#[derive(Deserialize)]
struct Signed {
    key: String,
    signatures: Vec<String>,
}

#[test]
fn signatures_hold_on_the_other_side_and_are_the_same() {
    let Some(directory) = node::directory() else { return };
    let mut node = Node::start(&directory);
    for (curve, number) in [Curve::Secp256k1, Curve::P256]
        .into_iter()
        .flat_map(|curve| (0..KEYS).map(move |n| (curve, n)))
    {
        let mut chance = Chance::new(node::seed(), number);
        let bytes: [u8; 32] = chance.bytes(32).try_into().unwrap();
        let key = PrivateKey::from_bytes(curve, &bytes).unwrap();
        let messages: Vec<Vec<u8>> = (0..MESSAGES)
            .map(|index| {
                let length = chance.below(200) * index.min(1);
                chance.bytes(length)
            })
            .collect();
        let ours: Vec<[u8; 64]> =
            messages.iter().map(|message| *key.sign(message).as_bytes()).collect();
        let bent = ours.iter().map(|signature| {
            let mut bent = *signature;
            bent[chance.below(64)] ^= 1 << chance.below(8);
            bent
        });
        let bent: Vec<[u8; 64]> = bent.collect();
        let theirs: Signed = node.ask(
            "sign",
            json!({
                "key": key_json(&key),
                "messages": messages.iter().map(|message| BASE64.encode(message)).collect::<Vec<_>>(),
                "signatures": ours.iter().map(|bytes| BASE64.encode(bytes)).collect::<Vec<_>>(),
                "others": bent.iter().map(|bytes| BASE64.encode(bytes)).collect::<Vec<_>>(),
            }),
        );
        assert_eq!(theirs.key, key.public_key().to_string());
        assert_eq!(theirs.signatures.len(), MESSAGES);
        for (index, message) in messages.iter().enumerate() {
            let signature = BASE64.decode(theirs.signatures[index].as_bytes()).unwrap();
            key.public_key().verify(message, &signature).unwrap();
            assert!(key.public_key().verify(message, &bent[index]).is_err());
            assert_eq!(signature, ours[index], "message {index} of key {number} of {curve:?}");
        }
    }
}
