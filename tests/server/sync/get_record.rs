//! `com.atproto.sync.getRecord`

use repo::mst::Key;
use repo::slice::Slice;

use crate::harness::{NOTES, Pds};

#[tokio::test]
async fn a_proof_says_what_a_record_is_or_that_there_is_none() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let proof = async |rkey: &str| {
        let ask = pds.get("com.atproto.sync.getRecord").param("did", &alice.did);
        let answer = ask.param("collection", NOTES).param("rkey", rkey).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/vnd.ipld.car"));
        let slice = Slice::decode(&answer.body).unwrap();
        let found = slice.record(&Key::parse(&format!("{NOTES}/{rkey}")).unwrap()).unwrap();
        (slice, found)
    };
    assert_eq!(proof("3k00000000000").await.1, None, "nothing is in an empty repository");
    for number in 0..120 {
        pds.note(&alice, &format!("3k{number:011}"), &format!("{number}")).await;
    }
    let copy = pds.download(&alice, None).await;
    for (path, record) in copy.records() {
        let (slice, found) = proof(path.split_once('/').unwrap().1).await;
        assert_eq!(slice.root(), copy.root);
        assert_eq!(found.unwrap().1, record);
        assert!(slice.blocks().0.len() < 20, "a proof is no repository");
    }
    for rkey in ["0", "3k00000000000-", "3k99999999999", "zzz"] {
        assert_eq!(proof(rkey).await.1, None, "{rkey}");
    }
}
