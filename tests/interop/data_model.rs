//! Random values in JSON and in CBOR.

use data_encoding::BASE64;
use repo::data::{Limits, cbor, json as json_form};
use serde::Deserialize;
use serde_json::{Value, json};
use syntax::Cid;

use crate::chance::Chance;
use crate::node::{self, Node};
use crate::values;

const ROUNDS: usize = 40;
const VALUES: usize = 100;

/// What the encoders of the other side make of a value.
#[derive(Deserialize)]
struct Encoded {
    encodings: Vec<String>,
    cids: Vec<Cid>,
}

#[test]
fn values_have_the_same_bytes_and_cids() {
    let Some(directory) = node::directory() else { return };
    let mut node = Node::start(&directory);
    for round in 0..ROUNDS {
        let seed = node::seed();
        let mut chance = Chance::new(seed, round);
        let values: Vec<Value> =
            (0..VALUES).map(|_| Value::Object(values::map(&mut chance, 8, 5))).collect();
        let ours: Vec<Vec<u8>> = values
            .iter()
            .map(|value| {
                let text = value.to_string();
                cbor::encode(&json_form::decode(text.as_bytes(), &Limits::RECORD).unwrap()).unwrap()
            })
            .collect();
        let body = values
            .iter()
            .zip(&ours)
            .map(|(value, bytes)| json!({ "json": value, "cbor": BASE64.encode(bytes) }));
        let theirs: Vec<Encoded> =
            node.ask("encode", json!({ "values": body.collect::<Vec<_>>() }));
        for ((value, ours), theirs) in values.iter().zip(&ours).zip(&theirs) {
            let told = || format!("round {round} of PAGURUS_SEED={seed}: {value}");
            for encoding in &theirs.encodings {
                assert_eq!(*encoding, BASE64.encode(ours), "{}", told());
            }
            for cid in &theirs.cids {
                assert_eq!(*cid, Cid::of_cbor(ours), "{}", told());
            }
            let read = cbor::decode(ours, &Limits::RECORD).unwrap();
            let text: Value = serde_json::from_str(&json_form::encode(&read)).unwrap();
            assert_eq!(text, *value, "{}", told());
        }
    }
    println!("{} values", ROUNDS * VALUES);
}
