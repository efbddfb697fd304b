//! Events and their frames.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use pagurus_repo::data::{Limits, Value, cbor, json};
use pagurus_repo::event::{
    AccountEvent, Action, CommitEvent, EventError, IdentityEvent, Message, Op, SyncEvent, decode,
    encode_error, encode_info,
};
use pagurus_repo::mst::Key;
use proptest::prelude::*;
use syntax::{Cid, Datetime, Did, Handle, Tid};

const SEQ: u64 = 1_767_225_600_000_000;

fn did() -> Did {
    Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz").unwrap()
}

fn time() -> Datetime {
    Datetime::parse("2026-01-01T00:00:00.000Z").unwrap()
}

fn cid(number: u8) -> Cid {
    Cid::of_cbor(&[number])
}

fn commit(ops: Vec<Op>, prev_data: Option<Cid>) -> CommitEvent {
    CommitEvent {
        seq: SEQ,
        repo: did(),
        commit: cid(0),
        rev: Tid::new(SEQ, 1),
        since: prev_data.map(|_| Tid::new(SEQ - 1, 1)),
        blocks: vec![7; 500].into(),
        ops,
        prev_data,
        time: time(),
    }
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = (any::<u32>(), 0u8..3, any::<u8>(), any::<u8>()).prop_map(|(path, kind, a, b)| {
        let path = Key::parse(&format!("a.b.c/{path}")).unwrap();
        let (prev, cid) =
            [(None, Some(cid(a))), (Some(cid(a)), Some(cid(b))), (Some(cid(a)), None)]
                [usize::from(kind)];
        Op::new(path, prev, cid)
    });
    prop::collection::vec(op, 0..8)
}

/// Checks both values of a frame against the strict rules, and returns the second.
fn canonical(frame: &[u8]) -> Value {
    let split = (1..frame.len())
        .find(|at| cbor::check(&frame[..*at], &Limits::RECORD).is_ok())
        .expect("a frame begins with a value");
    cbor::decode(&frame[split..], &Limits::RECORD).unwrap()
}

#[test]
fn every_kind_of_event_comes_back() {
    let handle = Handle::parse("alice.test").unwrap();
    for message in [
        Message::Commit(commit(vec![], None)),
        Message::Sync(SyncEvent {
            seq: SEQ,
            did: did(),
            rev: Tid::new(SEQ, 1),
            blocks: vec![1, 2, 3].into(),
            time: time(),
        }),
        Message::Identity(IdentityEvent { seq: SEQ, did: did(), handle: None, time: time() }),
        Message::Identity(IdentityEvent {
            seq: SEQ,
            did: did(),
            handle: Some(handle),
            time: time(),
        }),
        Message::Account(AccountEvent {
            seq: SEQ,
            did: did(),
            active: true,
            status: None,
            time: time(),
        }),
        Message::Account(AccountEvent {
            seq: SEQ,
            did: did(),
            active: false,
            status: Some("takendown".into()),
            time: time(),
        }),
    ] {
        let frame = match &message {
            Message::Commit(event) => event.encode(),
            Message::Sync(event) => event.encode(),
            Message::Identity(event) => event.encode(),
            Message::Account(event) => event.encode(),
            _ => unreachable!("the others are not made here"),
        };
        let bytes = frame.clone().into_bytes();
        canonical(&bytes);
        assert_eq!(decode(&bytes).unwrap(), message);
        let numbered = frame.into_bytes_with_seq(SEQ + 5);
        assert_eq!(numbered.len(), bytes.len());
        let Value::Map(body) = canonical(&numbered) else { unreachable!("events are maps") };
        assert_eq!(body.get("seq").unwrap().clone(), Value::Integer(i128::from(SEQ) + 5));
    }
    let info = Message::Info("OutdatedCursor".into(), Some("older events are gone".into()));
    assert_eq!(decode(&encode_info("OutdatedCursor", "older events are gone")).unwrap(), info);
    let error = Message::Error("FutureCursor".into(), Some("not yet".into()));
    assert_eq!(decode(&encode_error("FutureCursor", "not yet")).unwrap(), error);
}

#[test]
fn a_commit_has_the_fields_that_the_protocol_asks_for() {
    let path = Key::parse("a.b.c/d").unwrap();
    let event = commit(vec![Op::new(path, Some(cid(1)), None)], Some(cid(2)));
    let Value::Map(body) = canonical(&event.encode().into_bytes()) else {
        unreachable!("events are maps")
    };
    let mut names: Vec<&str> = body.keys().collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "blobs", "blocks", "commit", "ops", "prevData", "rebase", "repo", "rev", "seq",
            "since", "time", "tooBig"
        ]
    );
    let op = json::encode(body.get("ops").unwrap());
    let prev = cid(1);
    assert_eq!(
        op,
        format!(
            r#"[{{"cid":null,"path":"a.b.c/d","prev":{{"$link":"{prev}"}},"action":"delete"}}]"#
        )
    );
    // The first commit says that nothing was before it; a create, that no record was.
    let Value::Map(first) = canonical(&commit(vec![], None).encode().into_bytes()) else {
        unreachable!("events are maps")
    };
    assert_eq!((first.get("since"), first.get("prevData")), (Some(&Value::Null), None));
}

#[test]
fn numbers_of_other_servers_are_encoded_in_their_shortest_form() {
    for seq in [0, 23, 24, 1007, u64::from(u32::MAX), 1 << 32] {
        let event = CommitEvent { seq, ..commit(vec![], None) };
        let frame = event.encode().into_bytes();
        canonical(&frame);
        assert_eq!(decode(&frame).unwrap(), Message::Commit(event));
    }
}

#[test]
fn frames_that_are_none_have_their_errors() {
    let good = commit(vec![], None).encode().into_bytes();
    let header = |text: &str| {
        let value = json::decode(text.as_bytes(), &Limits::RECORD).unwrap();
        [cbor::encode(&value).unwrap(), vec![0xa0]].concat()
    };
    assert!(matches!(decode(&[]), Err(EventError::Encoding(_))));
    assert!(matches!(decode(&good[..good.len() - 1]), Err(EventError::Encoding(_))));
    assert_eq!(decode(&[&good[..], &[0xf6]].concat()), Err(EventError::Header));
    assert_eq!(decode(&header(r##"{"op":2,"t":"#commit"}"##)), Err(EventError::Header));
    assert_eq!(decode(&header(r#"{"op":1}"#)), Err(EventError::Header));
    assert_eq!(decode(&header(r##"{"op":1,"t":"#commit"}"##)), Err(EventError::Field("ops")));
    assert_eq!(decode(&header(r##"{"op":1,"t":"#account"}"##)), Err(EventError::Field("seq")));
    assert_eq!(decode(&header(r##"{"op":1,"t":"#new"}"##)), Ok(Message::Other("#new".into())));
    assert_eq!(decode(&vec![0; 5_000_001]), Err(EventError::TooLarge));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn encoding_and_decoding_a_commit_are_opposites(ops in ops(), before: Option<u8>) {
        let event = commit(ops, before.map(cid));
        let frame = event.encode().into_bytes();
        canonical(&frame);
        prop_assert_eq!(decode(&frame).unwrap(), Message::Commit(event));
    }

    #[test]
    fn noise_is_never_a_panic(at in any::<prop::sample::Index>(), byte: u8) {
        let path = Key::parse("a.b.c/d").unwrap();
        let op = Op { action: Action::Create, path, cid: Some(cid(1)), prev: None };
        let mut frame = commit(vec![op], Some(cid(2))).encode().into_bytes();
        let index = at.index(frame.len());
        frame[index] = byte;
        let _ = decode(&frame);
    }
}
