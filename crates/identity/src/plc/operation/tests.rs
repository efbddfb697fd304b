//! Operations of other implementations, and operations that are made here.

use crypto::{Curve, PublicKey};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::plc::Change;

/// The operation that made the DID of the protocol's own account.
const GENESIS: &str = r#"{
    "sig": "lza4at_jCtGo_TYgL5PC1ZNP7lhF4DV8H50LWHhvdHcB143x1wEwqZ43xvV36Pws6OOnJLJrkibEUFDFqkhIhg",
    "prev": null,
    "type": "plc_operation",
    "services": {"atproto_pds": {"type": "AtprotoPersonalDataServer", "endpoint": "https://bsky.social"}},
    "alsoKnownAs": ["at://atprotocol.bsky.social"],
    "rotationKeys": [
        "did:key:zQ3shhCGUqDKjStzuDxPkTxN6ujddP4RkEKJJouJGRRkaLGbg",
        "did:key:zQ3shpKnbdPx3g3CmPf5cRVTPe1HtSwVn5ish3wSnDPQCbLJK"
    ],
    "verificationMethods": {"atproto": "did:key:zQ3shXjHeiBuRCKmM36cuYnm7YEMzhGnCmCyW92sRJ9pribSF"}
}"#;

/// Something to do to what is about to be read or made.
type Edit<'a, T> = &'a dyn Fn(&mut T);

fn key() -> PrivateKey {
    PrivateKey::generate(Curve::Secp256k1)
}

fn state(key: &PublicKey) -> State {
    let pds = "https://pds.test".parse().unwrap();
    let mut state = State::of_account(&"alice.test".parse().unwrap(), key, &pds);
    state.rotation_keys.push(key.into());
    state
}

#[test]
fn a_real_operation_has_its_real_names() {
    let operation = Operation::parse(GENESIS.as_bytes()).unwrap();
    assert_eq!(
        operation.cid().to_string(),
        "bafyreibfvkh3n6odvdpwj54j4xxdsgnn4zo5utbyf7z7nfbyikhtygzjcq"
    );
    assert_eq!(operation.did().unwrap(), "did:plc:ewvi7nxzyoun6zhxrhs64oiz");
    let state = operation.state().unwrap();
    assert_eq!(operation.signer(&state.rotation_keys), Some(1));
    assert_eq!(operation.signer(&state.rotation_keys[..1]), None);
    let (read, written): (Value, Value) = (
        serde_json::from_str(GENESIS).unwrap(),
        serde_json::from_str(&operation.to_json()).unwrap(),
    );
    assert_eq!(read, written);
}

#[test]
fn operations_made_here_hold() {
    let (old, new) = (key(), PrivateKey::generate(Curve::P256));
    let genesis = Content::genesis(state(&old.public_key())).sign(&old).unwrap();
    let keys = vec![DidKey::from(&new.public_key()), DidKey::from(&old.public_key())];
    let change = Change { rotation_keys: Some(keys.clone()), ..Change::default() };
    let update =
        Content::update(&genesis, genesis.state().unwrap().with(change)).sign(&old).unwrap();
    let end = Content::tombstone(&update).sign(&new).unwrap();

    assert!(crate::plc::is_plc(&genesis.did().unwrap()));
    assert_eq!(genesis.signer(&genesis.state().unwrap().rotation_keys), Some(0));
    assert_eq!((update.prev(), update.did()), (Some(genesis.cid()), None));
    assert_eq!(update.state().unwrap().also_known_as, ["at://alice.test"]);
    assert_eq!(update.signer(&keys), Some(1));
    assert_eq!((end.prev(), end.state(), end.did()), (Some(update.cid()), None, None));
    assert_eq!(end.signer(&keys), Some(0));
    for operation in [genesis, update, end] {
        assert_eq!(Operation::parse(operation.to_json().as_bytes()).unwrap(), operation);
    }
}

