//! `com.atproto.sync.getBlocks`

use repo::car::Decoder;
use syntax::Cid;

use crate::harness::{Answer, Pds, TestAccount};

async fn blocks(pds: &Pds, owner: &TestAccount, cids: &[Cid]) -> Answer {
    let ask = pds.get("com.atproto.sync.getBlocks").param("did", &owner.did);
    cids.iter().fold(ask, |ask, cid| ask.param("cids", cid)).send().await
}

#[tokio::test]
async fn blocks_are_found_whatever_they_are() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    for number in 0..50 {
        pds.note(&alice, &format!("3k{number:011}"), &format!("{number}")).await;
    }
    let copy = pds.download(&alice, None).await;
    for wanted in [&copy.order[..1], &copy.order[1..2], &copy.order[..]] {
        let answer = blocks(&pds, &alice, wanted).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/vnd.ipld.car"));
        let mut decoder = Decoder::new();
        decoder.push(&answer.body);
        let mut found = Vec::new();
        while let Some(block) = decoder.next_block().unwrap() {
            assert_eq!(block.bytes, &copy.blocks.get(&block.cid).unwrap()[..]);
            found.push(block.cid);
        }
        assert!(decoder.roots().unwrap().is_empty());
        let mut wanted = wanted.to_vec();
        wanted.sort_unstable();
        assert_eq!(found, wanted);
    }
}

#[tokio::test]
async fn one_that_is_missing_is_named() {
    let pds = Pds::start().await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bob").await);
    pds.note(&alice, "a", "hers").await;
    let root = pds.download(&alice, None).await.root;
    let other = pds.download(&bob, None).await.root;
    let answer = blocks(&pds, &alice, &[root, other]).await;
    assert_eq!(answer.refusal(), (400, "BlockNotFound".to_owned()));
    assert_eq!(answer.message(), format!("Could not find cids: {other}"));
    let none = blocks(&pds, &alice, &[]).await;
    assert_eq!(none.refusal(), (400, "InvalidRequest".to_owned()));
}