#[test]
fn the_encoding_is_canonical() {
    let key = key();
    let mut state = state(&key.public_key());
    for fragment in ["z", "aa", "a-fragment-of-more-than-23-bytes"] {
        state.verification_methods.insert(fragment.to_owned(), (&key.public_key()).into());
    }
    let operation = Content::genesis(state).sign(&key).unwrap();
    let signed: serde_json::Value = serde_json::from_str(&operation.to_json()).unwrap();
    // Written from values in a generic way, by shape alone.
    assert_eq!(operation.to_cbor(), serde_ipld_dagcbor::to_vec(&ipld(&signed)).unwrap());
    let mut unsigned = signed;
    unsigned.as_object_mut().unwrap().remove("sig");
    let written = serde_ipld_dagcbor::to_vec(&ipld(&unsigned)).unwrap();
    assert_eq!(operation.content().signing_bytes(), written);
}

fn ipld(value: &Value) -> ipld_core::ipld::Ipld {
    use ipld_core::ipld::Ipld;
    match value {
        Value::Null => Ipld::Null,
        Value::String(text) => Ipld::String(text.clone()),
        Value::Array(list) => Ipld::List(list.iter().map(ipld).collect()),
        Value::Object(map) => {
            Ipld::Map(map.iter().map(|(key, value)| (key.clone(), ipld(value))).collect())
        }
        Value::Bool(_) | Value::Number(_) => panic!("operations have no such values"),
    }
}

#[test]
fn only_exact_operations_are_read() {
    let good: Value = serde_json::from_str(GENESIS).unwrap();
    let with = |change: Edit<'_, Value>| {
        let mut value = good.clone();
        change(&mut value);
        Operation::parse(value.to_string().as_bytes())
    };
    assert!(with(&|_| {}).is_ok());
    let cases: [(&str, Edit<'_, Value>); 3] = [
        ("extra", &|op| op["extra"] = json!(1)),
        ("deep extra", &|op| op["services"]["atproto_pds"]["extra"] = json!("x")),
        ("no prev", &|op| drop(op.as_object_mut().unwrap().remove("prev"))),
    ];
    for (name, change) in cases {
        assert!(matches!(with(change), Err(ParseError::Fields)), "{name}");
    }
    let cases: [(&str, Edit<'_, Value>); 7] = [
        ("type", &|op| op["type"] = json!("other")),
        ("prev", &|op| op["prev"] = json!("bafy")),
        ("raw prev", &|op| op["prev"] = json!(Cid::of_raw(b"").to_string().to_uppercase())),
        ("keys", &|op| op["rotationKeys"] = json!("did:key:z1")),
        ("null", &|op| op["alsoKnownAs"] = json!(null)),
        ("number", &|op| op["alsoKnownAs"] = json!([1])),
        ("service", &|op| op["services"] = json!({"a": {"type": "A"}})),
    ];
    for (name, change) in cases {
        assert!(matches!(with(change), Err(ParseError::Json(_))), "{name}");
    }
    let no_sig = with(&|op| drop(op.as_object_mut().unwrap().remove("sig")));
    assert!(matches!(no_sig, Err(ParseError::Signature(None))));
    let padded = with(&|op| op["sig"] = json!(format!("{}==", op["sig"].as_str().unwrap())));
    assert!(matches!(padded, Err(ParseError::Signature(Some(SignatureError::Base64)))));
    for text in ["", "[]", "null", "{}", "\"x\"", "{\"type\":\"create\"}"] {
        assert!(Operation::parse(text.as_bytes()).is_err(), "{text}");
    }
    let large = format!("{GENESIS}{}", " ".repeat(JSON_BYTES_MAX));
    assert!(matches!(Operation::parse(large.as_bytes()), Err(ParseError::TooLarge)));
}

#[test]
fn new_operations_have_limits() {
    let key = key();
    let rotation = || DidKey::from(&PrivateKey::generate(Curve::P256).public_key());
    let check = |change: Edit<'_, State>| {
        let mut state = state(&key.public_key());
        change(&mut state);
        Content::genesis(state).sign(&key).map(|_| ())
    };
    let ed = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
    let service = |kind: &str, endpoint: &str| Service {
        kind: kind.to_owned(),
        endpoint: endpoint.to_owned(),
    };
    let long = |count: usize| "x".repeat(count);
    let many = |count: usize| (0..count).map(|number| number.to_string());
    let within: [Edit<'_, State>; 6] = [
        &|_| {},
        &|state| state.rotation_keys = std::iter::repeat_with(rotation).take(5).collect(),
        &|state| drop(state.verification_methods.insert(long(32), DidKey::new(ed))),
        &|state| state.also_known_as = vec![long(258)],
        &|state| drop(state.services.insert(long(32), service(&long(256), &long(512)))),
        &|state| *state = State { rotation_keys: vec![rotation()], ..State::default() },
    ];
    for change in within {
        assert_eq!(check(change), Ok(()));
    }
    let too_long = |count: usize| LimitError::Length(long(count));
    let beyond: [(LimitError, Edit<'_, State>); 16] = [
        (LimitError::RotationKeys, &|state| state.rotation_keys.clear()),
        (LimitError::RotationKeys, &|state| {
            state.rotation_keys = std::iter::repeat_with(rotation).take(6).collect();
        }),
        (LimitError::RotationKey(ed.to_owned()), &|state| {
            state.rotation_keys.push(DidKey::new(ed))
        }),
        (LimitError::Double(key.public_key().to_string()), &|state| {
            state.rotation_keys.push((&key.public_key()).into());
        }),
        (LimitError::VerificationMethod("did:key:zO".to_owned()), &|state| {
            state.verification_methods.insert("a".to_owned(), DidKey::new("did:key:zO"));
        }),
        (LimitError::VerificationMethod("did:web:a".to_owned()), &|state| {
            state.verification_methods.insert("a".to_owned(), DidKey::new("did:web:a"));
        }),
        (LimitError::TooMany("verificationMethods"), &|state| {
            state.verification_methods = many(11).map(|name| (name, DidKey::new(ed))).collect();
        }),
        (LimitError::TooMany("alsoKnownAs"), &|state| state.also_known_as = many(11).collect()),
        (LimitError::TooMany("services"), &|state| {
            state.services = many(11).map(|name| (name, service("A", "b"))).collect();
        }),
        (LimitError::Double("a".to_owned()), &|state| {
            state.also_known_as = vec!["a".to_owned(), "a".to_owned()];
        }),
        (too_long(259), &|state| state.also_known_as = vec![long(259)]),
        (too_long(0), &|state| state.also_known_as = vec![String::new()]),
        (too_long(33), &|state| drop(state.services.insert(long(33), service("A", "b")))),
        (too_long(257), &|state| drop(state.services.insert(long(1), service(&long(257), "b")))),
        (too_long(513), &|state| drop(state.services.insert(long(1), service("A", &long(513))))),
        (LimitError::TooLarge, &|state| {
            state.services = many(10).map(|name| (name, service("A", &long(512)))).collect();
        }),
    ];
    for (fault, change) in beyond {
        assert_eq!(check(change), Err(fault));
    }
}

#[test]
fn the_form_of_2022_is_read_and_not_made() {
    let (recovery, signing) = (key(), key());
    let create = LegacyCreate {
        signing_key: (&signing.public_key()).into(),
        recovery_key: (&recovery.public_key()).into(),
        handle: "alice.test".to_owned(),
        service: "pds.test".to_owned(),
        prev: (),
    };
    let state = create.state();
    let rotation = [&recovery, &signing].map(|key| DidKey::from(&key.public_key()));
    assert_eq!(state.rotation_keys, rotation);
    assert_eq!(state.also_known_as, ["at://alice.test"]);
    assert_eq!(state.services["atproto_pds"].endpoint, "https://pds.test");
    let content = Content::LegacyCreate(create);
    assert_eq!(content.clone().sign(&signing), Err(LimitError::Legacy));

    let signature = *signing.sign(&content.signing_bytes()).as_bytes();
    let operation = Operation { content, sig: signature.into() };
    let read = Operation::parse(operation.to_json().as_bytes()).unwrap();
    assert_eq!(read, operation);
    assert_eq!(read.signer(&state.rotation_keys), Some(1));
    assert!(read.to_json().contains("\"prev\":null"));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>, text in ".{0,40}") {
        let _ = Operation::parse(&bytes);
        let mut value: Value = serde_json::from_str(GENESIS).unwrap();
        value["alsoKnownAs"] = json!([text]);
        value["services"][&text] = json!({"type": text, "endpoint": text});
        let operation = Operation::parse(value.to_string().as_bytes()).unwrap();
        let _ = operation.check_limits();
        prop_assert_eq!(operation.signer(&operation.state().unwrap().rotation_keys), None);
        let again = Operation::parse(operation.to_json().as_bytes()).unwrap();
        prop_assert_eq!(again.cid(), operation.cid());
    }
}
